/* The embedded endpoint with TLS, asked by the client.  Certificates are made anew by openssl(1). */
#include "client_scene.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static char folder[] = "check_mock_tls.XXXXXX";
static char certificate[64], key[64], other_key[64], text[64];

static void run(const char *command)
{
	ck_assert_msg(system(command) == 0, "failed: %s", command);
}

/* A certificate that is its own authority. */
static void make_pair(const char *subject, const char *to, const char *to_key)
{
	char command[512];

	snprintf(command, sizeof command,
	         "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
	         "/CN=%s "
	         "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
	         subject, to_key, to);
	run(command);
}

static void make_files(void)
{
	char spare[64];

	ck_assert_msg(system("command -v openssl >/dev/null") == 0,
	              "this test needs openssl(1) (Debian: apt-get install openssl)");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(certificate, sizeof certificate, "%s/certificate", folder);
	snprintf(key, sizeof key, "%s/key", folder);
	snprintf(other_key, sizeof other_key, "%s/other_key", folder);
	snprintf(text, sizeof text, "%s/text", folder);
	snprintf(spare, sizeof spare, "%s/spare", folder);
	make_pair("mock", certificate, key);
	make_pair("other", spare, other_key);
	FILE *file = fopen(text, "w");
	fprintf(file, "no certificate\n");
	fclose(file);
}

static void remove_files(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	run(command);
}

static int open_tls(const char *of, const char *by, uint16_t port, struct kin_mock **out)
{
	struct kin_mock_options options;

	kin_mock_options_init(&options);
	options.streams = "s:2";
	options.secret_access_key = SECRET;
	options.tls_certificate = of;
	options.tls_key = by;
	options.port = port;
	return kin_mock_open(out, &options, &error);
}

static void open_mock(void)
{
	setup(); /* the environment and the journal; its mock gives way to one with TLS */
	kin_client_close(client);
	kin_mock_close(mock);
	client = NULL;
	OK(open_tls(certificate, key, 0, &mock));
}

static uint16_t port_of(const struct kin_mock *of)
{
	return (uint16_t)atoi(strrchr(kin_mock_url(of), ':') + 1);
}

START_TEST(trusted)
{
	struct kin_client_options options = mock_options();

	ck_assert_int_eq(strncmp(kin_mock_url(mock), "https://127.0.0.1:", 18), 0);
	options.ca_bundle = certificate;
	client = client_with(&options);
	for (int i = 0; i < 3; i++)
		OK(put_one(client));
	ck_assert_uint_eq(stats().records_stored, 3);
	ck_assert_uint_eq(stats().connections, 1);
	fault("PutRecord:throttle:count=1");
	OK(put_one(client));
	ck_assert_uint_eq(stats().requests, 5);
}
END_TEST

START_TEST(not_trusted)
{
	struct kin_client_options options = mock_options();

	options.max_attempts = 1;
	client = client_with(&options);
	ck_assert_int_eq(put_one(client), KIN_NETWORK);
	ck_assert_msg(strstr(error.message, "certificate"), "%s", error.message);
	ck_assert_uint_eq(stats().requests, 0);
}
END_TEST

START_TEST(plain_text_at_its_door)
{
	struct kin_client_options options = mock_options();
	char url[64];

	snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)port_of(mock));
	options.endpoint_url = url;
	options.max_attempts = 1;
	client = client_with(&options);
	ck_assert_int_eq(put_one(client), KIN_NETWORK);
	ck_assert_uint_eq(stats().requests, 0);
}
END_TEST

/* Who connects and never shakes hands holds up neither the others nor the end. */
START_TEST(no_handshake)
{
	struct kin_client_options options = mock_options();
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fds[5];

	address.sin_port = htons(port_of(mock));
	for (int i = 0; i < 5; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		ck_assert_int_eq(connect(fds[i], (struct sockaddr *)&address, sizeof address), 0);
	}
	while (stats().connections < 5)
		nap_ms(5);
	options.ca_bundle = certificate;
	client = client_with(&options);
	OK(put_one(client));
	kin_client_close(client);
	client = NULL;
	int64_t began_ms = now_ms();
	kin_mock_close(mock);
	mock = NULL;
	ck_assert_int_lt(now_ms() - began_ms, 20000); /* it does not wait for them */
	for (int i = 0; i < 5; i++)
		close(fds[i]);
}
END_TEST

START_TEST(bad_files)
{
	struct kin_mock *other;

	ck_assert_int_eq(open_tls(certificate, "/nonexistent/key", 0, &other), KIN_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(error.message, "/nonexistent/key"));
	ck_assert_ptr_null(other);
	ck_assert_int_eq(open_tls("/nonexistent/certificate", key, 0, &other), KIN_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(error.message, "/nonexistent/certificate"));
	ck_assert_int_eq(open_tls(certificate, other_key, 0, &other), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, other_key));
	ck_assert_int_eq(open_tls(text, key, 0, &other), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, text));
	ck_assert_int_eq(open_tls(certificate, text, 0, &other), KIN_INVALID);
	ck_assert_int_eq(open_tls(certificate, NULL, 0, &other), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "tls_key is NULL"));
	/* the port is at fault, not the certificate */
	ck_assert_int_eq(open_tls(certificate, key, port_of(mock), &other), KIN_IN_USE);
	ck_assert_ptr_null(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mock with TLS");
	TCase *scenes = tcase_create("TLS");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(scenes, make_files, remove_files);
	tcase_add_checked_fixture(scenes, open_mock, teardown);
	tcase_set_timeout(scenes, 60);
	tcase_add_test(scenes, trusted);
	tcase_add_test(scenes, not_trusted);
	tcase_add_test(scenes, plain_text_at_its_door);
	tcase_add_test(scenes, no_handshake);
	tcase_add_test(scenes, bad_files);
	suite_add_tcase(suite, scenes);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
