/* The layout of the public structs is part of the ABI: members stay where they are, structs grow at the end. */
#include <check.h>
#include <kinstream.h>
#include <kinstream/mock.h>
#include <stdlib.h>

#define IS(type, member, at)                                                                                 \
	{                                                                                                    \
#type "." #member, offsetof(struct type, member), at                                         \
	}
#define SIZE(type, bytes)                                                                                    \
	{                                                                                                    \
		"sizeof " #type, sizeof(struct type), bytes                                                  \
	}

static const struct {
	const char *what;
	size_t is, must;
} rows[] = {
	SIZE(kin_error, 512),
	IS(kin_error, http_status, 4),
	IS(kin_error, retryable, 8), /* everywhere the same */
	IS(kin_error, aws_code, 16),
	IS(kin_error, request_id, 80),
	IS(kin_error, message, 160),
#if UINTPTR_MAX == UINT64_MAX
	SIZE(kin_option, 64),
	IS(kin_option, meaning, 48),
	IS(kin_option, live, 56),
	SIZE(kin_client_options, 128),
	IS(kin_client_options, connections_max, 64),
	IS(kin_client_options, tls_verify, 88),
	IS(kin_client_options, log_line, 112),
	IS(kin_client_options, wire, 120),
	SIZE(kin_log_line, 80),
	IS(kin_log_line, message, 32),
	IS(kin_log_line, shard_id, 56),
	IS(kin_log_line, request_id, 72),
	SIZE(kin_record, 72),
	IS(kin_record, sequence_number, 16),
	IS(kin_record, shard_id, 24),
	IS(kin_record, data, 32),
	IS(kin_record, arrival_ms, 48),
	IS(kin_record, flags, 68),
	SIZE(kin_put_entry, 88),
	IS(kin_put_entry, hash_key, 24),
	IS(kin_put_entry, data, 32),
	IS(kin_put_entry, ttl_ms, 48),
	IS(kin_put_entry, token, 56),
	IS(kin_put_entry, release, 64),
	IS(kin_put_entry, release_user, 72),
	IS(kin_put_entry, borrowed, 80),
	SIZE(kin_delivery, 72),
	IS(kin_delivery, status, 12),
	IS(kin_delivery, shard_id, 24),
	IS(kin_delivery, error, 40),
	IS(kin_delivery, sub_sequence, 48),
	SIZE(kin_attempt, 40),
	IS(kin_attempt, number, 24),
	IS(kin_attempt, aws_code, 32),
	IS(kin_delivery, history_n, 20),
	IS(kin_delivery, history, 56),
	SIZE(kin_codec, 80),
	IS(kin_codec, open, 40),
	IS(kin_delivery, from_spool, 64),
	SIZE(kin_producer_options, 144),
	IS(kin_producer_options, buffer_bytes_max, 32),
	IS(kin_producer_options, record_bytes_max, 64),
	IS(kin_producer_options, order, 80),
	IS(kin_producer_options, reports, 84),
	IS(kin_producer_options, record_distribution_strategy, 88),
	IS(kin_producer_options, compress, 96),
	IS(kin_producer_options, compression_min_bytes, 108),
	IS(kin_producer_options, spool, 112),
	IS(kin_producer_options, spool_bytes_max, 120),
	IS(kin_producer_options, spool_fsync, 132),
	IS(kin_producer_options, aggregate, 136),
	SIZE(kin_producer_stats, 168),
	IS(kin_producer_stats, payload_units, 104),
	IS(kin_producer_stats, spool_bytes, 128),
	IS(kin_producer_stats, spool_damaged, 160),
	IS(kin_producer_stats, requests_failed, 88),
	SIZE(kin_lease, 88),
	IS(kin_lease, shard_id, 24),
	IS(kin_lease, counter, 40),
	IS(kin_lease, checkpoint, 48),
	IS(kin_lease, parents, 80),
	SIZE(kin_store, 72),
	IS(kin_store, close, 48),
	IS(kin_store, put_state, 56),
	IS(kin_store, get_state, 64),
	SIZE(kin_sink, 32),
	IS(kin_sink, send, 16),
	SIZE(kin_failure, 96),
	IS(kin_failure, attempts, 40),
	IS(kin_failure, json, 64),
	IS(kin_failure, json_payload, 80),
	SIZE(kin_consumer_options, 232),
	IS(kin_consumer_options, decompress, 216),
	IS(kin_consumer_options, handler, 64),
	IS(kin_consumer_options, starting_position, 112),
	IS(kin_consumer_options, batch_size, 124),
	IS(kin_consumer_options, buffer_bytes_max, 152),
	IS(kin_consumer_options, handler_timeout_ms, 180),
	IS(kin_consumer_options, bisect_batch_on_function_error, 192),
	IS(kin_consumer_options, on_failure_payload, 194),
	IS(kin_consumer_options, tumbling_window_ms, 204),
	IS(kin_consumer_options, poll_interval_max_ms, 208),
	IS(kin_consumer_options, shard_bytes_per_second_max, 212),
	SIZE(kin_window, 32),
	IS(kin_window, is_final, 24),
	SIZE(kin_consumer_health, 776),
	IS(kin_consumer_health, decompressed, 760),
	IS(kin_consumer_health, windows_opened, 712),
	IS(kin_consumer_health, batches_out, 744),
	IS(kin_consumer_health, shards, 16),
	IS(kin_consumer_health, error, 200),
	SIZE(kin_times, 48),
	IS(kin_times, max_us, 40),
	SIZE(kin_shard_snapshot, 120),
	IS(kin_shard_snapshot, checkpoint, 32),
	IS(kin_shard_snapshot, iterator_age_ms, 64),
	IS(kin_shard_snapshot, buffered_bytes, 104),
	IS(kin_shard_snapshot, reason, 112),
	SIZE(kin_consumer_snapshot, 208),
	IS(kin_consumer_snapshot, health, 48),
	IS(kin_consumer_snapshot, durations, 104),
	IS(kin_consumer_snapshot, shards_n, 200),
	SIZE(kin_code_count, 24),
	IS(kin_code_count, name, 16),
	SIZE(kin_producer_snapshot, 312),
	IS(kin_producer_snapshot, stats, 24),
	IS(kin_producer_snapshot, requests, 128),
	IS(kin_producer_snapshot, failed_n, 184),
	IS(kin_producer_snapshot, shards_n, 304),
	SIZE(kin_producer_shard, 104),
	IS(kin_producer_shard, requests, 56),
	SIZE(kin_metrics_handles, 48),
	IS(kin_metrics_handles, without_shards, 40),
	IS(kin_metrics_handles, producers, 24),
	SIZE(kin_start, 64),
	IS(kin_start, decompress, 48),
	IS(kin_start, position, 24),
	IS(kin_start, shards, 32),
	SIZE(kin_mock_options, 80),
	IS(kin_mock_options, port, 40),
	IS(kin_mock_options, seed, 56),
	IS(kin_mock_options, tls_certificate, 64),
	IS(kin_mock_options, tls_key, 72),
	SIZE(kin_mock_stats, 88),
#endif
};

START_TEST(layout)
{
	if (rows[_i].is != rows[_i].must)
		ck_abort_msg("%s is %zu, the ABI says %zu", rows[_i].what, rows[_i].is, rows[_i].must);
}
END_TEST

START_TEST(version)
{
	ck_assert_str_eq(kin_version(), "0.1.0");
	ck_assert_str_eq(kin_code_name(KIN_FULL), "KIN_FULL");
	ck_assert_str_eq(kin_code_name(1), "KIN_?");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layout");
	TCase *tcase = tcase_create("layout");
	tcase_add_loop_test(tcase, layout, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(tcase, version);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
