/* Scenes of check_host.c: fork() at any moment, and exit(). */
#ifndef KIN_TEST_HOST_FORK_H
#define KIN_TEST_HOST_FORK_H
#include "host_scene.h"

/* --- every function of every handle of the parent ------------------------------------------- */

static struct {
	struct host_round round;
	struct kin_call *call, *ended;
	struct kin_batch *batch;
	struct kin_store *store;
} parents;

#define FORKED(expression)                                                                                   \
	do {                                                                                                 \
		int code_ = (expression);                                                                    \
		MUST(code_ == KIN_FORKED, "%s", kin_code_name(code_));                                       \
	} while (0)

static void call_in_child(struct kin_call *call)
{
	const char *text;
	int64_t number;
	bool yes;

	FORKED(kin_call_set_text(call, "StreamName", "s", &error));
	FORKED(kin_call_set_integer(call, "Limit", 1, &error));
	FORKED(kin_call_set_boolean(call, "Limit", true, &error));
	FORKED(kin_call_set_time(call, "Limit", 1, &error));
	FORKED(kin_call_set_data(call, "Data", "x", 1, &error));
	FORKED(kin_call_set_json(call, "Limit", "1", &error));
	FORKED(kin_call_add_record(call, NULL, &error));
	FORKED(kin_call_start(call, NULL, NULL, &error));
	FORKED(kin_call_wait(call, -1, &error));
	FORKED(kin_call_text(call, "StreamNames[0]", &text, NULL));
	FORKED(kin_call_integer(call, "StreamNames[0]", &number));
	FORKED(kin_call_boolean(call, "HasMoreStreams", &yes));
	FORKED(kin_call_time(call, "HasMoreStreams", &number));
	kin_call_free(call);
}

static void consumer_in_child(struct kin_consumer *consumer)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_batch *batch;

	FORKED(kin_consumer_next(consumer, &batch, -1, &error));
	FORKED(kin_consumer_wait(consumer, -1, &error));
	FORKED(kin_consumer_health(consumer, &health, &error));
	MUST(kin_consumer_fd(consumer) == -1, "%d", kin_consumer_fd(consumer));
	kin_consumer_stop(consumer);
	FORKED(kin_consumer_close(consumer, -1, &error));
}

static void producer_in_child(struct kin_producer *producer)
{
	struct kin_producer_stats stats_of = { .size = sizeof stats_of };
	struct kin_put_entry entry;

	kin_put_entry_init(&entry);
	FORKED(kin_producer_put(producer, "k", 1, "x", 1, -1, &error));
	FORKED(kin_producer_put_entry(producer, &entry, NULL, -1, &error));
	FORKED(kin_producer_flush(producer, -1, &error));
	FORKED(kin_producer_stats(producer, &stats_of, &error));
	FORKED(kin_producer_close(producer, -1, &error));
}

/* New handles on the parent's client. */
static void openings_in_child(void)
{
	struct kin_producer_options p;
	struct kin_consumer_options o;
	struct kin_producer *producer;
	struct kin_consumer *consumer;
	struct kin_reader *reader;
	struct kin_call *call;

	kin_producer_options_init(&p);
	p.stream = "s";
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "child";
	o.store = "memory:";
	FORKED(kin_call_new(&call, parents.round.client, "ListStreams", &error));
	FORKED(kin_producer_open(&producer, parents.round.client, &p, &error));
	FORKED(kin_consumer_open(&consumer, parents.round.client, &o, &error));
	FORKED(kin_reader_open(&reader, parents.round.client, "s", NULL, &error));
	o.handler = (kin_handler_fn *)(void (*)(void))kin_batch_count; /* never called */
	FORKED(kin_consumer_run(parents.round.client, &o, &error));
}

static void mock_in_child(void)
{
	struct kin_mock_stats now = { .size = sizeof now };

	FORKED(kin_mock_fault(mock, "*:drop", &error));
	FORKED(kin_mock_stats(mock, &now, &error));
	kin_mock_heal(mock);
	kin_mock_close(mock);
}

static void whole_child(void)
{
	const struct kin_record *record;
	struct kin_lease lease = { .size = sizeof lease,
		                   .stream_arn = "a",
		                   .shard_id = "s",
		                   .owner = "",
		                   .checkpoint = "LATEST",
		                   .parents = "" };

	openings_in_child();
	call_in_child(parents.call);
	call_in_child(parents.ended);
	producer_in_child(parents.round.producer);
	FORKED(kin_reader_next(parents.round.reader, &record, -1, &error));
	kin_reader_close(parents.round.reader);
	MUST(kin_batch_next(parents.batch) != NULL, "what is in memory may be read");
	kin_batch_stop(parents.batch);
	kin_batch_finish(parents.batch, KIN_OK);
	consumer_in_child(parents.round.consumer);
	FORKED(parents.store->create(parents.store->user, "other", &lease, &error));
	kin_store_free(parents.store);
	mock_in_child();
	kin_client_close(parents.round.client);
	exit(0); /* with all its handlers */
}

static void parent_and_child(void)
{
	char uri[100];

	round_open(&parents.round, "fork");
	snprintf(uri, sizeof uri, "%s/other", parents.round.store);
	MUST_OK(kin_store_open(&parents.store, uri, "other", &error));
	parents.call = call_of(parents.round.client, "ListStreams");
	parents.ended = call_of(parents.round.client, "ListStreams");
	MUST_OK(kin_call_wait(parents.ended, -1, &error));
	MUST_OK(kin_call_start(parents.call, NULL, NULL, &error)); /* under way while it forks */
	for (int i = 0; i < 300; i++)
		MUST_OK(kin_producer_put(parents.round.producer, "key", 3, "data", 4, 50000, &error));
	MUST_OK(kin_consumer_next(parents.round.consumer, &parents.batch, 50000, &error));
	in_process(whole_child, 10);
	MUST_OK(kin_call_wait(parents.call, -1, &error));
	kin_call_free(parents.call);
	kin_call_free(parents.ended);
	MUST_OK(kin_producer_flush(parents.round.producer, 50000, &error));
	MUST(parents.round.delivered == 300, "%d of 300", parents.round.delivered);
	parents.round.delivered = 0;
	kin_batch_finish(parents.batch, KIN_OK);
	kin_store_free(parents.store);
	round_work(&parents.round, 20);
	round_close(&parents.round);
}

START_TEST(a_child_may_not)
{
	fault("ListStreams:latency:ms=300:nth=2");
	in_process(parent_and_child, 30);
	ck_assert_uint_eq(stats().refused, 0); /* nobody wrote into another's connection */
}
END_TEST

static struct tls_server *tls;

/* --- fork at any moment ------------------------------------------------------------------------ */

static atomic_bool enough;

static void *keep_busy(void *user)
{
	struct kin_error why;

	while (!enough) {
		int code = kin_producer_put(user, "key", 3, "data", 4, 50000, &why);

		MUST(code == KIN_OK, "%s", why.message);
		usleep(100);
	}
	return NULL;
}

static void small_child(void)
{
	producer_in_child(parents.round.producer);
	consumer_in_child(parents.round.consumer);
	kin_reader_close(parents.round.reader);
	kin_client_close(parents.round.client);
	exit(0);
}

static void child_with_its_own(void)
{
	kin_client_close(parents.round.client);
	whole_round("own");
	exit(0);
}

/* OpenSSL and libcurl are at work in the parent's I/O thread when it forks; here they must work, too. */
static void child_with_tls(void)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;
	struct kin_call *call;

	options.endpoint_url = tls->url;
	options.ca_bundle = tls->ca;
	MUST_OK(kin_client_open(&other, &options, &error));
	call = call_of(other, "ListStreams");
	MUST_OK(kin_call_wait(call, -1, &error));
	kin_call_free(call);
	kin_client_close(other);
	exit(0);
}

static void *keep_shaking_hands(void *user)
{
	struct kin_client_options options = mock_options();

	(void)user;
	options.endpoint_url = tls->url;
	options.ca_bundle = tls->ca;
	while (!enough) {
		struct kin_client *other = NULL;
		struct kin_call *call = NULL;
		struct kin_error why;

		MUST(kin_client_open(&other, &options, &why) == KIN_OK &&
		                     kin_call_new(&call, other, "ListStreams", &why) == KIN_OK &&
		                     kin_call_wait(call, -1, &why) == KIN_OK,
		     "%s", why.message);
		kin_call_free(call);
		kin_client_close(other);
	}
	return NULL;
}

static void many_children_with_tls(void)
{
	pthread_t threads[4];

	enough = false;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, keep_shaking_hands, NULL);
	for (int i = 0; i < 80; i++)
		in_process(child_with_tls, 10);
	enough = true;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

START_TEST(fork_while_tls_is_busy)
{
	tls = tls_open();
	in_process(many_children_with_tls, 60);
	tls_close(tls);
}
END_TEST

static void many_children(void)
{
	pthread_t thread;

	round_open(&parents.round, "fork");
	enough = false;
	pthread_create(&thread, NULL, keep_busy, parents.round.producer);
	for (int i = 0; i < 60; i++)
		in_process(i % 10 == 9 ? child_with_its_own : small_child, 20);
	enough = true;
	pthread_join(thread, NULL);
	MUST_OK(kin_producer_flush(parents.round.producer, 50000, &error));
	round_close(&parents.round);
}

START_TEST(fork_at_any_moment)
{
	in_process(many_children, 60);
	ck_assert_uint_eq(stats().refused, 0);
}
END_TEST

/* --- a lock does not live on in a child ---------------------------------------------------------- */

static char lock_folder[64], lock_uri[80];

/* A child that lives until the last writing end of the pipe is closed. */
static pid_t sleeper(const int ends[2])
{
	pid_t child = fork();
	char byte;

	if (child == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	return child;
}

static void hold_and_die(const int ends[2])
{
	struct kin_store *store;

	if (kin_store_open(&store, lock_uri, "a", NULL) != KIN_OK || sleeper(ends) < 0)
		_exit(1);
	_exit(0); /* the store is not closed */
}

START_TEST(a_lock_ends_with_its_holder)
{
	struct kin_store *store;
	char command[100];
	int ends[2], status;
	pid_t child, other;

	ck_assert_int_eq(pipe(ends), 0);
	strcpy(lock_folder, "/tmp/kin-check-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(lock_folder));
	snprintf(lock_uri, sizeof lock_uri, "file:%s", lock_folder);
	OK(kin_store_open(&store, lock_uri, "a", &error));
	child = sleeper(ends);
	kin_store_free(store);
	OK(kin_store_open(&store, lock_uri, "a", &error)); /* while the child lives */
	kin_store_free(store);
	other = fork();
	if (other == 0)
		hold_and_die(ends);
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(status, 0);
	for (int i = 0; i < 20000 && kin_store_open(&store, lock_uri, "a", &error) != KIN_OK; i++)
		nap_ms(1); /* the dead one's child may still be about to be born */
	ck_assert_msg(store, "%s", error.message);
	kin_store_free(store);
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	close(ends[0]);
	snprintf(command, sizeof command, "rm -rf %s", lock_folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* --- exit() while requests are under way ---------------------------------------------------------- */

static unsigned exit_after_us;

static void free_call(void *user, struct kin_call *call, int code)
{
	(void)user, (void)code;
	kin_call_free(call);
}

static void exit_in_the_middle(void)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;

	options.endpoint_url = tls->url;
	options.ca_bundle = tls->ca;
	MUST_OK(kin_client_open(&other, &options, &error));
	for (int i = 0; i < 40; i++) {
		struct kin_call *call = call_of(other, "ListStreams");

		MUST_OK(kin_call_start(call, free_call, NULL, &error));
	}
	usleep(exit_after_us);
	exit(0); /* OpenSSL is taken down; our threads are still there */
}

START_TEST(exit_without_close)
{
	enum { ROUNDS = 60 };
	int slow = 0;

	tls = tls_open();
	for (int i = 0; i < ROUNDS; i++) {
		int64_t began = now_ms();

		exit_after_us = (unsigned)i * 700;
		in_process(exit_in_the_middle, 10);
		slow += now_ms() - began >= 2000; /* so long is waited for what does not come to a stand */
	}
	ck_assert_msg(slow < ROUNDS / 2, "%d of %d took 2 s or more", slow, ROUNDS);
	tls_close(tls);
}
END_TEST

/* exit() by a function of the program, on a thread of the library. */
static int exit_where;

static void exit_in_call(void *user, struct kin_call *call, int code)
{
	(void)user, (void)call, (void)code;
	if (exit_where == 0)
		exit(0);
}

static void exit_in_log(void *user, int level, const char *of, const char *line)
{
	(void)user, (void)level, (void)line;
	if (exit_where == 1 && strcmp(of, "http") == 0)
		exit(0);
}

static int exit_in_handler(void *user, struct kin_batch *batch)
{
	(void)user, (void)batch;
	exit(0);
}

static void exit_elsewhere(void)
{
	struct kin_client_options options = mock_options();
	struct kin_consumer_options o;
	struct kin_client *other;
	struct kin_call *call;

	options.log = exit_in_log;
	MUST_OK(kin_client_open(&other, &options, &error));
	MUST_OK(put_one(client_with(&options)));
	call = call_of(other, "ListStreams");
	MUST_OK(kin_call_start(call, exit_in_call, NULL, &error));
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "exit";
	o.store = "memory:";
	o.handler = exit_in_handler;
	if (exit_where == 2)
		MUST_OK(kin_consumer_run(other, &o, &error));
	pause();
}

START_TEST(exit_on_a_thread_of_the_library)
{
	exit_where = _i;
	in_process(exit_elsewhere, 10);
}
END_TEST

static struct kin_client *late;

/* main() registers it before the library registers its own: it runs after that. */
static void close_late(void)
{
	struct kin_client_options options;
	struct kin_client *other;
	struct kin_call *call;

	if (!late)
		return;
	MUST(kin_call_new(&call, late, "ListStreams", &error) == KIN_CLOSED, "%s", error.message);
	kin_client_options_init(&options);
	options.region = "us-east-1";
	options.access_key_id = options.secret_access_key = "x";
	MUST(kin_client_open(&other, &options, &error) == KIN_CLOSED, "%s", error.message);
	kin_client_close(late);
}

static void exit_and_close_late(void)
{
	struct kin_client_options options = mock_options();

	MUST_OK(kin_client_open(&late, &options, &error));
	MUST_OK(put_one(late));
	exit(0);
}

START_TEST(close_after_exit_began)
{
	in_process(exit_and_close_late, 10);
}
END_TEST

static TCase *fork_case(void)
{
	TCase *forks = tcase_create("fork and exit");

	tcase_add_checked_fixture(forks, setup, teardown);
	tcase_set_timeout(forks, 240);
	tcase_add_test(forks, a_child_may_not);
	tcase_add_test(forks, fork_at_any_moment);
#ifndef KIN_TEST_ASAN /* its allocator has locks that fork() leaves as they are */
	tcase_add_test(forks, fork_while_tls_is_busy);
#else
	(void)fork_while_tls_is_busy;
#endif
	tcase_add_test(forks, a_lock_ends_with_its_holder);
	tcase_add_test(forks, exit_without_close);
	tcase_add_loop_test(forks, exit_on_a_thread_of_the_library, 0, 3);
	tcase_add_test(forks, close_after_exit_began);
	return forks;
}
#endif
