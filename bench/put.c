/* bench/put - PutRecords: whole calls, their latency, and the producer, as multiples of bare libcurl */
#include <kinstream.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "server.h"
#include "text.h"
#include "util.h"

struct entry {
	char key[BENCH_KEY + 1];
	unsigned char *data;
};

struct putting {
	const struct bench_case *what;
	struct kin_client *client;
	struct entry *entries;
	struct kin_producer *producer;
	uint64_t reports; /* callback thread; read after a flush */
};

static struct putting *open_with(const struct bench_case *what, struct kin_client *client)
{
	struct putting *put = bench_alloc(sizeof *put);

	put->what = what;
	put->client = client;
	put->entries = bench_alloc(what->records * sizeof *put->entries);
	for (uint32_t i = 0; i < what->records; i++) {
		put->entries[i].data = bench_alloc(what->bytes);
		bench_record(i, put->entries[i].key, put->entries[i].data, what->bytes);
	}
	return put;
}

static void *open_call(const struct bench_case *what)
{
	return open_with(what, bench_client(what));
}

static void *open_call_cbor(const struct bench_case *what)
{
	return open_with(what, bench_client_cbor(what));
}

static void close_call(void *state)
{
	struct putting *put = state;

	for (uint32_t i = 0; i < put->what->records; i++)
		free(put->entries[i].data);
	free(put->entries);
	kin_client_close(put->client);
	free(put);
}

/* All that a program does: build, sign, send, and ask whether any record failed. */
static void call_once(struct putting *put)
{
	struct kin_error error = { 0 };
	struct kin_call *call;
	int64_t failed = -1;
	int code = kin_call_new(&call, put->client, "PutRecords", &error);

	if (code == KIN_OK)
		code = kin_call_set_text(call, "StreamName", "bench", &error);
	for (uint32_t i = 0; code == KIN_OK && i < put->what->records; i++) {
		struct kin_put_entry entry;

		kin_put_entry_init(&entry);
		entry.key = put->entries[i].key;
		entry.key_size = BENCH_KEY;
		entry.data = put->entries[i].data;
		entry.data_size = put->what->bytes;
		code = kin_call_add_record(call, &entry, &error);
	}
	if (code == KIN_OK)
		code = kin_call_wait(call, -1, &error);
	if (code != KIN_OK || kin_call_integer(call, "FailedRecordCount", &failed) != KIN_OK || failed != 0)
		bench_die("PutRecords: %s, %lld failed", error.message, (long long)failed);
	kin_call_free(call);
}

static void run_call(void *state, uint32_t requests, double *wall_ns)
{
	for (uint32_t i = 0; i < requests; i++) {
		uint64_t began_ns = bench_wall_ns();

		call_once(state);
		wall_ns[i] = (double)(bench_wall_ns() - began_ns);
	}
}

/* --- the producer ---------------------------------------------------------------------- */

static void on_delivery(void *user, const struct kin_delivery *delivery)
{
	struct putting *put = user;

	if (delivery->code != KIN_OK)
		bench_die("a record was not stored: %s", delivery->error->message);
	put->reports++;
}

static void *produce_with(const struct bench_case *what, struct kin_client *client)
{
	struct putting *put = open_with(what, client);
	struct kin_producer_options options;
	struct kin_error error = { 0 };

	kin_producer_options_init(&options);
	options.stream = "bench";
	options.on_delivery = on_delivery;
	options.user = put;
	options.request_records_max = what->records;
	options.buffer_records_max = 8 * what->records;
	if (kin_producer_open(&put->producer, put->client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
	return put;
}

static void *open_producer(const struct bench_case *what)
{
	return produce_with(what, bench_client(what));
}

static void *open_producer_cbor(const struct bench_case *what)
{
	return produce_with(what, bench_client_cbor(what));
}

static void close_producer(void *state)
{
	struct putting *put = state;
	struct kin_error error = { 0 };

	if (kin_producer_close(put->producer, 10000, &error) != KIN_OK)
		bench_die("%s", error.message);
	close_call(put);
}

/* From put to report. */
static void run_producer(void *state, uint32_t requests, double *wall_ns)
{
	struct putting *put = state;
	struct kin_error error = { 0 };
	uint64_t all = (uint64_t)requests * put->what->records;
	int code = KIN_OK;

	(void)wall_ns;
	put->reports = 0;
	for (uint64_t i = 0; code == KIN_OK && i < all; i++) {
		const struct entry *entry = &put->entries[i % put->what->records];

		code = kin_producer_put(put->producer, entry->key, BENCH_KEY, entry->data, put->what->bytes,
		                        -1, &error);
	}
	if (code == KIN_OK)
		code = kin_producer_flush(put->producer, -1, &error);
	if (code != KIN_OK || put->reports != all)
		bench_die("%s: %llu of %llu reports", error.message, (unsigned long long)put->reports,
		          (unsigned long long)all);
}

/* --------------------------------------------------------------------------------------- */

static void measure(const struct bench_options *options, const struct bench_server *server, const char *name,
                    uint32_t records, uint32_t bytes, double call_goal, double cbor_goal,
                    double producer_goal)
{
	struct bench_case what = { .name = name,
		                   .records = records,
		                   .bytes = bytes,
		                   .url = server->url,
		                   .ca_file = server->ca_file };
	struct bench_contestant all[] = {
		bench_floor_put,
		bench_floor_hashed,
		{ "kin_call, whole", open_call, run_call, close_call, .cpu_goal = call_goal,
		  .rss_goal_kib = 16 * 1024 },
		{ "kin_producer, put to report", open_producer, run_producer, close_producer,
		  .cpu_goal = producer_goal, .no_latency = true },
		{ "kin_call, whole, CBOR", open_call_cbor, run_call, close_call, .cpu_goal = cbor_goal },
		{ "kin_producer, put to report, CBOR", open_producer_cbor, run_producer, close_producer,
		  .no_latency = true },
	};

	if (records == 1) {
		all[2].p50_goal = 1.05;
		all[2].p99_goal = 1.2;
	} else {
		what.unit = 8;
	}
	bench_rounds(options, &what, all, records == 1 ? 3 : 6, &server->tally->body_bytes);
}

int main(int argc, char **argv)
{
	struct bench_options options;
	struct bench_server server;

	bench_options_read(&options, argc, argv);
	bench_server_start(&server, &(struct bench_server_options){ .tls = true });
	measure(&options, &server, "PutRecords, TLS", 500, 1024, 1.75, 1.35, 2);
	measure(&options, &server, "PutRecords, TLS", 500, 100, 1.5, 1.25, 0);
	measure(&options, &server, "PutRecords, TLS", 1, 100, 0, 0, 0);
	bench_server_stop(&server);
	return 0;
}
