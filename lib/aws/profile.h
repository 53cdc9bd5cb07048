/* aws/profile - one profile resolved from the texts of the config file and the credentials file.
 *
 * Pure: the caller reads the files (a missing file is an empty text).  `_init` to `_fini`; owns copies.
 * For a key that both files give, the credentials file wins.  Of doubled keys the last wins.
 */
#ifndef KIN_AWS_PROFILE_H
#define KIN_AWS_PROFILE_H
#include "base/arena.h"
#include "aws/reason.h"

struct kin__ini_entry;
struct kin__profile {
	char *name;
	bool found; /* some file has the profile; false is possible for `default` alone */
	struct kin__ini_entry *config, *credentials;
	struct kin__arena arena;
};

void kin__profile_init(struct kin__profile *profile);
void kin__profile_fini(struct kin__profile *profile); /* wipes the values: some are secrets */
/* `name` empty: `default`, which need not exist.  A named profile that neither file has: KIN__AWS_REFUSED. */
int kin__profile_load(struct kin__profile *profile, struct kin__span config, struct kin__span credentials,
                      struct kin__span name, struct kin__reason *reason);

/* The value, borrowed until _fini; empty: not set.  Keys are lower case. */
struct kin__span kin__profile_get(const struct kin__profile *profile, const char *key);
/* A key of a sub-section of the profile itself: ("s3", "addressing_style"). */
struct kin__span kin__profile_nested(const struct kin__profile *profile, const char *section,
                                     const char *key);
/* A key of `service` in the [services X] section that the profile's `services = X` names. */
struct kin__span kin__profile_service(const struct kin__profile *profile, const char *service,
                                      const char *key);
#endif
