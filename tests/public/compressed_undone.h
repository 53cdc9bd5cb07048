/* Part of check_compressed: what cannot be undone, may not be, or would be too large. */

/* Damaged, cut, or beginning so by accident: handed out as it is, and told of once. */
START_TEST(what_cannot_be_undone_is_as_it_is)
{
	char data[2000];
	size_t n = squeezed(kin_codecs_zstd(), large, 50000, data, sizeof data);
	struct kin_reader *reader;
	const struct kin_record *r;

	put_raw(data, n - 1);
	data[n - 1] ^= 1;
	put_raw(data, n);
	put_raw("\x1f\x8b\x08 and nothing of the kind", 26);
	put_raw("\x28\xb5\x2f\xfd", 4);
	put_raw("\x28\xb5\x2f", 3); /* no magic: not looked at */
	start.decompress = kin_codecs_all();
	reader = open_reader();
	for (int i = 0; i < 5; i++) {
		ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
		ck_assert_uint_eq(r->flags, i < 4 ? KIN_RECORD_NOT_DECOMPRESSED : 0);
		if (i == 1)
			ck_assert(r->data_size == n && memcmp(r->data, data, n) == 0);
		if (i == 2)
			ck_assert(memcmp(r->data, "\x1f\x8b\x08 and nothing", 15) == 0);
	}
	ck_assert_int_eq(kin_reader_next(reader, &r, 20000, &error), KIN_END);
	kin_reader_close(reader);
	ck_assert_int_eq(warnings, 1);
}
END_TEST

/* A codec that is not in the list is not looked for. */
START_TEST(only_what_was_asked_for)
{
	const struct kin_codec *const only[] = { kin_codecs_gzip(), NULL };
	int flagged;

	put.compress = kin_codecs_zstd();
	put_texts();
	start.decompress = only;
	read_texts(0, &flagged);
	ck_assert_int_eq(flagged, RECORDS);
}
END_TEST

/* 12 MiB in a few bytes: undone where so much is allowed, else as it is; one that hides its size, too. */
START_TEST(bombs)
{
	static char small[100000];
	size_t n;
	struct kin_reader *reader;
	const struct kin_record *r;

	put_raw(small, squeezed(kin_codecs_gzip(), large, sizeof large, small, sizeof small));
	put_raw(small, squeezed(kin_codecs_zstd(), large, sizeof large, small, sizeof small));
	n = squeezed(kin_codecs_gzip(), large, sizeof large, small, sizeof small);
	n += squeezed(kin_codecs_gzip(), large, 10, small + n, sizeof small - n); /* says: ten bytes */
	put_raw(small, n);
	start.decompress = kin_codecs_all();
	for (int round = 0; round < 2; round++) {
		start.decompressed_bytes_max = round ? sizeof large + 9 : sizeof large + 10;
		reader = open_reader();
		for (int i = 0; i < 3; i++) {
			bool undone = round == 0 || i < 2;

			ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s",
			              error.message);
			ck_assert_uint_eq(r->flags,
			                  undone ? KIN_RECORD_DECOMPRESSED : KIN_RECORD_NOT_DECOMPRESSED);
			ck_assert_uint_eq(r->data_size, !undone ? n
			                                : i < 2 ? sizeof large
			                                        : sizeof large + 10);
		}
		kin_reader_close(reader);
	}
	start.decompressed_bytes_max = MIB;
	reader = open_reader();
	for (int i = 0; i < 3; i++) {
		ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
		ck_assert_uint_eq(r->flags, KIN_RECORD_NOT_DECOMPRESSED);
		ck_assert_uint_lt(r->data_size, sizeof small);
	}
	kin_reader_close(reader);
}
END_TEST

/* All of one answer are bounded too: eight times the most of one. */
START_TEST(many_bombs)
{
	static char small[100000];
	struct kin_reader *reader;
	const struct kin_record *r;
	int undone = 0;
	size_t n = squeezed(kin_codecs_zstd(), large, MIB, small, sizeof small);

	for (int i = 0; i < 20; i++)
		put_raw(small, n);
	start.decompress = kin_codecs_all();
	start.decompressed_bytes_max = MIB;
	reader = open_reader();
	for (int i = 0; i < 20; i++) {
		ck_assert_msg(kin_reader_next(reader, &r, 20000, &error) == KIN_OK, "%s", error.message);
		undone += r->flags == KIN_RECORD_DECOMPRESSED;
		ck_assert_uint_eq(r->data_size, r->flags == KIN_RECORD_DECOMPRESSED ? MIB : n);
	}
	kin_reader_close(reader);
	ck_assert_int_eq(undone, 8);
}
END_TEST
