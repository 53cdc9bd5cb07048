/* Part of oom_api: consumers in both forms, with windows, and readers. */

static void consumer_options(struct kin_consumer_options *options, const char *store, const char *sink)
{
	kin_consumer_options_init(options);
	options->stream = "one";
	options->application = "oom";
	options->store = store;
	options->on_failure = sink;
	options->until = KIN_UNTIL_LATEST;
	options->poll_interval_ms = 200;
	options->behind_interval_ms = 0;
	options->retry_base_ms = 1;
	options->retry_max_ms = 5;
	options->filter_criteria = "{\"Filters\":[{\"Pattern\":\"{\\\"partitionKey\\\":[\\\"k\\\"]}\"}]}";
}

/* A snapshot, its JSON, and Prometheus' text. */
static int look(struct kin_consumer *consumer)
{
	struct kin_metrics_handles handles = { .size = sizeof handles,
		                               .consumers = &consumer,
		                               .consumers_n = 1 };
	struct kin_consumer_snapshot *snapshot;
	int code = TRY(kin_consumer_snapshot(consumer, &snapshot, &error));

	if (code != KIN_OK)
		return code;
	if (!kin_consumer_snapshot_json(snapshot, NULL))
		code = KIN_NOMEM;
	kin_consumer_snapshot_free(snapshot);
	return code != KIN_OK ? code : TRY(kin_metrics_write(&handles, take_text, NULL, &error));
}

/* One batch by hand, then the end. */
static int pull(void)
{
	struct kin_consumer_options options;
	struct kin_consumer *consumer;
	struct kin_client *client;
	struct kin_batch *batch;
	int code = open_client(&client), looked = KIN_OK;

	if (code != KIN_OK)
		return code;
	consumer_options(&options, "memory:", NULL);
	code = TRY(kin_consumer_open(&consumer, client, &options, &error));
	if (code == KIN_OK) {
		int closed;

		for (;;) {
			doing = "kin_consumer_next";
			error.message[0] = 0;
			code = kin_consumer_next(consumer, &batch, SOON_MS, &error);
			if (code != KIN_OK)
				break;
			while (kin_batch_next(batch))
				;
			kin_batch_event_json(batch, NULL);
			if (looked == KIN_OK)
				looked = look(consumer);
			kin_batch_finish(batch, KIN_OK);
		}
		code = judged("kin_consumer_next", code == KIN_END ? looked : code);
		closed = TRY(kin_consumer_close(consumer, SOON_MS, &error));
		code = code == KIN_OK ? closed : code;
	}
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

static int refuse(void *user, struct kin_batch *batch)
{
	const struct kin_record *record = kin_batch_next(batch);

	(void)user;
	return record && kin_batch_attempt(batch) == 1 ? kin_batch_fail(batch, record, "no: %d", 1)
	                                               : KIN_FAILED;
}

static int forget(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about, (void)kind;
	return where->level > 0 ? remove(path) : 0;
}

/* Every record is refused, tried again and written to the on-failure file; checkpoints in a file store. */
static int push(void)
{
	struct kin_consumer_options options;
	struct kin_client *client;
	char store[80], sink[96];
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(store, sizeof store, "file:%s", folder);
	snprintf(sink, sizeof sink, "file:%s/failed", folder);
	consumer_options(&options, store, sink);
	options.handler = refuse;
	options.maximum_retry_attempts = 1;
	options.bisect_batch_on_function_error = true;
	code = TRY(kin_consumer_run(client, &options, &error));
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

/* By hand and by a response in turn: a call that found no memory for its state is tried again. */
static int carry(void *user, struct kin_batch *batch)
{
	static const char response[] = "{\"state\":{\"n\": 2}}";

	(void)user;
	if (!kin_batch_state(batch, NULL) || !kin_batch_event_json(batch, NULL))
		return KIN_FAILED;
	return kin_batch_count(batch) % 2 ? kin_batch_set_state(batch, "{\"n\":1}", 7, NULL)
	                                  : kin_batch_respond(batch, response, sizeof response - 1);
}

/* Once to keep the state of the tumbling window, and once more to read it back. */
static int windows(void)
{
	struct kin_consumer_options options;
	struct kin_client *client;
	char store[80];
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(store, sizeof store, "file:%s", folder);
	consumer_options(&options, store, NULL);
	options.handler = carry;
	options.batch_size = 2;
	options.tumbling_window_ms = 900000;
	code = TRY(kin_consumer_run(client, &options, &error));
	if (code == KIN_OK)
		code = TRY(kin_consumer_run(client, &options, &error));
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}

static int reader(void)
{
	const struct kin_record *record;
	struct kin_reader *made;
	struct kin_client *client;
	struct kin_start start;
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	code = TRY(kin_reader_open(&made, client, "one", &start, &error));
	if (code == KIN_OK) {
		for (int i = 0; i < RECORDS && code == KIN_OK; i++)
			code = TRY(kin_reader_next(made, &record, SOON_MS, &error));
		doing = "kin_reader_close";
		kin_reader_close(made);
	}
	kin_client_close(client);
	return code;
}

/* Three records of 300 bytes each; where memory runs out they are read again, and never seen as they were. */
static int decompressed(void)
{
	static const struct kin_codec *const codecs[] = { &toy, NULL };
	const struct kin_record *record;
	struct kin_reader *made;
	struct kin_client *client;
	struct kin_start start;
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.decompress = codecs;
	code = TRY(kin_reader_open(&made, client, "small", &start, &error));
	if (code == KIN_OK) {
		for (int i = 0; i < 3 && code == KIN_OK; i++) {
			code = TRY(kin_reader_next(made, &record, SOON_MS, &error));
			if (code == KIN_OK &&
			    (record->data_size != 300 || memcmp(record->data, "zzzz", 4) != 0))
				bad("a record was not decompressed", KIN_BUG);
		}
		doing = "kin_reader_close";
		kin_reader_close(made);
	}
	kin_client_close(client);
	return code;
}
