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

#include "toy.h"

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

#include "consumers.h"

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
