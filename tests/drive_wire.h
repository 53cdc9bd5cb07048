/* Part of check_drive: requests in CBOR, answers in either form. */

static void use_cbor(void)
{
	kin__core_unref(core);
	options.wire = KIN_WIRE_CBOR;
	core_start();
}

static const struct {
	struct line line;
	enum kin__verdict verdict;
	int code, maybe_done;
	const char *told; /* the body, or a piece of the message */
} wires[] = {
	{ { 200, "",
	    "\xa1\x61"
	    "a\x01" },
	  KIN__DONE,
	  KIN_OK,
	  0,
	  "{\"a\":1}" },
	{ { 200, "",
	    "\xbf\x61"
	    "a\x01\xff" },
	  KIN__DONE,
	  KIN_OK,
	  0,
	  "{\"a\":1}" },
	{ { 200, "", "{\"a\":1}" }, KIN__DONE, KIN_OK, 0, "{\"a\":1}" },
	{ { 200, "", "" }, KIN__DONE, KIN_OK, 0, "" },
	{ { 200, "",
	    "\xa1\x66"
	    "Shards\x43"
	    "abc" },
	  KIN__DONE,
	  KIN_OK,
	  0,
	  "{\"Shards\":\"YWJj\"}" },
	{ { 200, "Content-Type: application/x-amz-cbor-1.1\r\n",
	    "\xa1\x61"
	    "aa" },
	  KIN__TRANSIENT,
	  KIN_PROTOCOL,
	  1,
	  "makes no sense: a: a string longer than the data (byte 3 of the CBOR)" },
	{ { 200, "Content-Type: text/html\r\n",
	    "\xa1\x61"
	    "a\xf0" },
	  KIN__TRANSIENT,
	  KIN_PROTOCOL,
	  1,
	  "(text/html: is it a proxy's page?): a: a value that JSON has no form for (byte 3 of the CBOR)" },
	{ { 400, "",
	    "\xa2\x66__type\x78\x19"
	    "ResourceNotFoundException\x67message\x64gone" },
	  KIN__NOT_FOUND,
	  KIN_NOT_FOUND,
	  0,
	  "PutRecord: ResourceNotFoundException: gone (asked at 127.0.0.1:" },
	{ { 400, "", "{\"__type\":\"ResourceNotFoundException\",\"message\":\"gone\"}" },
	  KIN__NOT_FOUND,
	  KIN_NOT_FOUND,
	  0,
	  "PutRecord: ResourceNotFoundException: gone (asked at 127.0.0.1:" },
	{ { 403, "", "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}" },
	  KIN__REFUSED,
	  KIN_DENIED,
	  0,
	  "PutRecord: AccessDeniedException: no" },
	{ { 500, "", "\xa1\x66__type" }, KIN__TRANSIENT, KIN_REFUSED, 1, "InternalFailure" },
};

START_TEST(wire_answers)
{
	const struct kin__outcome *got;

	if (_i % 2) /* asked in JSON, it may be answered so as well */
		use_cbor();
	got = run_attempt(&wires[_i / 2].line);
	ck_assert_int_eq(got->verdict, wires[_i / 2].verdict);
	ck_assert_msg(got->error.code == wires[_i / 2].code, "%s", got->error.message);
	ck_assert_int_eq(got->maybe_done, wires[_i / 2].maybe_done);
	if (got->verdict == KIN__DONE)
		ck_assert_str_eq(one.body, wires[_i / 2].told);
	else
		ck_assert_msg(strstr(got->error.message, wires[_i / 2].told) != NULL, "%s",
		              got->error.message);
}
END_TEST

START_TEST(wire_sent)
{
	static const struct line script[] = { { 200, "", "\xa0" } };
	const char *text = service.requests[0];

	use_cbor();
	run_attempt(script);
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Type: application/x-amz-cbor-1.1\r\n"));
	ck_assert_ptr_null(strstr(text, "json"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Length: 14\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n\xa1\x6aStreamName\x61s"));
}
END_TEST

/* Who writes CBOR gets it out as it is; records come as they are, for decoders that read both. */
START_TEST(wire_untouched)
{
	static const struct line script[] = { { 200, "", "\xa1\x67Records\x80" }, { 200, "", "\xa0" } };
	const char *text = service.requests[0];

	use_cbor();
	service.script = script;
	one.dones = 0;
	kin__attempt_init(&one.attempt);
	one.attempt.operation = KIN__PUT_RECORDS;
	one.attempt.body = T("\xbf\x67Records\x9f\xff\xff");
	one.attempt.done = attempt_done;
	kin__loop_task_init(&one.start, start_attempt);
	kin__loop_post(kin__core_loop(core), &one.start);
	wait_done();
	kin__attempt_fini(&one.attempt);
	ck_assert_str_eq(one.body, "\xa1\x67Records\x80");
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n\xbf\x67Records\x9f\xff\xff"));
}
END_TEST

static void add_wire(TCase *tcase)
{
	tcase_add_loop_test(tcase, wire_answers, 0, 2 * (int)KIN__ARRAY_LEN(wires));
	tcase_add_test(tcase, wire_sent);
	tcase_add_test(tcase, wire_untouched);
}
