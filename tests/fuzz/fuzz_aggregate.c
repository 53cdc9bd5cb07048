/* A record that may be a KPL aggregate: its records stand inside it, or it is a plain one.  The bytes are the message
 * alone, and a whole record: no search finds an MD5. */
#include "fuzz.h"
#include "wire/aggregate.h"
#include "wire/aggregate_write.h"

static bool is_inside(struct kin__span part, const char *at, size_t n)
{
	size_t ones = 0; /* each byte is read, so that a wrong place or size is seen */

	for (size_t i = 0; i < part.n; i++)
		ones += part.at[i] & 1;
	return part.at >= at && part.at + part.n <= at + n && ones <= part.n;
}

static bool is_sealed(struct kin__span record)
{
	bool sealed;

	kin__aggregate_sealed(NULL, &record, 1, &sealed);
	return sealed;
}

/* Written again by us it is read as the same records, whatever stood between them before. */
static void write_again(struct kin__span record)
{
	struct kin__aggregate one, two;
	struct kin__aggregate_record a, b;
	struct kin__aggregate_write write;
	struct kin__bytes out;
	bool fine = true;

	kin__bytes_init(&out);
	kin__aggregate_init(&one);
	kin__aggregate_init(&two);
	kin__aggregate_write_init(&write);
	fine = kin__aggregate_open(&one, record) == 1;
	while (fine && kin__aggregate_next(&one, &a)) {
		struct kin__aggregate_part part = { .key = one.keys[a.key], .data = a.data };

		part.key_id = a.key;
		if (a.hash_key != KIN__AGGREGATE_NONE)
			part.hash_key = one.hash_keys[a.hash_key];
		part.hash_id = a.hash_key;
		fine = kin__aggregate_write_add(&write, &part) == 0;
	}
	fine = fine && kin__aggregate_write_end(&write, &out) == 0 &&
	       kin__aggregate_open(&one, record) == 1 &&
	       kin__aggregate_open(&two, kin__bytes_view(&out)) == 1;
	FUZZ_CHECK(fine && one.n == two.n && out.n == kin__aggregate_write_size(&write));
	while (fine && kin__aggregate_next(&one, &a)) {
		FUZZ_CHECK(kin__aggregate_next(&two, &b) && kin__span_same(a.data, b.data));
		FUZZ_CHECK(kin__span_same(one.keys[a.key], two.keys[b.key]));
		FUZZ_CHECK((a.hash_key == KIN__AGGREGATE_NONE) == (b.hash_key == KIN__AGGREGATE_NONE));
		if (a.hash_key != KIN__AGGREGATE_NONE)
			FUZZ_CHECK(kin__span_same(one.hash_keys[a.hash_key], two.hash_keys[b.hash_key]));
	}
	kin__aggregate_write_fini(&write);
	kin__aggregate_fini(&one);
	kin__aggregate_fini(&two);
	kin__bytes_fini(&out);
}

static void walk(struct kin__aggregate *aggregate, char *record, size_t n)
{
	struct kin__aggregate_record one;
	size_t told = 0;

	while (kin__aggregate_next(aggregate, &one)) {
		FUZZ_CHECK(one.key < aggregate->keys_n && is_inside(one.data, record, n));
		FUZZ_CHECK(one.hash_key == KIN__AGGREGATE_NONE || one.hash_key < aggregate->hash_keys_n);
		told++;
	}
	FUZZ_CHECK(told == aggregate->n && told > 0);
	for (size_t i = 0; i < aggregate->keys_n; i++)
		FUZZ_CHECK(is_inside(aggregate->keys[i], record, n));
	for (size_t i = 0; i < aggregate->hash_keys_n; i++)
		FUZZ_CHECK(is_inside(aggregate->hash_keys[i], record, n));
	kin__aggregate_end_keys(aggregate, record);
	for (size_t i = 0; i < aggregate->keys_n; i++)
		FUZZ_CHECK(aggregate->keys[i].at[aggregate->keys[i].n] == 0);
}

/* What is sealed is found to be so; whether it is right is another question. */
static void open_sealed(const uint8_t *data, size_t size)
{
	size_t n = size + KIN__AGGREGATE_AROUND;
	char *record = malloc(n);
	struct kin__aggregate aggregate;
	struct kin__md5 digest;

	memcpy(record, KIN__AGGREGATE_MAGIC, 4);
	if (size > 0)
		memcpy(record + 4, data, size);
	kin__md5_many(NULL, &(struct kin__span){ record + 4, size }, 1, &digest);
	memcpy(record + 4 + size, &digest, sizeof digest);
	FUZZ_CHECK(is_sealed(kin__span(record, n)) == (size > 0));
	kin__aggregate_init(&aggregate);
	if (kin__aggregate_open(&aggregate, kin__span(record, n)) == 1) {
		write_again(kin__span(record, n));
		walk(&aggregate, record, n);
	} else {
		FUZZ_CHECK(aggregate.n == 0);
	}
	kin__aggregate_fini(&aggregate);
	free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kin__aggregate aggregate;
	char *record;

	record = fuzz_copy(data, size);
	kin__aggregate_init(&aggregate);
	if (is_sealed(kin__span(record, size)) &&
	    kin__aggregate_open(&aggregate, kin__span(record, size)) == 1)
		walk(&aggregate, record, size);
	kin__aggregate_fini(&aggregate);
	free(record);
	open_sealed(data, size);
	return 0;
}
