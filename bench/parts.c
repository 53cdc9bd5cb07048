/* bench/parts - the pieces of a request and an answer by themselves, as multiples of memcpy() or of each other */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "base/hash.h"
#include "base/md5.h"
#include "base/md5_ways.h"
#include "base/mem.h"
#include "kinesis/deaggregate.h"
#include "kinesis/get_records.h"
#include "kinesis/put_records.h"
#include "round.h"
#include "text.h"
#include "util.h"
#include "wire/aggregate_write.h"
#include "wire/base64.h"
#include "wire/base64_ways.h"

enum { RECORD = 1024, RECORDS = 10000, ENTRIES = 500 };

static struct bench_options options;

struct piece {
	void (*run)(void *user);
	void *user;
};

/* Nanoseconds of one run of each piece, in turn, medians of the rounds. */
static void time_pieces(const struct piece *pieces, size_t n, unsigned times, double *ns)
{
	double *all = bench_alloc(n * options.rounds * sizeof *all);

	for (uint32_t round = 0; round < options.rounds; round++)
		for (size_t i = 0; i < n; i++) {
			uint64_t began;

			pieces[i].run(pieces[i].user); /* the caches are this piece's now */
			began = bench_cpu_ns();
			for (unsigned k = 0; k < times; k++)
				pieces[i].run(pieces[i].user);
			all[i * options.rounds + round] = (double)(bench_cpu_ns() - began) / times;
		}
	for (size_t i = 0; i < n; i++)
		ns[i] = bench_percentile(all + i * options.rounds, options.rounds, 50);
	free(all);
}

/* --- base64 ------------------------------------------------------------------------------ */

struct coding {
	const struct kin__base64 *way;
	unsigned char data[RECORD];
	char text[RECORD * 2], copy[RECORD * 2];
	size_t n;
};

static void copy_text(void *user)
{
	struct coding *coding = user;

	memcpy(coding->copy, coding->text, coding->n);
	__asm__ volatile("" : : "r"(coding->copy) : "memory"); /* so that it is not left out */
}

static void encode(void *user)
{
	struct coding *coding = user;

	coding->n = kin__base64_encode(coding->way, coding->text, coding->data, RECORD);
}

static void decode(void *user)
{
	struct coding *coding = user;
	size_t n;

	if (!kin__base64_decode(coding->way, coding->copy, coding->text, coding->n, &n) || n != RECORD)
		bench_die("%s does not decode what it encoded", coding->way->name);
}

static void measure_base64(const struct kin__base64 *const ways[])
{
	printf("base64 of %d bytes, GB/s of bytes:\n", RECORD);
	for (size_t i = 0; ways[i]; i++) {
		struct coding coding = { .way = ways[i] };
		struct piece pieces[] = { { encode, &coding }, { decode, &coding }, { copy_text, &coding } };
		double ns[3];

		bench_fill(coding.data, RECORD, 1);
		time_pieces(pieces, 3, options.smoke ? 10 : 20000, ns);
		printf("  %-9s encode %5.1f, decode %5.1f (memcpy of the text: %5.1f)\n", ways[i]->name,
		       RECORD / ns[0], RECORD / ns[1], (double)coding.n / ns[2]);
	}
}

/* --- SHA-256 behind the encoder ------------------------------------------------------------ */

struct hashing {
	const struct kin__base64 *way; /* NULL: nothing is encoded */
	struct kin__hash *hash;
	struct coding *coding;
	struct bench_text body;
	double *spent_ns;
};

static void hash_body(void *user)
{
	struct hashing *hashing = user;
	struct kin__sha256 out;
	uint64_t began;

	for (int i = 0; hashing->way && i < 16; i++)
		kin__base64_encode(hashing->way, hashing->coding->text, hashing->coding->data, RECORD);
	began = bench_cpu_ns();
	if (!kin__hash_sha256(hashing->hash, hashing->body.at, hashing->body.n, &out))
		bench_die("OpenSSL cannot SHA-256");
	*hashing->spent_ns += (double)(bench_cpu_ns() - began);
}

/* Where an encoder leaves wide registers in use, what follows it runs slower. */
static void measure_sha256(const struct kin__base64 *const ways[])
{
	struct coding coding = { .way = NULL };
	struct kin__hash *hash = kin__hash_new();
	struct bench_text body = { 0 };

	bench_put_body(&body, ENTRIES, RECORD);
	printf("SHA-256 of a body of %zu bytes right behind the encoder, against the same behind nothing:\n",
	       body.n);
	for (size_t i = 0; ways[i]; i++) {
		double spent_ns = 0, none_ns = 0, ns[2];
		struct hashing with = { ways[i], hash, &coding, body, &spent_ns };
		struct hashing without = { NULL, hash, &coding, body, &none_ns };
		struct piece pieces[] = { { hash_body, &with }, { hash_body, &without } };

		time_pieces(pieces, 2, options.smoke ? 1 : 20, ns);
		printf("  %-9s %.3f x (%.2f GB/s)\n", ways[i]->name, spent_ns / none_ns,
		       (double)body.n * (options.smoke ? 2 : 21) * options.rounds / spent_ns);
	}
	free(body.at);
	kin__hash_free(hash);
}

/* --- SHA-256 of bodies side by side ---------------------------------------------------------- */

enum { SIDE_BY_SIDE = 4 };

struct siding {
	struct kin__hash *hash;
	const struct kin__span *bodies;
	size_t n;
};

static void hash_side_by_side(void *user)
{
	const struct siding *siding = user;
	struct kin__sha256 out[SIDE_BY_SIDE];

	if (!kin__hash_sha256_each(siding->hash, siding->bodies, out, siding->n))
		bench_die("OpenSSL cannot SHA-256");
}

static void measure_lanes(void)
{
	struct kin__hash *alone = kin__hash_new(), *hash = kin__hash_new();
	struct bench_text copies[SIDE_BY_SIDE] = { { 0 } };
	struct kin__span bodies[SIDE_BY_SIDE];
	struct siding sidings[SIDE_BY_SIDE];
	struct piece pieces[SIDE_BY_SIDE];
	double ns[SIDE_BY_SIDE];

	kin__hash_set_lanes(alone, NULL);
	for (size_t i = 0; i < SIDE_BY_SIDE; i++) {
		bench_put_body(&copies[i], ENTRIES, RECORD);
		bodies[i] = kin__span(copies[i].at, copies[i].n);
		sidings[i] = (struct siding){ i == 0 ? alone : hash, bodies, i + 1 };
		pieces[i] = (struct piece){ hash_side_by_side, &sidings[i] };
	}
	time_pieces(pieces, SIDE_BY_SIDE, options.smoke ? 1 : 20, ns);
	printf("SHA-256 of bodies of %zu bytes: OpenSSL %.2f GB/s", bodies[0].n, (double)bodies[0].n / ns[0]);
	for (size_t i = 1; i < SIDE_BY_SIDE; i++)
		printf("; %zu of them %.2f (%.2f x)", i + 1, (double)(i + 1) * (double)bodies[0].n / ns[i],
		       (double)(i + 1) * ns[0] / ns[i]);
	printf("; up to %zu side by side\n", kin__hash_lanes(hash));
	for (size_t i = 0; i < SIDE_BY_SIDE; i++)
		free(copies[i].at);
	kin__hash_free(alone);
	kin__hash_free(hash);
}

/* --- whole requests and answers -------------------------------------------------------------- */

struct answer {
	const struct kin__base64 *way;
	struct bench_text text;
	char *copy;
	struct kin__get_page page;
	uint32_t records;
};

static void copy_answer(void *user)
{
	struct answer *answer = user;

	memcpy(answer->copy, answer->text.at, answer->text.n);
	__asm__ volatile("" : : "r"(answer->copy) : "memory");
}

/* Decoding destroys the answer, so each needs a copy first: what copy_answer() takes is taken off. */
static void read_answer(void *user)
{
	struct answer *answer = user;

	copy_answer(answer);
	answer->page.base64 = answer->way;
	if (kin__get_records_decode(&answer->page, answer->copy, answer->text.n, "shard", NULL) != 0 ||
	    answer->page.n != answer->records)
		bench_die("the answer cannot be read");
}

/* The same, and a look for aggregates, of which there are none. */
static void look_for_aggregates(void *user)
{
	struct answer *answer = user;

	read_answer(answer);
	if (kin__deaggregate_page(&answer->page, NULL, NULL, NULL) != KIN_OK)
		bench_die("there is an aggregate");
}

static void time_answer(struct answer *answer, const char *name)
{
	struct piece pieces[] = { { copy_answer, answer },
		                  { read_answer, answer },
		                  { look_for_aggregates, answer } };
	double ns[3];

	time_pieces(pieces, 3, options.smoke ? 1 : 10000 / answer->records * 4, ns);
	printf("  %-9s %6.1f ns a record; memcpy takes %.1f, %.0f %% of that speed; a look for aggregates "
	       "%.1f\n",
	       name, (ns[1] - ns[0]) / answer->records, ns[0] / answer->records,
	       100 * ns[0] / (ns[1] - ns[0]), (ns[2] - ns[1]) / answer->records);
}

static void measure_get(const struct kin__base64 *const ways[], uint32_t records, uint32_t bytes)
{
	size_t *sequences = bench_alloc(records * sizeof *sequences);
	struct answer answer = { .records = records };

	bench_get_answer(&answer.text, records, bytes, sequences);
	bench_get_tail(&answer.text, true, records);
	answer.copy = bench_alloc(answer.text.n);
	kin__get_page_init(&answer.page);
	printf("GetRecords answer of %u records of %u bytes, reading by itself:\n", records, bytes);
	for (size_t i = 0; ways[i]; i++) {
		answer.way = ways[i];
		time_answer(&answer, ways[i]->name);
	}
	answer.text.n = 0;
	bench_get_answer_cbor(&answer.text, records, bytes, sequences);
	bench_get_tail_cbor(&answer.text, true, records);
	time_answer(&answer, "CBOR");
	kin__get_page_fini(&answer.page);
	free(answer.copy);
	free(answer.text.at);
	free(sequences);
}

struct request {
	const struct kin__base64 *way; /* NULL: CBOR */
	struct kin__bytes body;
	uint32_t bytes;
	char keys[ENTRIES][BENCH_KEY + 1];
	unsigned char *data;
};

static void build_request(void *user)
{
	struct request *request = user;
	struct kin__put_records put;

	kin__bytes_clear(&request->body);
	(request->way ? kin__put_records_begin : kin__put_records_begin_cbor)(&put, &request->body,
	                                                                      kin__span_text("bench"));
	put.base64 = request->way;
	for (uint32_t i = 0; i < ENTRIES; i++)
		kin__put_records_add(&put, kin__span(request->keys[i], BENCH_KEY), kin__span(NULL, 0),
		                     kin__span((char *)request->data + (size_t)i * request->bytes,
		                               request->bytes));
	kin__put_records_end(&put);
}

static void measure_put(const struct kin__base64 *const ways[], uint32_t bytes)
{
	struct request request = { .bytes = bytes, .data = bench_alloc((size_t)ENTRIES * bytes) };

	for (uint32_t i = 0; i < ENTRIES; i++)
		bench_record(i, request.keys[i], request.data + (size_t)i * bytes, bytes);
	kin__bytes_init(&request.body);
	printf("PutRecords request of %d records of %u bytes, building by itself:\n", ENTRIES, bytes);
	for (size_t i = 0;; i++) {
		struct piece piece = { build_request, &request };
		double ns;

		request.way = ways[i];
		time_pieces(&piece, 1, options.smoke ? 1 : 200, &ns);
		printf("  %-9s %6.1f ns a record\n", ways[i] ? ways[i]->name : "CBOR", ns / ENTRIES);
		if (!ways[i])
			break;
	}
	kin__bytes_fini(&request.body);
	free(request.data);
}

/* --- MD5 ------------------------------------------------------------------------------------- */

enum { HASHED = 400, AGGREGATE = 48700 };

struct digests {
	const struct kin__md5_way *way; /* NULL: OpenSSL */
	EVP_MD *md5;
	EVP_MD_CTX *context;
	struct kin__span messages[HASHED];
	struct kin__md5 out[HASHED];
	size_t n;
};

static void digest_all(void *user)
{
	struct digests *all = user;

	if (all->way) {
		kin__md5_many(all->way, all->messages, all->n, all->out);
		return;
	}
	for (size_t i = 0; i < all->n; i++)
		if (EVP_DigestInit_ex(all->context, all->md5, NULL) != 1 ||
		    EVP_DigestUpdate(all->context, all->messages[i].at, all->messages[i].n) != 1 ||
		    EVP_DigestFinal_ex(all->context, all->out[i].at, NULL) != 1)
			bench_die("OpenSSL cannot MD5");
}

static double time_digests(struct digests *all, const struct kin__md5_way *way)
{
	struct piece piece = { digest_all, all };
	double ns;

	all->way = way;
	time_pieces(&piece, 1, options.smoke ? 1 : 200, &ns);
	return ns;
}

/* Keys, many at once; and the aggregates of a request. */
static void measure_md5(void)
{
	const struct kin__md5_way *ways[KIN__MD5_WAYS + 1] = { NULL }; /* OpenSSL, then ours */
	struct digests all = { .md5 = EVP_MD_fetch(NULL, "MD5", NULL), .context = EVP_MD_CTX_new() };
	unsigned char *data = bench_alloc(AGGREGATE);

	if (!all.md5 || !all.context)
		bench_die("OpenSSL has no MD5");
	bench_fill(data, AGGREGATE, 1);
	kin__md5_ways(ways + 1);
	printf("MD5 of %d keys of %d bytes, and of 10 aggregates of %d bytes:\n", HASHED, BENCH_KEY,
	       AGGREGATE);
	for (size_t i = 0; i == 0 || ways[i]; i++) {
		double ns;

		all.n = HASHED;
		for (size_t k = 0; k < HASHED; k++)
			all.messages[k] = kin__span((char *)data + k * BENCH_KEY, BENCH_KEY);
		ns = time_digests(&all, ways[i]) / HASHED;
		all.n = 10;
		for (size_t k = 0; k < all.n; k++)
			all.messages[k] = kin__span((char *)data, AGGREGATE);
		printf("  %-9s %2u at a time: %5.1f ns a key, %.2f GB/s\n",
		       ways[i] ? ways[i]->name : "OpenSSL", ways[i] ? ways[i]->lanes : 1, ns,
		       10.0 * AGGREGATE / time_digests(&all, ways[i]));
	}
	EVP_MD_free(all.md5);
	EVP_MD_CTX_free(all.context);
	free(data);
}

/* --- aggregation ------------------------------------------------------------------------------ */

struct aggregation {
	struct kin__aggregate_write write;
	struct kin__bytes out;
	uint32_t records, bytes;
	char keys[ENTRIES][BENCH_KEY + 1];
	unsigned char *data;
	struct kin__md5 md5;
};

static void aggregate(void *user)
{
	struct aggregation *all = user;

	kin__bytes_clear(&all->out);
	kin__aggregate_write_clear(&all->write);
	for (uint32_t i = 0; i < all->records; i++) {
		const char *data = (const char *)all->data + (size_t)i * all->bytes;
		struct kin__aggregate_part part = { .key = kin__span(all->keys[i], BENCH_KEY),
			                            .data = kin__span(data, all->bytes) };

		memcpy(&part.key_id, all->keys[i] + BENCH_KEY - 8,
		       8); /* the producer has it from the key's MD5 */
		if (kin__aggregate_write_add(&all->write, &part) < 0)
			bench_die("out of memory");
	}
	if (kin__aggregate_write_end(&all->write, &all->out) < 0)
		bench_die("out of memory");
	kin__aggregate_write_seal(NULL, all->out.at, &all->out.n, 1);
}

static void md5_aggregate(void *user)
{
	struct aggregation *all = user;

	kin__md5_many(NULL, &(struct kin__span){ all->out.at, all->out.n }, 1, &all->md5);
	__asm__ volatile("" : : "r"(&all->md5) : "memory");
}

/* A page of one aggregate. */
struct taking_apart {
	struct aggregation *all;
	char *copy;
	const struct kin__hash_range *range;
	struct kin__outside outside;
};

static void copy_aggregate(void *user)
{
	struct taking_apart *apart = user;

	memcpy(apart->copy, apart->all->out.at, apart->all->out.n);
	__asm__ volatile("" : : "r"(apart->copy) : "memory");
}

/* It is written into: what copy_aggregate() takes is taken off. */
static void take_apart(void *user)
{
	struct taking_apart *apart = user;
	struct kin__get_page page;

	copy_aggregate(apart);
	kin__get_page_init(&page);
	if (kin__mem_room(&page.records, &page.room, 1, sizeof *page.records) < 0)
		bench_die("out of memory");
	page.n = 1;
	page.records[0] = (struct kin_record){ .data = apart->copy, .data_size = apart->all->out.n };
	if (kin__deaggregate_page(&page, kin__md5_fastest(), apart->range, &apart->outside) != KIN_OK ||
	    page.n != apart->all->records)
		bench_die("what was aggregated does not come apart");
	kin__get_page_fini(&page);
}

static void measure_deaggregate(struct aggregation *all)
{
	static const struct kin__hash_range whole = { { 0, 0 }, { UINT64_MAX, UINT64_MAX } };
	struct taking_apart plain = { .all = all, .copy = bench_alloc(all->out.n) };
	struct taking_apart ranged = { .all = all, .copy = plain.copy, .range = &whole };
	struct piece pieces[] = { { take_apart, &plain },
		                  { take_apart, &ranged },
		                  { copy_aggregate, &plain },
		                  { md5_aggregate, all } };
	double ns[4];

	time_pieces(pieces, 4, options.smoke ? 1 : 200, ns);
	printf("  deaggregate: %.1f ns a record, %.2f x the MD5 of the aggregate (%.1f); in a shard's range, "
	       "each of another key, %.1f\n",
	       (ns[0] - ns[2]) / all->records, (ns[0] - ns[2]) / ns[3], ns[3] / all->records,
	       (ns[1] - ns[2]) / all->records);
	kin__mem_free(ranged.outside.at);
	free(plain.copy);
}

static void measure_aggregate(uint32_t records, uint32_t bytes)
{
	struct aggregation all = { .records = records, .bytes = bytes };
	struct piece pieces[] = { { aggregate, &all }, { md5_aggregate, &all } };
	double ns[2];

	all.data = bench_alloc((size_t)records * bytes);
	for (uint32_t i = 0; i < records; i++)
		bench_record(i, all.keys[i], all.data + (size_t)i * bytes, bytes);
	kin__bytes_init(&all.out);
	kin__aggregate_write_init(&all.write);
	time_pieces(pieces, 2, options.smoke ? 1 : 200, ns);
	printf("aggregate of %u records of %u bytes: %.1f ns a record, %.2f x its MD5 (%.1f)\n", records,
	       bytes, ns[0] / records, ns[0] / ns[1], ns[1] / records);
	measure_deaggregate(&all);
	kin__aggregate_write_fini(&all.write);
	kin__bytes_fini(&all.out);
	free(all.data);
}

int main(int argc, char **argv)
{
	const struct kin__base64 *ways[KIN__BASE64_WAYS];

	bench_options_read(&options, argc, argv);
	kin__base64_ways(ways);
	measure_base64(ways);
	measure_sha256(ways);
	measure_lanes();
	measure_get(ways, RECORDS, RECORD);
	measure_get(ways, 1000, 100);
	measure_put(ways, RECORD);
	measure_put(ways, 100);
	measure_md5();
	measure_aggregate(400, 100);
	measure_aggregate(48, RECORD);
	return 0;
}
