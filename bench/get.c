/* bench/get - GetRecords: whole calls as multiples of bare libcurl */
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "server.h"
#include "text.h"
#include "util.h"

struct getting {
	const struct bench_case *what;
	struct kin_client *client;
};

static void *open_get(const struct bench_case *what)
{
	struct getting *get = bench_alloc(sizeof *get);

	get->what = what;
	get->client = bench_client(what);
	return get;
}

static void *open_get_cbor(const struct bench_case *what)
{
	struct getting *get = open_get(what);

	kin_client_close(get->client);
	get->client = bench_client_cbor(what);
	return get;
}

static void close_get(void *state)
{
	struct getting *get = state;

	kin_client_close(get->client);
	free(get);
}

static void check_records(const struct bench_case *what, const struct kin_record *records, size_t n)
{
	if (n != what->records || records[0].data_size != what->bytes ||
	    records[n - 1].data_size != what->bytes || records[n - 1].partition_key_size != BENCH_KEY)
		bench_die("GetRecords brought %zu records, not %u of %u bytes", n, what->records,
		          what->bytes);
}

static void call_once(struct getting *get)
{
	struct kin_error error = { 0 };
	const struct kin_record *records;
	struct kin_call *call;
	char iterator[225];
	size_t n;
	int code = kin_call_new(&call, get->client, "GetRecords", &error);

	snprintf(iterator, sizeof iterator, "%0224d", 7);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "ShardIterator", iterator, &error);
	if (code == KIN_OK)
		code = kin_call_set_integer(call, "Limit", 10000, &error);
	if (code == KIN_OK)
		code = kin_call_wait(call, -1, &error);
	if (code != KIN_OK)
		bench_die("%s", error.message);
	records = kin_call_records(call, &n);
	check_records(get->what, records, n);
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

static void measure(const struct bench_options *options, const char *name, bool tls, uint32_t records,
                    uint32_t bytes, double call_goal)
{
	struct bench_server server;
	struct bench_case what = { .name = name, .records = records, .bytes = bytes };
	const struct bench_contestant all[] = {
		bench_floor_get,
		{ "kin_call, whole", open_get, run_call, close_get, .cpu_goal = call_goal },
		{ "kin_call, whole, CBOR", open_get_cbor, run_call, close_get },
	};

	bench_server_start(&server, &(struct bench_server_options){ .tls = tls,
	                                                            .records = records,
	                                                            .record_bytes = bytes,
	                                                            .shards = 1 });
	what.url = server.url;
	what.ca_file = server.ca_file;
	bench_rounds(options, &what, all, 3, &server.tally->body_bytes);
	bench_server_stop(&server);
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_options_read(&options, argc, argv);
	measure(&options, "GetRecords, TLS", true, 10000, 1024, 1.15);
	measure(&options, "GetRecords, plain", false, 10000, 1024, 1.35);
	measure(&options, "GetRecords, TLS", true, 1000, 100, 1.4);
	return 0;
}
