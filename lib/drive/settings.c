/* drive/settings - see core_own.h */
#include "base/mem.h"
#include "drive/core_own.h"
#include "io/file.h"

enum { FILE_BYTES_MAX = 1 << 20 };

struct files {
	struct kin__bytes config, credentials;
};

static void files_fini(struct files *files)
{
	kin__mem_wipe_free(files->config.at, files->config.room);
	kin__mem_wipe_free(files->credentials.at, files->credentials.room);
}

/* A missing file is an empty one, as AWS has it; one that cannot be read is an error. */
static int read_file(const char *path, struct kin__bytes *out, struct kin_error *error)
{
	struct kin_error why;
	int code;

	kin__bytes_init(out);
	if (!path)
		return KIN_OK;
	code = kin__file_read(path, FILE_BYTES_MAX, out, &why);
	if (code == KIN_OK || code == KIN_NOT_FOUND)
		return KIN_OK; /* and an error is filled on failure only */
	return kin__error_copy(error, &why);
}

static int read_files(const struct kin__env *env, struct files *files, struct kin_error *error)
{
	int code = read_file(env->config_path, &files->config, error);

	kin__bytes_init(&files->credentials);
	if (code == KIN_OK)
		code = read_file(env->credentials_path, &files->credentials, error);
	return code;
}

/* KIN_OK, KIN_NOMEM, KIN_INVALID, KIN_CREDENTIALS, KIN_UNSUPPORTED */
static int code_of(int aws_code)
{
	switch (aws_code) {
	case KIN__AWS_OK:
		return KIN_OK;
	case KIN__AWS_NOMEM:
		return KIN_NOMEM;
	case KIN__AWS_NO_CREDENTIALS:
		return KIN_CREDENTIALS;
	case KIN__AWS_UNSUPPORTED:
		return KIN_UNSUPPORTED;
	default:
		return KIN_INVALID;
	}
}

static void take_code(struct kin__chain_code *code, const struct kin_client_options *options)
{
	kin__chain_code_init(code);
	code->access_key_id = kin__span_text(options->access_key_id);
	code->secret_access_key = kin__span_text(options->secret_access_key);
	code->session_token = kin__span_text(options->session_token);
	code->profile = kin__span_text(options->profile);
	code->region = kin__span_text(options->region);
	code->endpoint_url = kin__span_text(options->endpoint_url);
	code->ca_bundle = kin__span_text(options->ca_bundle);
	code->attempts_max = options->max_attempts;
	code->use_fips = options->use_fips_endpoint ? 1 : -1;
	code->use_dualstack = options->use_dualstack_endpoint ? 1 : -1;
}

int kin__settings_read(const struct kin_client_options *options, struct kin__env *env,
                       struct kin__chain *chain, struct kin_error *error)
{
	struct kin__chain_input input = { .environment = env->values };
	struct kin__reason reason = { "" };
	struct files files;
	int code = read_files(env, &files, error);

	take_code(&input.code, options);
	if (code == KIN_OK) {
		input.config = kin__bytes_view(&files.config);
		input.credentials = kin__bytes_view(&files.credentials);
		code = code_of(kin__chain_resolve(&input, chain, &reason));
		if (code != KIN_OK)
			kin__error(error, code, "%s", reason.text);
	}
	files_fini(&files);
	return code;
}

int kin__settings_again(const struct kin__core *core, struct kin__chain *chain, struct kin__reason *reason)
{
	struct kin__chain_input input = { .environment = core->set.env.values };
	struct kin_error error;
	struct files files;
	int code = KIN__AWS_REFUSED;

	kin__chain_code_init(&input.code);
	input.code.profile = kin__span_text(core->set.profile);
	input.code.region = kin__span_text(core->set.chain.region);
	if (read_files(&core->set.env, &files, &error) == KIN_OK) {
		input.config = kin__bytes_view(&files.config);
		input.credentials = kin__bytes_view(&files.credentials);
		code = kin__chain_resolve(&input, chain, reason);
	} else {
		kin__reason_text(reason, error.message);
	}
	files_fini(&files);
	return code;
}
