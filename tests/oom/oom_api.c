/* oom_api [SCENE [FIRST]]: the public interface against the mock, over and over, each time with another of the library's
 * allocations failing.  Each time must end, by KIN_OK or KIN_NOMEM, and what is left must be of use: a client answers the
 * next call.  Leaks and wild accesses are the sanitizers' to see.  Linked with the rooms themselves, for the hook of
 * base/mem; the mock, a library of its own, has its memory always. */
#define _GNU_SOURCE
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <kinstream.h>
#include <kinstream/mock.h>
#include "base/mem.h"

enum { RECORDS = 3, LIMIT_S = 60, SOON_MS = 20000 };

static struct kin_mock *mock;
static struct kin_error error;
static char folder[64];

/* What a scene was doing, for the message when it does not end. */
static const char *volatile scene_name, *volatile doing;
static volatile uint64_t failing;

static void too_long(int number)
{
	char text[200];
	int n = snprintf(text, sizeof text, "%s, allocation %" PRIu64 ": hangs in %s\n", scene_name,
	                 (uint64_t)failing, doing);

	(void)number;
	_exit(write(STDERR_FILENO, text, (size_t)n) == n ? 3 : 4);
}

static void bad(const char *what, int code)
{
	fprintf(stderr, "%s, allocation %" PRIu64 ": %s: %s (%s)\n", scene_name, (uint64_t)failing, what,
	        kin_code_name(code), error.message);
	exit(1);
}

/* The code itself, if it is one of the two that may be. */
static int judged(const char *what, int code)
{
	if (code != KIN_OK && code != KIN_NOMEM)
		bad(what, code);
	if (code != KIN_OK && !error.message[0])
		bad("no message", code);
	doing = "what follows";
	return code;
}
#define TRY(expression) (doing = #expression, error.message[0] = 0, judged(#expression, (expression)))

static bool healed, reached;
static int32_t wire;

/* Memory is there again; whether the allocation that was to fail was asked for. */
static void heal(void)
{
	if (!healed)
		reached = kin__mem_count() >= failing;
	healed = true;
	kin__mem_fail_at(0);
}

/* ---- scenes: KIN_OK or KIN_NOMEM; all is given back ------------------------------------------------------- */

static int take_text(void *user, const char *text, size_t size)
{
	(void)user;
	(void)text;
	return size > 0 ? KIN_OK : KIN_PROTOCOL;
}

static int look_at_producer(struct kin_producer *producer)
{
	struct kin_metrics_handles handles = { .size = sizeof handles,
		                               .producers = &producer,
		                               .producers_n = 1 };
	struct kin_producer_snapshot *snapshot;
	int code = TRY(kin_producer_snapshot(producer, &snapshot, &error));

	if (code != KIN_OK)
		return code;
	if (!kin_producer_snapshot_json(snapshot, NULL))
		code = KIN_NOMEM;
	kin_producer_snapshot_free(snapshot);
	return code != KIN_OK ? code : TRY(kin_metrics_write(&handles, take_text, NULL, &error));
}

static int open_client(struct kin_client **out)
{
	struct kin_client_options options;

	kin_client_options_init(&options);
	options.endpoint_url = kin_mock_url(mock);
	options.region = "us-east-1";
	options.access_key_id = "AKIDMOCK";
	options.secret_access_key = "mock-secret";
	options.wire = wire;
	return TRY(kin_client_open(out, &options, &error));
}

static int put_by_call(struct kin_client *client)
{
	struct kin_call *call;
	int code = TRY(kin_call_new(&call, client, "PutRecord", &error));

	if (code != KIN_OK)
		return code;
	code = TRY(kin_call_set_text(call, "StreamName", "s", &error));
	if (code == KIN_OK)
		code = TRY(kin_call_set_text(call, "PartitionKey", "k", &error));
	if (code == KIN_OK)
		code = TRY(kin_call_set_data(call, "Data", "data", 4, &error));
	if (code == KIN_OK)
		code = TRY(kin_call_wait(call, SOON_MS, &error));
	kin_call_free(call);
	return code;
}

static int read_by_call(struct kin_client *client)
{
	struct kin_call *call, *second = NULL;
	const char *text;
	size_t count;
	int code = TRY(kin_call_new(&call, client, "GetShardIterator", &error));

	if (code != KIN_OK)
		return code;
	code = TRY(kin_call_set_text(call, "StreamName", "s", &error));
	if (code == KIN_OK)
		code = TRY(kin_call_set_text(call, "ShardId", "shardId-000000000000", &error));
	if (code == KIN_OK)
		code = TRY(kin_call_set_text(call, "ShardIteratorType", "TRIM_HORIZON", &error));
	if (code == KIN_OK)
		code = TRY(kin_call_wait(call, SOON_MS, &error));
	if (code == KIN_OK)
		code = TRY(kin_call_new(&second, client, "GetRecords", &error));
	if (code == KIN_OK)
		code = TRY(kin_call_text(call, "ShardIterator", &text, NULL));
	if (code == KIN_OK)
		code = TRY(kin_call_set_text(second, "ShardIterator", text, &error));
	if (code == KIN_OK)
		code = TRY(kin_call_wait(second, SOON_MS, &error));
	if (code == KIN_OK)
		kin_call_records(second, &count);
	kin_call_free(second);
	kin_call_free(call);
	return code;
}

static int calls(void)
{
	struct kin_client *client;
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	code = put_by_call(client);
	if (code == KIN_OK)
		code = read_by_call(client);
	if (code != KIN_OK)
		heal();
	if (code != KIN_OK && put_by_call(client) != KIN_OK)
		bad("a call after one that found no memory", KIN_NOMEM);
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

static atomic_uint reported, stored;

static void on_delivery(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	atomic_fetch_add(&reported, 1);
	if (delivery->status == KIN_STORED)
		atomic_fetch_add(&stored, 1);
	else if (delivery->code != KIN_NOMEM)
		bad("a report", delivery->code);
}

/* Of a producer without on_delivery. */
static void take_reports(struct kin_producer *producer)
{
	const struct kin_delivery *delivery;

	while (kin_producer_next(producer, &delivery, 0, NULL) == KIN_OK)
		on_delivery(NULL, delivery);
}

/* ---- a codec: bytes that are all the same as magic, that byte, and how many --------------------------------- */

enum { TOY = 7 };
static int toy_context;

static void *toy_open(int32_t level)
{
	(void)level;
	return &toy_context;
}

static void toy_close(void *context)
{
	(void)context;
}

static int toy_compress(void *context, const void *data, size_t size, void *out, size_t *out_size)
{
	unsigned char *at = out;

	(void)context;
	if (*out_size < TOY || memcmp(data, (const char *)data + 1, size - 1) != 0)
		return KIN_FULL;
	memcpy(at, "Z!", 2);
	at[2] = *(const unsigned char *)data;
	for (int i = 0; i < 4; i++)
		at[3 + i] = (unsigned char)(size >> 8 * i);
	*out_size = TOY;
	return KIN_OK;
}

static uint64_t toy_size(const void *data, size_t size)
{
	const unsigned char *at = data;

	return size == TOY ? (uint64_t)at[3] | (uint64_t)at[4] << 8 | (uint64_t)at[5] << 16 |
	                                       (uint64_t)at[6] << 24
	                   : 0;
}

static int toy_decompress(void *context, const void *data, size_t size, void *out, size_t *out_size)
{
	uint64_t n = toy_size(data, size);

	(void)context;
	if (size != TOY || n > *out_size)
		return size != TOY ? KIN_CORRUPT : KIN_FULL;
	memset(out, ((const unsigned char *)data)[2], n);
	*out_size = n;
	return KIN_OK;
}

static const struct kin_codec toy = { .size = sizeof toy,
	                              .name = "toy",
	                              .magic = "Z!",
	                              .magic_size = 2,
	                              .open = toy_open,
	                              .close = toy_close,
	                              .compress = toy_compress,
	                              .decompress = toy_decompress,
	                              .decompressed_size = toy_size };
static const struct kin_codec *codec; /* of the producer to come; NULL: none */

static atomic_uint released;

static void on_release(void *user, void *data)
{
	(void)user;
	free(data);
	atomic_fetch_add(&released, 1);
}

/* Small, large, given away; what is refused is still ours. */
static int put_several(struct kin_producer *producer, unsigned *accepted, unsigned *given)
{
	static const char large[20000] = "";
	struct kin_put_entry entries[6];
	size_t some = 0;
	int code;

	for (int i = 0; i < 6; i++) {
		kin_put_entry_init(&entries[i]);
		entries[i].data = i % 3 == 0 ? "small" : i % 3 == 1 ? large : strdup("gggggggggg");
		entries[i].data_size = i % 3 == 1 ? sizeof large : i % 3 == 0 ? 5 : 10;
		entries[i].release = i % 3 == 2 ? on_release : NULL;
	}
	code = TRY(kin_producer_put_many(producer, entries, 6, &some, SOON_MS, &error));
	if ((code == KIN_OK) != (some == 6))
		bad("kin_producer_put_many() is not of one mind with its count", code);
	*accepted += (unsigned)some;
	*given = some / 3;
	for (size_t i = some; i < 6; i++)
		if (entries[i].release)
			free((void *)(uintptr_t)entries[i].data);
	return code;
}

static int produce(int32_t reports, void (*function)(void *user, const struct kin_delivery *delivery))
{
	struct kin_producer_options options;
	struct kin_producer *made;
	struct kin_client *client;
	unsigned accepted = 0, given = 0;
	int code = open_client(&client), worst = code;

	if (code != KIN_OK)
		return code;
	kin_producer_options_init(&options);
	options.stream = "s";
	options.reports = reports;
	options.on_delivery = function;
	options.linger_ms = 1;
	options.compress = codec;
	options.compression_min_bytes = 0;
	atomic_store(&reported, 0);
	code = worst = TRY(kin_producer_open(&made, client, &options, &error));
	for (int i = 0; code == KIN_OK && i < RECORDS; i++) {
		int put = TRY(kin_producer_put(made, "k", 1, "data", 4, SOON_MS, &error));

		accepted += put == KIN_OK;
		worst = put == KIN_OK ? worst : put;
	}
	atomic_store(&released, 0);
	if (code == KIN_OK) {
		int put = put_several(made, &accepted, &given);

		worst = put == KIN_OK ? worst : put;
	}
	if (code == KIN_OK) {
		int flushed = TRY(kin_producer_flush(made, SOON_MS, &error)), looked = look_at_producer(made);
		int closed;

		if (!function)
			take_reports(made);
		closed = TRY(kin_producer_close(made, SOON_MS, &error));

		worst = closed != KIN_OK    ? closed
		        : flushed != KIN_OK ? flushed
		        : looked != KIN_OK  ? looked
		                            : worst;
		if (atomic_load(&reported) != accepted)
			bad("not one report for each record", KIN_BUG);
		if (atomic_load(&released) != given)
			bad("not one release for each record given away", KIN_BUG);
	}
	doing = "kin_client_close";
	kin_client_close(client);
	return worst;
}

static int producer(void)
{
	return produce(KIN_REPORTS_CALLBACK, on_delivery);
}

static int compressed(void)
{
	int code;

	codec = &toy;
	code = produce(KIN_REPORTS_CALLBACK, on_delivery);
	codec = NULL;
	return code;
}

static int polled(void)
{
	return produce(KIN_REPORTS_POLL, on_delivery);
}

static int handed_out(void)
{
	return produce(KIN_REPORTS_POLL, NULL);
}

static void consumer_options(struct kin_consumer_options *options, const char *store, const char *sink)
{
	kin_consumer_options_init(options);
	options->stream = "one";
	options->application = "oom";
	options->store = store;
	options->on_failure = sink;
	options->until = KIN_UNTIL_LATEST;
	options->poll_interval_ms = 200;
	options->behind_interval_ms = 0;
	options->retry_base_ms = 1;
	options->retry_max_ms = 5;
	options->filter_criteria = "{\"Filters\":[{\"Pattern\":\"{\\\"partitionKey\\\":[\\\"k\\\"]}\"}]}";
}

/* A snapshot, its JSON, and Prometheus' text. */
static int look(struct kin_consumer *consumer)
{
	struct kin_metrics_handles handles = { .size = sizeof handles,
		                               .consumers = &consumer,
		                               .consumers_n = 1 };
	struct kin_consumer_snapshot *snapshot;
	int code = TRY(kin_consumer_snapshot(consumer, &snapshot, &error));

	if (code != KIN_OK)
		return code;
	if (!kin_consumer_snapshot_json(snapshot, NULL))
		code = KIN_NOMEM;
	kin_consumer_snapshot_free(snapshot);
	return code != KIN_OK ? code : TRY(kin_metrics_write(&handles, take_text, NULL, &error));
}

/* One batch by hand, then the end. */
static int pull(void)
{
	struct kin_consumer_options options;
	struct kin_consumer *consumer;
	struct kin_client *client;
	struct kin_batch *batch;
	int code = open_client(&client), looked = KIN_OK;

	if (code != KIN_OK)
		return code;
	consumer_options(&options, "memory:", NULL);
	code = TRY(kin_consumer_open(&consumer, client, &options, &error));
	if (code == KIN_OK) {
		int closed;

		for (;;) {
			doing = "kin_consumer_next";
			error.message[0] = 0;
			code = kin_consumer_next(consumer, &batch, SOON_MS, &error);
			if (code != KIN_OK)
				break;
			while (kin_batch_next(batch))
				;
			kin_batch_event_json(batch, NULL);
			if (looked == KIN_OK)
				looked = look(consumer);
			kin_batch_finish(batch, KIN_OK);
		}
		code = judged("kin_consumer_next", code == KIN_END ? looked : code);
		closed = TRY(kin_consumer_close(consumer, SOON_MS, &error));
		code = code == KIN_OK ? closed : code;
	}
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

static int refuse(void *user, struct kin_batch *batch)
{
	const struct kin_record *record = kin_batch_next(batch);

	(void)user;
	return record && kin_batch_attempt(batch) == 1 ? kin_batch_fail(batch, record, "no: %d", 1)
	                                               : KIN_FAILED;
}

static int forget(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about, (void)kind;
	return where->level > 0 ? remove(path) : 0;
}

/* Every record is refused, tried again and written to the on-failure file; checkpoints in a file store. */
static int push(void)
{
	struct kin_consumer_options options;
	struct kin_client *client;
	char store[80], sink[96];
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(store, sizeof store, "file:%s", folder);
	snprintf(sink, sizeof sink, "file:%s/failed", folder);
	consumer_options(&options, store, sink);
	options.handler = refuse;
	options.maximum_retry_attempts = 1;
	options.bisect_batch_on_function_error = true;
	code = TRY(kin_consumer_run(client, &options, &error));
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

/* By hand and by a response in turn: a call that found no memory for its state is tried again. */
static int carry(void *user, struct kin_batch *batch)
{
	static const char response[] = "{\"state\":{\"n\": 2}}";

	(void)user;
	if (!kin_batch_state(batch, NULL) || !kin_batch_event_json(batch, NULL))
		return KIN_FAILED;
	return kin_batch_count(batch) % 2 ? kin_batch_set_state(batch, "{\"n\":1}", 7, NULL)
	                                  : kin_batch_respond(batch, response, sizeof response - 1);
}

/* Once to keep the state of the tumbling window, and once more to read it back. */
static int windows(void)
{
	struct kin_consumer_options options;
	struct kin_client *client;
	char store[80];
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(store, sizeof store, "file:%s", folder);
	consumer_options(&options, store, NULL);
	options.handler = carry;
	options.batch_size = 2;
	options.tumbling_window_ms = 900000;
	code = TRY(kin_consumer_run(client, &options, &error));
	if (code == KIN_OK)
		code = TRY(kin_consumer_run(client, &options, &error));
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

static int reader(void)
{
	const struct kin_record *record;
	struct kin_reader *made;
	struct kin_client *client;
	struct kin_start start;
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	code = TRY(kin_reader_open(&made, client, "one", &start, &error));
	if (code == KIN_OK) {
		for (int i = 0; i < RECORDS && code == KIN_OK; i++)
			code = TRY(kin_reader_next(made, &record, SOON_MS, &error));
		doing = "kin_reader_close";
		kin_reader_close(made);
	}
	kin_client_close(client);
	return code;
}

/* Three records of 300 bytes each; where memory runs out they are read again, and never seen as they were. */
static int decompressed(void)
{
	static const struct kin_codec *const codecs[] = { &toy, NULL };
	const struct kin_record *record;
	struct kin_reader *made;
	struct kin_client *client;
	struct kin_start start;
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.decompress = codecs;
	code = TRY(kin_reader_open(&made, client, "small", &start, &error));
	if (code == KIN_OK) {
		for (int i = 0; i < 3 && code == KIN_OK; i++) {
			code = TRY(kin_reader_next(made, &record, SOON_MS, &error));
			if (code == KIN_OK &&
			    (record->data_size != 300 || memcmp(record->data, "zzzz", 4) != 0))
				bad("a record was not decompressed", KIN_BUG);
		}
		doing = "kin_reader_close";
		kin_reader_close(made);
	}
	kin_client_close(client);
	return code;
}

static int config(void)
{
	struct kin_producer_options options;
	struct kin_config *made;
	int code = TRY(kin_config_new(&made, &error));

	if (code != KIN_OK)
		return code;
	code = TRY(kin_config_set(made, "linger_ms", "5", &error));
	if (code == KIN_OK)
		code = TRY(kin_config_set(made, "BatchSize", "10", &error));
	kin_producer_options_init(&options);
	if (code == KIN_OK)
		code = TRY(kin_producer_options_apply(&options, made, &error));
	kin_config_free(made);
	return code;
}

#include "oom/spooled.h"

/* ---- all of them ------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*run)(void);
	int32_t wire;
} scenes[] = { { "config", config, 0 },
	       { "calls", calls, 0 },
	       { "producer", producer, 0 },
	       { "compressed", compressed, 0 },
	       { "polled", polled, 0 },
	       { "handed out", handed_out, 0 },
	       { "spooled", spooled, 0 },
	       { "pull", pull, 0 },
	       { "push", push, 0 },
	       { "windows", windows, 0 },
	       { "reader", reader, 0 },
	       { "decompressed", decompressed, 0 },
	       { "calls in CBOR", calls, KIN_WIRE_CBOR },
	       { "producer in CBOR", producer, KIN_WIRE_CBOR },
	       { "reader in CBOR", reader, KIN_WIRE_CBOR } };

/* Fails the n-th allocation and those behind it, `in_a_row` in all, for each n.  Threads take turns as they like: the
 * number of allocations differs a little from run to run. */
static void fail_each(int (*run)(void), uint64_t first, uint64_t in_a_row)
{
	uint64_t noticed = 0;

	failing = 0;
	kin__mem_fail_at(0);
	alarm(LIMIT_S);
	if (run() != KIN_OK)
		bad("no allocation failed", KIN_NOMEM);
	for (failing = first;; failing++) {
		alarm(LIMIT_S);
		healed = false;
		kin__mem_fail_run(failing, in_a_row);
		noticed += run() != KIN_OK;
		heal();
		if (!reached)
			break;
	}
	alarm(0);
	printf("  ok    %s: %" PRIu64 " times %" PRIu64 " failed, the caller was told %" PRIu64 " times\n",
	       scene_name, failing - first, in_a_row, noticed);
	if (noticed == 0)
		bad("no failure was ever told", KIN_BUG);
}

/* The record {} of key k, alone in one of the KPL's aggregates. */
static const char aggregate[] = "\xf3\x89\x9a\xc2\x0a\x01\x6b\x1a\x06\x08\x00\x1a\x02\x7b\x7d\xd3\xc8\x8a\x65"
				"\xf2\x47\x64\x0e\xc3\x87\x9d\x6a\x44\xca\x48\x41";

static void put_at_first(struct kin_client *client, const char *stream, const void *data, size_t size)
{
	struct kin_call *call;

	if (kin_call_new(&call, client, "PutRecord", &error) != KIN_OK ||
	    kin_call_set_text(call, "StreamName", stream, &error) != KIN_OK ||
	    kin_call_set_text(call, "PartitionKey", "k", &error) != KIN_OK ||
	    kin_call_set_data(call, "Data", data, size, &error) != KIN_OK ||
	    kin_call_wait(call, SOON_MS, &error) != KIN_OK)
		bad("the beginning", error.code);
	kin_call_free(call);
}

static void open_mock(void)
{
	struct kin_mock_options options;
	struct kin_client *client;

	kin_mock_options_init(&options);
	options.streams = "s:2,one:1,small:1";
	if (kin_mock_open(&mock, &options, &error) != KIN_OK || open_client(&client) != KIN_OK)
		bad("the beginning", error.code);
	for (int i = 0; i < RECORDS; i++)
		put_at_first(client, "one", i % 2 ? aggregate : "{}", i % 2 ? sizeof aggregate - 1 : 2);
	for (int i = 0; i < 3; i++)
		put_at_first(client, "small", "Z!z\x2c\x01\0\0", TOY);
	kin_client_close(client);
}

int main(int argc, char **argv)
{
	scene_name = "mock";
	signal(SIGALRM, too_long);
	snprintf(folder, sizeof folder, "/tmp/kin-oom-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	open_mock();
	leave_records();
	for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
		if (argc > 1 && strcmp(argv[1], scenes[i].name) != 0)
			continue;
		scene_name = scenes[i].name;
		wire = scenes[i].wire;
		fail_each(scenes[i].run, argc > 2 ? strtoull(argv[2], NULL, 10) : 1, 1);
		fail_each(scenes[i].run, argc > 2 ? strtoull(argv[2], NULL, 10) : 1, 4);
	}
	kin_mock_close(mock);
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	return rmdir(folder);
}
