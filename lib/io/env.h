/* io/env - what the process environment says: AWS's variables, the home directory.
 *
 * Read once at open into memory of our own: getenv() texts may change under us.  `_init` to `_fini`.
 */
#ifndef KIN_IO_ENV_H
#define KIN_IO_ENV_H
#include "aws/chain.h"
#include "base/bytes.h"
#include <kinstream/error.h>

struct kin__env {
	struct kin__chain_environment values; /* spans into `text` */
	char *config_path, *credentials_path; /* of AWS's shared files; NULL: no home directory */
	char *text;                           /* wiped by _fini: it holds secrets */
	size_t text_n;
	bool config_named, credentials_named; /* a variable named the path */
};

void kin__env_init(struct kin__env *env);
void kin__env_fini(struct kin__env *env);
int kin__env_read(struct kin__env *env, struct kin_error *error); /* KIN_OK or KIN_NOMEM */
bool kin__env_home(struct kin__bytes *out);                       /* appends; false: unknown */
bool kin__env_get(const char *name, struct kin__bytes *out); /* appends the value; false: unset or empty */
#endif
