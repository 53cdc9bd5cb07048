/* Part of check_client: keys that expire, and are read again from their file. */
#include "drive_server.h"

static void write_session(const char *path, const char *id, const char *token)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file,
	        "[default]\naws_access_key_id = %s\naws_secret_access_key = secret\naws_session_token = %s\n",
	        id, token);
	ck_assert_int_eq(fclose(file), 0);
}

static const struct {
	const char *id, *token; /* of the file when it is read again */
	int asked;
} rewritten[] = {
	{ "AKIDONE", "old", 1 }, /* still the refused ones */
	{ "AKIDONE", "new", 2 },
	{ "AKIDTWO", "old", 2 }, /* each part counts */
};

START_TEST(expired_keys_are_read_again)
{
	static const struct line script[SCRIPT_MAX] = {
		{ 400, "", "{\"__type\":\"ExpiredTokenException\",\"message\":\"it is over\"}" },
		{ 200, "", "{\"StreamNames\":[],\"HasMoreStreams\":false}" },
	};
	char path[] = "/tmp/kin-keys-XXXXXX", url[64];
	struct kin_client_options options;
	struct kin_client *asker;
	struct kin_call *call;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	write_session(path, "AKIDONE", "old");
	setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	service_start();
	service.script = script;
	snprintf(url, sizeof url, "http://127.0.0.1:%d", service.port);
	kin_client_options_init(&options);
	options.endpoint_url = url;
	options.region = "us-east-1";
	ck_assert_msg(kin_client_open(&asker, &options, &error) == KIN_OK, "%s", error.message);
	write_session(path, rewritten[_i].id, rewritten[_i].token);
	ck_assert_int_eq(kin_call_new(&call, asker, "ListStreams", &error), KIN_OK);
	ck_assert_int_eq(kin_call_wait(call, -1, &error) == KIN_OK, rewritten[_i].asked == 2);
	kin_call_free(call);
	ck_assert_int_eq(service.asked, rewritten[_i].asked);
	ck_assert_ptr_nonnull(strstr(service.requests[0], "Credential=AKIDONE/"));
	if (rewritten[_i].asked == 2) {
		char token[64], id[64];

		snprintf(token, sizeof token, "oken: %s\r\n", rewritten[_i].token);
		snprintf(id, sizeof id, "Credential=%s/", rewritten[_i].id);
		ck_assert_ptr_nonnull(strstr(service.requests[1], token));
		ck_assert_ptr_nonnull(strstr(service.requests[1], id));
	}
	kin_client_close(asker);
	service_stop();
	clean_environment();
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST
