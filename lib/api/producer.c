/* api/producer - kin_producer made true: arguments and options checked, then drive/produce. */
#include "api/codec.h"
#include "api/options.h"
#include "api/producer.h"
#include "base/mem.h"
#include "kinesis/limits.h"
#include <kinstream/producer.h>

enum { PUT_AT_ONCE = 32 }; /* entries of kin_producer_put_many() that are looked at and put together */

static int check(struct kin_producer *producer, const char *call, struct kin_error *error)
{
	return kin__handle_check(producer ? &producer->handle : NULL, KIN__HANDLE_PRODUCER, call, error);
}

static void machine_settings(struct kin__producer_settings *machine,
                             const struct kin_producer_options *options)
{
	kin__producer_settings_init(machine);
	machine->request_records_max = options->request_records_max;
	machine->request_bytes_max = options->request_bytes_max;
	machine->requests_max = options->requests_max;
	machine->linger_us = (uint64_t)options->linger_ms * 1000;
	machine->record_ttl_us = (uint64_t)options->record_ttl_ms * 1000;
	machine->buffer_bytes_max = options->buffer_bytes_max;
	machine->buffer_records_max = options->buffer_records_max;
	machine->aggregate = options->aggregate;
	machine->aggregate_bytes_max = options->aggregation_max_bytes;
	machine->aggregate_records_max = options->aggregation_max_records;
	if (options->record_bytes_max > 0) /* else aggregates are such that every stream takes them */
		machine->record_bytes_max = options->record_bytes_max;
	machine->rate_percent = options->rate_percent;
	machine->order_by_key = options->order == KIN_ORDER_KEY;
}

/* Where the service chooses the shard nobody knows it before, and the records of a key lie in many. */
static int check_distribution(const struct kin_producer_options *own, struct kin_error *error)
{
	const char *option = own->aggregate                ? "aggregate"
	                     : own->order == KIN_ORDER_KEY ? "order = key"
	                     : own->rate_percent > 0       ? "rate_percent"
	                                                   : NULL;

	if (!option || own->record_distribution_strategy != KIN_DISTRIBUTION_AUTO)
		return KIN_OK;
	return kin__error(error, KIN_INVALID,
	                  "kin_producer_open(): option %s needs a stream whose shards are chosen by the "
	                  "partition "
	                  "key; with record_distribution_strategy = auto the service chooses them",
	                  option);
}

static int check_compress(const struct kin_producer_options *own, struct kin_error *error)
{
	const struct kin_codec *codec = own->compress;
	int code = codec ? kin__codec_check(codec, "compress", error) : KIN_OK;

	if (!codec || code != KIN_OK || own->compression_level == 0 ||
	    (own->compression_level >= codec->level_min && own->compression_level <= codec->level_max))
		return code;
	return kin__error(error, KIN_INVALID,
	                  "kin_producer_open(): option compression_level is %d; of %s it must be %d..%d, or "
	                  "0 for "
	                  "the usual one",
	                  (int)own->compression_level, codec->name, (int)codec->level_min,
	                  (int)codec->level_max);
}

static int read_options(struct kin_producer_options *own, const struct kin_producer_options *given,
                        struct kin_error *error)
{
	struct kin__reason reason = { "" };
	int code = kin__options_read(&kin__options_producer, own, given, error);

	if (code != KIN_OK)
		return code;
	if (!own->stream)
		return kin__error(error, KIN_INVALID,
		                  "kin_producer_open(): option stream is required: the name or ARN of a "
		                  "stream");
	if (!kin__limits_stream(kin__span_text(own->stream), &reason))
		return kin__error(error, KIN_INVALID, "kin_producer_open(): option stream: %s", reason.text);
	if (own->record_bytes_max > 0 && own->record_bytes_max < 1024)
		return kin__error(error, KIN_INVALID,
		                  "kin_producer_open(): option record_bytes_max is %u; it must be "
		                  "1024..10485760, "
		                  "or 0 for what the stream takes",
		                  (unsigned)own->record_bytes_max);
	code = check_distribution(own, error);
	return code == KIN_OK ? check_compress(own, error) : code;
}

static int open_produce(struct kin_producer *producer, struct kin_client *client,
                        const struct kin_producer_options *own, struct kin_error *error)
{
	struct kin__produce_options options = { .stream = own->stream,
		                                .on_delivery = own->on_delivery,
		                                .user = own->user,
		                                .polled = own->reports == KIN_REPORTS_POLL,
		                                .own_client = !client,
		                                .record_bytes_max = own->record_bytes_max,
		                                .codec = own->compress,
		                                .compression_level = own->compression_level,
		                                .compression_min_bytes = own->compression_min_bytes,
		                                .keyless = own->record_distribution_strategy ==
		                                           KIN_DISTRIBUTION_AUTO,
		                                .spool = own->spool,
		                                .spool_bytes_max = own->spool_bytes_max,
		                                .spool_sync = (enum kin__spooler_sync)own->spool_fsync,
		                                .spool_interval_ms = own->spool_fsync_interval_ms };
	struct kin__core *core;
	int code = kin__handle_core(client, "kin_producer_open()", &core, error);

	if (code != KIN_OK)
		return code;
	machine_settings(&options.machine, own);
	code = kin__produce_open(&producer->produce, core, &options, error);
	kin__core_unref(core);
	return code;
}

int kin_producer_open(struct kin_producer **out, struct kin_client *client,
                      const struct kin_producer_options *options, struct kin_error *error)
{
	struct kin_producer_options own;
	struct kin_producer *producer;
	int code;

	if (!out || !options)
		return kin__error(error, KIN_INVALID, "kin_producer_open(): %s must not be NULL",
		                  out ? "options" : "out");
	*out = NULL;
	code = read_options(&own, options, error);
	if (code != KIN_OK)
		return code;
	producer = kin__mem_zalloc(sizeof *producer);
	if (!producer)
		return kin__error_nomem(error);
	code = open_produce(producer, client, &own, error);
	if (code != KIN_OK) {
		kin__mem_free(producer);
		return code;
	}
	kin__handle_init(&producer->handle, KIN__HANDLE_PRODUCER);
	*out = producer;
	return KIN_OK;
}

/* A program built with a longer struct may use members that we do not know. */
static int read_entry(struct kin_put_entry *own, const struct kin_put_entry *given, const char *call,
                      struct kin_error *error)
{
	const unsigned char *bytes = (const unsigned char *)given;

	if (!given || given->size < sizeof *own)
		return kin__error(error, KIN_INVALID, "%s: %s", call,
		                  given ? "clear the entry with kin_put_entry_init() first"
		                        : "entry must not be NULL");
	for (size_t i = offsetof(struct kin_put_entry, reserved); i < given->size; i++)
		if (bytes[i])
			return kin__error(error, KIN_TOO_NEW,
			                  "%s: the entry uses a member that libkinstream %s does not know",
			                  call, kin_version());
	*own = *given;
	return KIN_OK;
}

static int check_timeout(int64_t timeout_ms, const char *call, struct kin_error *error)
{
	if (timeout_ms < -1)
		return kin__error(error, KIN_INVALID,
		                  "%s: timeout_ms is %lld; it must be 0 or more, or -1 for no limit", call,
		                  (long long)timeout_ms);
	return KIN_OK;
}

static int check_entry(const struct kin_put_entry *entry, const char *call, struct kin_error *error)
{
	struct kin__reason reason = { "" };

	if (entry->data_size > 0 && !entry->data)
		return kin__error(error, KIN_INVALID, "%s: data is NULL but its size is %zu", call,
		                  entry->data_size);
	if (!entry->key && entry->key_size > 0)
		return kin__error(error, KIN_INVALID,
		                  "%s: the key is NULL but its size is %zu; for a record that may go "
		                  "anywhere it is 0",
		                  call, entry->key_size);
	if (entry->key && !kin__limits_partition_key(kin__span(entry->key, entry->key_size), &reason))
		return kin__error(error, KIN_INVALID, "%s: %s", call, reason.text);
	if (entry->hash_key && !kin__limits_hash_key(kin__span_text(entry->hash_key), &reason))
		return kin__error(error, KIN_INVALID, "%s: %s", call, reason.text);
	if (entry->ttl_ms != 0 && (entry->ttl_ms < 100 || entry->ttl_ms > INT32_MAX))
		return kin__error(error, KIN_INVALID,
		                  "%s: ttl_ms is %lld; it must be 100..2147483647, or 0 for the producer's "
		                  "record_ttl_ms",
		                  call, (long long)entry->ttl_ms);
	if (entry->release && !entry->data)
		return kin__error(error, KIN_INVALID, "%s: data is NULL: there is nothing to be released",
		                  call);
	return KIN_OK;
}

static int put_one(struct kin_producer *producer, const struct kin_put_entry *entry, int64_t timeout_ms,
                   const char *call, struct kin_error *error)
{
	struct kin__produce_patience patience = { .timeout_ms = timeout_ms };
	size_t accepted = 0;
	int code = check_entry(entry, call, error);

	if (code == KIN_OK)
		code = check_timeout(timeout_ms, call, error);
	return code == KIN_OK ? kin__produce_put(producer->produce, entry, 1, &accepted, &patience, error)
	                      : code;
}

int kin_producer_put(struct kin_producer *producer, const void *key, size_t key_size, const void *data,
                     size_t size, int64_t timeout_ms, struct kin_error *error)
{
	struct kin_put_entry entry = {
		.size = sizeof entry, .key = key, .key_size = key_size, .data = data, .data_size = size
	};
	int code = check(producer, "kin_producer_put()", error);

	return code == KIN_OK ? put_one(producer, &entry, timeout_ms, "kin_producer_put()", error) : code;
}

int kin_producer_put_entry(struct kin_producer *producer, const struct kin_put_entry *entry, void *token,
                           int64_t timeout_ms, struct kin_error *error)
{
	struct kin_put_entry own;
	int code = check(producer, "kin_producer_put_entry()", error);

	if (code == KIN_OK)
		code = read_entry(&own, entry, "kin_producer_put_entry()", error);
	if (code != KIN_OK)
		return code;
	own.token = token;
	return put_one(producer, &own, timeout_ms, "kin_producer_put_entry()", error);
}

/* --- many in one call -------------------------------------------------------------------- */

/* In an array of structs that may be longer than ours. */
static const struct kin_put_entry *entry_at(const struct kin_put_entry *entries, size_t i)
{
	return (const struct kin_put_entry *)(const void *)((const char *)entries + i * entries->size);
}

/* How many of the first `n` are fine; code: what is wrong with the one behind them. */
static size_t read_some(struct kin_put_entry *own, const struct kin_put_entry *entries, size_t first,
                        size_t n, int *code, struct kin_error *error)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct kin_put_entry *entry = entry_at(entries, first + i);

		*code = entry->size != entries->size
		                        ? kin__error(error, KIN_INVALID,
		                                     "kin_producer_put_many(): clear each entry with "
		                                     "kin_put_entry_init() first")
		                        : read_entry(&own[i], entry, "kin_producer_put_many()", error);
		if (*code == KIN_OK)
			*code = check_entry(&own[i], "kin_producer_put_many()", error);
		if (*code != KIN_OK)
			break;
	}
	return i;
}

static int put_all(struct kin_producer *producer, const struct kin_put_entry *entries, size_t n,
                   size_t *accepted, int64_t timeout_ms, struct kin_error *error)
{
	struct kin__produce_patience patience = { .timeout_ms = timeout_ms };
	struct kin_put_entry own[PUT_AT_ONCE];
	int code = KIN_OK;

	while (code == KIN_OK && *accepted < n) {
		size_t left = n - *accepted;
		size_t fine = read_some(own, entries, *accepted, left < PUT_AT_ONCE ? left : PUT_AT_ONCE,
		                        &code, error);
		int put = kin__produce_put(producer->produce, own, fine, accepted, &patience, error);

		if (put != KIN_OK)
			code = put;
	}
	return code;
}

int kin_producer_put_many(struct kin_producer *producer, const struct kin_put_entry *entries, size_t n,
                          size_t *accepted, int64_t timeout_ms, struct kin_error *error)
{
	static const char call[] = "kin_producer_put_many()";
	size_t own_accepted = 0;
	int code;

	if (accepted)
		*accepted = 0;
	code = check(producer, call, error);
	if (code == KIN_OK)
		code = check_timeout(timeout_ms, call, error);
	if (code == KIN_OK && n > 0 && (!entries || entries->size % _Alignof(struct kin_put_entry) != 0))
		code = kin__error(error, KIN_INVALID, "%s: %s", call,
		                  entries ? "clear each entry with kin_put_entry_init() first"
		                          : "entries must not be NULL");
	if (code == KIN_OK && n > 0)
		code = put_all(producer, entries, n, &own_accepted, timeout_ms, error);
	if (accepted)
		*accepted = own_accepted;
	return code;
}

int kin_producer_flush(struct kin_producer *producer, int64_t timeout_ms, struct kin_error *error)
{
	int code = check(producer, "kin_producer_flush()", error);

	return code == KIN_OK ? kin__produce_flush(producer->produce, timeout_ms, error) : code;
}

/* The pull forms are there as the options say. */
static int check_pull(const struct kin_producer *producer, enum kin__produce_reports wanted,
                      int64_t timeout_ms, const char *call, struct kin_error *error)
{
	enum kin__produce_reports reports = producer->produce->set.reports;

	if (reports == KIN__PRODUCE_COUNT || reports == KIN__PRODUCE_CALL)
		return kin__error(error, KIN_INVALID,
		                  "%s: the producer was opened without option reports = poll", call);
	if (reports != wanted)
		return kin__error(
				error, KIN_INVALID,
				reports == KIN__PRODUCE_NEXT
						? "%s: the producer was opened without on_delivery: take its "
						  "reports by kin_producer_next()"
						: "%s: the producer was opened with on_delivery, which gets "
						  "the reports from kin_producer_poll()",
				call);
	return check_timeout(timeout_ms, call, error);
}

int kin_producer_poll(struct kin_producer *producer, int64_t timeout_ms, uint32_t max,
                      struct kin_error *error)
{
	int code = check(producer, "kin_producer_poll()", error);

	if (code == KIN_OK)
		code = check_pull(producer, KIN__PRODUCE_POLL, timeout_ms, "kin_producer_poll()", error);
	return code == KIN_OK ? kin__produce_poll(producer->produce, timeout_ms, max, error) : code;
}

int kin_producer_next(struct kin_producer *producer, const struct kin_delivery **delivery, int64_t timeout_ms,
                      struct kin_error *error)
{
	int code = check(producer, "kin_producer_next()", error);

	if (code == KIN_OK)
		code = check_pull(producer, KIN__PRODUCE_NEXT, timeout_ms, "kin_producer_next()", error);
	if (code == KIN_OK && !delivery)
		code = kin__error(error, KIN_INVALID, "kin_producer_next(): delivery must not be NULL");
	return code == KIN_OK ? kin__produce_next(producer->produce, delivery, timeout_ms, error) : code;
}

int kin_producer_fd(struct kin_producer *producer)
{
	return check(producer, "kin_producer_fd()", NULL) == KIN_OK ? producer->produce->inbox.pipe.ends[0]
	                                                            : -1;
}

int kin_producer_stats(struct kin_producer *producer, struct kin_producer_stats *stats,
                       struct kin_error *error)
{
	struct kin_producer_stats own;
	int code = check(producer, "kin_producer_stats()", error);
	size_t told;

	if (code != KIN_OK)
		return code;
	if (!stats || stats->size < offsetof(struct kin_producer_stats, requests_failed))
		return kin__error(error, KIN_INVALID,
		                  "kin_producer_stats(): set stats->size to sizeof *stats before the call");
	kin__produce_stats(producer->produce, &own);
	told = stats->size;
	memcpy(stats, &own, told < sizeof own ? told : sizeof own);
	stats->size = told;
	return KIN_OK;
}

int kin_producer_close(struct kin_producer *producer, int64_t timeout_ms, struct kin_error *error)
{
	int code;

	if (!producer)
		return KIN_OK;
	code = check(producer, "kin_producer_close()", error);
	if (code != KIN_OK)
		return code;
	code = kin__produce_close(producer->produce, timeout_ms, error);
	if (code == KIN_TIMEOUT || code == KIN_WOULD_DEADLOCK)
		return code;
	kin__handle_fini(&producer->handle);
	kin__mem_free(producer);
	return code;
}
