/* The settings' part of check_aws.c: credentials, profiles and the chain. */
#ifndef KIN_TESTS_AWS_SETTINGS_H
#define KIN_TESTS_AWS_SETTINGS_H

START_TEST(credentials)
{
	static const struct {
		const char *id, *secret, *token, *account, *why; /* why NULL: accepted */
	} rows[] = {
		{ "AKID", "hushhush", "", "", NULL },
		{ "AKID", "hushhush", "tok/en+=", "123456789012", NULL },
		{ "", "hushhush", "", "", "the access key id from a test is missing" },
		{ "AKID", "", "", "", "the secret access key from a test is missing" },
		{ "AK/ID", "hushhush", "", "", "the access key id from a test has" },
		{ "AK\nID", "hushhush", "", "", "the access key id from a test has" },
		{ "AKID", "hush\rhush", "", "", "the secret access key from a test has" },
		{ "AKID", "hush hush", "", "", "the secret access key from a test has" },
		{ "AKID", "hushhush", "to\nken", "", "the session token from a test has" },
		{ "AKID", "hushhush", "", "12345", "the account id from a test is not twelve digits" },
		{ "AKID", "hushhush", "", "12345678901x", "the account id from a test is not twelve digits" },
	};
	struct kin__credentials one, two;

	kin__credentials_init(&one);
	kin__credentials_init(&two);
	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		int code = kin__credentials_set(&one, T(rows[i].id), T(rows[i].secret), T(rows[i].token),
		                                T(rows[i].account), "a test", &reason);

		ck_assert_int_eq(code, rows[i].why ? KIN__AWS_REFUSED : KIN__AWS_OK);
		ck_assert(!rows[i].why || strstr(reason.text, rows[i].why) == reason.text);
		ck_assert_ptr_null(strstr(reason.text, "hush"));
	}
	one.expires_ms = 7;
	ck_assert_int_eq(kin__credentials_copy(&two, &one), KIN__AWS_OK);
	ck_assert(kin__credentials_present(&two));
	ck_assert_str_eq(two.session_token, "tok/en+=");
	ck_assert_str_eq(two.source, "a test");
	ck_assert_int_eq(two.expires_ms, 7);
	ck_assert_ptr_ne(two.session_token, one.session_token);
	kin__credentials_fini(&one);
	ck_assert(!kin__credentials_present(&one));
	ck_assert_int_eq(kin__credentials_copy(&two, &one), KIN__AWS_OK);
	ck_assert(!kin__credentials_present(&two));
	kin__credentials_fini(&two);
}
END_TEST

START_TEST(credentials_without_memory)
{
	struct kin__credentials keys = keys_of("token");

	for (uint64_t n = 1; n <= 3; n++) {
		struct kin__credentials copy;

		kin__credentials_init(&copy);
		kin__mem_fail_at(n);
		ck_assert_int_eq(kin__credentials_copy(&copy, &keys), KIN__AWS_NOMEM);
		kin__mem_fail_at(0);
		ck_assert(!kin__credentials_present(&copy));
	}
	kin__credentials_fini(&keys);
}
END_TEST

START_TEST(reasons)
{
	char longer[400];

	memset(longer, 'x', sizeof(longer));
	kin__reason_say(&reason, "a %1 b %2 c %3 %4 %", T("one"), T("t\nwo\x7f"), kin__span(longer, 65));
	ck_assert_int_eq(strncmp(reason.text, "a one b t?wo? c xxx", 19), 0);
	ck_assert_uint_eq(strlen(reason.text), 16 + 64 + 3 + 5);
	ck_assert_ptr_nonnull(strstr(reason.text, "xxx... %4 %"));
	kin__reason_say(&reason, "%1%1%1%1%1%1%1%1%1", kin__span(longer, 64), none, none);
	ck_assert_uint_eq(strlen(reason.text), sizeof(reason.text) - 1);
}
END_TEST

/* --- profiles --- */

#define CONFIG                                                                                               \
	"\xef\xbb\xbf[default]\nregion = eu-west-1 # here\n[profile dev]\nregion=us-west-2\noutput = json\n" \
	"services = local\ns3 =\n  addressing_style = path\n[profile \"two words\"]\nregion = r2\n"          \
	"[ignored]\nregion = r3\n[services local]\nkinesis =\n  endpoint_url = http://localhost:1\n"         \
	"dynamodb =\n  endpoint_url = http://localhost:2\n[profile 'q']\nAWS_Access_Key_ID = QK\nno equals " \
	"sign\n"                                                                                             \
	"[profile dev]\nmax_attempts = 7\nregion = us-east-2\n"
#define CREDENTIALS                                                                                          \
	"[default]\naws_access_key_id = DK\naws_secret_access_key = DS\n[dev]\nregion = sa-east-1\n"         \
	"aws_access_key_id = VK\n[only]\naws_access_key_id = OK\n"

START_TEST(profiles)
{
	static const struct {
		const char *profile, *key, *value;
	} rows[] = {
		{ "", "region", "eu-west-1" },         { "default", "region", "eu-west-1" },
		{ "", "aws_access_key_id", "DK" },     { "dev", "region", "sa-east-1" },
		{ "dev", "output", "json" },           { "dev", "max_attempts", "7" },
		{ "dev", "aws_access_key_id", "VK" },  { "dev", "aws_secret_access_key", "" },
		{ "two words", "region", "r2" },       { "q", "aws_access_key_id", "QK" },
		{ "only", "aws_access_key_id", "OK" }, { "only", "region", "" },
		{ "dev", "addressing_style", "" },     { "default", "services", "" },
	};
	struct kin__profile profile;

	kin__profile_init(&profile);
	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		struct kin__span value;

		ck_assert_int_eq(kin__profile_load(&profile, T(CONFIG), T(CREDENTIALS), T(rows[i].profile),
		                                   &reason),
		                 0);
		ck_assert(profile.found);
		value = kin__profile_get(&profile, rows[i].key);
		ck_assert_msg(kin__span_is(value, rows[i].value), "[%s] %s: %.*s", rows[i].profile,
		              rows[i].key, (int)value.n, value.at ? value.at : "");
	}
	ck_assert_int_eq(kin__profile_load(&profile, T(CONFIG), T(CREDENTIALS), T("dev"), &reason), 0);
	ck_assert(kin__span_is(kin__profile_service(&profile, "kinesis", "endpoint_url"),
	                       "http://localhost:1"));
	ck_assert(kin__span_is(kin__profile_service(&profile, "dynamodb", "endpoint_url"),
	                       "http://localhost:2"));
	ck_assert_uint_eq(kin__profile_service(&profile, "sqs", "endpoint_url").n, 0);
	ck_assert(kin__span_is(kin__profile_nested(&profile, "s3", "addressing_style"), "path"));
	kin__profile_fini(&profile);
	ck_assert_uint_eq(kin__profile_get(&profile, "region").n, 0);
}
END_TEST

START_TEST(missing_profiles)
{
	struct kin__profile profile;

	kin__profile_init(&profile);
	ck_assert_int_eq(kin__profile_load(&profile, none, none, none, &reason), 0);
	ck_assert(!profile.found);
	ck_assert_int_eq(kin__profile_load(&profile, none, none, T("default"), &reason), 0);
	ck_assert_int_eq(kin__profile_load(&profile, T(CONFIG), none, T("ignored"), &reason),
	                 KIN__AWS_REFUSED);
	ck_assert_ptr_nonnull(strstr(reason.text, "profile \"ignored\" does not exist"));
	ck_assert_int_eq(kin__profile_load(&profile, T(CONFIG), T("[profile x]\na=b\n"), T("x"), &reason),
	                 KIN__AWS_REFUSED);
	/* [profile default] hides [default] altogether */
	ck_assert_int_eq(kin__profile_load(&profile,
	                                   T("[profile default]\nregion=a\n[default]\nregion=b\nx=y\n"), none,
	                                   none, &reason),
	                 0);
	ck_assert(kin__span_is(kin__profile_get(&profile, "region"), "a"));
	ck_assert_uint_eq(kin__profile_get(&profile, "x").n, 0);
	kin__mem_fail_at(1);
	ck_assert_int_eq(kin__profile_load(&profile, T(CONFIG), none, none, &reason), KIN__AWS_NOMEM);
	kin__mem_fail_at(0);
	kin__profile_fini(&profile);
}
END_TEST

/* --- the chain: "NAME=value" lines are the environment, "code.NAME=value" what the program says --- */

struct chain_row {
	const char *environment, *config, *credentials;
	int code;
	const char *expect; /* "id source region url attempts" - or a part of the reason */
};

#define KEYS "AWS_ACCESS_KEY_ID=EK\nAWS_SECRET_ACCESS_KEY=hushhush\n"
#define HOME "AWS_REGION=us-east-1\n"
#define STATIC "[default]\naws_access_key_id=FK\naws_secret_access_key=hushhush\n"

static const struct chain_row chain_rows[] = {
	{ KEYS HOME, "", "", 0, "EK environment us-east-1 - 3" },
	{ KEYS "AWS_DEFAULT_REGION=us-west-2\n", "", "", 0, "EK environment us-west-2 - 3" },
	{ KEYS HOME "AWS_DEFAULT_REGION=us-west-2\n", "", "", 0, "EK environment us-east-1 - 3" },
	{ KEYS, "[default]\nregion=eu-west-1\nmax_attempts=9\n", "", 0, "EK environment eu-west-1 - 9" },
	{ KEYS HOME "code.region=ap-south-1\ncode.attempts_max=5\n", "", "", 0,
	  "EK environment ap-south-1 - 5" },
	{ HOME, "", STATIC, 0, "FK shared-files us-east-1 - 3" },
	{ HOME, STATIC, "", 0, "FK shared-files us-east-1 - 3" },
	{ KEYS HOME "AWS_PROFILE=p\n", "", "[p]\naws_access_key_id=PK\naws_secret_access_key=s\n", 0,
	  "EK environment us-east-1 - 3" },
	{ KEYS HOME "code.profile=p\n", "", "[p]\naws_access_key_id=PK\naws_secret_access_key=s\n", 0,
	  "PK shared-files us-east-1 - 3" },
	{ HOME "AWS_PROFILE=p\nAWS_DEFAULT_PROFILE=q\n", "",
	  "[p]\naws_access_key_id=PK\naws_secret_access_key=s\n", 0, "PK shared-files us-east-1 - 3" },
	{ HOME "AWS_DEFAULT_PROFILE=p\n", "", "[p]\naws_access_key_id=PK\naws_secret_access_key=s\n", 0,
	  "PK shared-files us-east-1 - 3" },
	{ KEYS HOME "code.access_key_id=CK\ncode.secret_access_key=c\n", "", STATIC, 0,
	  "CK code us-east-1 - 3" },
	{ KEYS HOME "AWS_ENDPOINT_URL=http://a:1\nAWS_ENDPOINT_URL_KINESIS=http://b:2\n", "", "", 0,
	  "EK environment us-east-1 http://b:2 3" },
	{ KEYS HOME "AWS_ENDPOINT_URL=http://a:1\n", "[default]\nendpoint_url=http://c\n", "", 0,
	  "EK environment us-east-1 http://a:1 3" },
	{ KEYS HOME,
	  "[default]\nendpoint_url=http://c\nservices=s\n[services s]\nkinesis=\n endpoint_url=http://d\n",
	  "", 0, "EK environment us-east-1 http://d 3" },
	{ KEYS HOME, "[default]\nendpoint_url=http://c\n", "", 0, "EK environment us-east-1 http://c 3" },
	{ KEYS HOME "AWS_ENDPOINT_URL=http://a:1\nAWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True\n", "", "", 0,
	  "EK environment us-east-1 - 3" },
	{ KEYS HOME "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true\ncode.endpoint_url=http://e\n", "", "", 0,
	  "EK environment us-east-1 http://e 3" },
	{ KEYS "AWS_REGION=fips-us-gov-west-1\n", "", "", 0, "EK environment us-gov-west-1 - 3 fips" },
	{ KEYS "AWS_REGION=us-east-1-fips\n", "", "", 0, "EK environment us-east-1 - 3 fips" },
	{ KEYS HOME "AWS_USE_FIPS_ENDPOINT=TRUE\n", "", "", 0, "EK environment us-east-1 - 3 fips" },
	{ KEYS HOME "AWS_USE_DUALSTACK_ENDPOINT=true\n", "", "", 0, "EK environment us-east-1 - 3 dual" },
	{ KEYS HOME "AWS_USE_DUALSTACK_ENDPOINT=true\ncode.use_dualstack=0\n", "", "", 0,
	  "EK environment us-east-1 - 3" },
	{ KEYS HOME "AWS_DISABLE_CLOCK_SKEW_CORRECTION=true\n", "", "", 0,
	  "EK environment us-east-1 - 3 noskew" },
	{ KEYS HOME, "[default]\ndisable_clock_skew_correction=true\n", "", 0,
	  "EK environment us-east-1 - 3 noskew" },
	{ KEYS HOME "AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled\n", "", "", 0,
	  "EK environment us-east-1 - 3 mode1" },
	{ KEYS HOME, "[default]\naccount_id_endpoint_mode=required\n", "", 0,
	  "EK environment us-east-1 - 3 mode2" },
	{ HOME "AWS_WEB_IDENTITY_TOKEN_FILE=/t\n", "", STATIC, 0, "FK shared-files us-east-1 - 3" },
	{ HOME, "[default]\nrole_arn=r\nweb_identity_token_file=/t\n", STATIC, 0,
	  "FK shared-files us-east-1 - 3" },
	{ HOME "AWS_SECRET_ACCESS_KEY=hushhush\n", "", STATIC, 0, "FK shared-files us-east-1 - 3" },
	/* refused */
	{ HOME, "", "", KIN__AWS_NO_CREDENTIALS,
	  "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" },
	{ HOME "AWS_PROFILE=default\n", "", "", KIN__AWS_NO_CREDENTIALS, "of profile \"default\"" },
	{ KEYS, "", "", KIN__AWS_REFUSED, "no region: set AWS_REGION" },
	{ KEYS "AWS_REGION=us_east\n", "", "", KIN__AWS_REFUSED, "AWS_REGION is \"us_east\"" },
	{ KEYS "AWS_REGION=a.evil.example\n", "", "", KIN__AWS_REFUSED, "not a region name" },
	{ HOME "AWS_ACCESS_KEY_ID=EK\n", "", STATIC, KIN__AWS_NO_CREDENTIALS,
	  "AWS_SECRET_ACCESS_KEY is missing" },
	{ HOME "code.access_key_id=CK\n", "", STATIC, KIN__AWS_NO_CREDENTIALS,
	  "secret_access_key is missing in the options" },
	{ HOME "code.secret_access_key=hushhush\n", "", "", KIN__AWS_NO_CREDENTIALS,
	  "access_key_id is missing" },
	{ HOME, "", "[default]\naws_access_key_id=FK\n", KIN__AWS_NO_CREDENTIALS,
	  "aws_secret_access_key is missing in default" },
	{ HOME, "", "[default]\naws_secret_access_key=hushhush\n", KIN__AWS_NO_CREDENTIALS,
	  "aws_access_key_id is missing" },
	{ KEYS HOME "AWS_PROFILE=gone\n", "", STATIC, KIN__AWS_REFUSED, "profile \"gone\" does not exist" },
	{ HOME, "[default]\nrole_arn=r\nsource_profile=x\n", STATIC, KIN__AWS_UNSUPPORTED, "role_arn" },
	{ HOME, "[default]\nweb_identity_token_file=/t\nrole_arn=r\n", "", KIN__AWS_UNSUPPORTED,
	  "web identity" },
	{ HOME, "[default]\ncredential_process=hushhush\n", "", KIN__AWS_UNSUPPORTED, "credential_process" },
	{ HOME, "[default]\nsso_session=s\n", "", KIN__AWS_UNSUPPORTED, "IAM Identity Center" },
	{ HOME, "[default]\nsso_start_url=s\n", "", KIN__AWS_UNSUPPORTED, "IAM Identity Center" },
	{ HOME, "[default]\nlogin_session=s\n", "", KIN__AWS_UNSUPPORTED, "login_session" },
	{ HOME "AWS_WEB_IDENTITY_TOKEN_FILE=/t\n", "", "", KIN__AWS_UNSUPPORTED,
	  "AWS_WEB_IDENTITY_TOKEN_FILE" },
	{ HOME "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/t\n", "", "", KIN__AWS_UNSUPPORTED,
	  "(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)" },
	{ HOME "AWS_CONTAINER_CREDENTIALS_FULL_URI=/t\n", "", "", KIN__AWS_UNSUPPORTED,
	  "AWS_CONTAINER_CREDENTIALS_FULL_URI" },
	{ KEYS HOME "AWS_MAX_ATTEMPTS=0\n", "", "", KIN__AWS_REFUSED, "AWS_MAX_ATTEMPTS is \"0\"" },
	{ KEYS HOME "AWS_MAX_ATTEMPTS=many\n", "", "", KIN__AWS_REFUSED, "AWS_MAX_ATTEMPTS is \"many\"" },
	{ KEYS HOME, "[default]\nmax_attempts=1001\n", "", KIN__AWS_REFUSED, "max_attempts is \"1001\"" },
	{ KEYS HOME "code.attempts_max=1001\n", "", "", KIN__AWS_REFUSED, "1 to 1000" },
	{ KEYS HOME "AWS_USE_FIPS_ENDPOINT=yes\n", "", "", KIN__AWS_REFUSED,
	  "AWS_USE_FIPS_ENDPOINT is \"yes\"" },
	{ KEYS HOME "AWS_ACCOUNT_ID_ENDPOINT_MODE=on\n", "", "", KIN__AWS_REFUSED,
	  "must be preferred, disabled" },
	{ KEYS HOME "AWS_ENDPOINT_URL=ftp://x\n", "", "", KIN__AWS_REFUSED, "\"ftp://x\"" },
	{ KEYS HOME "AWS_ENDPOINT_URL=http://x\nAWS_USE_FIPS_ENDPOINT=true\n", "", "", KIN__AWS_REFUSED,
	  "FIPS" },
	{ KEYS HOME "AWS_ACCOUNT_ID=12\n", "", "", KIN__AWS_REFUSED, "twelve digits" },
};

static void say_in_code(struct kin__chain_code *code, struct kin__span name, struct kin__span value)
{
	uint64_t number = 0;

	kin__span_u64(value, &number);
	if (kin__span_is(name, "code.region"))
		code->region = value;
	else if (kin__span_is(name, "code.profile"))
		code->profile = value;
	else if (kin__span_is(name, "code.endpoint_url"))
		code->endpoint_url = value;
	else if (kin__span_is(name, "code.access_key_id"))
		code->access_key_id = value;
	else if (kin__span_is(name, "code.secret_access_key"))
		code->secret_access_key = value;
	else if (kin__span_is(name, "code.attempts_max"))
		code->attempts_max = (uint32_t)number;
	else if (kin__span_is(name, "code.use_dualstack"))
		code->use_dualstack = (int)number;
	else
		ck_abort_msg("unknown name in the table: %.*s", (int)name.n, name.at);
}

static void read_environment(struct kin__chain_input *input, struct kin__span text)
{
	while (text.n > 0) {
		struct kin__span line, name, value;
		size_t i = 0;

		text = kin__span_cut(text, '\n', &line);
		value = kin__span_cut(line, '=', &name);
		while (i < kin__chain_variables_n && !kin__span_is(name, kin__chain_variables[i].name))
			i++;
		if (i == kin__chain_variables_n)
			say_in_code(&input->code, name, value);
		else
			memcpy((char *)&input->environment + kin__chain_variables[i].offset, &value,
			       sizeof(value));
	}
}

static void describe(struct kin__bytes *out, const struct kin__chain *chain)
{
	bool files = strcmp(chain->credentials.source, "shared files") == 0;

	kin__bytes_format(out, "%s %s %s %s %u", chain->credentials.access_key_id,
	                  files ? "shared-files" : chain->credentials.source, chain->region,
	                  chain->endpoint_url ? chain->endpoint_url : "-", (unsigned)chain->attempts_max);
	if (chain->use_fips)
		kin__bytes_text(out, " fips");
	if (chain->use_dualstack)
		kin__bytes_text(out, " dual");
	if (!chain->skew_correction)
		kin__bytes_text(out, " noskew");
	if (chain->account_mode != KIN__ACCOUNT_PREFERRED)
		kin__bytes_format(out, " mode%d", (int)chain->account_mode);
}

START_TEST(chain_table)
{
	const struct chain_row *row = &chain_rows[_i];
	struct kin__chain_input input = { .config = T(row->config), .credentials = T(row->credentials) };
	struct kin__chain chain;
	struct kin__bytes text;

	kin__chain_code_init(&input.code);
	read_environment(&input, T(row->environment));
	kin__chain_init(&chain);
	kin__bytes_init(&text);
	ck_assert_msg(kin__chain_resolve(&input, &chain, &reason) == row->code, "%s%s%s: %s",
	              row->environment, row->config, row->credentials, reason.text);
	if (row->code == KIN__AWS_OK) {
		describe(&text, &chain);
		ck_assert_str_eq(text.at, row->expect);
	} else {
		ck_assert_msg(strstr(reason.text, row->expect) != NULL, "\"%s\" lacks \"%s\"", reason.text,
		              row->expect);
		ck_assert_uint_lt(strlen(reason.text), sizeof(reason.text) - 1); /* not cut */
		ck_assert_ptr_null(strstr(reason.text, "hush"));
		ck_assert_ptr_null(chain.region);
		ck_assert(!kin__credentials_present(&chain.credentials));
	}
	kin__bytes_fini(&text);
	kin__chain_fini(&chain);
}
END_TEST

START_TEST(chain_details)
{
	struct kin__chain_input input = { .config = none };
	struct kin__chain chain;
	int code = KIN__AWS_NOMEM;

	kin__chain_code_init(&input.code);
	read_environment(&input,
	                 T(KEYS HOME
	                   "AWS_SESSION_TOKEN=tok\nAWS_ACCOUNT_ID=123456789012\nAWS_CA_BUNDLE=/ca.pem\n"
	                   "AWS_ENDPOINT_URL=http://x\n"));
	kin__chain_init(&chain);
	ck_assert_int_eq(kin__chain_resolve(&input, &chain, &reason), 0);
	ck_assert_str_eq(chain.credentials.session_token, "tok");
	ck_assert_str_eq(chain.credentials.account_id, "123456789012");
	ck_assert_str_eq(chain.ca_bundle, "/ca.pem");
	input.code.ca_bundle = T("/own.pem");
	input.code.account_mode = KIN__ACCOUNT_REQUIRED;
	ck_assert_int_eq(kin__chain_resolve(&input, &chain, &reason), 0);
	ck_assert_str_eq(chain.ca_bundle, "/own.pem");
	ck_assert_int_eq(chain.account_mode, KIN__ACCOUNT_REQUIRED);
	for (uint64_t n = 1; code != KIN__AWS_OK;
	     n++) { /* each allocation fails once; nothing leaks or is half done */
		ck_assert_uint_lt(n, 50);
		kin__mem_fail_at(n);
		code = kin__chain_resolve(&input, &chain, &reason);
		kin__mem_fail_at(0);
		ck_assert(code == KIN__AWS_OK || code == KIN__AWS_NOMEM);
		ck_assert(!!chain.region == (code == KIN__AWS_OK));
	}
	kin__chain_fini(&chain);
}
END_TEST

#include "aws_endpoints.h"

static void add_settings_tests(TCase *tcase)
{
	tcase_add_test(tcase, credentials);
	tcase_add_test(tcase, credentials_without_memory);
	tcase_add_test(tcase, reasons);
	tcase_add_test(tcase, profiles);
	tcase_add_test(tcase, missing_profiles);
	tcase_add_loop_test(tcase, chain_table, 0, (int)KIN__ARRAY_LEN(chain_rows));
	tcase_add_test(tcase, chain_details);
	tcase_add_test(tcase, urls);
	tcase_add_test(tcase, url_truncations);
	tcase_add_test(tcase, arns);
	tcase_add_loop_test(tcase, endpoints, 0, (int)KIN__ARRAY_LEN(endpoint_rows));
	tcase_add_test(tcase, endpoint_parts);
}
#endif
