/* What the checks of tests/faults share: a mock, clients with short limits, a kept log, the clock, a watchdog. */
#ifndef KIN_TEST_FAULTS_H
#define KIN_TEST_FAULTS_H
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <kinstream.h>
#include <kinstream/mock.h>

/* AddressSanitizer keeps what was freed for a while: what is resident says nothing then.  Any sanitizer takes time. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define FREED_IS_KEPT true
#else
#define FREED_IS_KEPT false
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define SANITIZED true
#else
#define SANITIZED FREED_IS_KEPT
#endif

/* A blocking call may outlast its time limit by the margin, on a machine that is busy with other things. */
enum { MARGIN_MS = SANITIZED ? 20000 : 10000, REQUEST_TIMEOUT_MS = 20000, SHORT_TIMEOUT_MS = 1500 };

static struct kin_mock *mock;
static struct kin_error error;

/* --- the watchdog: whatever hangs is killed and named ------------------------------- */

static char watched[160];

static inline void on_alarm(int signal)
{
	static const char text[] = "HUNG and killed by the watchdog: ";

	(void)signal;
	if (write(2, text, sizeof text - 1) < 0 || write(2, watched, strlen(watched)) < 0 ||
	    write(2, "\n", 1) < 0)
		_exit(3);
	_exit(3);
}

/* Thrice the seconds: a machine may be as busy as that. */
static inline void watch(unsigned seconds, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(watched, sizeof watched, format, values);
	va_end(values);
	signal(SIGALRM, on_alarm);
	alarm(3 * seconds);
}

/* What a thread of the tests' own cannot go on without. */
static inline _Noreturn void give_up(const char *why)
{
	fprintf(stderr, "%s: the test itself cannot go on: %s\n", watched, why);
	abort();
}

/* --- time ---------------------------------------------------------------------------- */

static inline int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void nap_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* code := the call, which has to come back within its time limit and a margin. */
#define IN_TIME(code, timeout_ms, call)                                                                      \
	do {                                                                                                 \
		int64_t began_ = now_ms(), took_;                                                            \
		(code) = (call);                                                                             \
		took_ = now_ms() - began_;                                                                   \
		ck_assert_msg(took_ <= (timeout_ms) + MARGIN_MS, "%s: %s took %lld ms, its limit is %d ms",  \
		              watched, #call, (long long)took_, (int)(timeout_ms));                          \
	} while (0)

#define OK(expression)                                                                                       \
	do {                                                                                                 \
		int code_ = (expression);                                                                    \
		ck_assert_msg(code_ == KIN_OK, "%s: %s: %s: %s", watched, #expression, kin_code_name(code_), \
		              error.message);                                                                \
	} while (0)

/* --- the log --------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	char text[1 << 18];
	size_t n;
} journal = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inline void keep_line(void *user, int level, const char *room, const char *line)
{
	(void)user;
	pthread_mutex_lock(&journal.lock);
	if (journal.n + strlen(line) + 40 < sizeof journal.text)
		journal.n += (size_t)snprintf(journal.text + journal.n, sizeof journal.text - journal.n,
		                              "%s %s %s\n", kin_log_level_name(level), room, line);
	pthread_mutex_unlock(&journal.lock);
}

static inline void forget_journal(void)
{
	pthread_mutex_lock(&journal.lock);
	journal.n = 0;
	journal.text[0] = 0;
	pthread_mutex_unlock(&journal.lock);
}

static inline bool journal_has(const char *part)
{
	bool found;

	pthread_mutex_lock(&journal.lock);
	found = strstr(journal.text, part) != NULL;
	pthread_mutex_unlock(&journal.lock);
	return found;
}

/* --- surroundings --------------------------------------------------------------------- */

static inline void clean_environment(void)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID",
		                             "AWS_SECRET_ACCESS_KEY",
		                             "AWS_SESSION_TOKEN",
		                             "AWS_PROFILE",
		                             "AWS_DEFAULT_PROFILE",
		                             "AWS_REGION",
		                             "AWS_DEFAULT_REGION",
		                             "AWS_ENDPOINT_URL",
		                             "AWS_ENDPOINT_URL_KINESIS",
		                             "AWS_MAX_ATTEMPTS",
		                             "AWS_CA_BUNDLE",
		                             "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
		                             "SSL_CERT_FILE",
		                             "SSL_CERT_DIR",
		                             "http_proxy",
		                             "https_proxy",
		                             "HTTPS_PROXY",
		                             "all_proxy",
		                             "ALL_PROXY",
		                             "no_proxy",
		                             "NO_PROXY" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
}

/* Open files, and threads: both must be as before when all is closed again. */
static inline int entries_of(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	ck_assert_msg(dir != NULL, "%s cannot be read: these checks need Linux's /proc", folder);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static inline int fds_now(void)
{
	return entries_of("/proc/self/fd");
}

static inline int threads_now(void)
{
	return entries_of("/proc/self/task");
}

/* Resident memory in KiB. */
static inline long rss_kib(void)
{
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &pages, &resident), 2);
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline void mock_start(const char *streams, uint64_t seed)
{
	struct kin_mock_options options;

	kin_mock_options_init(&options);
	options.streams = streams;
	options.seed = seed;
	OK(kin_mock_open(&mock, &options, &error));
}

static inline void fault(const char *text)
{
	OK(kin_mock_fault(mock, text, &error));
}

static inline struct kin_mock_stats mock_stats(void)
{
	struct kin_mock_stats stats = { .size = sizeof stats };

	OK(kin_mock_stats(mock, &stats, &error));
	return stats;
}

static inline int mock_port(void)
{
	return atoi(strrchr(kin_mock_url(mock), ':') + 1);
}

static inline struct kin_client_options client_options(const char *url)
{
	struct kin_client_options options;

	kin_client_options_init(&options);
	options.region = "us-east-1";
	options.endpoint_url = url;
	options.access_key_id = "AKIDMOCK";
	options.secret_access_key = "mock-secret";
	options.connect_timeout_ms = 5000;
	options.request_timeout_ms = REQUEST_TIMEOUT_MS;
	options.log = keep_line;
	options.log_level = KIN_LOG_DEBUG;
	return options;
}

static inline struct kin_client *client_with(const struct kin_client_options *options)
{
	struct kin_client *client;

	OK(kin_client_open(&client, options, &error));
	return client;
}

static inline struct kin_client *client_to(const char *url)
{
	struct kin_client_options options = client_options(url);

	return client_with(&options);
}

/* --- calls ------------------------------------------------------------------------------ */

static inline struct kin_call *call_of(struct kin_client *client, const char *operation)
{
	struct kin_call *call;

	OK(kin_call_new(&call, client, operation, &error));
	OK(kin_call_set_text(call, "StreamName", "s", &error));
	return call;
}

static char put_sequence[140]; /* of the last PutRecord that went well; "" else */

/* A PutRecord; its code, and what went wrong in `error`. */
static inline int put_one(struct kin_client *client)
{
	const char *text;

	struct kin_call *call = call_of(client, "PutRecord");
	int code;

	OK(kin_call_set_text(call, "PartitionKey", "one", &error));
	OK(kin_call_set_data(call, "Data", "x", 1, &error));
	code = kin_call_wait(call, -1, &error);
	put_sequence[0] = 0;
	if (code == KIN_OK && kin_call_text(call, "SequenceNumber", &text, NULL) == KIN_OK)
		snprintf(put_sequence, sizeof put_sequence, "%s", text);
	kin_call_free(call);
	return code;
}

/* The same, and patient with a busy machine where the client is not: a close may come late, too. */
static inline void put_patiently(struct kin_client *client)
{
	int code = KIN_NETWORK;

	for (int i = 0; i < 5 && code != KIN_OK; i++) {
		code = put_one(client);
		ck_assert_msg(code == KIN_OK || strstr(error.message, "within") ||
		                              strstr(error.message, "kept connection had been closed"),
		              "%s: %s: %s", watched, kin_code_name(code), error.message);
	}
	OK(code);
}

/* The first of the parts, separated by |, that is not in the text; `copy` becomes what it points into.  NULL: all are. */
static inline const char *missing_part(const char *text, const char *parts, char copy[512])
{
	char *at = copy, *part;

	snprintf(copy, 512, "%s", parts);
	while ((part = strtok_r(at, "|", &at)))
		if (!strstr(text, part))
			return part;
	return NULL;
}

static inline void expect_parts(const char *text, const char *parts, const char *whose)
{
	char copy[512];
	const char *part = missing_part(text, parts, copy);

	ck_assert_msg(!part, "%s: %s does not say '%s': %s", watched, whose, part, text);
}
#endif
