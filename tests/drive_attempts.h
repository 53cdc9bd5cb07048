/* Part of check_drive: how many attempts one call may make. */

START_TEST(call_retries)
{
	static const struct line script[] = {
		{ 500, "", "{}" },
		{ 0, "", "" },
		{ 200, "", "{}" },
	};

	one.checks_refused = 0;
	ck_assert_int_eq(run_call(script, KIN__CREATE_STREAM)->verdict, KIN__DONE);
	ck_assert_int_eq(service.asked, 3);
	ck_assert_uint_eq(one.call.attempts, 3);
	ck_assert(!one.outcome.maybe_done); /* done is done */
	ck_assert_ptr_nonnull(strstr(service.requests[0], "amz-sdk-request: attempt=1; max=3\r\n"));
	ck_assert_ptr_nonnull(strstr(service.requests[2], "amz-sdk-request: attempt=3; max=3\r\n"));
}
END_TEST

START_TEST(call_attempts)
{
	static const struct line script[] = { { 500, "", "{}" }, { 500, "", "{}" }, { 500, "", "{}" } };

	for (uint32_t n = 1; n <= 2; n++) {
		one.attempts_max = n;
		service.asked = 0;
		ck_assert_int_eq(run_call(script, KIN__LIST_STREAMS)->verdict, KIN__TRANSIENT);
		ck_assert_int_eq(service.asked, (int)n);
		ck_assert_uint_eq(one.call.attempts, n);
	}
	one.attempts_max = 0;
}
END_TEST
