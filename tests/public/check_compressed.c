/* Records made smaller by the producer, undone by consumer and reader, and by others: against the embedded endpoint. */
#include "compressed_scene.h"

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

#include "compressed_undone.h"
#include "compressed_consumed.h"

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
