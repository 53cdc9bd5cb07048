/* bench/text - see text.h */
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"
#include "util.h"

static char *extend(struct bench_text *text, size_t n)
{
	if (text->n + n > text->room) {
		text->room = (text->n + n) * 2;
		text->at = realloc(text->at, text->room);
		if (!text->at)
			bench_die("out of memory for a text of %zu bytes", text->room);
	}
	text->n += n;
	return text->at + text->n - n;
}

void bench_text_add(struct bench_text *text, const char *format, ...)
{
	char piece[1024];
	va_list values;
	int n;

	va_start(values, format);
	n = vsnprintf(piece, sizeof piece, format, values);
	va_end(values);
	if (n < 0 || (size_t)n >= sizeof piece)
		bench_die("a piece of text is too long: %s", format);
	memcpy(extend(text, (size_t)n), piece, (size_t)n);
}

void bench_text_base64(struct bench_text *text, const void *data, size_t n)
{
	unsigned char *at = (unsigned char *)extend(text, (n + 2) / 3 * 4 + 1);

	text->n -= 1; /* EVP_EncodeBlock() writes a 0 at the end */
	EVP_EncodeBlock(at, data, (int)n);
}

void bench_record(uint32_t i, char key[BENCH_KEY + 1], void *data, uint32_t bytes)
{
	snprintf(key, BENCH_KEY + 1, "key-%09u", i % 1000000);
	bench_fill(data, bytes, i + 1);
}

void bench_put_body(struct bench_text *text, uint32_t records, uint32_t bytes)
{
	char key[BENCH_KEY + 1], *data = bench_alloc(bytes);

	bench_text_add(text, "{\"StreamName\":\"bench\",\"Records\":[");
	for (uint32_t i = 0; i < records; i++) {
		bench_record(i, key, data, bytes);
		bench_text_add(text, "%s{\"Data\":\"", i > 0 ? "," : "");
		bench_text_base64(text, data, bytes);
		bench_text_add(text, "\",\"PartitionKey\":\"%s\"}", key);
	}
	bench_text_add(text, "]}");
	free(data);
}

static void add_sequence(struct bench_text *text, uint32_t i)
{
	bench_text_add(text, "495903382714902566085596925383615710%020u", i);
}

void bench_put_answer(struct bench_text *text, uint32_t records, size_t *ends)
{
	bench_text_add(text, "{\"FailedRecordCount\":0,\"Records\":[");
	ends[0] = text->n;
	for (uint32_t i = 0; i < records; i++) {
		bench_text_add(text, "%s{\"SequenceNumber\":\"", i > 0 ? "," : "");
		add_sequence(text, i);
		bench_text_add(text, "\",\"ShardId\":\"shardId-000000000000\"}");
		ends[i + 1] = text->n;
	}
}

void bench_get_answer(struct bench_text *text, uint32_t records, uint32_t bytes, size_t *sequences)
{
	char key[BENCH_KEY + 1], *data = bench_alloc(bytes);

	bench_text_add(text, "{\"Records\":[");
	for (uint32_t i = 0; i < records; i++) {
		bench_record(i, key, data, bytes);
		bench_text_add(text, "%s{\"SequenceNumber\":\"", i > 0 ? "," : "");
		sequences[i] = text->n;
		add_sequence(text, i);
		bench_text_add(text, "\",\"ApproximateArrivalTimestamp\":1616161616.%03u,\"Data\":\"",
		               i % 900 + 100);
		bench_text_base64(text, data, bytes);
		bench_text_add(text, "\",\"PartitionKey\":\"%s\"}", key);
	}
	free(data);
}

void bench_get_tail(struct bench_text *text, bool next, uint32_t records)
{
	bench_text_add(text, "]");
	if (next)
		bench_text_add(text, ",\"NextShardIterator\":\"%0224d\"", 7);
	bench_text_add(text, ",\"MillisBehindLatest\":%s}", records > 0 ? "60000" : "0");
}

static void add_bytes(struct bench_text *text, const void *data, size_t n)
{
	memcpy(extend(text, n), data, n);
}
#define LITERAL(text, bytes) add_bytes((text), (bytes), sizeof(bytes) - 1)

void bench_put_answer_cbor(struct bench_text *text, uint32_t records, size_t *ends)
{
	LITERAL(text, "\xbf\x71"
	              "FailedRecordCount\x00\x67Records\x9f");
	ends[0] = text->n;
	for (uint32_t i = 0; i < records; i++) {
		LITERAL(text, "\xbf\x6eSequenceNumber\x78\x38");
		add_sequence(text, i);
		LITERAL(text, "\x67ShardId\x74shardId-000000000000\xff");
		ends[i + 1] = text->n;
	}
}

void bench_get_answer_cbor(struct bench_text *text, uint32_t records, uint32_t bytes, size_t *sequences)
{
	char key[BENCH_KEY + 1], *data = bench_alloc(bytes);

	LITERAL(text, "\xbf\x67Records\x9f");
	for (uint32_t i = 0; i < records; i++) {
		bench_record(i, key, data, bytes);
		LITERAL(text, "\xbf\x6eSequenceNumber\x78\x38");
		sequences[i] = text->n;
		add_sequence(text, i);
		LITERAL(text, "\x78\x1b"
		              "ApproximateArrivalTimestamp\xc1\x1b\x00\x00\x01\x78\x49\xd8\xc6");
		add_bytes(text, &(char){ (char)(i % 200) }, 1);
		LITERAL(text, "\x64"
		              "Data\x59");
		add_bytes(text, (char[]){ (char)(bytes >> 8), (char)bytes }, 2);
		add_bytes(text, data, bytes);
		LITERAL(text, "\x6cPartitionKey\x6d");
		add_bytes(text, key, BENCH_KEY);
		LITERAL(text, "\xff");
	}
	free(data);
}

void bench_get_tail_cbor(struct bench_text *text, bool next, uint32_t records)
{
	LITERAL(text, "\xff");
	if (next) {
		LITERAL(text, "\x71NextShardIterator\x78\xe0");
		bench_text_add(text, "%0224d", 7);
	}
	LITERAL(text, "\x72MillisBehindLatest");
	if (records > 0)
		LITERAL(text, "\x19\xea\x60\xff");
	else
		LITERAL(text, "\x00\xff");
}

void bench_list_shards_answer(struct bench_text *text, uint32_t shards)
{
	static const char *const whole[] = { "0", "340282366920938463463374607431768211455" };
	char first[48] = "", last[48] = "";

	bench_text_add(text, "{\"Shards\":[");
	for (uint32_t i = 0; i < shards; i++) { /* one has all keys; of many nobody asks which */
		snprintf(first, sizeof first, "%u%033u", i + 1, 0U);
		snprintf(last, sizeof last, "%u%s", i + 1, "999999999999999999999999999999999");
		bench_text_add(text,
		               "%s{\"ShardId\":\"shardId-%012u\",\"HashKeyRange\":{"
		               "\"StartingHashKey\":\"%s\",\"EndingHashKey\":\"%s\"},"
		               "\"SequenceNumberRange\":{"
		               "\"StartingSequenceNumber\":\"495903382714902566085596925383615710%020u\"}}",
		               i > 0 ? "," : "", i, shards == 1 ? whole[0] : first,
		               shards == 1 ? whole[1] : last, i);
	}
	bench_text_add(text, "]}");
}
