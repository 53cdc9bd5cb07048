/* io/env - see env.h */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "io/env.h"
#include "io/error.h"

bool kin__env_get(const char *name, struct kin__bytes *out)
{
	const char *value = getenv(name);

	if (!value || !*value)
		return false;
	kin__bytes_text(out, value);
	return true;
}

bool kin__env_home(struct kin__bytes *out)
{
	struct passwd entry, *found = NULL;
	char text[4096];

	if (kin__env_get("HOME", out))
		return true;
	if (getpwuid_r(getuid(), &entry, text, sizeof text, &found) != 0 || !found || !found->pw_dir ||
	    !*found->pw_dir)
		return false;
	kin__bytes_text(out, found->pw_dir);
	return true;
}

void kin__env_init(struct kin__env *env)
{
	*env = (struct kin__env){ 0 };
}

void kin__env_fini(struct kin__env *env)
{
	kin__mem_free(env->config_path);
	kin__mem_free(env->credentials_path);
	kin__mem_wipe_free(env->text, env->text_n);
	kin__env_init(env);
}

/* *path: the variable's value, else the file below the home directory; NULL without one. */
static bool find_path(const char *variable, const char *below_home, char **path, bool *is_named)
{
	struct kin__bytes text;
	size_t n;
	bool known = true;

	kin__bytes_init(&text);
	*path = NULL;
	*is_named = kin__env_get(variable, &text);
	if (!*is_named) {
		known = kin__env_home(&text);
		kin__bytes_text(&text, below_home);
	} else if (text.n >= 2 && text.at[0] == '~' && text.at[1] == '/') {
		struct kin__bytes home;

		kin__bytes_init(&home);
		if (kin__env_home(&home)) {
			kin__bytes_add(&home, text.at + 1, text.n - 1);
			kin__bytes_fini(&text);
			text = home;
		}
	}
	if (!known) {
		kin__bytes_fini(&text);
		return true;
	}
	*path = kin__bytes_take(&text, &n);
	kin__bytes_fini(&text);
	return *path != NULL;
}

static size_t values_size(void)
{
	size_t n = 0;

	for (size_t i = 0; i < kin__chain_variables_n; i++) {
		const char *value = getenv(kin__chain_variables[i].name);

		n += value ? strlen(value) + 1 : 0;
	}
	return n;
}

int kin__env_read(struct kin__env *env, struct kin_error *error)
{
	size_t at = 0;

	env->text_n = values_size();
	env->text = kin__mem_zalloc(env->text_n);
	if (!env->text)
		return kin__error_nomem(error);
	for (size_t i = 0; i < kin__chain_variables_n; i++) {
		const char *value = getenv(kin__chain_variables[i].name);
		size_t n = value ? strlen(value) : 0;
		struct kin__span span = kin__span(env->text + at, n);

		if (n == 0 || n >= env->text_n - at)
			continue; /* unset, or another thread has just made it longer */
		memcpy(env->text + at, value, n);
		memcpy((char *)&env->values + kin__chain_variables[i].offset, &span, sizeof span);
		at += n + 1;
	}
	if (!find_path("AWS_CONFIG_FILE", "/.aws/config", &env->config_path, &env->config_named) ||
	    !find_path("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials", &env->credentials_path,
	               &env->credentials_named))
		return kin__error_nomem(error);
	return KIN_OK;
}
