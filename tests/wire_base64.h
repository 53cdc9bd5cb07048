/* Each way of base64 that this processor has, against a byte at a time as the RFC tells it. */

enum { WAY_BYTES = 300, WAY_TEXT = 404 };

/* At an odd address, and with nothing allowed behind it: the sanitizers see each byte too much. */
struct placed {
	char *block, *at;
};

static struct placed place_at(size_t shift, struct kin__span text)
{
	struct placed placed = { malloc(shift + text.n > 0 ? shift + text.n : 1), NULL };

	placed.at = placed.block + shift;
	memcpy(placed.at, text.at, text.n);
	return placed;
}

static void check_way_at(const struct kin__base64 *way, size_t shift, struct kin__span data,
                         struct kin__span text)
{
	struct placed in = place_at(shift, data), out = place_at(shift, text), back = place_at(shift, data);
	size_t n, used;

	memset(out.at, 'x', text.n);
	ck_assert_uint_eq(kin__base64_encode(way, out.at, in.at, data.n), text.n);
	ck_assert_msg(memcmp(out.at, text.at, text.n) == 0, "%s: %zu bytes at %zu: '%.*s', not '%.*s'",
	              way->name, data.n, shift, (int)text.n, out.at, (int)text.n, text.at);
	memset(back.at, 'x', data.n);
	if (text.n / 4 * 3 == data.n) { /* else decoding apart may use the room that padding leaves */
		ck_assert(kin__base64_decode(way, back.at, out.at, text.n, &n) && n == data.n);
		ck_assert_msg(memcmp(back.at, data.at, n) == 0, "%s: %zu bytes at %zu decoded apart",
		              way->name, n, shift);
	}
	ck_assert(kin__base64_decode(way, out.at, out.at, text.n, &n) && n == data.n);
	ck_assert_msg(memcmp(out.at, data.at, n) == 0, "%s: %zu bytes at %zu decoded in place", way->name, n,
	              shift);
	free(out.block);
	out = place_at(shift, text); /* with a quote behind it: too short by one, then just long enough */
	ck_assert(!kin__base64_decode_quoted(way, out.at, out.at, text.n, &n, &used));
	free(out.block);
	out = place_at(shift, kin__span(text.at, text.n + 1));
	ck_assert(kin__base64_decode_quoted(way, out.at, out.at, text.n + 1, &n, &used));
	ck_assert(n == data.n && used == text.n && memcmp(out.at, data.at, n) == 0 && out.at[used] == '"');
	free(in.block);
	free(out.block);
	free(back.block);
}

START_TEST(base64_ways_all_lengths)
{
	const struct kin__base64 *ways[KIN__BASE64_WAYS];
	struct kin__rng rng = { 7 };
	unsigned char data[WAY_BYTES];
	char text[WAY_TEXT];

	kin__base64_ways(ways);
	ck_assert_ptr_eq(ways[0], &kin__base64_portable);
	for (size_t size = 0; size <= sizeof data; size++) {
		size_t n;

		for (size_t i = 0; i < size; i++)
			data[i] = (unsigned char)kin__rng_next(&rng);
		n = naive_encode(text, data, size);
		text[n] = '"';
		for (size_t way = 0; ways[way]; way++)
			for (size_t shift = 0; shift < 20; shift += size % 8 == 0 ? 1 : 7)
				check_way_at(ways[way], shift, kin__span((char *)data, size),
				             kin__span(text, n));
	}
}
END_TEST

/* All bytes but the alphabet's, at each place of 200: seen, nothing behind it touched, all before it decoded. */
START_TEST(base64_ways_find_wrong)
{
	enum { CHARACTERS = 200 };
	const struct kin__base64 *ways[KIN__BASE64_WAYS];
	char good[CHARACTERS + 8], text[CHARACTERS + 8];
	unsigned char data[CHARACTERS / 4 * 3];
	size_t n, used;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 37);
	naive_encode(good, data, sizeof data);
	memcpy(good + CHARACTERS, "\",\"next\"", 8);
	kin__base64_ways(ways);
	for (size_t way = 0; ways[way]; way++)
		for (size_t at = 0; at < CHARACTERS; at++)
			for (int c = 0; c < 256; c++) {
				bool letter = c && c < 128 && (isalnum(c) || c == '+' || c == '/');
				size_t fours = at / 4 * 4;

				memcpy(text, good, sizeof text);
				text[at] = (char)c;
				if (letter || (c == '"' && at % 4 == 0) || (c == '=' && at == CHARACTERS - 1))
					continue;
				if (kin__base64_decode_quoted(ways[way], text, text, sizeof text, &n, &used))
					ck_abort_msg("%s takes byte %d at %zu", ways[way]->name, c, at);
				ck_assert_msg(used == fours && n == fours / 4 * 3 &&
				                              memcmp(text, data, n) == 0,
				              "%s, byte %d at %zu: %zu characters, %zu bytes",
				              ways[way]->name, c, at, used, n);
				ck_assert_msg(memcmp(text + at + 1, good + at + 1, sizeof text - at - 1) == 0,
				              "%s, byte %d at %zu: wrote behind it", ways[way]->name, c, at);
			}
}
END_TEST

/* The bytes may go to memory that begins before the text and reaches into it. */
START_TEST(base64_moved)
{
	enum { CHARACTERS = 400, APART_MAX = 160 };
	const struct kin__base64 *ways[KIN__BASE64_WAYS];
	char good[CHARACTERS + 8];
	unsigned char data[CHARACTERS / 4 * 3];
	size_t n, used;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 37);
	naive_encode(good, data, sizeof data);
	memcpy(good + CHARACTERS, "\",\"next\"", 8);
	kin__base64_ways(ways);
	for (size_t way = 0; ways[way]; way++)
		for (size_t apart = 0; apart < APART_MAX; apart++) {
			char text[APART_MAX + sizeof good], *at = text + apart;

			memcpy(at, good, sizeof good);
			ck_assert(kin__base64_decode_quoted(ways[way], text, at, CHARACTERS + 1, &n, &used));
			ck_assert(n == sizeof data && used == CHARACTERS);
			ck_assert_msg(memcmp(text, data, n) == 0, "%s, %zu bytes before it: wrong bytes",
			              ways[way]->name, apart);
			ck_assert_msg(memcmp(at + used, good + used, sizeof good - used) == 0,
			              "%s, %zu bytes before it: wrote behind it", ways[way]->name, apart);
		}
}
END_TEST

/* Each letter of the alphabet at each place means the same to all. */
START_TEST(base64_ways_agree)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const struct kin__base64 *ways[KIN__BASE64_WAYS];
	char text[132];
	unsigned char expect[99], found[99];
	size_t n;

	kin__base64_ways(ways);
	for (int shift = 0; shift < 64; shift++) {
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = alphabet[(i + (size_t)shift) % 64];
		ck_assert(kin__base64_decode(NULL, expect, text, sizeof text, &n) && n == sizeof expect);
		for (size_t way = 0; ways[way]; way++) {
			ck_assert(kin__base64_decode(ways[way], found, text, sizeof text, &n));
			ck_assert_msg(n == sizeof found && memcmp(found, expect, n) == 0, "%s differs",
			              ways[way]->name);
		}
	}
}
END_TEST

START_TEST(base64_fastest_is_the_last)
{
	const struct kin__base64 *ways[KIN__BASE64_WAYS], *fastest = kin__base64_fastest();
	size_t n = 0;

	kin__base64_ways(ways);
	while (ways[n])
		n++;
	ck_assert(n > 0 && n < KIN__BASE64_WAYS);
	ck_assert_ptr_eq(fastest, ways[n - 1]);
#ifdef KIN__BASE64_X86
	__builtin_cpu_init(); /* the compiler's own look at the processor */
	ck_assert_int_eq(n > 1, !!__builtin_cpu_supports("ssse3"));
	ck_assert_int_eq(n > 2, !!__builtin_cpu_supports("avx2"));
	ck_assert_int_eq(n > 3, __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	                                        __builtin_cpu_supports("avx512vbmi"));
#endif
}
END_TEST

static void add_base64(TCase *tcase)
{
	tcase_add_test(tcase, base64_ways_all_lengths);
	tcase_add_test(tcase, base64_ways_find_wrong);
	tcase_add_test(tcase, base64_moved);
	tcase_add_test(tcase, base64_ways_agree);
	tcase_add_test(tcase, base64_fastest_is_the_last);
}
