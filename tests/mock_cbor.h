/* Scenes of check_mock.c: what only requests in CBOR can have.  That all else is as in JSON, the scenes of shapes and
 * streams show, which run over both. */
#ifndef KIN_TEST_MOCK_CBOR_H
#define KIN_TEST_MOCK_CBOR_H
#include "mock_asker.h"

static void ask_cbor(const char *operation, const void *body, size_t n, struct answer *answer)
{
	struct kin__bytes text;
	char target[128];
	int fd = dial();

	kin__bytes_init(&text);
	snprintf(target, sizeof target, "Kinesis_20131202.%s", operation);
	compose(&text, &(struct how){ .type = KIN__FORM_CBOR }, target, body, n);
	send_n(fd, text.at, text.n);
	hear(fd, answer);
	close(fd);
	kin__bytes_fini(&text);
}

#define BODY(bytes) bytes, sizeof(bytes) - 1
#define NAMED "\x6aStreamName\x63one"

static const struct {
	const char *operation, *body;
	size_t n;
	const char *code, *piece; /* NULL: taken */
} cbors[] = {
	/* data as a text, as base64 would be: no blob */
	{ "PutRecord",
	  BODY("\xa3" NAMED "\x64"
	       "Data\x64YWJj\x6cPartitionKey\x61k"),
	  "SerializationException", "Data: bytes are due (byte 21 of the CBOR)" },
	{ "PutRecords",
	  BODY("\xa2" NAMED "\x67Records\x81\xa2\x64"
	       "Data\x60\x6cPartitionKey\x61k"),
	  "SerializationException", "Records.Data: bytes are due" },
	{ "PutRecord",
	  BODY("\xa3" NAMED "\x64"
	       "Data\x40\x6cPartitionKey\x41k"),
	  "SerializationException", "PartitionKey: bytes where none are due" },
	{ "PutRecord",
	  BODY("\xa3" NAMED "\x64"
	       "Data\x07\x6cPartitionKey\x61k"),
	  "SerializationException", "Data must be a string" },
	{ "PutRecord",
	  BODY("\xa3" NAMED "\x64"
	       "Data\x5a\xff\xff\xff\xff"),
	  "SerializationException", "a string longer than the data" },
	{ "ListStreams", BODY("\x80"), "SerializationException", "no map of CBOR" },
	{ "ListStreams", BODY("{}"), "SerializationException", "no map of CBOR" },
	{ "ListStreams", BODY("\xa1\x01\x02"), "SerializationException", "a text is due" },
	{ "ListStreams", BODY("\xa1\x65Limit\xf9\x7e\x00"), "SerializationException",
	  "Limit: a number that JSON has no form for" },
	{ "ListStreams", BODY("\xa0\xa0"), "SerializationException", "behind the end" },
	{ "ListStreams", BODY("\xa1\x65Limit\x00"), "ValidationException", "'limit'" },
	/* lengths up to a break, chunks, tags, a float that is whole, unknown members */
	{ "ListStreams", BODY("\xbf\xff"), NULL, NULL },
	{ "ListStreams", BODY("\xd9\xd9\xf7\xa1\x65Limit\xf9\x3c\x00"), NULL, NULL },
	{ "ListStreams", BODY("\xbf\x65Limit\x18\x20\x61x\x9f\xbf\xff\xf6\xff\xff"), NULL, NULL },
	{ "PutRecord",
	  BODY("\xbf" NAMED "\x64"
	       "Data\x5f\x41"
	       "a\x42"
	       "bc\xff\x6cPartitionKey\x7f\x61k\xff\xff"),
	  NULL, NULL },
	{ "PutRecords",
	  BODY("\xbf\x67Records\x9f\xbf\x64"
	       "Data\x40\x6cPartitionKey\x61k\xff\xff" NAMED "\xff"),
	  NULL, NULL },
	/* a time, with a tag and without */
	{ "ListShards",
	  BODY("\xa2" NAMED "\x6bShardFilter\xa2\x64Type\x6c"
	       "AT_TIMESTAMP\x69Timestamp\xc1\x1b\x00\x00\x01\x9b\xc1\xa6\xdc\x95"),
	  NULL, NULL },
	{ "ListShards",
	  BODY("\xa2" NAMED "\x6bShardFilter\xa2\x64Type\x6c"
	       "AT_TIMESTAMP\x69Timestamp\xfb\x41\xda\x5a\x3d\x2c\x32\x7e\xfa"),
	  NULL, NULL },
};

START_TEST(only_in_cbor)
{
	struct answer answer;
	char type[128];

	ask_cbor(cbors[_i].operation, cbors[_i].body, cbors[_i].n, &answer);
	ck_assert_str_eq(header(&answer, "Content-Type", type), KIN__FORM_CBOR);
	ck_assert(answer.was_cbor);
	if (cbors[_i].code) {
		ck_status(&answer, 400);
		ck_assert_str_eq(text_at(&answer, "__type"), cbors[_i].code);
		ck_assert_msg(strstr(message_of(&answer), cbors[_i].piece) != NULL, "%s",
		              message_of(&answer));
		ck_assert_uint_eq(stats().records_stored, 0);
	} else {
		ck_status(&answer, 200);
	}
	answer_free(&answer);
}
END_TEST

/* Bytes go in and come out; a time is tagged, in milliseconds; each client is answered in its own form. */
START_TEST(bytes_both_ways)
{
	static const char put[] = "\xa3" NAMED "\x64"
				  "Data\x43\x00\xff\x01\x6cPartitionKey\x61k";
	char iterator[600], body[700];
	struct answer answer;
	struct kin__bytes cbor;

	ask_cbor("PutRecord", put, sizeof put - 1, &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
	iterate("TRIM_HORIZON", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	ask("GetRecords", body, &answer);
	ck_assert(!answer.was_cbor);
	ck_assert_str_eq(text_at(&answer, "Records[0].Data"), "AP8B");
	answer_free(&answer);
	ck_assert(to_cbor(body, &cbor));
	ask_cbor("GetRecords", cbor.at, cbor.n, &answer);
	kin__bytes_fini(&cbor);
	ck_assert(answer.was_cbor);
	ck_assert_str_eq(text_at(&answer, "Records[0].Data"), "AP8B");
	ck_assert_str_eq(text_at(&answer, "Records[0].PartitionKey"), "k");
	ck_assert_int_eq(number_at(&answer, "MillisBehindLatest"), 0);
	answer_free(&answer);
}
END_TEST

static void cbor_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("cbor");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_loop_test(scenes, only_in_cbor, 0, COUNT(cbors));
	tcase_add_test(scenes, bytes_both_ways);
	suite_add_tcase(suite, scenes);
}
#endif
