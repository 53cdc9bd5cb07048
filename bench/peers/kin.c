/* bench/peers/kin call|call-cbor|producer|producer-cbor URL CA RECORDS BYTES - this library as a contestant */
#include <kinstream.h>
#include <string.h>
#include "../round.h"
#include "peer.h"

struct work {
	struct kin_client *client;
	struct kin_producer *producer; /* NULL: calls */
	struct peer_record *records;
	uint32_t n, bytes;
	uint64_t reports;
};

static void call(struct work *work)
{
	struct kin_error error = { 0 };
	struct kin_call *call;
	int64_t failed = -1;
	int code = kin_call_new(&call, work->client, "PutRecords", &error);

	if (code == KIN_OK)
		code = kin_call_set_text(call, "StreamName", "bench", &error);
	for (uint32_t i = 0; code == KIN_OK && i < work->n; i++) {
		struct kin_put_entry entry;

		kin_put_entry_init(&entry);
		entry.key = work->records[i].key;
		entry.key_size = BENCH_KEY;
		entry.data = work->records[i].data;
		entry.data_size = work->bytes;
		code = kin_call_add_record(call, &entry, &error);
	}
	if (code == KIN_OK)
		code = kin_call_wait(call, -1, &error);
	if (code != KIN_OK || kin_call_integer(call, "FailedRecordCount", &failed) != KIN_OK || failed != 0)
		bench_die("PutRecords: %s, %lld failed", error.message, (long long)failed);
	kin_call_free(call);
}

static void on_delivery(void *user, const struct kin_delivery *delivery)
{
	struct work *work = user;

	if (delivery->code != KIN_OK)
		bench_die("a record was not stored: %s", delivery->error->message);
	work->reports++;
}

static void produce(struct work *work, uint64_t all)
{
	struct kin_error error = { 0 };
	int code = KIN_OK;

	work->reports = 0;
	for (uint64_t i = 0; code == KIN_OK && i < all; i++)
		code = kin_producer_put(work->producer, work->records[i % work->n].key, BENCH_KEY,
		                        work->records[i % work->n].data, work->bytes, -1, &error);
	if (code == KIN_OK)
		code = kin_producer_flush(work->producer, -1, &error);
	if (code != KIN_OK || work->reports != all)
		bench_die("%s: %llu of %llu reports", error.message, (unsigned long long)work->reports,
		          (unsigned long long)all);
}

static void open_producer(struct work *work)
{
	struct kin_producer_options options;
	struct kin_error error = { 0 };

	kin_producer_options_init(&options);
	options.stream = "bench";
	options.on_delivery = on_delivery;
	options.user = work;
	if (kin_producer_open(&work->producer, work->client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
}

int main(int argc, char **argv)
{
	struct work work = { 0 };
	struct kin_error error = { 0 };

	if (argc != 6)
		bench_die("usage: kin call|call-cbor|producer|producer-cbor URL CA RECORDS BYTES");
	struct bench_case what = { .url = argv[2], .ca_file = argv[3] };
	work.n = (uint32_t)strtoul(argv[4], NULL, 10);
	work.bytes = (uint32_t)strtoul(argv[5], NULL, 10);
	work.records = peer_records(work.n, work.bytes);
	work.client = strstr(argv[1], "-cbor") ? bench_client_cbor(&what) : bench_client(&what);
	if (strncmp(argv[1], "producer", 8) == 0)
		open_producer(&work);
	for (uint32_t n; (n = peer_order()) > 0; peer_done())
		if (work.producer)
			produce(&work, (uint64_t)n * work.n);
		else
			for (uint32_t i = 0; i < n; i++)
				call(&work);
	if (work.producer && kin_producer_close(work.producer, 10000, &error) != KIN_OK)
		bench_die("%s", error.message);
	kin_client_close(work.client);
	peer_records_free(work.records, work.n);
	return 0;
}
