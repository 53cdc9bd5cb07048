/* The bridge between CBOR and JSON, part of check_wire.c. */
#ifndef KIN_TESTS_WIRE_CBORJSON_H
#define KIN_TESTS_WIRE_CBORJSON_H

static const struct kin__cborjson_member bridge_table[] = {
	{ "Data", KIN__CBORJSON_BYTES },     { "Records.Data", KIN__CBORJSON_BYTES },
	{ "Timestamp", KIN__CBORJSON_TIME }, { "Filter.Timestamp", KIN__CBORJSON_TIME },
	{ NULL, KIN__CBORJSON_PLAIN },
};

/* json becomes cbor, and that json again; where the way back gives another text, `back` is it. */
static const struct {
	const char *path, *json, *hex, *back;
} bridged[] = {
	{ "", "{}", "a0", NULL },
	{ "", "{\"a\":1,\"b\":[true,false,null,-5,\"\\u00e9\"]}", "a2616101616285f5f4f62462c3a9",
	  "{\"a\":1,\"b\":[true,false,null,-5,\"\xc3\xa9\"]}" },
	{ "", "{\"Data\":\"aGVsbG8=\",\"x\":{\"Data\":\"aGVsbG8=\"}}",
	  "a264446174614568656c6c6f6178a1644461746168614756736247383d", NULL },
	{ "", "{\"Records\":[{\"Data\":\"\"},{\"Data\":\"AAEC\"}]}",
	  "a1675265636f72647382a1644461746140a1644461746143000102", NULL },
	{ "Records", "[{\"Data\":\"AAE=\"}]", "81a16444617461420001", NULL },
	{ "", "{\"Timestamp\":1768480496.789}", "a16954696d657374616d70c11b0000019bc1a6dc95", NULL },
	{ "", "{\"Filter\":{\"Timestamp\":1768480496},\"Other\":{\"Timestamp\":17}}",
	  "a26646696c746572a16954696d657374616d70c11b0000019bc1a6d980654f74686572a16954696d657374616d7011",
	  "{\"Filter\":{\"Timestamp\":1768480496.000},\"Other\":{\"Timestamp\":17}}" },
	{ "", "1.5", "fb3ff8000000000000", NULL },
	{ "", "1e3", "1903e8", "1000" },
	{ "", "9223372036854775807", "1b7fffffffffffffff", NULL },
	{ "", "{\"Data\":null}", "a16444617461f6", NULL },
};

START_TEST(bridge_both_ways)
{
	const char *json = bridged[_i].json, *back = bridged[_i].back ? bridged[_i].back : json;
	char error[KIN__JSON_ERROR];
	struct kin__bytes cbor, hex, text;

	kin__bytes_init(&cbor);
	kin__bytes_init(&hex);
	kin__bytes_init(&text);
	ck_assert_msg(kin__cborjson_to_cbor(&cbor, kin__span_text(json), bridged[_i].path, bridge_table,
	                                    error) == 0,
	              "%s", error);
	kin__bytes_hex(&hex, cbor.at, cbor.n);
	ck_assert_str_eq(hex.at, bridged[_i].hex);
	ck_assert_msg(kin__cborjson_to_json(&text, cbor.at, cbor.n, bridged[_i].path, bridge_table, true,
	                                    error) == 0,
	              "%s", error);
	ck_assert_str_eq(text.at, back);
	kin__bytes_fini(&cbor);
	kin__bytes_fini(&hex);
	kin__bytes_fini(&text);
}
END_TEST

START_TEST(bridge_refused_json)
{
	static const struct {
		const char *json, *why;
	} rows[] = {
		{ "{\"Data\":\"aGVsbG8\"}", "Data: base64 is due" },
		{ "{\"Records\":[{\"Data\":5}]}", "Records.Data: base64 is due" },
		{ "{\"a\":", "the text ends too early" },
		{ "{\"Timestamp\":1e300}", "Timestamp: a time out of range" },
	};
	char error[KIN__JSON_ERROR];
	struct kin__bytes out;

	kin__bytes_init(&out);
	ck_assert_int_eq(kin__cborjson_to_cbor(&out, kin__span_text(rows[_i].json), "", bridge_table, error),
	                 -1);
	ck_assert_msg(strncmp(error, rows[_i].why, strlen(rows[_i].why)) == 0, "%s", error);
	kin__bytes_fini(&out);
}
END_TEST

/* What only the way from CBOR has: other widths, untagged times, bytes and text in each other's place. */
START_TEST(bridge_from_cbor)
{
	static const struct {
		const char *hex, *strict, *lenient; /* JSON, or what is wrong */
	} rows[] = {
		{ "a16954696d657374616d701b0000019bc1a6dc95", "{\"Timestamp\":1768480496.789}", NULL },
		{ "a16954696d657374616d70fb41da5a3d2c327efa", "{\"Timestamp\":1768486064.789}", NULL },
		{ "a1646e6f6e65c11b0000019bc1a6dc95", "{\"none\":1768480496.789}", NULL },
		{ "a1644461746168614756736247383d", "Data: bytes are due (byte 6 of the CBOR)",
		  "{\"Data\":\"aGVsbG8=\"}" },
		{ "a16161420001", "a: bytes where none are due (byte 3 of the CBOR)", "{\"a\":\"AAE=\"}" },
		{ "bf64446174615f41004101ffff", "{\"Data\":\"AAE=\"}", NULL },
		{ "f97e00", "a number that JSON has no form for (byte 0 of the CBOR)", NULL },
		{ "f0", "a value that JSON has no form for (byte 0 of the CBOR)", NULL },
		{ "a2616101", "more items than the data can hold (byte 0 of the CBOR)", NULL },
		{ "a0a0", "something stands behind the end of the item (byte 1 of the CBOR)", NULL },
		{ "1bffffffffffffffff", "1.8446744073709552e+19", NULL },
	};
	char data[64], copy[64], error[KIN__JSON_ERROR];
	size_t n = from_hex(rows[_i].hex, data);
	struct kin__bytes out;

	kin__bytes_init(&out);
	for (int strict = 0; strict < 2; strict++) {
		const char *expect = !strict && rows[_i].lenient ? rows[_i].lenient : rows[_i].strict;
		int code;

		memcpy(copy, data, sizeof data);
		kin__bytes_clear(&out);
		code = kin__cborjson_to_json(&out, copy, n, "", bridge_table, strict, error);
		ck_assert_str_eq(code == 0 ? out.at : error, expect);
	}
	kin__bytes_fini(&out);
}
END_TEST

static bool bridge_scene(void)
{
	char error[KIN__JSON_ERROR], data[64];
	size_t n = from_hex("a1675265636f72647382a1644461746140a1644461746143000102", data);
	struct kin__bytes out;
	bool fine;

	kin__bytes_init(&out);
	fine = kin__cborjson_to_json(&out, data, n, "", bridge_table, true, error) == 0;
	kin__bytes_fini(&out);
	kin__bytes_init(&out);
	fine = fine && kin__cborjson_to_cbor(&out, SPAN("{\"Records\":[{\"Data\":\"AAEC\"}]}"), "",
	                                     bridge_table, error) == 0;
	kin__bytes_fini(&out);
	return fine;
}

static void add_cborjson(TCase *tcase)
{
	tcase_add_loop_test(tcase, bridge_both_ways, 0, COUNT(bridged));
	tcase_add_loop_test(tcase, bridge_refused_json, 0, 4);
	tcase_add_loop_test(tcase, bridge_from_cbor, 0, 11);
}
#endif
