/* Records made smaller by the producer, undone by consumer and reader, and by others: against the embedded endpoint. */
#include <check.h>
#include <kinstream.h>
#include <kinstream/codecs.h>
#include <kinstream/mock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORDS = 400, TEXT = 3000, MIB = 1048576 };

static struct kin_mock *mock;
static struct kin_client *client;
static struct kin_producer_options put;
static struct kin_start start;
static struct kin_error error;
static char large[12 * MIB];
static atomic_int warnings;

static void count_warnings(void *user, int level, const char *room, const char *line)
{
	(void)user, (void)room;
	warnings += level == KIN_LOG_WARN && strstr(line, "cannot be decompressed") != NULL;
}

static void setup(void)
{
	struct kin_mock_options m;
	struct kin_client_options o;

	kin_mock_options_init(&m);
	m.streams = "s:2";
	ck_assert_msg(kin_mock_open(&mock, &m, &error) == KIN_OK, "%s", error.message);
	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	o.log = count_warnings;
	warnings = 0;
	ck_assert_msg(kin_client_open(&client, &o, &error) == KIN_OK, "%s", error.message);
	kin_producer_options_init(&put);
	put.stream = "s";
	put.linger_ms = 20;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = "{\"name\":\"value\",\"more\":[1,2,3]}\n"[i % 31];
}

static void teardown(void)
{
	kin_client_close(client);
	kin_mock_close(mock);
}

/* The i-th record: text that shrinks, of a length of its own. */
static size_t text(int i, char out[static TEXT])
{
	size_t n = (size_t)snprintf(out, TEXT, "record %d ", i), end = n + (size_t)(i % 40) * 60;

	while (n < end)
		n += (size_t)snprintf(out + n, TEXT - n, "{\"at\":%zu},", n);
	return n;
}

static struct kin_producer *open_producer(void)
{
	struct kin_producer *p;

	ck_assert_msg(kin_producer_open(&p, client, &put, &error) == KIN_OK, "%s", error.message);
	return p;
}

static struct kin_producer_stats close_producer(struct kin_producer *p)
{
	struct kin_producer_stats stats = { .size = sizeof stats };

	ck_assert_msg(kin_producer_flush(p, 20000, &error) == KIN_OK, "%s", error.message);
	ck_assert_int_eq(kin_producer_stats(p, &stats, &error), KIN_OK);
	ck_assert_msg(kin_producer_close(p, 20000, &error) == KIN_OK, "%s", error.message);
	return stats;
}

static struct kin_producer_stats put_texts(void)
{
	struct kin_producer *p = open_producer();
	char data[TEXT];

	for (int i = 0; i < RECORDS; i++) {
		size_t n = text(i, data);

		ck_assert_msg(kin_producer_put(p, "k", 1, data, n, -1, &error) == KIN_OK, "%s",
		              error.message);
	}
	return close_producer(p);
}

static void put_raw(const void *data, size_t size)
{
	struct kin_call *call;

	ck_assert_int_eq(kin_call_new(&call, client, "PutRecord", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", "s", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "PartitionKey", "k", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_data(call, "Data", data, size, &error), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &error) == KIN_OK, "%s", error.message);
	kin_call_free(call);
}

static size_t squeezed(const struct kin_codec *codec, const void *data, size_t size, void *out, size_t room)
{
	void *context = codec->open(0);

	ck_assert_int_eq(codec->compress(context, data, size, out, &room), KIN_OK);
	codec->close(context);
	return room;
}

static struct kin_reader *open_reader(void)
{
	struct kin_reader *reader;

	ck_assert_msg(kin_reader_open(&reader, client, "s", &start, &error) == KIN_OK, "%s", error.message);
	return reader;
}

/* How many texts the reader finds; which is which stands at its start. */
static int read_texts(uint32_t flags, int *flagged)
{
	struct kin_reader *reader = open_reader();
	const struct kin_record *r;
	char expected[TEXT], head[32];
	int found = 0, code, i;

	*flagged = 0;
	while ((code = kin_reader_next(reader, &r, 20000, &error)) == KIN_OK) {
		snprintf(head, sizeof head, "%.*s", (int)(r->data_size < 30 ? r->data_size : 30),
		         (const char *)r->data);
		if (sscanf(head, "record %d ", &i) == 1 && r->data_size == text(i, expected) &&
		    memcmp(expected, r->data, r->data_size) == 0)
			found++;
		*flagged += r->flags == flags;
	}
	ck_assert_msg(code == KIN_END, "%s", error.message);
	kin_reader_close(reader);
	return found;
}

/* By gzip or zstd, alone or many in one record of the stream. */
START_TEST(smaller_and_back)
{
	struct kin_producer_stats stats;
	int flagged;

	put.compress = kin_codecs_all()[_i % 2];
	put.aggregate = _i >= 2;
	stats = put_texts();
	ck_assert_uint_eq(stats.stored, RECORDS);
	ck_assert_uint_gt(stats.compressed, RECORDS / 2);
	ck_assert_uint_lt(stats.compressed, RECORDS); /* the short ones are as they were */
	ck_assert_uint_gt(stats.compressed_away, stats.bytes_stored);
	ck_assert_int_lt(read_texts(0, &flagged), RECORDS / 2); /* nobody undid them */
	ck_assert_int_eq(flagged, RECORDS);
	start.decompress = kin_codecs_all();
	ck_assert_int_eq(read_texts(KIN_RECORD_DECOMPRESSED, &flagged), RECORDS);
	ck_assert_uint_eq(flagged, stats.compressed);
	ck_assert_int_eq(warnings, 0);
}
END_TEST

/* What others make. */
START_TEST(others_make_it_too)
{
	static const char *const makes[] = {
		"printf 'record 0 ' | gzip -9 >%s",
		"printf 'record 0 ' | zstd -q -c >%s",
		"(printf 'record' | gzip; printf ' 0 ' | gzip) >%s",
		"python3 -c 'import gzip,sys; sys.stdout.buffer.write(gzip.compress(b\"record 0 \"))' >%s",
	};
	char path[] = "/tmp/kin-compressed-XXXXXX", line[300], data[300];
	int flagged;
	FILE *file;

	close(mkstemp(path));
	for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
		snprintf(line, sizeof line, makes[i], path);
		ck_assert_msg(system(line) == 0, "failed: %s", line);
		file = fopen(path, "rb");
		put_raw(data, fread(data, 1, sizeof data, file));
		fclose(file);
	}
	remove(path);
	start.decompress = kin_codecs_all();
	ck_assert_int_eq(read_texts(KIN_RECORD_DECOMPRESSED, &flagged), 4);
	ck_assert_int_eq(flagged, 4);
}
END_TEST

/* Below the least size, and what would not get smaller, data goes as it is. */
START_TEST(as_it_is)
{
	struct kin_producer *p;
	struct kin_producer_stats stats;
	char noise[5000];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
	put.compress = kin_codecs_gzip();
	put.compression_min_bytes = 1000;
	p = open_producer();
	ck_assert_int_eq(kin_producer_put(p, "k", 1, large, 999, -1, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_put(p, "k", 1, noise, sizeof noise, -1, &error), KIN_OK);
	stats = close_producer(p);
	ck_assert_uint_eq(stats.compressed, 0);
	ck_assert_uint_eq(stats.bytes_stored, 999 + sizeof noise);
	put.compression_min_bytes = 0;
	p = open_producer();
	ck_assert_int_eq(kin_producer_put(p, "k", 1, large, 999, -1, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_put(p, "k", 1, "a", 1, -1, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_put(p, "k", 1, NULL, 0, -1, &error), KIN_OK);
	stats = close_producer(p);
	ck_assert_uint_eq(stats.compressed, 1);
	ck_assert_uint_eq(stats.compressed_away, 999 + 1 - stats.bytes_stored);
}
END_TEST

/* It is the smaller size that counts: more than any stream takes goes, when it gets small enough. */
START_TEST(the_limit_is_that_of_the_smaller_size)
{
	struct kin_producer *p;
	struct kin_reader *reader;
	const struct kin_record *r;

	put.compress = kin_codecs_zstd();
	p = open_producer();
	ck_assert_msg(kin_producer_put(p, "k", 1, large, sizeof large, -1, &error) == KIN_OK, "%s",
	              error.message);
	for (size_t i = 0; i < sizeof large; i += 3)
		large[i] = (char)rand();
	ck_assert_int_eq(kin_producer_put(p, "k", 1, large, sizeof large, -1, &error), KIN_INVALID);
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = "{\"name\":\"value\",\"more\":[1,2,3]}\n"[i % 31];
	ck_assert_uint_eq(close_producer(p).stored, 1);
	start.decompress = kin_codecs_all();
	reader = open_reader();
	ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
	ck_assert_uint_eq(r->data_size, sizeof large);
	ck_assert_int_eq(memcmp(r->data, large, sizeof large), 0);
	kin_reader_close(reader);
}
END_TEST

/* --- data that was given away or lent -------------------------------------------------------- */

static atomic_int released;

static void release(void *user, void *data)
{
	ck_assert_ptr_eq(user, &released);
	ck_assert_ptr_eq(data, large);
	released++;
}

START_TEST(given_data_is_released_once)
{
	struct kin_put_entry entries[4];
	struct kin_producer *p;
	size_t accepted;
	int flagged;

	released = 0;
	put.compress = kin_codecs_zstd();
	put.buffer_records_max = 3;
	put.linger_ms = 60000;
	for (int i = 0; i < 4; i++) {
		kin_put_entry_init(&entries[i]);
		entries[i].key = "k";
		entries[i].key_size = 1;
		entries[i].data = large;
		entries[i].data_size = 100000;
		entries[i].release = i == 2 ? NULL : release;
		entries[i].release_user = &released;
		entries[i].borrowed = i > 0;
	}
	p = open_producer();
	ck_assert_int_eq(kin_producer_put_many(p, entries, 4, &accepted, 0, &error), KIN_FULL);
	ck_assert_uint_eq(accepted, 3);
	ck_assert_int_eq(released, 0);
	ck_assert_uint_eq(close_producer(p).compressed, 3);
	ck_assert_int_eq(released, 2);
	start.decompress = kin_codecs_all();
	read_texts(KIN_RECORD_DECOMPRESSED, &flagged);
	ck_assert_int_eq(flagged, 3);
}
END_TEST

static void *put_some(void *user)
{
	struct kin_producer *p = user;
	char data[TEXT];
	struct kin_error e;

	for (int i = 0; i < RECORDS / 4; i++)
		if (kin_producer_put(p, "k", 1, data, text(i, data), -1, &e) != KIN_OK)
			abort();
	return NULL;
}

/* Each has a context of its own meanwhile. */
START_TEST(several_threads)
{
	pthread_t threads[4];
	struct kin_producer *p;
	int flagged;

	put.compress = kin_codecs_gzip();
	p = open_producer();
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, put_some, p);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(close_producer(p).stored, RECORDS);
	start.decompress = kin_codecs_all();
	ck_assert_int_eq(read_texts(0, &flagged), RECORDS);
}
END_TEST

/* --- what cannot be undone ------------------------------------------------------------------------ */

/* Damaged, cut, or beginning so by accident: handed out as it is, and told of once. */
START_TEST(what_cannot_be_undone_is_as_it_is)
{
	char data[2000];
	size_t n = squeezed(kin_codecs_zstd(), large, 50000, data, sizeof data);
	struct kin_reader *reader;
	const struct kin_record *r;

	put_raw(data, n - 1);
	data[n - 1] ^= 1;
	put_raw(data, n);
	put_raw("\x1f\x8b\x08 and nothing of the kind", 26);
	put_raw("\x28\xb5\x2f\xfd", 4);
	put_raw("\x28\xb5\x2f", 3); /* no magic: not looked at */
	start.decompress = kin_codecs_all();
	reader = open_reader();
	for (int i = 0; i < 5; i++) {
		ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
		ck_assert_uint_eq(r->flags, i < 4 ? KIN_RECORD_NOT_DECOMPRESSED : 0);
		if (i == 1)
			ck_assert(r->data_size == n && memcmp(r->data, data, n) == 0);
		if (i == 2)
			ck_assert(memcmp(r->data, "\x1f\x8b\x08 and nothing", 15) == 0);
	}
	ck_assert_int_eq(kin_reader_next(reader, &r, 20000, &error), KIN_END);
	kin_reader_close(reader);
	ck_assert_int_eq(warnings, 1);
}
END_TEST

/* A codec that is not in the list is not looked for. */
START_TEST(only_what_was_asked_for)
{
	const struct kin_codec *const only[] = { kin_codecs_gzip(), NULL };
	int flagged;

	put.compress = kin_codecs_zstd();
	put_texts();
	start.decompress = only;
	read_texts(0, &flagged);
	ck_assert_int_eq(flagged, RECORDS);
}
END_TEST

/* 12 MiB in a few bytes: undone where so much is allowed, else as it is; one that hides its size, too. */
START_TEST(bombs)
{
	static char small[100000];
	size_t n;
	struct kin_reader *reader;
	const struct kin_record *r;

	put_raw(small, squeezed(kin_codecs_gzip(), large, sizeof large, small, sizeof small));
	put_raw(small, squeezed(kin_codecs_zstd(), large, sizeof large, small, sizeof small));
	n = squeezed(kin_codecs_gzip(), large, sizeof large, small, sizeof small);
	n += squeezed(kin_codecs_gzip(), large, 10, small + n, sizeof small - n); /* says: ten bytes */
	put_raw(small, n);
	start.decompress = kin_codecs_all();
	for (int round = 0; round < 2; round++) {
		start.decompressed_bytes_max = round ? sizeof large + 9 : sizeof large + 10;
		reader = open_reader();
		for (int i = 0; i < 3; i++) {
			bool undone = round == 0 || i < 2;

			ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s",
			              error.message);
			ck_assert_uint_eq(r->flags,
			                  undone ? KIN_RECORD_DECOMPRESSED : KIN_RECORD_NOT_DECOMPRESSED);
			ck_assert_uint_eq(r->data_size, !undone ? n
			                                : i < 2 ? sizeof large
			                                        : sizeof large + 10);
		}
		kin_reader_close(reader);
	}
	start.decompressed_bytes_max = MIB;
	reader = open_reader();
	for (int i = 0; i < 3; i++) {
		ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
		ck_assert_uint_eq(r->flags, KIN_RECORD_NOT_DECOMPRESSED);
		ck_assert_uint_lt(r->data_size, sizeof small);
	}
	kin_reader_close(reader);
}
END_TEST

/* All of one answer are bounded too: eight times the most of one. */
START_TEST(many_bombs)
{
	static char small[100000];
	struct kin_reader *reader;
	const struct kin_record *r;
	int undone = 0;
	size_t n = squeezed(kin_codecs_zstd(), large, MIB, small, sizeof small);

	for (int i = 0; i < 20; i++)
		put_raw(small, n);
	start.decompress = kin_codecs_all();
	start.decompressed_bytes_max = MIB;
	reader = open_reader();
	for (int i = 0; i < 20; i++) {
		ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
		undone += r->flags == KIN_RECORD_DECOMPRESSED;
		ck_assert_uint_eq(r->data_size, r->flags == KIN_RECORD_DECOMPRESSED ? MIB : n);
	}
	kin_reader_close(reader);
	ck_assert_int_eq(undone, 8);
}
END_TEST

/* --- a consumer -------------------------------------------------------------------------------------- */

static struct kin_consumer_health run(struct kin_consumer_options *o)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *c;

	ck_assert_msg(kin_consumer_open(&c, client, o, &error) == KIN_OK, "%s", error.message);
	ck_assert_msg(kin_consumer_wait(c, 20000, &error) == KIN_OK, "%s", error.message);
	ck_assert_int_eq(kin_consumer_health(c, &health, &error), KIN_OK);
	ck_assert_msg(kin_consumer_close(c, 10000, &error) == KIN_OK, "%s", error.message);
	return health;
}

static int handle_even(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int *seen = user;

	while ((r = kin_batch_next(batch))) {
		ck_assert_ptr_nonnull(strstr(r->data, "\"even\":true")); /* 0-ended, as a courtesy */
		(*seen)++;
	}
	return KIN_OK;
}

/* The filter looks at what a record says, not at how it came; its parts of an aggregate, too. */
START_TEST(the_filter_looks_at_what_it_was)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health;
	struct kin_producer *p;
	char data[TEXT];
	int seen = 0;

	put.compress = kin_codecs_all()[_i % 2];
	put.aggregate = _i >= 2;
	p = open_producer();
	for (int i = 0; i < RECORDS; i++) {
		int n = snprintf(data, sizeof data, "{\"n\":%d,\"even\":%s,\"text\":\"%.*s\"}", i,
		                 i % 2 ? "false" : "true", 1000,
		                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		                 "aaaaa"
		                 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		                 "bbbbb"
		                 "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
		                 "ccccc"
		                 "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		                 "ddddd");

		ck_assert_int_eq(kin_producer_put(p, "k", 1, data, (size_t)n, -1, &error), KIN_OK);
	}
	ck_assert_uint_eq(close_producer(p).compressed, RECORDS);
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.until = KIN_UNTIL_LATEST;
	o.filter_criteria = "{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"even\\\":[true]}}\"}]}";
	o.handler = handle_even;
	o.user = &seen;
	o.decompress = kin_codecs_all();
	health = run(&o);
	ck_assert_int_eq(seen, RECORDS / 2);
	ck_assert_uint_eq(health.filtered, RECORDS / 2);
	ck_assert_uint_eq(health.decompressed, RECORDS);
	ck_assert_uint_eq(health.not_decompressed, 0);
}
END_TEST

static int handle_flagged(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int *flagged = user;

	while ((r = kin_batch_next(batch)))
		flagged[r->flags == KIN_RECORD_NOT_DECOMPRESSED]++;
	return KIN_OK;
}

/* Frames that lie about their size use up what is undone of one answer: the records behind them, and they themselves,
 * are handed out as they are, for what they hold could not be judged. */
START_TEST(the_filter_loses_nothing_that_it_cannot_read)
{
	static const char says[] = "{\"even\":true}", plain[] = "{\"even\":false}";
	struct kin_consumer_options o;
	struct kin_consumer_health health;
	char small[200];
	int flagged[2] = { 0, 0 };
	size_t n = squeezed(kin_codecs_gzip(), says, sizeof says - 1, small, sizeof small);

	for (int i = 0; i < 9; i++)
		put_raw("\x1f\x8b\x08 no frame \0\0\0\2", 17);
	put_raw(small, n);
	put_raw(plain, sizeof plain - 1);
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.until = KIN_UNTIL_LATEST;
	o.filter_criteria = "{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"even\\\":[true]}}\"}]}";
	o.handler = handle_flagged;
	o.user = flagged;
	o.decompress = kin_codecs_all();
	health = run(&o);
	ck_assert_int_eq(flagged[0], 0);
	ck_assert_int_eq(flagged[1], 10);
	ck_assert_uint_eq(health.filtered, 1);
	ck_assert_uint_eq(health.not_decompressed, 10);
}
END_TEST

static int sick; /* calls that fail before all is well */

static int handle_late(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	char expected[TEXT];
	int *seen = user, i;

	if (sick-- > 0)
		return kin_batch_fail(batch, kin_batch_record(batch, 0), "sick"), KIN_FAILED;
	while ((r = kin_batch_next(batch))) {
		ck_assert_int_eq(sscanf(r->data, "record %d ", &i), 1);
		ck_assert_uint_eq(r->data_size, text(i, expected));
		ck_assert_int_eq(memcmp(r->data, expected, r->data_size), 0);
		(*seen)++;
	}
	return KIN_OK;
}

/* Retried, copied out of their page, in a buffer that is nearly full: they say the same. */
START_TEST(retried_and_copied)
{
	struct kin_consumer_options o;
	int seen = 0;

	put.compress = kin_codecs_zstd();
	put.compression_min_bytes = 0;
	put_texts();
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.until = KIN_UNTIL_LATEST;
	o.batch_size = 390;
	o.retry_base_ms = o.retry_max_ms = 20;
	o.buffer_bytes_max = MIB;
	o.handler = handle_late;
	o.user = &seen;
	o.decompress = kin_codecs_all();
	sick = 5;
	run(&o);
	ck_assert_int_eq(seen, RECORDS);
}
END_TEST

/* --- options ------------------------------------------------------------------------------------------- */

static void refused(int code, const char *piece)
{
	ck_assert_msg(code == KIN_INVALID, "%s", kin_code_name(code));
	ck_assert_msg(strstr(error.message, piece) != NULL, "'%s' is not in: %s", piece, error.message);
}

START_TEST(bad_codecs)
{
	static const char *const told[] = { "size",  "no name",   "magic",    "magic",
		                            "magic", "functions", "functions" };
	struct kin_codec codec = *kin_codecs_gzip();
	const struct kin_codec *many[] = { &codec, &codec, &codec, &codec, &codec,
		                           &codec, &codec, &codec, &codec, NULL };
	const struct kin_codec *one[] = { &codec, NULL };
	struct kin_producer *p;
	struct kin_reader *reader;
	struct kin_consumer *c;
	struct kin_consumer_options o;

	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.decompress = one;
	put.compress = &codec;
	start.decompress = one;
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
		codec = *kin_codecs_gzip();
		codec.size -= i == 0;
		codec.name = i == 1 ? NULL : codec.name;
		codec.magic = i == 2 ? NULL : codec.magic;
		codec.magic_size = i == 3 ? 0 : i == 4 ? 17 : codec.magic_size;
		codec.open = i == 5 ? NULL : codec.open;
		codec.decompressed_size = i == 6 ? NULL : codec.decompressed_size;
		refused(kin_producer_open(&p, client, &put, &error), told[i]);
		refused(kin_reader_open(&reader, client, "s", &start, &error), told[i]);
		refused(kin_consumer_open(&c, client, &o, &error), told[i]);
	}
	codec = *kin_codecs_gzip();
	start.decompress = many;
	refused(kin_reader_open(&reader, client, "s", &start, &error), "more than 8 codecs");
	start.decompress = one;
	start.decompressed_bytes_max = 1023;
	refused(kin_reader_open(&reader, client, "s", &start, &error), "decompressed_bytes_max is 1023");
	put.compression_level = 10;
	refused(kin_producer_open(&p, client, &put, &error),
	        "compression_level is 10; of gzip it must be 1..9");
	put.compression_level = 23;
	put.compress = kin_codecs_zstd();
	refused(kin_producer_open(&p, client, &put, &error), "compression_level");
	put.compression_level = 22;
	ck_assert_msg(kin_producer_open(&p, client, &put, &error) == KIN_OK, "%s", error.message);
	ck_assert_int_eq(kin_producer_close(p, -1, &error), KIN_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compressed");
	TCase *tcase = tcase_create("compressed");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, smaller_and_back, 0, 4);
	tcase_add_test(tcase, others_make_it_too);
	tcase_add_test(tcase, as_it_is);
	tcase_add_test(tcase, the_limit_is_that_of_the_smaller_size);
	tcase_add_test(tcase, given_data_is_released_once);
	tcase_add_test(tcase, several_threads);
	tcase_add_test(tcase, what_cannot_be_undone_is_as_it_is);
	tcase_add_test(tcase, only_what_was_asked_for);
	tcase_add_test(tcase, bombs);
	tcase_add_test(tcase, many_bombs);
	tcase_add_loop_test(tcase, the_filter_looks_at_what_it_was, 0, 4);
	tcase_add_test(tcase, the_filter_loses_nothing_that_it_cannot_read);
	tcase_add_test(tcase, retried_and_copied);
	tcase_add_test(tcase, bad_codecs);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
