/* Scenes of check_host.c: two clients that share nothing, one handle on many threads, calls that would wait for
 * themselves. */
#ifndef KIN_TEST_HOST_CALLBACKS_H
#define KIN_TEST_HOST_CALLBACKS_H
#include "host_process.h"

/* --- two clients with nothing in common ------------------------------------------------------------ */

static struct kin_mock *mock_with(const char *region, const char *key, const char *streams)
{
	struct kin_mock_options options;
	struct kin_mock *made;

	kin_mock_options_init(&options);
	options.region = region;
	options.access_key_id = key;
	options.secret_access_key = key;
	options.streams = streams;
	OK(kin_mock_open(&made, &options, &error));
	return made;
}

static struct kin_client *client_at(struct kin_mock *at, const char *region, const char *key)
{
	struct kin_client_options options = mock_options();

	options.endpoint_url = kin_mock_url(at);
	options.region = region;
	options.access_key_id = key;
	options.secret_access_key = key;
	return client_with(&options);
}

static void *fifty_calls(void *user)
{
	for (int i = 0; i < 50; i++) {
		struct kin_error why;
		struct kin_call *call;
		int code = kin_call_new(&call, user, "ListStreams", &why);

		if (code == KIN_OK)
			code = kin_call_wait(call, -1, &why);
		ck_assert_msg(code == KIN_OK, "%s", why.message);
		kin_call_free(call);
	}
	return NULL;
}

START_TEST(two_clients)
{
	struct kin_mock *mocks[2] = { mock_with("eu-central-1", "first-key", "one:1"),
		                      mock_with("us-west-2", "second-key", "two:1") };
	struct kin_client *clients[2] = { client_at(mocks[0], "eu-central-1", "first-key"),
		                          client_at(mocks[1], "us-west-2", "second-key") };
	struct kin_mock_stats now = { .size = sizeof now };
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, fifty_calls, clients[i % 2]);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		OK(kin_mock_stats(mocks[i], &now, &error));
		ck_assert_uint_eq(now.requests, 100);
		ck_assert_uint_eq(now.refused, 0);
		kin_client_close(clients[i]);
		kin_mock_close(mocks[i]);
	}
}
END_TEST

/* Each knows one authority: TLS sessions and certificates of one say nothing to the other. */
START_TEST(two_authorities)
{
	struct tls_server *servers[2] = { tls_open(), tls_open() };
	struct kin_client *clients[4];

	for (int i = 0; i < 4; i++)
		clients[i] = open_tls(servers[i % 2], servers[i / 2]->ca);
	for (int i = 0; i < 12; i++) {
		bool good = i % 4 == 0 || i % 4 == 3;

		call_it(clients[i % 4], "ListStreams", good ? KIN_OK : KIN_NETWORK);
		ck_assert_msg(good || strstr(error.message, "ertificate"), "%s", error.message);
	}
	for (int i = 0; i < 4; i++)
		kin_client_close(clients[i]);
	ck_assert_int_eq(servers[0]->answers, 3);
	ck_assert_int_eq(servers[1]->answers, 3);
	tls_close(servers[0]);
	tls_close(servers[1]);
}
END_TEST

/* --- one handle on many threads ----------------------------------------------------------------------- */

static struct host_round shared_round;
static atomic_int batches_taken;

static void *use_all(void *user)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_producer_stats counts = { .size = sizeof counts };
	struct kin_batch *batch;
	struct kin_error why;

	(void)user;
	for (int i = 0; i < 100; i++) {
		MUST(kin_producer_put(shared_round.producer, "key", 3, "data", 4, 5000, &why) == KIN_OK, "%s",
		     why.message);
		MUST(kin_producer_stats(shared_round.producer, &counts, &why) == KIN_OK, "%s", why.message);
		MUST(kin_consumer_health(shared_round.consumer, &health, &why) == KIN_OK, "%s", why.message);
		MUST(kin_consumer_fd(shared_round.consumer) > 2, "%d",
		     kin_consumer_fd(shared_round.consumer));
		if (i % 20 == 19)
			MUST(kin_producer_flush(shared_round.producer, 10000, &why) == KIN_OK, "%s",
			     why.message);
		if (kin_consumer_next(shared_round.consumer, &batch, 0, &why) == KIN_OK) {
			batches_taken += (int)kin_batch_count(batch);
			kin_batch_finish(batch, KIN_OK);
		}
		MUST(kin_consumer_wait(shared_round.consumer, 0, &why) == KIN_TIMEOUT, "%s", why.message);
	}
	return NULL;
}

static void many_threads(void)
{
	pthread_t threads[8];

	round_open(&shared_round, "many");
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, use_all, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	MUST_OK(kin_producer_flush(shared_round.producer, 10000, &error));
	MUST(shared_round.delivered == 800, "%d of 800", shared_round.delivered);
	while (batches_taken < 800) {
		struct kin_batch *batch;

		MUST_OK(kin_consumer_next(shared_round.consumer, &batch, 10000, &error));
		batches_taken += (int)kin_batch_count(batch);
		kin_batch_finish(batch, KIN_OK);
	}
	round_close(&shared_round);
}

START_TEST(one_handle_many_threads)
{
	many_threads(); /* in this process: the sanitizer of threads looks on */
}
END_TEST

/* --- calls that would wait for themselves ---------------------------------------------------------------- */

static struct {
	struct kin_consumer *_Atomic consumer;
	struct kin_reader *reader;
	atomic_int handler, state, store, sink, run;
} deadlock;

/* What each blocking call of the consumer says here; waits until open has given the handle. */
static int from_here(void)
{
	for (int i = 0; i < 5000 && !deadlock.consumer; i++)
		nap_ms(1);
	if (kin_consumer_wait(deadlock.consumer, 5000, NULL) != KIN_WOULD_DEADLOCK)
		return 1;
	return kin_consumer_close(deadlock.consumer, 5000, NULL);
}

static int deadlock_handler(void *user, struct kin_batch *batch)
{
	(void)user, (void)batch;
	deadlock.handler = from_here();
	return KIN_FAILED; /* the sink takes it */
}

static void deadlock_state(void *user, int state, const struct kin_error *why)
{
	struct kin_consumer_options o;

	(void)user, (void)why;
	if (state != KIN_CONSUMER_RUNNING)
		return;
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "inner";
	o.store = "memory:";
	o.handler = deadlock_handler;
	deadlock.run = kin_consumer_run(client, &o, NULL);
	deadlock.state = from_here();
	kin_reader_close(deadlock.reader); /* does nothing, and may be tried again elsewhere */
}

static int deadlock_list(void *user, const char *application,
                         int (*give)(void *into, const struct kin_lease *lease), void *into,
                         struct kin_error *why)
{
	(void)user, (void)application, (void)give, (void)into, (void)why;
	deadlock.store = from_here();
	return KIN_OK;
}

static int deadlock_write(void *user, const char *application, const struct kin_lease *lease,
                          struct kin_error *why)
{
	(void)user, (void)application, (void)lease, (void)why;
	return KIN_OK;
}

static int deadlock_change(void *user, const char *application, const struct kin_lease *lease,
                           uint64_t expected, struct kin_error *why)
{
	(void)user, (void)application, (void)lease, (void)expected, (void)why;
	return KIN_OK;
}

static int deadlock_send(void *user, const struct kin_failure *failure, struct kin_error *why)
{
	(void)user, (void)failure, (void)why;
	deadlock.sink = from_here();
	return KIN_OK;
}

START_TEST(waiting_for_oneself)
{
	struct kin_store store = { .size = sizeof store,
		                   .list = deadlock_list,
		                   .create = deadlock_write,
		                   .update = deadlock_change,
		                   .remove = deadlock_change };
	struct kin_sink sink = { .size = sizeof sink, .send = deadlock_send };
	const struct kin_record *record;
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_start start;

	OK(put_one(client));
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	OK(kin_reader_open(&deadlock.reader, client, "s", &start, &error));
	OK(kin_reader_next(deadlock.reader, &record, 10000, &error));
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "deadlock";
	o.store_interface = &store;
	o.sink_interface = &sink;
	o.maximum_retry_attempts = 0;
	o.handler = deadlock_handler;
	o.on_state = deadlock_state;
	OK(kin_consumer_open(&consumer, client, &o, &error));
	deadlock.consumer = consumer;
	for (int i = 0; i < 10000 && !(deadlock.handler && deadlock.state && deadlock.store && deadlock.sink);
	     i++)
		nap_ms(1);
	ck_assert_int_eq(deadlock.handler, KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(deadlock.state, KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(deadlock.store, KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(deadlock.sink, KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(deadlock.run, KIN_WOULD_DEADLOCK);
	OK(kin_consumer_close(consumer, 10000, &error));
	kin_reader_close(deadlock.reader);
}
END_TEST

static TCase *callbacks_case(void)
{
	TCase *callbacks = tcase_create("callbacks");

	tcase_add_checked_fixture(callbacks, setup, teardown);
	tcase_set_timeout(callbacks, 60);
	tcase_add_test(callbacks, two_clients);
#ifndef KIN_TEST_TSAN
	tcase_add_test(callbacks, two_authorities);
#else
	(void)two_authorities;
#endif
	tcase_add_test(callbacks, one_handle_many_threads);
	tcase_add_test(callbacks, waiting_for_oneself);
	return callbacks;
}
#endif
