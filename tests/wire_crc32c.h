/* The part of check_wire.c about CRC-32C.  The vectors are those of RFC 3720, appendix B.4, and the check value of the
 * catalogue of parametrised CRC algorithms. */
#ifndef KIN_TESTS_WIRE_CRC32C_H
#define KIN_TESTS_WIRE_CRC32C_H

static struct kin__crc32c crc_table(bool quick)
{
	struct kin__crc32c crc;

	kin__crc32c_init(&crc);
	crc.quick = crc.quick && quick;
	return crc;
}

START_TEST(crc32c_vectors)
{
	struct kin__crc32c crc = crc_table(_i);
	unsigned char bytes[32];

	ck_assert_uint_eq(kin__crc32c(&crc, 0, "", 0), 0);
	ck_assert_uint_eq(kin__crc32c(&crc, 0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, sizeof bytes);
	ck_assert_uint_eq(kin__crc32c(&crc, 0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	ck_assert_uint_eq(kin__crc32c(&crc, 0, bytes, 32), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		bytes[i] = (unsigned char)i;
	ck_assert_uint_eq(kin__crc32c(&crc, 0, bytes, 32), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		bytes[i] = (unsigned char)(31 - i);
	ck_assert_uint_eq(kin__crc32c(&crc, 0, bytes, 32), 0x113fdb5c);
}
END_TEST

/* However it is cut, and wherever it stands in memory. */
START_TEST(crc32c_in_parts)
{
	struct kin__crc32c crc = crc_table(_i), other = crc_table(false);
	unsigned char bytes[200];

	for (int i = 0; i < 200; i++)
		bytes[i] = (unsigned char)(i * 151 + 7);
	for (size_t from = 0; from < 9; from++)
		for (size_t n = 0; n < 100; n++) {
			uint32_t whole = kin__crc32c(&crc, 0, bytes + from, n), part;

			ck_assert_uint_eq(whole, kin__crc32c(&other, 0, bytes + from, n));
			part = kin__crc32c(&crc, 0, bytes + from, n / 3);
			ck_assert_uint_eq(whole, kin__crc32c(&crc, part, bytes + from + n / 3, n - n / 3));
		}
}
END_TEST

static TCase *crc32c_tests(void)
{
	TCase *tcase = tcase_create("crc32c");

	tcase_add_loop_test(tcase, crc32c_vectors, 0, 2);
	tcase_add_loop_test(tcase, crc32c_in_parts, 0, 2);
	return tcase;
}
#endif
