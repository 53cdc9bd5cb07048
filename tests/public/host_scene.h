/* What the scenes of check_host.c share: a process of its own for each scene that changes the process, counts of
 * threads and descriptors, a round of work with every kind of handle. */
#ifndef KIN_TEST_HOST_SCENE_H
#define KIN_TEST_HOST_SCENE_H
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "client_scene.h"
#include "tls_server.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KIN_TEST_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define KIN_TEST_TSAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define KIN_TEST_ASAN
#endif
#ifdef __SANITIZE_THREAD__
#define KIN_TEST_TSAN
#endif

/* In the child of in_process(): says what is wrong through a pipe, for even stderr may be closed, and ends it. */
static int complaints = STDERR_FILENO;

#define MUST(condition, ...)                                                                                 \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			char text_[600];                                                                     \
			int n_ = snprintf(text_, sizeof text_, "%s:%d: " #condition ": ", __FILE__,          \
			                  __LINE__);                                                         \
			n_ += snprintf(text_ + n_, sizeof text_ - (size_t)n_, __VA_ARGS__);                  \
			if (write(complaints, text_, (size_t)n_) < 0)                                        \
				_exit(98);                                                                   \
			_exit(99);                                                                           \
		}                                                                                            \
	} while (0)
#define MUST_OK(expression)                                                                                  \
	do {                                                                                                 \
		int code_ = (expression);                                                                    \
		MUST(code_ == KIN_OK, "%s: %s", kin_code_name(code_), error.message);                        \
	} while (0)

/* Runs the scene in a child and fails with its words; more than `seconds`, on a machine that is thrice as slow as any of
 * ours: it hangs. */
static void in_process(void (*scene)(void), unsigned seconds)
{
	char said[1000] = "";
	int ends[2], status;
	ssize_t n;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	fflush(NULL); /* or exit() in the child would write it, too */
	child = fork();
	if (child == 0) {
		close(ends[0]);
		complaints = fcntl(ends[1], F_DUPFD_CLOEXEC, 200);
		close(ends[1]);
		signal(SIGALRM, SIG_DFL);
		alarm(3 * seconds);
		scene();
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	n = read(ends[0], said, sizeof said - 1);
	close(ends[0]);
	said[n > 0 ? n : 0] = 0;
	ck_assert_msg(!WIFSIGNALED(status), "killed by signal %d%s %s", WTERMSIG(status),
	              WTERMSIG(status) == SIGALRM ? ": it hung" : "", said);
	ck_assert_msg(WEXITSTATUS(status) == 0, "status %d: %s", WEXITSTATUS(status), said);
}

static int entries_of(const char *path)
{
	DIR *folder = opendir(path);
	int n = 0;

	MUST(folder != NULL, "%s", path);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n - 3; /* ".", "..", and in fd/ the folder itself */
}

static int threads_now(void)
{
	return entries_of("/proc/self/task") + 1;
}

static int descriptors_now(void)
{
	return entries_of("/proc/self/fd");
}

/* A joined thread may still be seen for a moment. */
static void until_threads(int n)
{
	for (int i = 0; i < 20000 && threads_now() != n; i++)
		nap_ms(1);
	MUST(threads_now() == n, "%d threads, %d expected", threads_now(), n);
}

/* --- a round of work: every kind of handle, and all of them closed ---------------------------- */

struct host_round {
	char folder[64], store[80];
	struct kin_client *client;
	struct kin_producer *producer;
	struct kin_consumer *consumer; /* in pull form */
	struct kin_reader *reader;
	atomic_int delivered;
};

static void count_delivery(void *user, const struct kin_delivery *delivery)
{
	struct host_round *round = user;

	if (delivery->code == KIN_OK)
		round->delivered++;
}

static void round_open(struct host_round *round, const char *application)
{
	struct kin_client_options c = mock_options();
	struct kin_producer_options p;
	struct kin_consumer_options o;
	struct kin_start start;

	memset(round, 0, sizeof *round);
	strcpy(round->folder, "/tmp/kin-check-XXXXXX");
	MUST(mkdtemp(round->folder) != NULL, "mkdtemp");
	snprintf(round->store, sizeof round->store, "file:%s", round->folder);
	MUST_OK(kin_client_open(&round->client, &c, &error));
	kin_producer_options_init(&p);
	p.stream = "s";
	p.linger_ms = 5;
	p.on_delivery = count_delivery;
	p.user = round;
	MUST_OK(kin_producer_open(&round->producer, round->client, &p, &error));
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = application;
	o.store = round->store;
	o.poll_interval_ms = 200;
	o.behind_interval_ms = 0;
	MUST_OK(kin_consumer_open(&round->consumer, round->client, &o, &error));
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	MUST_OK(kin_reader_open(&round->reader, round->client, "s", &start, &error));
}

/* Puts n records; consumer and reader must see at least as many, and the store is written. */
static void round_work(struct host_round *round, int n)
{
	const struct kin_record *record;
	struct kin_batch *batch;

	for (int i = 0; i < n; i++)
		MUST_OK(kin_producer_put(round->producer, "key", 3, "data", 4, 50000, &error));
	MUST_OK(kin_producer_flush(round->producer, 50000, &error));
	MUST(round->delivered == n, "%d of %d", round->delivered, n);
	MUST_OK(put_one(round->client));
	for (int seen = 0; seen < n; kin_batch_finish(batch, KIN_OK)) {
		MUST_OK(kin_consumer_next(round->consumer, &batch, 50000, &error));
		seen += (int)kin_batch_count(batch);
	}
	for (int seen = 0; seen < n; seen++)
		MUST_OK(kin_reader_next(round->reader, &record, 50000, &error));
}

static void round_close(struct host_round *round)
{
	char command[100];

	kin_reader_close(round->reader);
	MUST_OK(kin_consumer_close(round->consumer, 50000, &error));
	MUST_OK(kin_producer_close(round->producer, 50000, &error));
	kin_client_close(round->client);
	snprintf(command, sizeof command, "rm -rf %s", round->folder);
	MUST(system(command) == 0, "%s", command);
}

static void whole_round(const char *application)
{
	struct host_round round;

	round_open(&round, application);
	round_work(&round, 20);
	round_close(&round);
}
#endif
