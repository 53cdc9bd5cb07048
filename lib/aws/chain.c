#include "aws/chain.h"
#include "base/check.h"
#include "base/mem.h"
#include "aws/profile.h"

static const struct kin__span none = { NULL, 0 };

#define VARIABLE(name, member)                                                                               \
	{                                                                                                    \
		name, offsetof(struct kin__chain_environment, member)                                        \
	}
const struct kin__chain_variable kin__chain_variables[] = {
	VARIABLE("AWS_ACCESS_KEY_ID", access_key_id),
	VARIABLE("AWS_SECRET_ACCESS_KEY", secret_access_key),
	VARIABLE("AWS_SESSION_TOKEN", session_token),
	VARIABLE("AWS_ACCOUNT_ID", account_id),
	VARIABLE("AWS_PROFILE", profile),
	VARIABLE("AWS_DEFAULT_PROFILE", default_profile),
	VARIABLE("AWS_REGION", region),
	VARIABLE("AWS_DEFAULT_REGION", default_region),
	VARIABLE("AWS_ENDPOINT_URL_KINESIS", endpoint_url_kinesis),
	VARIABLE("AWS_ENDPOINT_URL", endpoint_url),
	VARIABLE("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignore_configured_endpoint_urls),
	VARIABLE("AWS_MAX_ATTEMPTS", max_attempts),
	VARIABLE("AWS_CA_BUNDLE", ca_bundle),
	VARIABLE("AWS_DISABLE_CLOCK_SKEW_CORRECTION", disable_clock_skew_correction),
	VARIABLE("AWS_ACCOUNT_ID_ENDPOINT_MODE", account_id_endpoint_mode),
	VARIABLE("AWS_USE_FIPS_ENDPOINT", use_fips_endpoint),
	VARIABLE("AWS_USE_DUALSTACK_ENDPOINT", use_dualstack_endpoint),
	VARIABLE("AWS_WEB_IDENTITY_TOKEN_FILE", web_identity_token_file),
	VARIABLE("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", container_relative_uri),
	VARIABLE("AWS_CONTAINER_CREDENTIALS_FULL_URI", container_full_uri),
};
const size_t kin__chain_variables_n = KIN__ARRAY_LEN(kin__chain_variables);

/* One resolution under way. */
struct work {
	const struct kin__chain_input *input;
	struct kin__profile profile;
	struct kin__chain *chain;
	struct kin__reason *reason;
};

/* A value and the name of the place it came from, for the error. */
struct choice {
	struct kin__span value;
	const char *name;
};

void kin__chain_init(struct kin__chain *chain)
{
	memset(chain, 0, sizeof(*chain));
	kin__credentials_init(&chain->credentials);
}

void kin__chain_fini(struct kin__chain *chain)
{
	kin__credentials_fini(&chain->credentials);
	kin__mem_free(chain->region);
	kin__mem_free(chain->endpoint_url);
	kin__mem_free(chain->ca_bundle);
	kin__chain_init(chain);
}

void kin__chain_code_init(struct kin__chain_code *code)
{
	memset(code, 0, sizeof(*code));
	code->use_fips = code->use_dualstack = code->account_mode = -1;
}

static int nomem(struct work *work)
{
	kin__reason_text(work->reason, "out of memory");
	return KIN__AWS_NOMEM;
}

static struct choice choose(const struct work *work, struct kin__span variable, const char *variable_name,
                            const char *key)
{
	if (variable.n > 0)
		return (struct choice){ variable, variable_name };
	return (struct choice){ kin__profile_get(&work->profile, key), key };
}

static int read_bool(struct work *work, struct choice choice, bool *out)
{
	if (choice.value.n == 0)
		return KIN__AWS_OK;
	*out = kin__span_same_nocase(choice.value, kin__span_text("true"));
	if (*out || kin__span_same_nocase(choice.value, kin__span_text("false")))
		return KIN__AWS_OK;
	kin__reason_say(work->reason, "%1 is \"%2\"; it must be true or false", kin__span_text(choice.name),
	                choice.value, none);
	return KIN__AWS_REFUSED;
}

static int put(struct work *work, char **to, struct kin__span value)
{
	if (value.n == 0)
		return KIN__AWS_OK;
	*to = kin__mem_text_n(value.at, value.n);
	return *to ? KIN__AWS_OK : nomem(work);
}

/* fips-us-east-1 and us-east-1-fips are old spellings of a region with FIPS on. */
static struct kin__span plain_region(struct kin__span region, bool *fips)
{
	if (region.n > 5 && memcmp(region.at, "fips-", 5) == 0)
		region = kin__span(region.at + 5, region.n - 5);
	else if (region.n > 5 && memcmp(region.at + region.n - 5, "-fips", 5) == 0)
		region.n -= 5;
	else
		return region;
	*fips = true;
	return region;
}

static int set_region(struct work *work)
{
	const struct kin__chain_input *in = work->input;
	struct choice choice = choose(work, in->environment.region, "AWS_REGION", "region");
	struct kin__span region;

	if (in->environment.region.n == 0 && in->environment.default_region.n > 0)
		choice = (struct choice){ in->environment.default_region, "AWS_DEFAULT_REGION" };
	if (in->code.region.n > 0)
		choice = (struct choice){ in->code.region, "the region option" };
	if (choice.value.n == 0) {
		kin__reason_say(work->reason,
		                "no region: set AWS_REGION, the region option, or `region` of profile \"%1\" "
		                "in the "
		                "AWS config file",
		                kin__span_text(work->profile.name), none, none);
		return KIN__AWS_REFUSED;
	}
	region = plain_region(choice.value, &work->chain->use_fips);
	if (!kin__endpoint_region_valid(region)) {
		kin__reason_say(work->reason, "%1 is \"%2\", which is not a region name such as us-east-1",
		                kin__span_text(choice.name), choice.value, none);
		return KIN__AWS_REFUSED;
	}
	return put(work, &work->chain->region, region);
}

static int set_endpoint_url(struct work *work)
{
	const struct kin__chain_environment *env = &work->input->environment;
	struct kin__span url = work->input->code.endpoint_url;
	bool ignore = false;
	int code;

	if (url.n > 0)
		return put(work, &work->chain->endpoint_url, url);
	code = read_bool(work,
	                 choose(work, env->ignore_configured_endpoint_urls,
	                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"),
	                 &ignore);
	if (code != KIN__AWS_OK || ignore)
		return code;
	url = env->endpoint_url_kinesis.n ? env->endpoint_url_kinesis : env->endpoint_url;
	if (url.n == 0)
		url = kin__profile_service(&work->profile, "kinesis", "endpoint_url");
	if (url.n == 0)
		url = kin__profile_get(&work->profile, "endpoint_url");
	return put(work, &work->chain->endpoint_url, url);
}

static int set_attempts(struct work *work)
{
	struct choice choice = choose(work, work->input->environment.max_attempts, "AWS_MAX_ATTEMPTS",
	                              "max_attempts");
	uint64_t value = KIN__CHAIN_ATTEMPTS_DEFAULT;

	if (work->input->code.attempts_max > 0)
		value = work->input->code.attempts_max;
	else if (choice.value.n > 0 && !kin__span_u64(choice.value, &value))
		value = 0;
	if (value < 1 || value > KIN__CHAIN_ATTEMPTS_MAX) {
		if (work->input->code.attempts_max > 0)
			kin__reason_text(work->reason, "the number of attempts must be 1 to 1000");
		else
			kin__reason_say(work->reason, "%1 is \"%2\"; it must be a number from 1 to 1000",
			                kin__span_text(choice.name), choice.value, none);
		return KIN__AWS_REFUSED;
	}
	work->chain->attempts_max = (uint32_t)value;
	return KIN__AWS_OK;
}

static int set_account_mode(struct work *work)
{
	static const char *const modes[] = { "preferred", "disabled", "required" };
	struct choice choice = choose(work, work->input->environment.account_id_endpoint_mode,
	                              "AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode");

	work->chain->account_mode = KIN__ACCOUNT_PREFERRED;
	if (work->input->code.account_mode >= 0) {
		work->chain->account_mode = (enum kin__account_mode)work->input->code.account_mode;
		return KIN__AWS_OK;
	}
	if (choice.value.n == 0)
		return KIN__AWS_OK;
	for (size_t i = 0; i < KIN__ARRAY_LEN(modes); i++) {
		if (kin__span_same_nocase(choice.value, kin__span_text(modes[i]))) {
			work->chain->account_mode = (enum kin__account_mode)i;
			return KIN__AWS_OK;
		}
	}
	kin__reason_say(work->reason, "%1 is \"%2\"; it must be preferred, disabled or required",
	                kin__span_text(choice.name), choice.value, none);
	return KIN__AWS_REFUSED;
}

static int set_switches(struct work *work)
{
	const struct kin__chain_environment *env = &work->input->environment;
	const struct kin__chain_code *said = &work->input->code;
	struct kin__chain *chain = work->chain;
	bool skew_off = false;
	int code = KIN__AWS_OK;

	if (said->use_fips >= 0)
		chain->use_fips = said->use_fips > 0;
	else
		code = read_bool(work,
		                 choose(work, env->use_fips_endpoint, "AWS_USE_FIPS_ENDPOINT",
		                        "use_fips_endpoint"),
		                 &chain->use_fips);
	if (said->use_dualstack >= 0)
		chain->use_dualstack = said->use_dualstack > 0;
	else if (code == KIN__AWS_OK)
		code = read_bool(work,
		                 choose(work, env->use_dualstack_endpoint, "AWS_USE_DUALSTACK_ENDPOINT",
		                        "use_dualstack_endpoint"),
		                 &chain->use_dualstack);
	if (code == KIN__AWS_OK)
		code = read_bool(work,
		                 choose(work, env->disable_clock_skew_correction,
		                        "AWS_DISABLE_CLOCK_SKEW_CORRECTION", "disable_clock_skew_correction"),
		                 &skew_off);
	chain->skew_correction = !skew_off;
	return code;
}

static int set_ca_bundle(struct work *work)
{
	struct kin__span path = work->input->code.ca_bundle;

	if (path.n == 0)
		path = choose(work, work->input->environment.ca_bundle, "AWS_CA_BUNDLE", "ca_bundle").value;
	return put(work, &work->chain->ca_bundle, path);
}

/* --- credentials --- */

static int unsupported(struct work *work, const char *what)
{
	kin__reason_say(work->reason,
	                "%1 is not supported by this version (profile \"%2\"): set AWS_ACCESS_KEY_ID and "
	                "AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or static keys in the profile",
	                kin__span_text(what), kin__span_text(work->profile.name), none);
	return KIN__AWS_UNSUPPORTED;
}

static int half(struct work *work, const char *has, const char *lacks, const char *where)
{
	kin__reason_say(work->reason, "%1 is set, but %2 is missing in %3", kin__span_text(has),
	                kin__span_text(lacks), kin__span_text(where));
	return KIN__AWS_NO_CREDENTIALS;
}

static bool profile_has(const struct work *work, const char *key)
{
	return kin__profile_get(&work->profile, key).n > 0;
}

static int profile_keys(struct work *work)
{
	struct kin__span id = kin__profile_get(&work->profile, "aws_access_key_id");
	struct kin__span secret = kin__profile_get(&work->profile, "aws_secret_access_key");

	if (id.n == 0)
		return half(work, "aws_secret_access_key", "aws_access_key_id", work->profile.name);
	if (secret.n == 0)
		return half(work, "aws_access_key_id", "aws_secret_access_key", work->profile.name);
	return kin__credentials_set(&work->chain->credentials, id, secret,
	                            kin__profile_get(&work->profile, "aws_session_token"),
	                            kin__profile_get(&work->profile, "aws_account_id"), "shared files",
	                            work->reason);
}

/* Static keys stand behind a role that has its source, and before all else. */
static int from_profile(struct work *work, bool *decided)
{
	*decided = true;
	if (profile_has(work, "role_arn") && !profile_has(work, "web_identity_token_file"))
		return unsupported(work, "assuming a role (role_arn)");
	if (profile_has(work, "aws_access_key_id") || profile_has(work, "aws_secret_access_key"))
		return profile_keys(work);
	if (profile_has(work, "web_identity_token_file"))
		return unsupported(work, "web identity (web_identity_token_file)");
	if (profile_has(work, "credential_process"))
		return unsupported(work, "credential_process");
	if (profile_has(work, "sso_session") || profile_has(work, "sso_start_url"))
		return unsupported(work, "IAM Identity Center (sso_session, sso_start_url)");
	if (profile_has(work, "login_session"))
		return unsupported(work, "console login (login_session)");
	*decided = false;
	return KIN__AWS_OK;
}

static int from_environment(struct work *work)
{
	const struct kin__chain_environment *env = &work->input->environment;

	if (env->secret_access_key.n == 0)
		return half(work, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "the environment");
	return kin__credentials_set(&work->chain->credentials, env->access_key_id, env->secret_access_key,
	                            env->session_token, env->account_id, "environment", work->reason);
}

static int from_code(struct work *work)
{
	const struct kin__chain_code *said = &work->input->code;

	if (said->access_key_id.n == 0)
		return half(work, "secret_access_key", "access_key_id", "the options");
	if (said->secret_access_key.n == 0)
		return half(work, "access_key_id", "secret_access_key", "the options");
	return kin__credentials_set(&work->chain->credentials, said->access_key_id, said->secret_access_key,
	                            said->session_token, said->account_id, "code", work->reason);
}

static int nothing(struct work *work)
{
	const struct kin__chain_environment *env = &work->input->environment;

	if (env->web_identity_token_file.n > 0)
		return unsupported(work, "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)");
	if (env->container_relative_uri.n > 0)
		return unsupported(work, "the container endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)");
	if (env->container_full_uri.n > 0)
		return unsupported(work, "the container endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI)");
	kin__reason_say(work->reason,
	                "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
	                "aws_access_key_id and "
	                "aws_secret_access_key of profile \"%1\" in the AWS credentials file (instance "
	                "metadata, "
	                "IMDS, is not supported by this version)",
	                kin__span_text(work->profile.name), none, none);
	return KIN__AWS_NO_CREDENTIALS;
}

static int set_credentials(struct work *work)
{
	const struct kin__chain_input *in = work->input;
	bool decided;
	int code;

	if (in->code.access_key_id.n > 0 || in->code.secret_access_key.n > 0)
		return from_code(work);
	if (in->code.profile.n == 0 && in->environment.access_key_id.n > 0)
		return from_environment(work);
	code = from_profile(work, &decided);
	return decided ? code : nothing(work);
}

/* The override must parse, and cannot stand beside FIPS or dual-stack: said now, not at the first call. */
static int check_endpoint(struct work *work)
{
	struct kin__chain *chain = work->chain;
	struct kin__endpoint endpoint;
	struct kin__endpoint_input input = { .region = kin__span_text(chain->region),
		                             .fips = chain->use_fips,
		                             .dualstack = chain->use_dualstack,
		                             .url = kin__span_text(chain->endpoint_url),
		                             .class_ = KIN__ENDPOINT_CONTROL,
		                             .account_mode = KIN__ACCOUNT_DISABLED };

	return kin__endpoint_resolve(&input, &endpoint, work->reason);
}

static int load_profile(struct work *work)
{
	const struct kin__chain_input *in = work->input;
	struct kin__span name = in->code.profile;

	if (name.n == 0)
		name = in->environment.profile;
	if (name.n == 0)
		name = in->environment.default_profile;
	return kin__profile_load(&work->profile, in->config, in->credentials, name, work->reason);
}

int kin__chain_resolve(const struct kin__chain_input *input, struct kin__chain *chain,
                       struct kin__reason *reason)
{
	static int (*const steps[])(struct work *) = { load_profile,     set_switches,   set_region,
		                                       set_endpoint_url, check_endpoint, set_attempts,
		                                       set_account_mode, set_ca_bundle,  set_credentials };
	struct work work = { .input = input, .chain = chain, .reason = reason };
	int code = KIN__AWS_OK;

	kin__chain_fini(chain);
	kin__profile_init(&work.profile);
	for (size_t i = 0; i < KIN__ARRAY_LEN(steps) && code == KIN__AWS_OK; i++)
		code = steps[i](&work);
	kin__profile_fini(&work.profile);
	if (code != KIN__AWS_OK)
		kin__chain_fini(chain);
	return code;
}
