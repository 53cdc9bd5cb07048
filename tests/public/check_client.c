/* The client, its calls, errors and log, through the public interface against the mock. */
#include "client_scene.h"

/* --- every operation --------------------------------------------------------------- */

static void wait_ok(struct kin_call *call)
{
	OK(kin_call_wait(call, 10000, &error));
	ck_assert_str_ne(kin_call_request_id(call), "");
}

static char *shard_iterator(const char *shard)
{
	struct kin_call *call = on_stream(client, "GetShardIterator");
	const char *text;
	char *copy;

	set(call, "ShardId", shard);
	set(call, "ShardIteratorType", "TRIM_HORIZON");
	wait_ok(call);
	OK(kin_call_text(call, "ShardIterator", &text, NULL));
	copy = strcpy(malloc(strlen(text) + 1), text);
	kin_call_free(call);
	return copy;
}

static void create_describe(void)
{
	struct kin_call *call = call_of(client, "CreateStream");
	const char *text;
	int64_t number;
	size_t size;

	set(call, "StreamName", "made");
	OK(kin_call_set_integer(call, "ShardCount", 3, &error));
	wait_ok(call);
	kin_call_body(call, &size);
	ck_assert_uint_eq(size, 0);
	ck_assert_int_eq(kin_call_integer(call, "Anything", &number), KIN_NOT_FOUND);
	kin_call_free(call);
	call = call_of(client, "DescribeStreamSummary");
	set(call, "StreamName", "made");
	wait_ok(call);
	OK(kin_call_integer(call, "StreamDescriptionSummary.OpenShardCount", &number));
	ck_assert_int_eq(number, 3);
	OK(kin_call_text(call, "StreamDescriptionSummary.StreamARN", &text, &size));
	ck_assert_int_eq(strncmp(text, "arn:aws:kinesis:us-east-1:", 26), 0);
	ck_assert_uint_eq(size, strlen(text));
	OK(kin_call_time(call, "StreamDescriptionSummary.StreamCreationTimestamp", &number));
	ck_assert_int_gt(number, INT64_C(1600000000000));
	ck_assert_int_eq(kin_call_integer(call, "StreamDescriptionSummary.StreamName", &number), KIN_INVALID);
	ck_assert_int_eq(kin_call_text(call, "StreamDescriptionSummary.None", &text, NULL), KIN_NOT_FOUND);
	kin_call_free(call);
}

static void list(void)
{
	struct kin_call *call = call_of(client, "ListStreams");
	const char *text;
	bool more = true;
	size_t size;

	wait_ok(call);
	ck_assert_uint_eq(kin_call_count(call, "StreamNames"), 2);
	ck_assert_uint_eq(kin_call_count(call, "Nothing"), 0);
	OK(kin_call_boolean(call, "HasMoreStreams", &more));
	ck_assert(!more);
	ck_assert_ptr_nonnull(strstr(kin_call_body(call, &size), "\"made\""));
	ck_assert_ptr_null(kin_call_records(call, &size));
	ck_assert_uint_eq(size, 0);
	kin_call_free(call);
	call = on_stream(client, "ListShards");
	wait_ok(call);
	ck_assert_uint_eq(kin_call_count(call, "Shards"), 2);
	OK(kin_call_text(call, "Shards[1].HashKeyRange.EndingHashKey", &text, NULL));
	ck_assert_str_eq(text, "340282366920938463463374607431768211455");
	kin_call_free(call);
}

static void put(void)
{
	static const char data[] = "\0\x01\xff text \0";
	struct kin_call *call = on_stream(client, "PutRecord");
	struct kin_put_entry entry;
	const char *text;
	int64_t failed;

	set(call, "PartitionKey", "k");
	set(call, "ExplicitHashKey", "0");
	OK(kin_call_set_data(call, "Data", data, sizeof data, &error));
	wait_ok(call);
	OK(kin_call_text(call, "ShardId", &text, NULL));
	ck_assert_str_eq(text, "shardId-000000000000");
	kin_call_free(call);
	call = on_stream(client, "PutRecords");
	kin_put_entry_init(&entry);
	entry.key = "a\0b";
	entry.key_size = 3;
	entry.hash_key = "0";
	for (int i = 0; i < 3; i++) {
		entry.data = data + i;
		entry.data_size = sizeof data - (size_t)i;
		OK(kin_call_add_record(call, &entry, &error));
	}
	wait_ok(call);
	ck_assert_uint_eq(kin_call_count(call, "Records"), 3);
	OK(kin_call_integer(call, "FailedRecordCount", &failed));
	ck_assert_int_eq(failed, 0);
	kin_call_free(call);
}

static void get(void)
{
	struct kin_call *call = call_of(client, "GetRecords");
	char *iterator = shard_iterator("shardId-000000000000");
	const struct kin_record *records;
	const char *text;
	size_t n;

	set(call, "ShardIterator", iterator);
	OK(kin_call_set_integer(call, "Limit", 100, &error));
	wait_ok(call);
	records = kin_call_records(call, &n);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(records[0].shard_id, "");   /* neither the iterator nor the answer tells it */
	ck_assert_uint_eq(records[0].data_size, 11); /* the literal with its last 0 */
	ck_assert_int_eq(memcmp(records[0].data, "\0\x01\xff text \0", 11), 0);
	ck_assert_uint_eq(records[3].partition_key_size, 3);
	ck_assert_int_eq(memcmp(records[3].partition_key, "a\0b", 4), 0);
	ck_assert_int_gt((int64_t)strlen(records[1].sequence_number), 0);
	OK(kin_call_text(call, "NextShardIterator", &text, NULL));
	text = kin_call_body(call, &n);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_ptr_nonnull(strstr(text, "MillisBehindLatest"));
	ck_assert_ptr_null(strstr(text, "PartitionKey"));
	kin_call_free(call);
	free(iterator);
}

static void reshard(void)
{
	struct kin_call *call = on_stream(client, "SplitShard");

	set(call, "ShardToSplit", "shardId-000000000000");
	set(call, "NewStartingHashKey", "1000");
	wait_ok(call);
	kin_call_free(call);
	call = on_stream(client, "MergeShards");
	set(call, "ShardToMerge", "shardId-000000000002");
	set(call, "AdjacentShardToMerge", "shardId-000000000003");
	wait_ok(call);
	kin_call_free(call);
	call = on_stream(client, "DeleteStream");
	OK(kin_call_set_boolean(call, "EnforceConsumerDeletion", true, &error));
	wait_ok(call);
	kin_call_free(call);
}

START_TEST(every_operation)
{
	create_describe();
	list();
	put();
	get();
	reshard();
	ck_assert_int_eq(put_one(client), KIN_NOT_FOUND);
	ck_assert_str_eq(error.aws_code, "ResourceNotFoundException");
	ck_assert_int_eq(error.http_status, 400);
	ck_assert_int_eq(error.retryable, 0);
	ck_assert_str_ne(error.request_id, "");
	ck_assert_uint_eq(stats().refused, 0);
	ck_assert_uint_eq(stats().connections, 1);
}
END_TEST

#define REFUSED(expression, part)                                                                            \
	do {                                                                                                 \
		int code_ = (expression);                                                                    \
		ck_assert_int_eq(code_, KIN_INVALID);                                                        \
		ck_assert_int_eq(error.code, KIN_INVALID);                                                   \
		ck_assert_msg(strstr(error.message, (part)), "%s", error.message);                           \
	} while (0)

/* The client knows more than this endpoint does. */
START_TEST(unknown_there)
{
	static const char *const names[] = { "DescribeAccountSettings",
		                             "ListChannels" }; /* nothing is required */
	struct kin_call *call;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		call = call_of(client, names[i]);
		ck_assert_int_eq(kin_call_wait(call, -1, &error), KIN_UNSUPPORTED);
		ck_assert_str_eq(error.aws_code, "UnknownOperationException");
		ck_assert(strstr(error.message, names[i]) != NULL);
		kin_call_free(call);
	}
	call = call_of(client, "DescribeStreamConsumer");
	REFUSED(kin_call_set_text(call, "ConsumerARN", "arn:aws:kinesis", &error), "RESOURCE");
	REFUSED(kin_call_set_text(call, "ConsumerName", "a b", &error), "consumer name 'a b'");
	kin_call_free(call);
	REFUSED(kin_call_new(&call, client, "SubscribeToShard", &error), "stream of events");
	ck_assert_uint_eq(stats().requests, 2);
}
END_TEST

/* --- arguments ---------------------------------------------------------------------- */

START_TEST(arguments)
{
	struct kin_put_entry entry;
	struct kin_call *call;
	const char *text;

	REFUSED(kin_call_new(&call, client, "PutRecrods", &error), "PutRecords");
	REFUSED(kin_call_new(&call, NULL, "PutRecords", &error), "NULL");
	REFUSED(kin_call_new(&call, client, NULL, &error), "operation");
	REFUSED(kin_call_new(NULL, client, "PutRecords", &error), "out");
	REFUSED(kin_call_start(NULL, NULL, NULL, &error), "NULL");
	call = call_of(client, "PutRecord");
	REFUSED(kin_call_set_text(call, "PartitionKye", "k", &error), "PartitionKey");
	REFUSED(kin_call_set_text(call, "PartitionKey", NULL, &error), "NULL");
	REFUSED(kin_call_set_text(call, "PartitionKey", "", &error), "1 to 256");
	REFUSED(kin_call_set_text(call, NULL, "k", &error), "NULL");
	REFUSED(kin_call_set_integer(call, "PartitionKey", 1, &error), "PartitionKey");
	REFUSED(kin_call_set_text(call, "ExplicitHashKey", "x", &error), "x");
	REFUSED(kin_call_set_text(call, "StreamName", "no/slash", &error), "no/slash");
	REFUSED(kin_call_wait(call, -1, &error), "Data");
	OK(kin_call_set_data(call, "Data", NULL, 0, &error));
	REFUSED(kin_call_set_data(call, "Data", NULL, 1, &error), "Data");
	OK(kin_call_set_data(call, "Data", "", 0, &error));
	REFUSED(kin_call_wait(call, -1, &error), "StreamName");
	kin_put_entry_init(&entry);
	REFUSED(kin_call_add_record(call, &entry, &error), "PutRecords");
	set(call, "StreamName", "wrong");
	set(call, "StreamName", "s"); /* the later one counts */
	set(call, "PartitionKey", "k");
	ck_assert_int_eq(kin_call_text(call, "ShardId", &text, NULL), KIN_NOT_FOUND); /* not yet */
	OK(kin_call_wait(call, -1, &error));
	OK(kin_call_wait(call, -1, &error)); /* again: the same answer */
	REFUSED(kin_call_start(call, NULL, NULL, &error), "started already");
	REFUSED(kin_call_set_text(call, "StreamName", "s", &error), "started already");
	ck_assert_int_eq(kin_call_text(call, NULL, &text, NULL), KIN_INVALID);
	kin_call_free(call);
	kin_call_free(NULL);
	ck_assert_uint_eq(stats().requests, 1); /* what is wrong never leaves the house */
}
END_TEST

START_TEST(records)
{
	struct kin_call *call = on_stream(client, "PutRecords");
	struct kin_put_entry entry;
	struct {
		struct kin_put_entry known;
		uint64_t newer;
	} future = { .newer = 1 };

	memset(&entry, 0, sizeof entry);
	REFUSED(kin_call_add_record(call, &entry, &error), "kin_put_entry_init");
	kin_put_entry_init(&entry);
	future.known = entry;
	future.known.size = sizeof future;
	ck_assert_int_eq(kin_call_add_record(call, &future.known, &error), KIN_TOO_NEW);
	entry.data_size = 1;
	REFUSED(kin_call_add_record(call, &entry, &error), "NULL");
	entry.data = "x";
	entry.key = "";
	REFUSED(kin_call_add_record(call, &entry, &error), "key");
	entry.key = "k";
	entry.key_size = 1;
	entry.hash_key = "-1";
	REFUSED(kin_call_add_record(call, &entry, &error), "-1");
	entry.hash_key = NULL;
	for (int i = 0; i < 500; i++)
		OK(kin_call_add_record(call, &entry, &error));
	REFUSED(kin_call_add_record(call, &entry, &error), "500");
	OK(kin_call_wait(call, -1, &error));
	ck_assert_uint_eq(kin_call_count(call, "Records"), 500);
	kin_call_free(call);
	call = on_stream(client, "PutRecords");
	REFUSED(kin_call_set_json(call, "Records", "[{]", &error), "not JSON");
	REFUSED(kin_call_wait(call, -1, &error), "Records");
	OK(kin_call_set_json(call, "Records", " [{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}] ", &error));
	REFUSED(kin_call_add_record(call, &entry, &error), "JSON");
	OK(kin_call_wait(call, -1, &error));
	kin_call_free(call);
	ck_assert_uint_eq(stats().records_stored, 501);
}
END_TEST

/* What one client puts the other reads; answers and errors are of the same words. */
START_TEST(both_wires)
{
	struct kin_client_options options = mock_options();
	struct kin_client *clients[2] = { client, NULL };
	struct kin_call *calls[2];
	const char *bodies[2], *text;
	size_t n;

	options.wire = KIN_WIRE_JSON;
	clients[1] = client_with(&options);
	for (int i = 0; i < 2; i++) {
		calls[i] = on_stream(clients[i], "DescribeStreamSummary");
		wait_ok(calls[i]);
		bodies[i] = kin_call_body(calls[i], NULL);
	}
	ck_assert_str_eq(bodies[0], bodies[1]);
	kin_call_free(calls[0]);
	kin_call_free(calls[1]);
	for (int i = 0; i < 2; i++) {
		calls[i] = on_stream(clients[i], "PutRecords");
		REFUSED(kin_call_set_json(calls[i], "Records", "[{\"Data\":\"AAH/\"", &error), "not JSON");
		OK(kin_call_set_json(calls[i], "Records",
		                     "[{\"Data\":\"AAH/\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"0\"}]",
		                     &error));
		wait_ok(calls[i]);
		OK(kin_call_text(calls[i], "Records[0].ShardId", &text, NULL));
		ck_assert_str_eq(text, "shardId-000000000000");
		text = kin_call_body(calls[i], &n);
		ck_assert_uint_eq(n, strlen(text));
		ck_assert_int_eq(text[0], '{');
		kin_call_free(calls[i]);
	}
	for (int i = 0; i < 2; i++) {
		const struct kin_record *got;
		struct kin_call *call = call_of(clients[i], "GetRecords");
		char *iterator = shard_iterator("shardId-000000000000");

		set(call, "ShardIterator", iterator);
		wait_ok(call);
		got = kin_call_records(call, &n);
		ck_assert_uint_eq(n, 2);
		for (size_t k = 0; k < n; k++) {
			ck_assert_uint_eq(got[k].data_size, 3);
			ck_assert_int_eq(memcmp(got[k].data, "\0\x01\xff", 3), 0);
			ck_assert_int_gt(got[k].arrival_ms, 1700000000000);
		}
		free(iterator);
		kin_call_free(call);
	}
	calls[0] = on_stream(client, "PutRecords");
	REFUSED(kin_call_set_json(calls[0], "Records", "[{\"Data\":\"?\"}]", &error),
	        "Records.Data: base64 is due");
	kin_call_free(calls[0]);
	for (int i = 0; i < 2; i++) {
		calls[i] = call_of(clients[i], "GetRecords");
		set(calls[i], "ShardIterator", "nonsense");
		ck_assert_int_eq(kin_call_wait(calls[i], -1, &error), KIN_REFUSED);
		ck_assert_ptr_nonnull(strstr(error.message,
		                             "GetRecords: InvalidArgumentException: Invalid ShardIterator"));
		ck_assert_str_eq(error.aws_code, "InvalidArgumentException");
		kin_call_free(calls[i]);
	}
	kin_client_close(clients[1]);
}
END_TEST

START_TEST(open_errors)
{
	struct kin_client_options options = mock_options();
	struct kin_client *none;

	REFUSED(kin_client_open(NULL, &options, &error), "out");
	options.region = "no such region";
	REFUSED(kin_client_open(&none, &options, &error), "no such region");
	ck_assert_ptr_null(none);
	options = mock_options();
	options.connections_max = 0;
	REFUSED(kin_client_open(&none, &options, &error), "connections_max");
	options = mock_options();
	options.endpoint_url = "gopher://x";
	REFUSED(kin_client_open(&none, &options, &error), "gopher://x");
	options = mock_options();
	options.ca_bundle = "/nonexistent.pem";
	REFUSED(kin_client_open(&none, &options, &error), "/nonexistent.pem");
	options = mock_options();
	options.log_line = kin_log_json_stderr;
	REFUSED(kin_client_open(&none, &options, &error), "log_line");
	options = mock_options();
	options.secret_access_key = NULL;
	ck_assert_int_eq(kin_client_open(&none, &options, &error), KIN_CREDENTIALS);
	ck_assert_ptr_nonnull(strstr(error.message, "secret_access_key"));
	options.access_key_id = NULL;
	ck_assert_int_eq(kin_client_open(&none, &options, NULL), KIN_CREDENTIALS);
	options.region = NULL;
	REFUSED(kin_client_open(&none, &options, &error), "AWS_REGION");
	kin_client_close(NULL);
}
END_TEST

START_TEST(from_environment)
{
	struct kin_client *made;

	setenv("AWS_ACCESS_KEY_ID", "AKIDMOCK", 1);
	setenv("AWS_SECRET_ACCESS_KEY", SECRET, 1);
	setenv("AWS_REGION", "us-east-1", 1);
	setenv("AWS_ENDPOINT_URL_KINESIS", kin_mock_url(mock), 1);
	made = client_with(NULL);
	ck_assert_int_eq(put_one(made), KIN_OK);
	kin_client_close(made);
}
END_TEST

/* --- names, version, log ------------------------------------------------------------- */

START_TEST(names)
{
	int major, minor, patch;

	ck_assert_str_eq(kin_code_name(KIN_OK), "KIN_OK");
	ck_assert_str_eq(kin_code_name(KIN_FULL), "KIN_FULL");
	ck_assert_str_eq(kin_code_name(KIN_LATER), "KIN_LATER");
	ck_assert_str_eq(kin_code_name(1), "KIN_?");
	for (int code = KIN_NOMEM; code >= KIN_END; code--)
		ck_assert_str_ne(kin_code_name(code), "KIN_?");
	ck_assert_int_eq(sscanf(kin_version(), "%d.%d.%d", &major, &minor, &patch), 3);
	ck_assert_str_eq(kin_log_level_name(KIN_LOG_NONE), "none");
	ck_assert_str_eq(kin_log_level_name(KIN_LOG_TRACE), "trace");
	ck_assert_str_eq(kin_log_level_name(-1), "?");
	ck_assert_str_eq(kin_log_level_name(6), "?");
}
END_TEST

START_TEST(log_to_stderr)
{
	int pipes[2], was = dup(2);
	char text[4096] = "", level[16], room[16];
	ssize_t n;

	ck_assert_int_eq(pipe(pipes), 0);
	dup2(pipes[1], 2);
	kin_log_stderr(NULL, KIN_LOG_WARN, "client", "a line");
	n = read(pipes[0], text, sizeof text - 1);
	memset(text, 'x', 3000); /* longer than any line of ours: cut, and still a line */
	kin_log_stderr(NULL, KIN_LOG_INFO, "client", text);
	dup2(was, 2);
	ck_assert_int_gt(n, 30);
	n = read(pipes[0], text + 2000, 1990);
	ck_assert_int_gt(n, 1000);
	ck_assert_int_eq(text[2000 + n - 1], '\n');
	dup2(pipes[1], 2);
	kin_log_stderr(NULL, KIN_LOG_WARN, "client", "a line");
	dup2(was, 2);
	n = read(pipes[0], text, sizeof text - 1);
	text[n] = 0;
	ck_assert_int_eq(sscanf(text, "%*4d-%*2d-%*2dT%*2d:%*2d:%*fZ %15s %15s", level, room), 2);
	ck_assert_str_eq(level, "warn");
	ck_assert_str_eq(room, "client");
	ck_assert_str_eq(text + n - 8, " a line\n");
	close(pipes[0]);
	close(pipes[1]);
	close(was);
}
END_TEST

START_TEST(log_levels)
{
	struct kin_client_options options = mock_options();
	struct kin_client *quiet;

	options.log_level = KIN_LOG_ERROR;
	quiet = client_with(&options);
	journal.n = 0;
	journal.text[0] = 0;
	fault("*:error500:count=1");
	ck_assert_int_eq(put_one(quiet), KIN_OK);
	kin_client_close(quiet);
	ck_assert_uint_eq(journal.n, 0);
	ck_assert_int_eq(put_one(client), KIN_OK);
	ck_assert_ptr_nonnull(strstr(journal.text, "trace http PutRecord"));
}
END_TEST

/* The same lines with their parts, as JSON. */
static void keep_parts(void *user, const struct kin_log_line *line)
{
	char text[4096];

	ck_assert_ptr_eq(user, &journal);
	ck_assert_uint_eq(line->size, sizeof *line);
	pthread_mutex_lock(&journal.lock);
	if (journal.n + kin_log_json(line, text, sizeof text) + 2 < sizeof journal.text)
		journal.n += (size_t)snprintf(journal.text + journal.n, sizeof text + 2, "%s\n", text);
	pthread_mutex_unlock(&journal.lock);
}

START_TEST(log_parts)
{
	struct kin_client_options options = mock_options();
	struct kin_client *parts;

	options.log = NULL;
	options.log_line = keep_parts;
	options.log_user = &journal;
	parts = client_with(&options);
	fault("*:error500:count=1");
	ck_assert_int_eq(put_one(parts), KIN_OK);
	kin_client_close(parts);
	ck_assert_ptr_nonnull(
			strstr(journal.text, "\"level\":\"debug\",\"room\":\"client\",\"message\":\"open: "));
	ck_assert_ptr_nonnull(strstr(journal.text,
	                             "\"level\":\"trace\",\"room\":\"http\",\"message\":\"PutRecord: "));
	ck_assert_ptr_nonnull(strstr(journal.text, "\"operation\":\"PutRecord\",\"requestId\":\""));
	ck_assert_ptr_null(strstr(journal.text, "\"stream\""));
}
END_TEST

START_TEST(log_json_to_stderr)
{
	static const char wanted[] = "{\"time\":\"1970-01-01T00:00:00.005Z\",\"level\":\"info\",\"room\":"
				     "\"app\",\"message\":\"m\"}\n";
	struct kin_log_line line = {
		.size = sizeof line, .time_ms = 5, .level = KIN_LOG_INFO, .room = "app", .message = "m"
	};
	int pipes[2], was = dup(2);
	char text[512];
	ssize_t n;

	ck_assert_int_eq(pipe(pipes), 0);
	dup2(pipes[1], 2);
	kin_log_json_stderr(NULL, &line);
	dup2(was, 2);
	n = read(pipes[0], text, sizeof text - 1);
	ck_assert_int_gt(n, 0);
	text[n] = 0;
	ck_assert_str_eq(text, wanted);
	close(pipes[0]);
	close(pipes[1]);
	close(was);
}
END_TEST

#include "client_faults.h"
#include "client_refresh.h"
#include "client_records.h"

static void setup_cbor(void)
{
	wire = KIN_WIRE_CBOR;
	setup();
}

static Suite *client_suite(void)
{
	Suite *suite = suite_create("client");
	TCase *plain = tcase_create("plain"), *cbor = tcase_create("CBOR");

	tcase_add_checked_fixture(plain, setup, teardown);
	tcase_set_timeout(plain, 30);
	tcase_add_test(plain, unknown_there);
	tcase_add_test(plain, every_operation);
	tcase_add_test(plain, arguments);
	tcase_add_test(plain, records);
	tcase_add_test(plain, open_errors);
	tcase_add_test(plain, from_environment);
	tcase_add_test(plain, names);
	tcase_add_test(plain, log_to_stderr);
	tcase_add_test(plain, log_levels);
	tcase_add_test(plain, log_parts);
	tcase_add_test(plain, log_json_to_stderr);
	tcase_add_loop_test(plain, expired_keys_are_read_again, 0, 3);
	add_records(plain);
	suite_add_tcase(suite, plain);
	tcase_add_checked_fixture(cbor, setup_cbor, teardown);
	tcase_set_timeout(cbor, 30);
	tcase_add_test(cbor, every_operation);
	tcase_add_test(cbor, arguments);
	tcase_add_test(cbor, records);
	tcase_add_test(cbor, both_wires);
	add_records(cbor);
	suite_add_tcase(suite, cbor);
	suite_add_tcase(suite, faults_case());
	suite_add_tcase(suite, threads_case());
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(client_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
