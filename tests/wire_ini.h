/* The configuration files' part of check_wire.c. */
#ifndef KIN_TESTS_WIRE_INI_H
#define KIN_TESTS_WIRE_INI_H

/* Each text and what it holds: one line `section|sub|key|value` an entry, in order. */
static const struct {
	struct kin__span text;
	const char *expect;
} configs[] = {
	{ T(""), "" },
	{ T("[default]"), "default|||\n" },
	{ T("[default]\nregion = eu-west-1\n"), "default|||\ndefault||region|eu-west-1\n" },
	{ T("\xef\xbb\xbf[default]\r\nregion=a\r\n"), "default|||\ndefault||region|a\n" },
	{ T("[ profile  dev\t]\nAWS_Access_Key_ID\t=\tAKIA=b=\n"),
	  "profile  dev|||\nprofile  dev||aws_access_key_id|AKIA=b=\n" },
	{ T("[a]\n# c\n; c\n  # c = d\nk = v # c\nl = v#c\nm = v\t; c\nn = #c\n"),
	  "a|||\na||k|v\na||l|v#c\na||m|v\na||n|\n" },
	{ T("[a] # c\nk=v\n[b];c]\nk=w\n"), "a|||\na||k|v\nb];c|||\nb];c||k|w\n" },
	{ T("[a]\nk=1\nk=2\n[b]\nk=3\n[a]\nK = 4\nl=5\n"), "a|||\na||k|4\nb|||\nb||k|3\na||l|5\n" },
	{ T("[a]\nAZ@[ = Z\nno equals sign\n= v\n  =\nk=v"), "a|||\na||az@[|Z\na||k|v\n" },
	{ T("k=v\n[a]\n"), "a|||\n" },
	{ T("[a]\nk=1\n[broken\nk=2\n[b]\nk=3\n"), "a|||\na||k|1\nb|||\nb||k|3\n" },
	{ T("[\nk=1\n"), "" },
	{ T("[]\nk=1\n"), "|||\n||k|1\n" },
	{ T("[a]\nS3 =\n  Endpoint_URL = u\n\n  # c\n\tb = c\nk = v\n  d = e\n"),
	  "a|||\na||s3|\na|s3|endpoint_url|u\na|s3|b|c\na||k|v\na||d|e\n" },
	{ T("[a]\ns3 =\n  b =\n  c = d\n[b]\n  e = f\n"), "a|||\na||s3|\na|s3|b|\na|s3|c|d\nb|||\nb||e|f\n" },
	{ T("[a]\nx =\n b = 1\ny =\n b = 2\nx =\n b = 3\n"), "a|||\na||x|\na|x|b|3\na||y|\na|y|b|2\n" },
	{ T("[a]\nk = v\n  indented = w\n"), "a|||\na||k|v\na||indented|w\n" },
	{ T("[a]\nk = a\0b\n\0\n"), "a|||\na||k|a\0b\n" },
};

static void add_field(struct kin__bytes *out, struct kin__span field, char end)
{
	kin__bytes_span(out, field);
	kin__bytes_char(out, end);
}

START_TEST(ini_configs)
{
	struct kin__arena arena;
	struct kin__bytes out;
	struct kin__ini_entry *first;
	char *copy = exact_copy(configs[_i].text);

	kin__arena_init(&arena);
	kin__bytes_init(&out);
	ck_assert_int_eq(kin__ini_parse(&arena, copy, configs[_i].text.n, &first), 0);
	free(copy); /* nothing points into it */
	for (const struct kin__ini_entry *entry = first; entry; entry = entry->next) {
		add_field(&out, entry->section, '|');
		add_field(&out, entry->sub, '|');
		add_field(&out, entry->key, '|');
		add_field(&out, entry->value, '\n');
		ck_assert_int_eq(entry->value.at[entry->value.n], 0);
	}
	if (out.n > 0) /* as text: the one with a NUL is compared up to it */
		ck_assert_int_eq(strncmp(out.at, configs[_i].expect, out.n), 0);
	ck_assert_int_eq(out.n == 0, configs[_i].expect[0] == 0);
	ck_assert(strlen(configs[_i].expect) <= out.n);
	kin__bytes_fini(&out);
	kin__arena_fini(&arena);
}
END_TEST

/* Any bytes parse, and no key stands there twice. */
START_TEST(ini_hostile)
{
	static const char letters[] = "[]=#; \t\r\n\nab\0\xff\xef\xbb\xbf";
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__arena arena;

	kin__arena_init(&arena);
	for (int round = 0; round < 500; round++) {
		size_t n = kin__rng_below(&rng, 200);
		char *text = malloc(n ? n : 1);
		struct kin__ini_entry *first;

		for (size_t i = 0; i < n; i++)
			text[i] = letters[kin__rng_below(&rng, sizeof letters - 1)];
		ck_assert_int_eq(kin__ini_parse(&arena, text, n, &first), 0);
		for (const struct kin__ini_entry *one = first; one; one = one->next)
			for (const struct kin__ini_entry *other = one->next; other; other = other->next)
				if (kin__span_same(one->section, other->section) &&
				    kin__span_same(one->sub, other->sub) &&
				    kin__span_same(one->key, other->key))
					ck_abort_msg("a key stands there twice");
		free(text);
		kin__arena_clear(&arena);
	}
	kin__arena_fini(&arena);
}
END_TEST

static bool ini_scene(void)
{
	struct kin__bytes text;
	struct kin__arena arena;
	struct kin__ini_entry *first;
	uint64_t made;
	int code;

	made = kin__mem_count();
	kin__arena_init(&arena);
	kin__bytes_init(&text);
	for (int i = 0; i < 60; i++)
		kin__bytes_format(&text, "[profile %d]\naws_access_key_id = AKIA%d\ns3 =\n  a = b\n", i, i);
	code = text.failed ? -1 : kin__ini_parse(&arena, text.at, text.n, &first);
	ck_assert(text.failed || (code == 0) == (first != NULL));
	ck_assert_uint_gt(kin__mem_count(), made);
	kin__bytes_fini(&text);
	kin__arena_fini(&arena);
	return code == 0;
}

static bool jsontext_scene(void)
{
	struct kin__bytes out;
	bool fine;

	kin__bytes_init(&out);
	for (int i = 0; i < 20; i++)
		write_document(&out);
	kin__jsontext_quote_base64(&out, NULL, "abc", 3);
	fine = !out.failed;
	kin__bytes_fini(&out);
	return fine;
}

START_TEST(out_of_memory)
{
	bool (*const scenes[])(void) = { ini_scene, jsontext_scene, cbor_scene, bridge_scene };
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(scenes[_i]());
	total = kin__mem_count();
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!scenes[_i](), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}
END_TEST

static void add_ini(TCase *tcase)
{
	tcase_add_loop_test(tcase, ini_configs, 0, COUNT(configs));
	tcase_add_loop_test(tcase, ini_hostile, 0, 5);
	tcase_add_loop_test(tcase, out_of_memory, 0, 4);
}
#endif
