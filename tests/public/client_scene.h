/* What the scenes of check_client.c share: a mock, a client, a log that is kept, and calls in one line. */
#ifndef KIN_TEST_CLIENT_SCENE_H
#define KIN_TEST_CLIENT_SCENE_H
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kinstream.h>
#include <kinstream/mock.h>

#define SECRET "mock-SECRET/do+not+show"

static struct kin_mock *mock;
static struct kin_client *client;
static struct kin_error error;
static int32_t wire; /* of the clients to come */

/* Every line of every client, at TRACE: the end of each scene looks for secrets in it. */
static struct {
	pthread_mutex_t lock;
	char text[1 << 18];
	size_t n;
} journal = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void keep_line(void *user, int level, const char *room, const char *line)
{
	(void)user;
	ck_assert(level >= KIN_LOG_ERROR && level <= KIN_LOG_TRACE && room[0] && !strchr(line, '\n'));
	pthread_mutex_lock(&journal.lock);
	if (journal.n + strlen(line) + 40 < sizeof journal.text)
		journal.n += (size_t)snprintf(journal.text + journal.n, 1200, "%s %s %s\n",
		                              kin_log_level_name(level), room, line);
	pthread_mutex_unlock(&journal.lock);
}

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct kin_client_options mock_options(void)
{
	struct kin_client_options options;

	kin_client_options_init(&options);
	options.region = "us-east-1";
	options.endpoint_url = kin_mock_url(mock);
	options.access_key_id = "AKIDMOCK";
	options.secret_access_key = SECRET;
	options.log = keep_line;
	options.log_level = KIN_LOG_TRACE;
	options.wire = wire;
	return options;
}

static struct kin_client *client_with(const struct kin_client_options *options)
{
	struct kin_client *made;
	int code = kin_client_open(&made, options, &error);

	ck_assert_msg(code == KIN_OK, "%s", error.message);
	return made;
}

static void clean_environment(void)
{
	static const char *const names[] = {
		"AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_PROFILE",        "AWS_DEFAULT_PROFILE",   "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",      "AWS_ENDPOINT_URL_KINESIS",
		"AWS_MAX_ATTEMPTS",   "AWS_CA_BUNDLE",         "http_proxy",
		"https_proxy",        "HTTPS_PROXY",           "all_proxy",
		"ALL_PROXY"
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
}

static void setup(void)
{
	struct kin_mock_options options;
	struct kin_client_options mine;

	clean_environment();
	journal.n = 0;
	journal.text[0] = 0;
	kin_mock_options_init(&options);
	options.streams = "s:2";
	options.secret_access_key = SECRET;
	ck_assert_int_eq(kin_mock_open(&mock, &options, &error), KIN_OK);
	mine = mock_options();
	client = client_with(&mine);
}

static void teardown(void)
{
	wire = KIN_WIRE_JSON;
	kin_client_close(client);
	kin_mock_close(mock);
	ck_assert_msg(!strstr(journal.text, "SECRET/do"), "a secret in the log");
	ck_assert_msg(!strstr(journal.text, "Signature="), "a signature in the log");
}

static struct kin_call *call_of(struct kin_client *of, const char *operation)
{
	struct kin_call *call;
	int code = kin_call_new(&call, of, operation, &error);

	ck_assert_msg(code == KIN_OK, "%s", error.message);
	return call;
}

#define OK(expression)                                                                                       \
	do {                                                                                                 \
		int code_ = (expression);                                                                    \
		ck_assert_msg(code_ == KIN_OK, "%s: %s", kin_code_name(code_), error.message);               \
	} while (0)

static void set(struct kin_call *call, const char *member, const char *value)
{
	OK(kin_call_set_text(call, member, value, &error));
}

static struct kin_call *on_stream(struct kin_client *of, const char *operation)
{
	struct kin_call *call = call_of(of, operation);

	set(call, "StreamName", "s");
	return call;
}

/* A PutRecord of one byte; its code. */
static int put_one(struct kin_client *of)
{
	struct kin_call *call = on_stream(of, "PutRecord");
	int code;

	set(call, "PartitionKey", "k");
	OK(kin_call_set_data(call, "Data", "x", 1, &error));
	code = kin_call_wait(call, -1, &error);
	kin_call_free(call);
	return code;
}

static void fault(const char *text)
{
	OK(kin_mock_fault(mock, text, &error));
}

static struct kin_mock_stats stats(void)
{
	struct kin_mock_stats now = { .size = sizeof now };

	OK(kin_mock_stats(mock, &now, &error));
	return now;
}
#endif
