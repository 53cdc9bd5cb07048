/* Part of check_drive: calls, of one attempt or several, and their end. */

START_TEST(call_ambiguous)
{
	static const struct line script[] = {
		{ 0, "", "" },
		{ 400, "", "{\"__type\":\"ResourceInUseException\"}" },
	};

	one.checks_refused = 0;
	ck_assert_int_eq(run_call(script, KIN__CREATE_STREAM)->verdict, KIN__IN_USE);
	ck_assert_int_eq(one.outcome.error.code, KIN_EXISTS);
	ck_assert(one.outcome.maybe_done); /* by the first try: the caller looks */
}
END_TEST

START_TEST(call_hint)
{
	static const struct line script[] = {
		{ 503, "x-amz-retry-after: 400\r\n", "" },
		{ 200, "", "{}" },
	};
	uint64_t before = kin__clock_us();

	one.checks_refused = 0;
	ck_assert_int_eq(run_call(script, KIN__LIST_STREAMS)->verdict, KIN__DONE);
	ck_assert_uint_ge(kin__clock_us() - before, 395000);
}
END_TEST

START_TEST(call_misread)
{
	static const struct line script[] = {
		{ 200, "", "x" }, { 200, "", "{}" }, { 200, "", "x" }, { 200, "", "x" }, { 200, "", "x" }
	};

	one.checks_refused = 1;
	ck_assert_int_eq(run_call(script, KIN__PUT_RECORDS)->verdict, KIN__DONE);
	ck_assert_int_eq(service.asked, 2);
	one.checks_refused = 3;
	ck_assert_int_eq(run_call(script, KIN__PUT_RECORDS)->verdict, KIN__TRANSIENT);
	ck_assert_int_eq(one.outcome.error.code, KIN_PROTOCOL);
	ck_assert(one.outcome.maybe_done);
	ck_assert_int_eq(service.asked, 5);
}
END_TEST

START_TEST(call_deadline)
{
	static const struct line script[] = {
		{ 503, "x-amz-retry-after: 5000\r\n", "" },
		{ 200, "", "{}" },
	};
	uint64_t before = kin__clock_us();

	begin_call(script, KIN__LIST_STREAMS);
	wait_done();
	kin__call_fini(&one.call); /* the first has half a minute */
	ck_assert_int_eq(one.outcome.verdict, KIN__DONE);
	ck_assert_uint_ge(kin__clock_us() - before, 4900000);
	kin__core_unref(core);
	options.call_timeout_ms = 4000;
	core_start();
	service.asked = 0;
	run_call(script, KIN__LIST_STREAMS);
	ck_assert_int_eq(one.outcome.error.code, KIN_TIMEOUT); /* told at once: the pause would not fit */
	ck_assert_msg(strstr(one.outcome.error.message, "call_timeout_ms = 4000"), "%s",
	              one.outcome.error.message);
	ck_assert_msg(strstr(one.outcome.error.message, "503") ||
	                              strstr(one.outcome.error.message, "ServiceUnavailable"),
	              "%s", one.outcome.error.message);
}
END_TEST

START_TEST(call_cancelled_in_pause)
{
	static const struct line script[] = { { 503, "x-amz-retry-after: 5000\r\n", "" } };

	kin__attempt_init(&one.attempt);
	begin_call(script, KIN__LIST_STREAMS);
	while (service.asked == 0)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	kin__loop_task_init(&one.cancel, cancel_both);
	kin__loop_post(kin__core_loop(core), &one.cancel);
	ck_assert(wait_done()->aborted);
	ck_assert_int_eq(one.outcome.error.code, KIN_CLOSED);
	kin__call_fini(&one.call);
	kin__attempt_fini(&one.attempt);
}
END_TEST
