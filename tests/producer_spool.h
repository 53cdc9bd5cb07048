/* Part of check_producer: the files of a spool and its books. */
#include "base/rng.h"
#include "producer/spool.h"

enum { SPOOL_LIFE = 77, SPOOL_ROOM = 4096 };
static struct kin__crc32c spool_crc;

/* "key=data", token i, in the form of an entry. */
static struct kin__spool_entry spool_entry(const char *key, const char *data, uint64_t token)
{
	return (struct kin__spool_entry){ .key = kin__span_text(key),
		                          .data = kin__span_text(data),
		                          .hash = kin__span_text(token % 2 ? "170141183460469231731" : ""),
		                          .token = token,
		                          .accepted_ms = 1700000000123 + (int64_t)token,
		                          .ttl_ms = 300000 + token };
}

static void spool_append(struct kin__bytes *out, uint64_t life, const struct kin__spool_entry *entry)
{
	size_t begin = out->n;
	char head[KIN__SPOOL_ENTRY];

	kin__spool_write_entry(&spool_crc, life, entry, head);
	kin__bytes_add(out, head, sizeof head);
	kin__bytes_span(out, entry->hash);
	kin__bytes_span(out, entry->key);
	kin__bytes_span(out, entry->data);
	while ((out->n - begin) % 8)
		kin__bytes_char(out, 0);
	ck_assert_uint_eq(out->n - begin, kin__spool_entry_size(entry));
}

/* n entries of different lengths; ends[i]: where entry i ends. */
static void spool_fill(struct kin__bytes *out, uint64_t life, int n, uint64_t ends[])
{
	static const char text[] = "the quick brown fox jumps over the lazy dog";
	char key[24];

	kin__crc32c_init(&spool_crc);
	kin__bytes_init(out);
	for (int i = 0; i < n; i++) {
		struct kin__spool_entry entry;

		snprintf(key, sizeof key, "key-%d", i);
		entry = spool_entry(key, text + sizeof text - 1 - i * 7 % 40, (uint64_t)i);
		spool_append(out, life, &entry);
		ends[i] = out->n;
	}
}

/* What a reader sees of them, as words: "0-5" for entries, "damage A-B", "torn A"; it is given `piece` bytes at a time, or
 * more when it wants more. */
static const char *spool_sees(struct kin__span bytes, size_t piece, const uint64_t ends[])
{
	static char words[2000];
	struct kin__spool_scan scan;
	struct kin__spool_seen seen;
	size_t begin = 0, have = 0, n = 0;

	kin__spool_scan_init(&scan, &spool_crc, SPOOL_LIFE, 0, bytes.n);
	words[0] = 0;
	for (;;) {
		char *copy = malloc(have + 1);

		memcpy(copy, bytes.at + begin, have);
		enum kin__spool_step step = kin__spool_scan_next(&scan, begin, kin__span(copy, have), &seen);
		if (step == KIN__SPOOL_RECORD) {
			int i = atoi(seen.entry.key.at + 4);

			ck_assert_uint_eq(seen.from, i > 0 ? ends[i - 1] : 0);
			ck_assert_uint_eq(seen.to, ends[i]);
			ck_assert_uint_eq(seen.entry.token, i);
			ck_assert_int_eq(seen.entry.accepted_ms, 1700000000123 + i);
			ck_assert_uint_eq(seen.entry.ttl_ms, 300000 + i);
			n += (size_t)snprintf(words + n, sizeof words - n, "%d ", i);
		} else if (step == KIN__SPOOL_DAMAGE) {
			n += (size_t)snprintf(words + n, sizeof words - n, "damage %d-%d ", (int)seen.from,
			                      (int)seen.to);
		} else if (step == KIN__SPOOL_TORN) {
			n += (size_t)snprintf(words + n, sizeof words - n, "torn %d ", (int)seen.from);
		} else if (step == KIN__SPOOL_MORE) {
			ck_assert_uint_gt(seen.want,
			                  seen.from - begin > have ? 0 : have - (seen.from - begin));
			ck_assert_uint_le(seen.from + seen.want, bytes.n);
			begin = seen.from;
			have = seen.want > piece ? seen.want : piece;
			have = have > bytes.n - begin ? bytes.n - begin : have;
		}
		free(copy);
		if (step == KIN__SPOOL_END)
			return words;
	}
}

START_TEST(a_spool_is_read_as_it_was_written)
{
	struct kin__bytes bytes;
	uint64_t ends[10];

	spool_fill(&bytes, SPOOL_LIFE, 10, ends);
	for (size_t piece = 1; piece < 400; piece += 13)
		ck_assert_str_eq(spool_sees(kin__bytes_view(&bytes), piece, ends), "0 1 2 3 4 5 6 7 8 9 ");
	kin__bytes_fini(&bytes);
	/* Of another process, as old blocks of the disk may be: nothing of it counts. */
	spool_fill(&bytes, SPOOL_LIFE + 1, 3, ends);
	ck_assert_str_eq(spool_sees(kin__bytes_view(&bytes), 400, ends), "torn 0 ");
	kin__bytes_fini(&bytes);
}
END_TEST

/* Cut at each byte: the whole entries before it are there, and the rest is said to be torn. */
START_TEST(a_torn_spool_ends_at_its_last_whole_record)
{
	struct kin__bytes bytes;
	uint64_t ends[4];
	char wanted[80];

	spool_fill(&bytes, SPOOL_LIFE, 4, ends);
	for (size_t n = 0; n <= bytes.n; n++) {
		size_t whole = 0;

		wanted[0] = 0;
		while (whole < 4 && ends[whole] <= n) {
			snprintf(wanted + strlen(wanted), 8, "%d ", (int)whole);
			whole++;
		}
		if (n > (whole ? ends[whole - 1] : 0))
			snprintf(wanted + strlen(wanted), 24, "torn %d ", whole ? (int)ends[whole - 1] : 0);
		ck_assert_str_eq(spool_sees(kin__span(bytes.at, n), 64, ends), wanted);
	}
	kin__bytes_fini(&bytes);
}
END_TEST

/* Each bit of entry 1 in turn: it alone is lost, and it is said where.  (What follows a record to the next multiple of 8
 * means nothing.) */
START_TEST(damage_costs_the_record_that_it_hits)
{
	struct kin__bytes bytes;
	uint64_t ends[4];
	char wanted[80];

	spool_fill(&bytes, SPOOL_LIFE, 4, ends);
	snprintf(wanted, sizeof wanted, "0 damage %d-%d 2 3 ", (int)ends[0], (int)ends[1]);
	for (uint64_t at = ends[0]; at < ends[1]; at++)
		for (int bit = 0; bit < 8; bit++) {
			bool padding = at >= ends[0] + KIN__SPOOL_ENTRY + 21 + 5 + 7;

			bytes.at[at] ^= (char)(1 << bit);
			ck_assert_str_eq(spool_sees(kin__bytes_view(&bytes), 100, ends),
			                 padding ? "0 1 2 3 " : wanted);
			bytes.at[at] ^= (char)(1 << bit);
		}
	memset(bytes.at + ends[0], 0, ends[2] - ends[0]);
	snprintf(wanted, sizeof wanted, "0 damage %d-%d 3 ", (int)ends[0], (int)ends[2]);
	ck_assert_str_eq(spool_sees(kin__bytes_view(&bytes), 100, ends), wanted);
	kin__bytes_fini(&bytes);
}
END_TEST

/* A size that the file cannot hold is not waited for. */
START_TEST(lengths_of_a_spool_are_bounded)
{
	static char large[KIN__SPOOL_DATA_MAX + 1], key[KIN__SPOOL_KEY_MAX + 1];
	static const struct {
		size_t data, key, hash;
		enum kin__spool_form form;
	} rows[] = { { KIN__SPOOL_DATA_MAX, KIN__SPOOL_KEY_MAX, KIN__SPOOL_HASH_MAX, KIN__SPOOL_SHORT },
		     { KIN__SPOOL_DATA_MAX + 1, 1, 0, KIN__SPOOL_BAD },
		     { 1, KIN__SPOOL_KEY_MAX + 1, 0, KIN__SPOOL_BAD },
		     { 1, 1, KIN__SPOOL_HASH_MAX + 1, KIN__SPOOL_BAD } };
	struct kin__spool_entry entry = { .data = { large, rows[_i].data },
		                          .key = { key, rows[_i].key },
		                          .hash = { key, rows[_i].hash } },
				read;
	char head[KIN__SPOOL_ENTRY];
	size_t size;

	kin__crc32c_init(&spool_crc);
	kin__spool_write_entry(&spool_crc, SPOOL_LIFE, &entry, head);
	ck_assert_int_eq(kin__spool_read_entry(&spool_crc, SPOOL_LIFE, kin__span(head, sizeof head), &read,
	                                       &size),
	                 rows[_i].form);
	if (rows[_i].form == KIN__SPOOL_SHORT)
		ck_assert_uint_eq(size, kin__spool_entry_size(&entry));
}
END_TEST

START_TEST(the_head_of_a_segment)
{
	struct kin__spool_head head = { .life = SPOOL_LIFE,
		                        .number = 5,
		                        .made_ms = 0x0102030405060708,
		                        .stream = { "orders", 6 } },
			       read;
	struct kin__bytes bytes;
	size_t size;

	kin__crc32c_init(&spool_crc);
	kin__bytes_init(&bytes);
	kin__spool_write_head(&spool_crc, &bytes, &head);
	for (size_t n = 0; n < bytes.n; n++)
		ck_assert_int_eq(kin__spool_read_head(&spool_crc, kin__span(bytes.at, n), &read, &size),
		                 KIN__SPOOL_SHORT);
	ck_assert_int_eq(kin__spool_read_head(&spool_crc, kin__bytes_view(&bytes), &read, &size),
	                 KIN__SPOOL_WHOLE);
	ck_assert_uint_eq(size, bytes.n);
	ck_assert(read.life == SPOOL_LIFE && read.number == 5 && read.made_ms == head.made_ms &&
	          kin__span_is(read.stream, "orders"));
	for (size_t i = 0; i < bytes.n * 8; i++) {
		enum kin__spool_form form;

		if (i / 8 >= 44 && i / 8 < 48)
			continue; /* zeros that nobody reads */
		bytes.at[i / 8] ^= (char)(1 << i % 8);
		form = kin__spool_read_head(&spool_crc, kin__bytes_view(&bytes), &read, &size);
		ck_assert_msg(form != KIN__SPOOL_WHOLE, "bit %d of byte %d is not missed", (int)(i % 8),
		              (int)(i / 8));
		ck_assert_msg((form == KIN__SPOOL_NEWER) <= (i / 8 >= 8 && i / 8 < 12), "byte %d",
		              (int)(i / 8));
		bytes.at[i / 8] ^= (char)(1 << i % 8);
	}
	kin__bytes_fini(&bytes);
}
END_TEST

START_TEST(a_mark_counts_only_whole)
{
	struct kin__spool_range range = { 48, 4096 }, read;
	char mark[KIN__SPOOL_MARK];

	kin__crc32c_init(&spool_crc);
	kin__spool_write_mark(&spool_crc, SPOOL_LIFE, range, mark);
	ck_assert(kin__spool_read_mark(&spool_crc, SPOOL_LIFE, mark, &read));
	ck_assert(read.from == 48 && read.to == 4096);
	ck_assert(!kin__spool_read_mark(&spool_crc, SPOOL_LIFE + 1, mark, &read));
	for (size_t i = 0; i < 8 * sizeof mark; i++) {
		mark[i / 8] ^= (char)(1 << i % 8);
		ck_assert(!kin__spool_read_mark(&spool_crc, SPOOL_LIFE, mark, &read));
		mark[i / 8] ^= (char)(1 << i % 8);
	}
	range.to = range.from; /* of no record at all: nobody wrote that */
	kin__spool_write_mark(&spool_crc, SPOOL_LIFE, range, mark);
	ck_assert(!kin__spool_read_mark(&spool_crc, SPOOL_LIFE, mark, &read));
}
END_TEST

/* What is on a disk was perhaps written by an earlier version: these bytes were made by another program, from the text in
 * spoolform.h, every number with bytes of its own. */
START_TEST(the_form_of_version_1_stays)
{
	static const char head[] = "KINSPOOL\1\0\0\0\6\0\0\0"
				   "\x88\x77\x66\x55\x44\x33\x22\x11\x08\x07\x06\x05\x04\x03\x02\x01"
				   "\x80\x70\x60\x50\x40\x30\x20\x10\x1f\xb4\x78\x42\0\0\0\0orders\0";
	static const char entry[] = "KsR1\x52\xba\x88\xf1\x54\0\0\0\5\0\0\0\x0a\0\x15\0\x03\x6e\xae\x42"
				    "\x28\x27\x26\x25\x24\x23\x22\x21\x38\x37\x36\x35\x34\x33\x32\x31"
				    "\x48\x47\x46\x45\x44\x43\x42\x41"
				    "170141183460469231731customer-7hello\0\0\0";
	static const char mark[] = "KsD1\x04\x03\x02\x01\x08\x07\x06\x05\x18\x88\x01\x63";
	const uint64_t life = 0x1122334455667788;
	struct kin__spool_head was = { life, 0x0102030405060708, 0x1020304050607080, { "orders", 6 } }, is;
	struct kin__spool_entry put = { { "170141183460469231731", 21 },
		                        { "customer-7", 10 },
		                        { "hello", 5 },
		                        0x2122232425262728,
		                        0x3132333435363738,
		                        0x4142434445464748 },
				got;
	struct kin__spool_range done = { 0x01020304, 0x05060708 }, read;
	struct kin__bytes bytes;
	char *written = malloc(KIN__SPOOL_ENTRY), *written_mark = malloc(KIN__SPOOL_MARK);
	size_t size;

	kin__crc32c_init(&spool_crc);
	kin__bytes_init(&bytes);
	kin__spool_write_head(&spool_crc, &bytes, &was);
	ck_assert_uint_eq(bytes.n, sizeof head);
	ck_assert_mem_eq(bytes.at, head, sizeof head);
	kin__bytes_fini(&bytes);
	ck_assert_int_eq(kin__spool_read_head(&spool_crc, kin__span(head, sizeof head), &is, &size),
	                 KIN__SPOOL_WHOLE);
	ck_assert(is.life == life && is.number == was.number && is.made_ms == was.made_ms);
	kin__spool_write_entry(&spool_crc, life, &put, written);
	ck_assert_mem_eq(written, entry, KIN__SPOOL_ENTRY);
	ck_assert_int_eq(kin__spool_read_entry(&spool_crc, life, kin__span(entry, sizeof entry), &got, &size),
	                 KIN__SPOOL_WHOLE);
	ck_assert_uint_eq(size, 88);
	ck_assert(got.token == put.token && got.accepted_ms == put.accepted_ms && got.ttl_ms == put.ttl_ms);
	ck_assert(kin__span_is(got.hash, "170141183460469231731") && kin__span_is(got.key, "customer-7") &&
	          kin__span_is(got.data, "hello"));
	kin__spool_write_mark(&spool_crc, life, done, written_mark);
	ck_assert_mem_eq(written_mark, mark, KIN__SPOOL_MARK);
	ck_assert(kin__spool_read_mark(&spool_crc, life, mark, &read));
	ck_assert(read.from == done.from && read.to == done.to);
	free(written);
	free(written_mark);
}
END_TEST

START_TEST(the_longest_name_of_a_stream)
{
	struct kin__spool_head head = { .life = SPOOL_LIFE }, read;
	size_t most = KIN__SPOOL_STREAM_MAX, size;
	char *name = malloc(most + 1);

	memset(name, 's', most + 1);
	kin__crc32c_init(&spool_crc);
	for (size_t n = most; n <= most + 1; n++) {
		struct kin__bytes bytes;

		head.stream = kin__span(name, n);
		kin__bytes_init(&bytes);
		kin__spool_write_head(&spool_crc, &bytes, &head);
		ck_assert_int_eq(kin__spool_read_head(&spool_crc, kin__bytes_view(&bytes), &read, &size),
		                 n == most ? KIN__SPOOL_WHOLE : KIN__SPOOL_BAD);
		kin__bytes_fini(&bytes);
	}
	free(name);
}
END_TEST

/* --- the books ----------------------------------------------------------------------- */

enum { SPOOL_HEAD = 56 };

/* Puts `bytes`; gives what became of it: 'd'irect, 'w'aits on disk, 'f'ull. */
static char spool_put(struct kin__spool *spool, size_t bytes, bool direct)
{
	enum kin__spool_next next = kin__spool_next(spool, bytes, SPOOL_HEAD);
	char became = 'f';

	if (next == KIN__SPOOL_BEGIN) {
		ck_assert_ptr_nonnull(kin__spool_began(spool, SPOOL_LIFE, SPOOL_HEAD));
		next = kin__spool_next(spool, bytes, SPOOL_HEAD);
		ck_assert_int_eq(next, KIN__SPOOL_APPEND);
	}
	if (next == KIN__SPOOL_APPEND)
		became = kin__spool_wrote(spool, bytes, direct) ? 'd' : 'w';
	ck_assert(kin__spool_sound(spool));
	return became;
}

static void spool_final(struct kin__spool *spool, struct kin__spool_segment *segment, uint32_t from,
                        uint32_t to)
{
	kin__spool_final(spool, segment, (struct kin__spool_range){ from, to });
	ck_assert(kin__spool_sound(spool));
}

START_TEST(what_waits_on_disk_stays_in_front)
{
	struct kin__spool spool;

	kin__spool_init(&spool, 1 << 20);
	ck_assert_int_eq(spool_put(&spool, 800, true), 'd');
	ck_assert_int_eq(spool_put(&spool, 800, false), 'w'); /* there was no room in memory */
	ck_assert_int_eq(spool_put(&spool, 800, true), 'w');  /* behind it */
	struct kin__spool_segment *segment = kin__spool_reading(&spool);
	ck_assert_uint_eq(segment->read, SPOOL_HEAD + 800);
	kin__spool_passed(&spool, segment, SPOOL_HEAD + 1600, true);
	ck_assert_int_eq(spool_put(&spool, 800, true), 'w');
	kin__spool_passed(&spool, segment, SPOOL_HEAD + 3200, true);
	ck_assert_ptr_null(kin__spool_reading(&spool));
	ck_assert_int_eq(spool_put(&spool, 800, true), 'd');
	ck_assert(kin__spool_sound(&spool));
	kin__spool_fini(&spool);
}
END_TEST

START_TEST(a_segment_goes_when_all_of_it_is_final)
{
	struct kin__spool spool;
	uint32_t at = SPOOL_HEAD;

	kin__spool_init(&spool, 1 << 20); /* segments of 128 KiB */
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(spool_put(&spool, 10000, true), 'd');
	ck_assert_uint_eq(spool.segments_n, 4);
	struct kin__spool_segment *first =
			kin__container(spool.segments.next, struct kin__spool_segment, node);
	ck_assert_uint_eq(first->size, SPOOL_HEAD + 130000);
	ck_assert_ptr_null(kin__spool_removable(&spool, false));
	for (int i = 12; i >= 0; i--) { /* out of order: each is a range of its own */
		ck_assert_ptr_null(kin__spool_removable(&spool, false));
		spool_final(&spool, first, at + (uint32_t)i * 10000, at + (uint32_t)(i + 1) * 10000);
		ck_assert_ptr_eq(kin__spool_to_mark(&spool), i > 0 ? first : NULL); /* it goes anyway */
	}
	ck_assert_ptr_eq(kin__spool_removable(&spool, false), first);
	ck_assert_ptr_null(kin__spool_to_mark(&spool));
	kin__spool_removed(&spool, first);
	ck_assert(kin__spool_sound(&spool));
	ck_assert_uint_eq(spool.segments_n, 3);
	for (int i = 0; i < 1; i++) /* the open one, which holds one record, stays; at the end it goes too */
		spool_final(&spool, spool.open, at, at + 10000);
	ck_assert_ptr_eq(kin__spool_to_mark(&spool), spool.open);
	ck_assert_uint_eq(spool.open->fresh.n, 1);
	ck_assert_ptr_null(kin__spool_removable(&spool, false));
	struct kin__spool_segment *last = spool.open;
	ck_assert_ptr_eq(kin__spool_removable(&spool, true), last);
	kin__spool_fini(&spool);
}
END_TEST

START_TEST(a_full_spool_takes_again_once_something_left)
{
	struct kin__spool spool;
	uint32_t puts = 0;

	kin__spool_init(&spool, 100000); /* segments of 64 KiB */
	while (spool_put(&spool, 10000, true) == 'd')
		puts++;
	ck_assert_uint_eq(puts, 9);
	ck_assert_uint_eq(spool.bytes, 90000 + 2 * SPOOL_HEAD);
	ck_assert_ptr_null(kin__spool_removable(&spool, false));
	ck_assert_int_eq(spool_put(&spool, 9800, true), 'd'); /* a smaller one fits */
	struct kin__spool_segment *open = spool.open;
	uint32_t end = (uint32_t)open->size;
	spool_final(&spool, open, end - 9800, end);
	ck_assert_int_eq(spool_put(&spool, 9800, true), 'f');
	/* All that is left in the open one is final, and yet in the way: it is given up for a new one. */
	for (uint32_t at = SPOOL_HEAD; at + 9800 < end; at += 10000)
		spool_final(&spool, open, at, at + 10000);
	if (!open->complete)
		ck_assert_int_eq(spool_put(&spool, 10000, true), 'f');
	ck_assert_ptr_eq(kin__spool_removable(&spool, false), open);
	kin__spool_removed(&spool, open);
	ck_assert_int_eq(spool_put(&spool, 10000, true), 'd');
	kin__spool_fini(&spool);
}
END_TEST

/* What was written last, and is done, leaves the disk once it is worth a file: a quarter of a segment. */
START_TEST(a_spool_at_rest_keeps_less_than_a_quarter_of_a_segment)
{
	struct kin__spool spool;
	struct kin__spool_segment *segment;
	uint32_t quarter = (1 << 17) / 4;

	kin__spool_init(&spool, 1 << 20);
	ck_assert_int_eq(spool_put(&spool, quarter - SPOOL_HEAD - 8, true), 'd');
	segment = spool.open;
	spool_final(&spool, segment, SPOOL_HEAD, quarter - 8);
	ck_assert_ptr_null(kin__spool_removable(&spool, false));
	ck_assert_int_eq(spool_put(&spool, 8, true), 'd');
	ck_assert_ptr_null(kin__spool_removable(&spool, false));
	spool_final(&spool, segment, quarter - 8, quarter);
	ck_assert_ptr_eq(kin__spool_removable(&spool, false), segment);
	kin__spool_fini(&spool);
}
END_TEST

START_TEST(a_segment_is_an_eighth_of_the_spool_within_bounds)
{
	static const struct {
		uint64_t spool;
		uint32_t segment;
	} rows[] = { { 65536, 65536 },
		     { 8 * 65536, 65536 },
		     { 9 * 65536, 73728 },
		     { UINT64_C(8) * 16777216 - 8, 16777215 },
		     { UINT64_C(1) << 40, 16777216 } }; /* as kin_producer(3) says */
	struct kin__spool spool;

	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		kin__spool_init(&spool, rows[i].spool);
		ck_assert_uint_eq(spool.segment_bytes_max, rows[i].segment);
	}
}
END_TEST

START_TEST(a_segment_is_filled_to_its_last_byte)
{
	struct kin__spool spool;

	kin__spool_init(&spool, 1 << 20);
	ck_assert_int_eq(spool_put(&spool, 100000, true), 'd');
	ck_assert_int_eq(spool_put(&spool, (1 << 17) - SPOOL_HEAD - 100000, true), 'd');
	ck_assert_uint_eq(spool.segments_n, 1);
	ck_assert_int_eq(spool_put(&spool, 8, true), 'd');
	ck_assert_uint_eq(spool.segments_n, 2);
	kin__spool_fini(&spool);
}
END_TEST

START_TEST(a_record_larger_than_a_segment_has_one_of_its_own)
{
	struct kin__spool spool;

	kin__spool_init(&spool, 1 << 20); /* segments of 128 KiB */
	ck_assert_int_eq(spool_put(&spool, 200000, true), 'd');
	ck_assert_uint_eq(spool.segments_n, 1);
	ck_assert_int_eq(spool_put(&spool, 8, true), 'd');
	ck_assert_int_eq(spool_put(&spool, 200000, true), 'd');
	ck_assert_uint_eq(spool.segments_n, 3);
	kin__spool_fini(&spool);
}
END_TEST

START_TEST(marks_of_an_earlier_process_are_skipped)
{
	static const struct kin__spool_range marks[] = {
		{ 300, 400 }, { 100, 200 }, { 200, 250 }, { 150, 180 }, { 390, 450 }
	};
	struct kin__spool_segment *segment;
	struct kin__spool spool;

	kin__spool_init(&spool, 1 << 20);
	segment = kin__spool_found(&spool, 7, SPOOL_LIFE, SPOOL_HEAD, 1000);
	for (size_t i = 0; i < KIN__ARRAY_LEN(marks); i++)
		ck_assert(kin__spool_found_done(segment, marks[i]));
	kin__spool_found_end(segment);
	kin__spool_marked(&spool, segment, 5 * KIN__SPOOL_MARK);
	ck_assert_uint_eq(segment->done.n, 2);
	for (uint64_t at = 0; at < 600; at++)
		ck_assert_int_eq(kin__spool_is_done(segment, at),
		                 (at >= 100 && at < 250) || (at >= 300 && at < 450));
	ck_assert_uint_eq(spool.bytes, 1000 + 5 * KIN__SPOOL_MARK);
	ck_assert(kin__spool_sound(&spool));
	ck_assert_int_eq(spool_put(&spool, 100, true), 'w'); /* what is there goes first */
	ck_assert_uint_eq(spool.open->number, 8);
	ck_assert_ptr_eq(kin__spool_reading(&spool), segment);
	kin__spool_passed(&spool, segment, 1000, false);
	ck_assert_ptr_eq(kin__spool_removable(&spool, false), segment);
	ck_assert_ptr_eq(kin__spool_reading(&spool), spool.open);
	kin__spool_fini(&spool);
}
END_TEST

/* As records are reported in any order, so do their marks stand in the journal. */
START_TEST(marks_count_in_any_order)
{
	enum { MARKS = 60 };
	struct kin__rng rng = { .state = (uint64_t)_i };
	struct kin__spool_segment *segment;
	struct kin__spool spool;
	uint32_t order[MARKS], wrong = 0;

	kin__spool_init(&spool, 1 << 20);
	segment = kin__spool_found(&spool, 7, SPOOL_LIFE, SPOOL_HEAD, 10000);
	for (uint32_t i = 0; i < MARKS; i++)
		order[i] = i;
	for (uint32_t i = 0; i < MARKS; i++) {
		uint32_t other = i + (uint32_t)kin__rng_below(&rng, MARKS - i), from = order[other];

		order[other] = order[i];
		ck_assert(kin__spool_found_done(segment,
		                                (struct kin__spool_range){ 100 * from, 100 * from + 60 }));
	}
	kin__spool_found_end(segment);
	ck_assert_uint_eq(segment->done.n, MARKS);
	for (uint32_t at = 0; at < 100 * MARKS; at++)
		wrong += kin__spool_is_done(segment, at) != (at % 100 < 60);
	ck_assert_uint_eq(wrong, 0);
	kin__spool_fini(&spool);
}
END_TEST

START_TEST(a_spool_without_memory)
{
	struct kin__spool_segment *segment;
	struct kin__spool spool;

	kin__spool_init(&spool, 1 << 20);
	kin__mem_fail_at(1);
	ck_assert_ptr_null(kin__spool_began(&spool, SPOOL_LIFE, SPOOL_HEAD));
	kin__mem_fail_at(0);
	ck_assert_int_eq(spool_put(&spool, 100, true), 'd');
	segment = spool.open;
	kin__mem_fail_at(1);
	spool_final(&spool, segment, SPOOL_HEAD, SPOOL_HEAD + 100); /* not noted, but final all the same */
	kin__mem_fail_at(0);
	ck_assert_ptr_null(kin__spool_to_mark(&spool));
	ck_assert_ptr_eq(kin__spool_removable(&spool, true), segment);
	segment = kin__spool_found(&spool, 9, SPOOL_LIFE, SPOOL_HEAD, SPOOL_HEAD);
	kin__mem_fail_at(1);
	ck_assert(!kin__spool_found_done(segment, (struct kin__spool_range){ 1, 2 }));
	kin__mem_fail_at(0);
	kin__spool_fini(&spool);
}
END_TEST

static TCase *spool_tests(void)
{
	TCase *tcase = tcase_create("spool");

	tcase_add_test(tcase, a_spool_is_read_as_it_was_written);
	tcase_add_test(tcase, a_torn_spool_ends_at_its_last_whole_record);
	tcase_add_test(tcase, damage_costs_the_record_that_it_hits);
	tcase_add_loop_test(tcase, lengths_of_a_spool_are_bounded, 0, 4);
	tcase_add_test(tcase, the_head_of_a_segment);
	tcase_add_test(tcase, a_mark_counts_only_whole);
	tcase_add_test(tcase, the_form_of_version_1_stays);
	tcase_add_test(tcase, the_longest_name_of_a_stream);
	tcase_add_test(tcase, what_waits_on_disk_stays_in_front);
	tcase_add_test(tcase, a_segment_goes_when_all_of_it_is_final);
	tcase_add_test(tcase, a_full_spool_takes_again_once_something_left);
	tcase_add_test(tcase, a_spool_at_rest_keeps_less_than_a_quarter_of_a_segment);
	tcase_add_test(tcase, a_segment_is_an_eighth_of_the_spool_within_bounds);
	tcase_add_test(tcase, a_segment_is_filled_to_its_last_byte);
	tcase_add_test(tcase, a_record_larger_than_a_segment_has_one_of_its_own);
	tcase_add_test(tcase, marks_of_an_earlier_process_are_skipped);
	tcase_add_loop_test(tcase, marks_count_in_any_order, 0, 20);
	tcase_add_test(tcase, a_spool_without_memory);
	return tcase;
}
