/* What the scenes of check_compressed.c share: a mock, records of text, and who puts and reads them. */
#ifndef KIN_TEST_COMPRESSED_SCENE_H
#define KIN_TEST_COMPRESSED_SCENE_H
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

#endif
