#include "api/codec.h"
#include "api/handle.h"
#include "api/options.h"
#include "base/mem.h"
#include "drive/consume.h"
#include "io/error.h"
#include "kinesis/limits.h"
#include <kinstream/reader.h>

/* A reader is a consumer in pull form without a store: the batch it holds is the page it walks. */
struct kin_reader {
	struct kin__handle handle;
	struct kin__consume *consume;
	struct kin_batch *batch;
};

static int read_start(struct kin_start *own, const struct kin_start *given, struct kin_error *error)
{
	kin_start_init_sized(own, sizeof *own);
	if (!given)
		return KIN_OK;
	if (given->size < sizeof *own)
		return kin__error(error, KIN_INVALID,
		                  "kin_reader_open(): start was not initialised by kin_start_init()");
	for (size_t i = sizeof *own; i < given->size; i++)
		if (((const unsigned char *)given)[i])
			return kin__error(error, KIN_TOO_NEW,
			                  "kin_reader_open(): start uses a member that this library does not "
			                  "know");
	*own = *given;
	if (own->position < KIN_TRIM_HORIZON || own->position > KIN_AT_TIMESTAMP)
		return kin__error(error, KIN_INVALID,
		                  "kin_reader_open(): start.position is %d; KIN_TRIM_HORIZON, KIN_LATEST or "
		                  "KIN_AT_TIMESTAMP",
		                  (int)own->position);
	if (own->until < KIN_UNTIL_NEVER || own->until > KIN_UNTIL_TIMESTAMP)
		return kin__error(error, KIN_INVALID,
		                  "kin_reader_open(): start.until is %d; KIN_UNTIL_NEVER, KIN_UNTIL_LATEST "
		                  "or KIN_UNTIL_TIMESTAMP",
		                  (int)own->until);
	if (own->position == KIN_AT_TIMESTAMP && own->timestamp_ms <= 0)
		return kin__error(error, KIN_INVALID,
		                  "kin_reader_open(): start.timestamp_ms is %lld; Unix ms, with "
		                  "KIN_AT_TIMESTAMP",
		                  (long long)own->timestamp_ms);
	if (own->until == KIN_UNTIL_TIMESTAMP && own->until_timestamp_ms <= 0)
		return kin__error(error, KIN_INVALID,
		                  "kin_reader_open(): start.until_timestamp_ms is %lld; Unix ms, with "
		                  "KIN_UNTIL_TIMESTAMP",
		                  (long long)own->until_timestamp_ms);
	if (own->decompressed_bytes_max < 1024 || own->decompressed_bytes_max > 1073741824)
		return kin__error(error, KIN_INVALID,
		                  "kin_reader_open(): start.decompressed_bytes_max is %u; 1024 to 1073741824",
		                  (unsigned)own->decompressed_bytes_max);
	return kin__codec_check_list(own->decompress, "decompress", error);
}

static void settings(struct kin__consumer_settings *m, const struct kin_start *start)
{
	*m = (struct kin__consumer_settings){
		.starting_position = start->position,
		.starting_timestamp_ms = start->timestamp_ms,
		.until = start->until,
		.until_timestamp_ms = start->until_timestamp_ms,
		.on_gap = KIN_GAP_CONTINUE, /* it follows; a gap is in the log */
		.batch_size = 10000,
		.batch_bytes_max = 67108864,
		.maximum_retry_attempts = -1,
		.maximum_record_age_ms = -1,
		.deaggregate = true,
		.handlers_max = 16,
		.fetches_max = 16,
		.stores_max = 1,
		.buffer_bytes_max = 67108864,
		.poll_interval_us = 1000000,
		.behind_interval_us = 200000,
		.shard_bytes_per_s = KIN__SHARD_READ_BYTES_PER_S,
		.shard_sync_interval_us = 60000000,
		.retry_base_us = 1000000,
		.retry_max_us = 60000000,
		.only_shards = start->shards,
		.only_shards_n = start->shards_count,
	};
}

int kin_reader_open(struct kin_reader **out, struct kin_client *client, const char *stream,
                    const struct kin_start *start, struct kin_error *error)
{
	struct kin__consume_options options = { .stream = stream };
	struct kin__core *core = NULL;
	struct kin__reason reason;
	struct kin_start own;
	int code;

	if (!out || !stream)
		return kin__error(error, KIN_INVALID, "kin_reader_open(): %s must not be NULL",
		                  out ? "stream" : "out");
	*out = NULL;
	code = read_start(&own, start, error);
	options.decompress = own.decompress;
	options.decompressed_bytes_max = own.decompressed_bytes_max;
	if (code == KIN_OK && !kin__limits_stream(kin__span_text(stream), &reason))
		code = kin__error(error, KIN_INVALID, "kin_reader_open(): %s", reason.text);
	if (code == KIN_OK)
		code = kin__handle_core(client, "kin_reader_open()", &core, error);
	if (code != KIN_OK)
		return code;
	struct kin_reader *reader = kin__mem_zalloc(sizeof *reader);
	settings(&options.machine, &own);
	code = reader ? kin__consume_open(&reader->consume, core, &options, error) : kin__error_nomem(error);
	kin__core_unref(core);
	if (code != KIN_OK) {
		kin__mem_free(reader);
		return code;
	}
	kin__handle_init(&reader->handle, KIN__HANDLE_READER);
	*out = reader;
	return KIN_OK;
}

int kin_reader_next(struct kin_reader *reader, const struct kin_record **record, int64_t timeout_ms,
                    struct kin_error *error)
{
	int code = kin__handle_check(reader ? &reader->handle : NULL, KIN__HANDLE_READER, "kin_reader_next()",
	                             error);

	if (code == KIN_OK && !record)
		code = kin__error(error, KIN_INVALID, "kin_reader_next(): record must not be NULL");
	if (code != KIN_OK)
		return code;
	for (*record = NULL; code == KIN_OK;) {
		if (reader->batch && (*record = kin_batch_next(reader->batch)))
			return KIN_OK;
		if (reader->batch)
			kin__batch_finish(reader->batch, KIN_OK);
		reader->batch = NULL;
		code = kin__consume_next(reader->consume, &reader->batch, timeout_ms, error);
	}
	return code;
}

void kin_reader_close(struct kin_reader *reader)
{
	if (!reader ||
	    kin__handle_check(&reader->handle, KIN__HANDLE_READER, "kin_reader_close()", NULL) != KIN_OK)
		return;
	kin__consume_stop(reader->consume);
	if (reader->batch)
		kin__batch_finish(reader->batch, KIN_BUSY);
	reader->batch = NULL;
	int code = kin__consume_close(reader->consume, -1, NULL);
	if (code == KIN_WOULD_DEADLOCK)
		return; /* from a callback: nothing can be freed there */
	kin__handle_fini(&reader->handle);
	kin__mem_free(reader);
}
