/* bench/aggregate - records of 100 bytes put together in the KPL's format, end to end, as multiples of what no producer can do
 * without: an MD5 of each key, one over each aggregate, and sending the bytes */
#include <kinstream.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "server.h"
#include "text.h"
#include "util.h"

enum { GROUP = 400, GROUPS = 10, BYTES = 100, OUTER = 48700 /* bytes of an aggregate of so many */ };

/* --- the floor --------------------------------------------------------------------------- */

struct least {
	void *post; /* bench_floor_put */
	EVP_MD *md5;
	EVP_MD_CTX *context;
	unsigned char *group;
	char key[BENCH_KEY + 1];
};

static void *open_least(const struct bench_case *what)
{
	struct bench_case outer = *what;
	struct least *least = bench_alloc(sizeof *least);

	outer.records = GROUPS;
	outer.bytes = OUTER;
	least->post = bench_floor_put.open(&outer);
	least->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	least->context = EVP_MD_CTX_new();
	least->group = bench_alloc(OUTER);
	if (!least->md5 || !least->context)
		bench_die("OpenSSL has no MD5");
	bench_record(0, least->key, least->group, OUTER);
	return least;
}

static void digest(struct least *least, const void *data, size_t n)
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (EVP_DigestInit_ex(least->context, least->md5, NULL) != 1 ||
	    EVP_DigestUpdate(least->context, data, n) != 1 ||
	    EVP_DigestFinal_ex(least->context, sum, NULL) != 1)
		bench_die("OpenSSL cannot MD5");
}

static void run_least(void *state, uint32_t requests, double *wall_ns)
{
	struct least *least = state;

	for (uint32_t i = 0; i < requests; i++) {
		for (int k = 0; k < GROUP * GROUPS; k++)
			digest(least, least->key, BENCH_KEY);
		for (int k = 0; k < GROUPS; k++)
			digest(least, least->group, OUTER);
		bench_floor_put.run(least->post, 1, wall_ns + i);
	}
}

static void close_least(void *state)
{
	struct least *least = state;

	bench_floor_put.close(least->post);
	EVP_MD_free(least->md5);
	EVP_MD_CTX_free(least->context);
	free(least->group);
	free(least);
}

/* --- the producer ------------------------------------------------------------------------- */

struct putting {
	struct kin_client *client;
	struct kin_producer *producer;
	char (*keys)[BENCH_KEY + 1];
	unsigned char *data;
	uint64_t reports;  /* callback thread; read after a flush */
	uint64_t requests; /* that all of it should take */
};

static void on_delivery(void *user, const struct kin_delivery *delivery)
{
	struct putting *put = user;

	if (delivery->code != KIN_OK)
		bench_die("a record was not stored: %s", delivery->error->message);
	put->reports++;
}

static void *open_producer(const struct bench_case *what)
{
	struct putting *put = bench_alloc(sizeof *put);
	struct kin_producer_options options;
	struct kin_error error = { 0 };

	put->client = bench_client(what);
	put->keys = bench_alloc(GROUP * sizeof *put->keys);
	put->data = bench_alloc((size_t)GROUP * BYTES);
	for (uint32_t i = 0; i < GROUP; i++)
		bench_record(i, put->keys[i], put->data + (size_t)i * BYTES, BYTES);
	kin_producer_options_init(&options);
	options.stream = "bench";
	options.on_delivery = on_delivery;
	options.user = put;
	options.aggregate = true;
	options.aggregation_max_records = GROUP;
	options.request_records_max = GROUPS;
	options.buffer_records_max = 8 * GROUP * GROUPS;

	if (kin_producer_open(&put->producer, put->client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
	return put;
}

static void run_producer(void *state, uint32_t requests, double *wall_ns)
{
	struct putting *put = state;
	struct kin_error error = { 0 };
	uint64_t all = (uint64_t)requests * GROUP * GROUPS;
	int code = KIN_OK;

	(void)wall_ns;
	put->reports = 0;
	put->requests += requests;
	for (uint64_t i = 0; code == KIN_OK && i < all; i++)
		code = kin_producer_put(put->producer, put->keys[i % GROUP], BENCH_KEY,
		                        put->data + i % GROUP * BYTES, BYTES, -1, &error);
	if (code == KIN_OK)
		code = kin_producer_flush(put->producer, -1, &error);
	if (code != KIN_OK || put->reports != all)
		bench_die("%s: %llu of %llu reports", error.message, (unsigned long long)put->reports,
		          (unsigned long long)all);
}

static void close_producer(void *state)
{
	struct putting *put = state;
	struct kin_producer_stats stats = { .size = sizeof stats };
	struct kin_error error = { 0 };

	if (kin_producer_stats(put->producer, &stats, &error) != KIN_OK ||
	    stats.requests > 2 * put->requests + 2)
		bench_die("%llu requests, where %llu full ones hold all", (unsigned long long)stats.requests,
		          (unsigned long long)put->requests);
	if (kin_producer_close(put->producer, 10000, &error) != KIN_OK)
		bench_die("%s", error.message);
	kin_client_close(put->client);
	free(put->keys);
	free(put->data);
	free(put);
}

int main(int argc, char **argv)
{
	const struct bench_contestant all[] = {
		{ "MD5s and bare libcurl", open_least, run_least, close_least },
		{ "kin_producer, put to report", open_producer, run_producer, close_producer, .cpu_goal = 1.5,
		  .no_latency = true },
	};
	struct bench_options options;
	struct bench_server server;
	struct bench_case what = { .name = "Aggregates of 400 records, 10 a request, TLS",
		                   .records = GROUP * GROUPS,
		                   .bytes = BYTES,
		                   .unit = 8 };

	bench_options_read(&options, argc, argv);
	bench_server_start(&server, &(struct bench_server_options){ .tls = true, .shards = 1 });
	what.url = server.url;
	what.ca_file = server.ca_file;
	bench_rounds(&options, &what, all, 2, &server.tally->body_bytes);
	bench_server_stop(&server);
	return 0;
}
