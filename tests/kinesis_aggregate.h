/* The part of check_kinesis.c about answers with KPL aggregates. */
#ifndef KIN_TESTS_KINESIS_AGGREGATE_H
#define KIN_TESTS_KINESIS_AGGREGATE_H

#include "kinesis/deaggregate.h"
#include "wire/aggregate.h"

/* A plain record, the aggregate A (see wire_aggregate.h), A with a bit wrong, the aggregate B, a plain record. */
static const char aggregated_answer[] =
		"{\"Records\":[{\"SequenceNumber\":\"1\",\"ApproximateArrivalTimestamp\":1.5,\"Data\":\"Zmlyc"
		"3Q=\",\"PartitionKey\":\"p1\"},{\"SequenceNumber\":\"2\",\"ApproximateArrivalTimestamp\":2.5"
		",\"Data\":\"84mawgoDcGsxCgNwazIaCQgAGgVoZWxsbxoKCAEaBndvcmxkIRoICAAaBAABAv98vrBERj/8uCsDQDMN"
		"vG13\",\"PartitionKey\":\"a\"},{\"SequenceNumber\":\"3\",\"ApproximateArrivalTimestamp\":3.5"
		",\"Data\":\"84mawgoDcGsxCgNwazIaCQgAGgVpZWxsbxoKCAEaBndvcmxkIRoICAAaBAABAv98vrBERj/8uCsDQDMN"
		"vG13\",\"PartitionKey\":\"a\"},{\"SequenceNumber\":\"4\",\"ApproximateArrivalTimestamp\":4.5"
		",\"Data\":\"84mawgoFYWxwaGEKBGJldGEKAsOpEgEwEicxNzAxNDExODM0NjA0NjkyMzE3MzE2ODczMDM3MTU4ODQx"
		"MDU3MjgaDQgAEAAaB3sibiI6MX0aDQgBEAEaB3sibiI6Mn0aCwgAGgd7Im4iOjN9Gs8BCAIQABrIAWFhYWFhYWFhYWFh"
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFheLw4OoZ+Sd7paMg3ijmJdA=="
		"\",\"PartitionKey\":\"a\"},{\"SequenceNumber\":\"5\",\"ApproximateArrivalTimestamp\":5.5,\"D"
		"ata\":\"bGFzdA==\",\"PartitionKey\":\"p5\"}],\"NextShardIterator\":\"n\",\"MillisBehindLates"
		"t\":0}";

static const char aggregated_200[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaa";

#define BYTES(text)                                                                                          \
	{                                                                                                    \
		(text), sizeof(text) - 1                                                                     \
	}

/* What it becomes. */
static const struct {
	const char *sequence, *key;
	struct kin__span data; /* at NULL: 63 bytes as they came */
	uint64_t sub;
	bool low, high; /* outside the lower, the upper half of the hash keys */
} parts[] = {
	{ "1", "p1", BYTES("first"), 0, false, false },
	{ "2", "pk1", BYTES("hello"), 0, true, false },
	{ "2", "pk2", BYTES("world!"), 1, false, true },
	{ "2", "pk1", BYTES("\0\x01\x02\xff"), 2, true, false },
	{ "3", "a", { NULL, 63 }, 0, false, false },
	{ "4", "alpha", BYTES("{\"n\":1}"), 0, false, true },
	{ "4", "beta", BYTES("{\"n\":2}"), 1, true, false },
	{ "4", "alpha", BYTES("{\"n\":3}"), 2, false, true },
	{ "4", "\xc3\xa9", { aggregated_200, 200 }, 3, false, true },
	{ "5", "p5", BYTES("last"), 0, false, false },
};

static struct kin__hash_range half(bool high)
{
	struct kin__hash_range range = { { 0, 0 }, key_of("170141183460469231731687303715884105727") };

	if (high)
		range = (struct kin__hash_range){ kin__hashkey_next(range.last), KIN__HASHKEY_MAX };
	return range;
}

static char *decode_aggregated(struct kin__get_page *page, const char *text, size_t n)
{
	char *answer = copy_of(text, n);

	kin__get_page_init(page);
	ck_assert_int_eq(kin__get_records_decode(page, answer, n, "shardId-9", NULL), KIN_OK);
	return answer;
}

static void check_part(const struct kin_record *record, int i)
{
	ck_assert_str_eq(record->sequence_number, parts[i].sequence);
	ck_assert_uint_eq(record->sequence_number_size, 1);
	ck_assert_uint_eq(record->sub_sequence, parts[i].sub);
	ck_assert_str_eq(record->partition_key, parts[i].key); /* it is 0-ended */
	ck_assert_uint_eq(record->partition_key_size, strlen(parts[i].key));
	ck_assert_uint_eq(record->data_size, parts[i].data.n);
	if (parts[i].data.at)
		ck_assert_mem_eq(record->data, parts[i].data.at, parts[i].data.n);
	else
		ck_assert_mem_eq(record->data, KIN__AGGREGATE_MAGIC, 4);
	ck_assert_str_eq(record->shard_id, "shardId-9");
	ck_assert_int_eq(record->arrival_ms, 1000 * (parts[i].sequence[0] - '0') + 500);
}

/* 0: no range is known; 1: of the lower half; 2: of the upper one. */
START_TEST(deaggregate_parts)
{
	struct kin__hash_range range = half(_i == 2);
	struct kin__outside outside = { 0 };
	struct kin__get_page page;
	size_t out = 0;
	char *answer = decode_aggregated(&page, aggregated_answer, sizeof aggregated_answer - 1);

	ck_assert_int_eq(kin__deaggregate_page(&page, NULL, _i ? &range : NULL, &outside), KIN_OK);
	ck_assert_uint_eq(page.n, COUNT(parts));
	ck_assert_uint_eq(page.room, page.n);
	for (int i = 0; i < COUNT(parts); i++) {
		bool is_out = _i == 1 ? parts[i].low : _i == 2 && parts[i].high;

		check_part(&page.records[i], i);
		if (_i > 0)
			ck_assert_msg(outside.at[i] == is_out, "part %d", i);
		out += is_out;
	}
	ck_assert_uint_eq(outside.n, out);
	kin__get_page_fini(&page);
	kin__mem_free(outside.at);
	kin__mem_free(answer);
}
END_TEST

/* The edges belong to the range: pk2's hash key is the first, the last one, the one before, the one behind. */
START_TEST(deaggregate_edges)
{
	struct kin__hashkey pk2 = key_of("122875064651314509700510597659732835739");
	const struct {
		struct kin__hash_range range;
		bool outside;
	} edges[] = { { { pk2, pk2 }, false },
		      { { kin__hashkey_next(pk2), KIN__HASHKEY_MAX }, true },
		      { { { 0, 0 }, kin__hashkey_prior(pk2) }, true },
		      { { { 0, 0 }, KIN__HASHKEY_MAX }, false } };
	struct kin__outside outside = { 0 };

	for (size_t i = 0; i < KIN__ARRAY_LEN(edges); i++) {
		struct kin__get_page page;
		char *answer = decode_aggregated(&page, aggregated_answer, sizeof aggregated_answer - 1);

		ck_assert_int_eq(kin__deaggregate_page(&page, NULL, &edges[i].range, &outside), KIN_OK);
		ck_assert_int_eq(outside.at[2], edges[i].outside);
		kin__get_page_fini(&page);
		kin__mem_free(answer);
	}
	kin__mem_free(outside.at);
}
END_TEST

/* A record of `key` with an explicit hash key, and one without. */
static size_t keyed(char *out, const char *hash_key)
{
	struct kin__md5 digest;
	size_t n = strlen(hash_key);
	char *at = out + 4;

	memcpy(out, KIN__AGGREGATE_MAGIC, 4);
	memcpy(at, "\x0a\x03pk2\x12", 6);
	at[6] = (char)n;
	memcpy(at + 7, hash_key, n);
	memcpy(at + 7 + n, "\x1a\x06\x08\0\x10\0\x1a\0\x1a\x04\x08\0\x1a\0", 14);
	kin__md5_many(NULL, &(struct kin__span){ at, n + 21 }, 1, &digest);
	memcpy(at + n + 21, &digest, sizeof digest);
	return n + 21 + KIN__AGGREGATE_AROUND;
}

/* A hash key that is no hash key says nothing about a shard: the record stays.  Of the other one the key counts. */
START_TEST(deaggregate_strange_hash_keys)
{
	static const struct {
		const char *hash_key;
		bool outside;
	} rows[] = { { "0", true },
		     { "1", false },
		     { "2", true },
		     { "", false },
		     { "00", false },
		     { "-1", false },
		     { "1x", false },
		     { "340282366920938463463374607431768211455", true },
		     { "340282366920938463463374607431768211456", false } };
	struct kin__hash_range range = { { 0, 1 }, { 0, 1 } };
	struct kin__outside outside = { 0 };

	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		char data[128];
		struct kin__get_page page;

		kin__get_page_init(&page);
		ck_assert_int_eq(kin__mem_room(&page.records, &page.room, 1, sizeof *page.records), 0);
		page.n = 1;
		page.records[0] = (struct kin_record){ .data = data,
			                               .data_size = keyed(data, rows[i].hash_key) };
		ck_assert_int_eq(kin__deaggregate_page(&page, NULL, &range, &outside), KIN_OK);
		ck_assert_uint_eq(page.n, 2);
		ck_assert_msg(outside.at[0] == rows[i].outside, "%s", rows[i].hash_key);
		ck_assert_int_eq(outside.at[1], 1);
		ck_assert_uint_eq(outside.n, 1u + rows[i].outside);
		kin__get_page_fini(&page);
	}
	kin__mem_free(outside.at);
}
END_TEST

/* A page of many, some of them broken or plain, in order; each is looked at by itself. */
START_TEST(deaggregate_many)
{
	enum { MOST = 150 };
	static char data[MOST][128];
	struct kin__hash_range range = { { 0, 0 }, { 0, 4 } };
	struct kin__outside outside = { 0 };
	struct kin__get_page page;
	size_t at = 0;

	kin__get_page_init(&page);
	ck_assert_int_eq(kin__mem_room(&page.records, &page.room, MOST, sizeof *page.records), 0);
	page.n = MOST;
	for (int i = 0; i < MOST; i++) {
		char hash_key[8];
		size_t n;

		snprintf(hash_key, sizeof hash_key, "%d", i % 10);
		n = keyed(data[i], hash_key);
		if (i % 13 == 7)
			data[i][n - 1] ^= 1;
		if (i % 13 == 9)
			data[i][0] = 'x';
		page.records[i] = (struct kin_record){ .data = data[i], .data_size = n };
	}
	ck_assert_int_eq(kin__deaggregate_page(&page, kin__md5_fastest(), &range, &outside), KIN_OK);
	for (int i = 0; i < MOST; i++) {
		bool plain = i % 13 == 7 || i % 13 == 9;

		ck_assert_uint_lt(at, page.n);
		ck_assert_int_eq(outside.at[at], !plain && i % 10 > 4);
		ck_assert_int_eq(page.records[at].data == data[i], plain);
		at += plain ? 1 : 2;
	}
	ck_assert_uint_eq(at, page.n);
	kin__get_page_fini(&page);
	kin__mem_free(outside.at);
}
END_TEST

/* Nothing to take apart: the array stays, and nothing is allocated. */
START_TEST(deaggregate_plain)
{
	struct kin__hash_range range = half(false);
	struct kin__outside outside = { .n = 7 };
	struct kin__get_page page;
	char *answer = decode_aggregated(&page, get_answer, sizeof get_answer - 1);
	const struct kin_record *records = page.records;

	kin__mem_fail_at(1);
	ck_assert_int_eq(kin__deaggregate_page(&page, NULL, &range, &outside), KIN_OK);
	kin__mem_fail_at(0);
	ck_assert_ptr_eq(page.records, records);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_uint_eq(outside.n, 0);
	page.n = 0;
	ck_assert_int_eq(kin__deaggregate_page(&page, NULL, &range, &outside), KIN_OK);
	kin__get_page_fini(&page);
	kin__mem_free(answer);
}
END_TEST

static bool deaggregate_short(void)
{
	struct kin__hash_range range = half(true);
	struct kin__outside outside = { 0 };
	struct kin__get_page page;
	char *answer = kin__mem_text_n(aggregated_answer, sizeof aggregated_answer - 1);
	bool fine;

	kin__get_page_init(&page);
	fine = answer &&
	       kin__get_records_decode(&page, answer, sizeof aggregated_answer - 1, "s", NULL) == KIN_OK &&
	       kin__deaggregate_page(&page, NULL, &range, &outside) == KIN_OK;
	kin__get_page_fini(&page);
	kin__mem_free(outside.at);
	kin__mem_free(answer);
	return fine;
}

START_TEST(deaggregate_no_memory)
{
	fail_each(deaggregate_short);
}
END_TEST

static void add_aggregates(TCase *tcase)
{
	tcase_add_loop_test(tcase, deaggregate_parts, 0, 3);
	tcase_add_test(tcase, deaggregate_edges);
	tcase_add_test(tcase, deaggregate_strange_hash_keys);
	tcase_add_test(tcase, deaggregate_many);
	tcase_add_test(tcase, deaggregate_plain);
	tcase_add_test(tcase, deaggregate_no_memory);
}
#endif
