/* aws/credentials - one set of AWS keys, owned.  Pure.
 *
 * `_init` to `_fini`, which wipes the secrets.  Texts are 0-ended copies without control characters, so
 * they may stand in a header; the account is twelve digits or NULL.
 */
#ifndef KIN_AWS_CREDENTIALS_H
#define KIN_AWS_CREDENTIALS_H
#include "aws/reason.h"

struct kin__credentials {
	char *access_key_id, *secret_access_key; /* both or none */
	char *session_token;                     /* NULL: long-lived keys */
	char *account_id;                        /* NULL: not known */
	int64_t expires_ms;                      /* 0: never */
	const char *source;                      /* static text, for the log: "environment", ... */
};

void kin__credentials_init(struct kin__credentials *credentials);
void kin__credentials_fini(struct kin__credentials *credentials);
bool kin__credentials_present(const struct kin__credentials *credentials);
/* Replaces what was there.  Empty spans are absent.  KIN__AWS_REFUSED: a part has a character no header can
 * carry, is missing or too long; the reason names the part and never its value.  `source`: static text. */
int kin__credentials_set(struct kin__credentials *credentials, struct kin__span access_key_id,
                         struct kin__span secret_access_key, struct kin__span session_token,
                         struct kin__span account_id, const char *source, struct kin__reason *reason);
int kin__credentials_copy(struct kin__credentials *to,
                          const struct kin__credentials *from); /* `to` was _init-ed */

void kin__credentials_wipe(void *block, size_t n); /* zeroes that no optimizer removes */
#endif
