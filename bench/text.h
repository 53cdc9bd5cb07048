/* bench/text - the requests and answers of the service as text, made without the library's own code */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_KEY = 13, BENCH_SEQUENCE = 56 };

struct bench_text {
	char *at;
	size_t n, room;
};

void bench_text_add(struct bench_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_text_base64(struct bench_text *text, const void *data, size_t n);

/* Record i of all benchmarks: BENCH_KEY characters of key, `bytes` of data. */
void bench_record(uint32_t i, char key[BENCH_KEY + 1], void *data, uint32_t bytes);
void bench_put_body(struct bench_text *text, uint32_t records, uint32_t bytes);
/* Where entry i ends in the answer's list, for answers with fewer of them: ends[0..records]. */
void bench_put_answer(struct bench_text *text, uint32_t records, size_t *ends);
/* Without what stands behind the records.  sequences[i]: where the digits of record i's SequenceNumber stand. */
void bench_get_answer(struct bench_text *text, uint32_t records, uint32_t bytes, size_t *sequences);
void bench_get_tail(struct bench_text *text, bool next, uint32_t records); /* next: the shard goes on */
/* The same answers in CBOR, all lengths up to a break as streaming writers have them: behind the entries come two. */
void bench_put_answer_cbor(struct bench_text *text, uint32_t records, size_t *ends);
void bench_get_answer_cbor(struct bench_text *text, uint32_t records, uint32_t bytes, size_t *sequences);
void bench_get_tail_cbor(struct bench_text *text, bool next, uint32_t records);
void bench_list_shards_answer(struct bench_text *text, uint32_t shards);
#endif
