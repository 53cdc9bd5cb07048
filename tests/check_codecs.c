/* gzip and zstd frames: what is made can be undone, here and by others; what is foreign, damaged or too large is told. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "codecs/codecs.h"

enum { ROOM = 1 << 20 };

static const struct kin_codec *codec;
static void *context;
static char plain[ROOM], made[ROOM], again[ROOM];

/* Text with much that comes again, and some that does not. */
static void fill(size_t n)
{
	struct kin__rng rng = { 7 };

	for (size_t i = 0; i < n; i++)
		plain[i] = kin__rng_chance(&rng, 200) ? (char)kin__rng_next(&rng) : "{\"name\":"[i % 8];
}

static void begin(int i)
{
	ck_assert_ptr_nonnull(kin_codecs_all()[i]);
	codec = kin_codecs_all()[i];
	context = codec->open(0);
	ck_assert_ptr_nonnull(context);
	fill(sizeof plain);
}

static void end(void)
{
	codec->close(context);
}

static size_t compress(size_t n)
{
	size_t size = sizeof made;

	ck_assert_int_eq(codec->compress(context, plain, n, made, &size), KIN_OK);
	ck_assert_uint_ge(size, codec->magic_size);
	ck_assert_int_eq(memcmp(made, codec->magic, codec->magic_size), 0);
	return size;
}

static void undone(size_t n, size_t size)
{
	size_t out = n;

	memset(again, 1, sizeof again);
	ck_assert_int_eq(codec->decompress(context, made, size, again, &out), KIN_OK);
	ck_assert_uint_eq(out, n);
	ck_assert_int_eq(memcmp(again, plain, n), 0);
}

START_TEST(there_are_both)
{
	ck_assert_str_eq(kin_codecs_gzip()->name, "gzip");
	ck_assert_str_eq(kin_codecs_zstd()->name, "zstd");
	ck_assert_ptr_eq(kin_codecs_all()[0], kin_codecs_gzip());
	ck_assert_ptr_eq(kin_codecs_all()[1], kin_codecs_zstd());
	ck_assert_ptr_null(kin_codecs_all()[2]);
	ck_assert_ptr_null(kin_codecs_find("lz4"));
	ck_assert_ptr_null(kin_codecs_find(""));
	ck_assert_ptr_null(kin_codecs_find(NULL));
	for (int i = 0; i < 2; i++) {
		codec = kin_codecs_all()[i];
		ck_assert_ptr_eq(kin_codecs_find(codec->name), codec);
		ck_assert_uint_eq(codec->size, sizeof *codec);
		ck_assert_int_lt(codec->level_min, codec->level_max);
		codec->close(NULL);
	}
}
END_TEST

/* Of each size, one context for all of it, room for exactly so much; the frame says how much it is. */
START_TEST(there_and_back)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 4096, 65535, 65536, 1000000, ROOM / 2 };

	begin(_i);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			size_t size = compress(sizes[i]);

			if (sizes[i] >= 4096)
				ck_assert_uint_lt(size, sizes[i]);
			ck_assert_uint_eq(codec->decompressed_size(made, size), sizes[i]);
			undone(sizes[i], size);
		}
	end();
}
END_TEST

START_TEST(each_level)
{
	size_t least = SIZE_MAX, most = 0;

	begin(_i);
	for (int32_t level = codec->level_min; level <= codec->level_max; level++) {
		void *other = codec->open(level);
		size_t size = sizeof made;

		ck_assert_ptr_nonnull(other);
		ck_assert_int_eq(codec->compress(other, plain, 200000, made, &size), KIN_OK);
		codec->close(other);
		undone(200000, size);
		least = size < least ? size : least;
		most = size > most ? size : most;
	}
	ck_assert_uint_lt(least, most);
	end();
}
END_TEST

/* Nothing is written behind the room, neither way. */
START_TEST(too_little_room)
{
	size_t size, out;

	begin(_i);
	size = compress(100000);
	for (size_t room = 0; room < size; room += room < 40 ? 1 : size / 7) {
		memset(again, 'x', sizeof again);
		out = room;
		ck_assert_int_eq(codec->compress(context, plain, 100000, again, &out), KIN_FULL);
		ck_assert_int_eq(again[room], 'x');
	}
	for (size_t room = 0; room < 100000; room += room < 40 ? 1 : 7777) {
		memset(again, 'x', sizeof again);
		out = room;
		ck_assert_int_eq(codec->decompress(context, made, size, again, &out), KIN_FULL);
		ck_assert_int_eq(again[room], 'x');
	}
	undone(100000, size); /* the context is as good as before */
	end();
}
END_TEST

/* Cut anywhere, or with any bit of it turned over, it is damaged, or says what it said: never anything else. */
START_TEST(damaged)
{
	size_t size, out, refused = 0;

	begin(_i);
	size = compress(3000);
	for (size_t n = 0; n < size; n++) {
		out = sizeof again;
		ck_assert_int_eq(codec->decompress(context, made, n, again, &out), KIN_CORRUPT);
	}
	for (size_t bit = 0; bit < size * 8; bit++) {
		int code;

		made[bit / 8] ^= (char)(1 << bit % 8);
		out = 8000;
		code = codec->decompress(context, made, size, again, &out);
		if (code == KIN_OK) { /* of the head: a time, a name of the system */
			ck_assert_uint_eq(out, 3000);
			ck_assert_int_eq(memcmp(again, plain, 3000), 0);
		} else {
			ck_assert_int_ne(code, KIN_NOMEM);
			refused++;
		}
		made[bit / 8] ^= (char)(1 << bit % 8);
	}
	ck_assert_uint_gt(refused, size * 8 - 200);
	undone(3000, size);
	end();
}
END_TEST

/* Frames one behind the other are what they hold; anything else behind them makes it no such thing. */
START_TEST(several_frames)
{
	size_t one, two, out = sizeof again;

	begin(_i);
	one = compress(1000);
	memmove(made + one, made, one);
	two = 2 * one;
	ck_assert_int_eq(codec->decompress(context, made, two, again, &out), KIN_OK);
	ck_assert_uint_eq(out, 2000);
	ck_assert_int_eq(memcmp(again, plain, 1000), 0);
	ck_assert_int_eq(memcmp(again + 1000, plain, 1000), 0);
	out = 1000;
	ck_assert_int_eq(codec->decompress(context, made, two, again, &out), KIN_FULL);
	out = 1999;
	ck_assert_int_eq(codec->decompress(context, made, two, again, &out), KIN_FULL);
	made[two] = 0;
	out = sizeof again;
	ck_assert_int_eq(codec->decompress(context, made, two + 1, again, &out), KIN_CORRUPT);
	two = compress(0);
	memcpy(again, made, two);
	one = compress(1000);
	memcpy(made + one, again, two); /* an empty one behind it needs no room */
	two += one;
	out = 1000;
	ck_assert_int_eq(codec->decompress(context, made, two, again, &out), KIN_OK);
	ck_assert_uint_eq(out, 1000);
	end();
}
END_TEST

/* What has the magic by accident, and what says that it is larger than it is. */
START_TEST(foreign)
{
	size_t out = sizeof again;

	begin(_i);
	memset(made, 'z', 100);
	ck_assert_int_eq(codec->decompress(context, made, 0, again, &out), KIN_CORRUPT);
	ck_assert_int_eq(codec->decompress(context, made, 100, again, &out), KIN_CORRUPT);
	memcpy(made, codec->magic, codec->magic_size);
	out = sizeof again;
	ck_assert_int_ne(codec->decompress(context, made, 100, again, &out), KIN_OK);
	(void)codec->decompressed_size(made, 100);
	for (size_t n = 0; n < 20; n++)
		(void)codec->decompressed_size(made, n);
	end();
}
END_TEST

START_TEST(out_of_memory)
{
	size_t out;
	int failed = 0;

	begin(_i);
	end();
	for (uint64_t n = 1;; n++) {
		kin__mem_fail_at(n);
		context = codec->open(0);
		if (!context) {
			failed++;
			continue;
		}
		out = sizeof made;
		int code = codec->compress(context, plain, 5000, made, &out);
		size_t size = out, plain_n = sizeof again;

		if (code == KIN_OK)
			code = codec->decompress(context, made, size, again, &plain_n);
		codec->close(context);
		if (code == KIN_OK)
			break;
		ck_assert_int_eq(code, KIN_NOMEM);
		failed++;
	}
	kin__mem_fail_at(0);
	ck_assert_int_ge(failed, 1);
}
END_TEST

/* Others undo what we make, and we what they make. */
static void command(const char *format, const char *path, const char *other)
{
	char line[400];

	snprintf(line, sizeof line, format, path, other);
	ck_assert_msg(system(line) == 0, "failed: %s", line);
}

static void save(const char *path, const char *data, size_t n)
{
	FILE *file = fopen(path, "wb");

	ck_assert_uint_eq(fwrite(data, 1, n, file), n);
	fclose(file);
}

static size_t load(const char *path, char *data)
{
	FILE *file = fopen(path, "rb");
	size_t n = fread(data, 1, ROOM, file);

	fclose(file);
	return n;
}

START_TEST(others_read_and_write_it)
{
	static const char *const undo[] = { "gunzip -c <%s >%s", "zstd -q -d -c <%s >%s" };
	static const char *const make[] = { "gzip -9 -c <%s >%s", "zstd -q -19 -c <%s >%s" };
	char one[] = "/tmp/kin-codec-XXXXXX", two[] = "/tmp/kin-codec-XXXXXX";
	size_t n;

	begin(_i);
	close(mkstemp(one));
	close(mkstemp(two));
	save(one, made, compress(300000));
	command(undo[_i], one, two);
	ck_assert_uint_eq(load(two, again), 300000);
	ck_assert_int_eq(memcmp(again, plain, 300000), 0);
	command(make[_i], two, one);
	n = load(one, made);
	undone(300000, n);
	if (_i == 0)
		command("python3 -c 'import gzip,sys; open(sys.argv[2],\"wb\").write("
		        "gzip.compress(open(sys.argv[1],\"rb\").read()[::-1]))' %s %s",
		        two, one);
	for (size_t i = 0; _i == 0 && i < 150000; i++) {
		char c = plain[i];

		plain[i] = plain[299999 - i];
		plain[299999 - i] = c;
	}
	n = load(one, made);
	undone(300000, n);
	remove(one);
	remove(two);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codecs");
	TCase *tcase = tcase_create("codecs");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, there_are_both);
	tcase_add_loop_test(tcase, there_and_back, 0, 2);
	tcase_add_loop_test(tcase, each_level, 0, 2);
	tcase_add_loop_test(tcase, too_little_room, 0, 2);
	tcase_add_loop_test(tcase, damaged, 0, 2);
	tcase_add_loop_test(tcase, several_frames, 0, 2);
	tcase_add_loop_test(tcase, foreign, 0, 2);
	tcase_add_loop_test(tcase, out_of_memory, 0, 2);
	tcase_add_loop_test(tcase, others_read_and_write_it, 0, 2);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
