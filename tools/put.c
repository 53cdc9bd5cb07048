#include "entry.h"
#include "input.h"
#include "metrics.h"
#include "progress.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
		"usage: kinstream put STREAM [--key KEY] [--format raw|keyed|jsonl] [--aggregate] [--order]\n"
		"       [--rate PERCENT] [--compress gzip|zstd[:LEVEL]] [--spool FOLDER] [--acks] "
		"[FILE...]\n\n"
		"Puts each line of the files (or standard input, '-') as a record and prints a JSON summary "
		"at the end.\n"
		"raw: the line is the data; keyed: KEY<TAB>DATA; jsonl: "
		"{\"partitionKey\",\"data\"(base64),\"explicitHashKey\"}.\n"
		"--key: one partition key for all; without it records are spread over the shards.\n"
		"--aggregate: many records in one, in the KPL's format.  --order: those of a key stay in "
		"order.\n"
		"--rate: no shard is sent more than this share of what it takes.\n"
		"--compress: each record's data as a frame that gunzip or zstd -d undoes, where that is "
		"smaller.\n"
		"--spool: records are kept in that folder until they are stored; what an earlier run left "
		"goes first.\n"
		"--acks: a JSON line for each delivery report.  Producer options by -o, for example -o "
		"linger_ms=5.\n";

struct put {
	struct tool *tool;
	struct kin_producer *producer;
	struct tool_metrics *metrics; /* NULL: not asked for */
	const char *key;
	const struct kin_codec *codec; /* NULL: not asked for */
	int32_t level;
	const char *rate, *spool;
	int format;
	bool acks, aggregate, order;
	struct tool_progress *progress; /* NULL: not shown */
	/* reader's own */
	uint64_t read, bytes;
	double began;
	/* under the lock: reports come on another thread */
	pthread_mutex_t lock;
	uint64_t stored, failed, from_spool; /* from_spool: of them, those of earlier runs */
	struct kin_error first;              /* of the records that failed */
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void stop(void *user)
{
	int nothing = open("/dev/null", O_RDONLY);

	(void)user; /* a read that waits was interrupted; one that is about to begin finds the end */
	if (nothing >= 0)
		dup2(nothing, STDIN_FILENO);
}

/* Of a record that was not stored by its first attempt. */
static void print_history(const struct kin_delivery *d)
{
	printf(",\"history\":[");
	for (uint32_t i = 0; i < d->history_n; i++) {
		const struct kin_attempt *attempt = &d->history[i];

		printf("%s{\"number\":%u,\"sentMs\":%lld,\"durationUs\":%llu,\"code\":\"%s\",\"httpStatus\":%"
		       "d",
		       i ? "," : "", (unsigned)attempt->number, (long long)attempt->sent_ms,
		       (unsigned long long)attempt->duration_us, kin_code_name(attempt->code),
		       (int)attempt->http_status);
		if (attempt->aws_code[0]) {
			printf(",\"awsCode\":");
			tool_json_text(stdout, attempt->aws_code, strlen(attempt->aws_code));
		}
		putchar('}');
	}
	putchar(']');
}

/* A thread of the library's. */
static void on_delivery(void *user, const struct kin_delivery *d)
{
	static const char *const status[] = { "not_sent", "possibly_stored", "stored" };
	struct put *put = user;

	pthread_mutex_lock(&put->lock);
	if (d->status == KIN_STORED)
		put->stored++;
	else if (put->failed++ == 0 && d->error)
		put->first = *d->error;
	put->from_spool += d->from_spool;
	if (put->acks) {
		if (d->from_spool)
			printf("{\"index\":null");
		else
			printf("{\"index\":%llu", (unsigned long long)(uintptr_t)d->token - 1);
		printf(",\"status\":\"%s\",\"shardId\":", status[d->status]);
		tool_json_text(stdout, d->shard_id, d->shard_id ? strlen(d->shard_id) : 0);
		printf(",\"sequenceNumber\":");
		tool_json_text(stdout, d->sequence_number,
		               d->sequence_number ? strlen(d->sequence_number) : 0);
		if (put->aggregate)
			printf(",\"subSequenceNumber\":%llu", (unsigned long long)d->sub_sequence);
		printf(",\"attempts\":%u", (unsigned)d->attempts);
		if (d->history_n > 1 || (d->history_n == 1 && d->status != KIN_STORED))
			print_history(d);
		if (d->error) {
			printf(",\"error\":");
			tool_json_text(stdout, d->error->message, strlen(d->error->message));
		}
		puts("}");
	}
	pthread_mutex_unlock(&put->lock);
}

static int cannot(const char *name, uint64_t line, const char *why)
{
	tool_say(KIN_LOG_ERROR, "put: %s, line %llu: %s", name, (unsigned long long)line, why);
	return TOOL_FAILED;
}

static int put_line(struct put *put, char *text, size_t n, const char *name, uint64_t line)
{
	struct kin_put_entry entry;
	struct kin_error error;
	const char *why;
	int code;

	if (!tool_entry_read(put->format, put->key, text, n, &entry, &why))
		return cannot(name, line, why);
	code = kin_producer_put_entry(put->producer, &entry, (void *)(uintptr_t)(put->read + 1), -1, &error);
	if (code != KIN_OK) {
		cannot(name, line, error.message);
		return error.code == KIN_INVALID ? TOOL_FAILED : tool_exit_code(&error);
	}
	if (put->acks && put->spool) {
		pthread_mutex_lock(&put->lock);
		printf("{\"index\":%llu,\"status\":\"spooled\"}\n", (unsigned long long)put->read);
		pthread_mutex_unlock(&put->lock);
	}
	put->read++;
	put->bytes += entry.data_size;
	return TOOL_DONE;
}

static int put_file(struct put *put, struct tool_input *input, const char *name)
{
	enum tool_input_found found = TOOL_INPUT_END;
	uint64_t line = 0;
	int code = TOOL_DONE;
	char *text;
	size_t n;

	while (code == TOOL_DONE && !tool_stopping() &&
	       (found = tool_input_line(input, &text, &n)) == TOOL_INPUT_LINE)
		code = put_line(put, text, n, name, ++line);
	if (code == TOOL_DONE && found == TOOL_INPUT_TOO_LONG)
		return cannot(name, line + 1, "longer than 16 MiB, and no record is that large");
	if (code == TOOL_DONE && found == TOOL_INPUT_FAILED) {
		tool_say(KIN_LOG_ERROR, "put: cannot read %s: %s", name, strerror(errno));
		return TOOL_FAILED;
	}
	return code;
}

static int put_all(struct put *put, const char **files, size_t n)
{
	int code = TOOL_DONE;

	for (size_t i = 0; i < (n ? n : 1) && code == TOOL_DONE && !tool_stopping(); i++) {
		const char *name = n ? files[i] : "-";
		struct tool_input input;

		if (tool_input_open(&input, name) < 0) {
			tool_say(KIN_LOG_ERROR, "put: cannot open %s: %s", name, strerror(errno));
			return TOOL_FAILED;
		}
		code = put_file(put, &input, strcmp(name, "-") == 0 ? "standard input" : name);
		tool_input_close(&input);
	}
	return code;
}

/* Who stopped the command is told what it still waits for. */
static int drain(const struct put *put, struct kin_producer_stats *stats, struct kin_error *error)
{
	enum { SLICE_MS = 500 };
	bool told = false;
	int code;

	while ((code = kin_producer_flush(put->producer, SLICE_MS, error)) == KIN_TIMEOUT) {
		if (told || !tool_stopping() || kin_producer_stats(put->producer, stats, error) != KIN_OK)
			continue;
		tool_say(KIN_LOG_WARN,
		         put->spool ? "put: stopping: records wait to be stored (%llu are in memory); after "
		                      "a "
		                      "second signal those in the spool wait for the next run"
		                    : "put: stopping: %llu records wait to be stored, or for the end of "
		                      "their "
		                      "time to live; a second signal gives them up",
		         (unsigned long long)stats->buffered);
		told = true;
	}
	return code == KIN_OK ? kin_producer_stats(put->producer, stats, error) : code;
}

/* Drains, sums up; the exit code of it all. */
static int finish(struct put *put, int code)
{
	struct kin_producer_stats stats = { .size = sizeof stats };
	struct kin_error error;

	if (drain(put, &stats, &error) != KIN_OK)
		code = tool_fail(&error);
	tool_metrics_watch(put->metrics, NULL, NULL);
	tool_progress_end(put->progress);
	/* Records that were given up are told below: close only says again that there are some. */
	if (kin_producer_close(put->producer, -1, &error) != KIN_OK && put->failed == 0)
		code = tool_fail(&error);
	printf("{\"put\":%llu,\"stored\":%llu,\"failed\":%llu,\"retried\":%llu,\"requests\":%llu,\"bytes\":%"
	       "llu,\"seconds\":%.3f,\"throttled\":%llu,\"streamRecords\":%llu,\"payloadUnits\":%llu",
	       (unsigned long long)put->read, (unsigned long long)put->stored,
	       (unsigned long long)put->failed, (unsigned long long)stats.retried,
	       (unsigned long long)stats.requests, (unsigned long long)put->bytes, now() - put->began,
	       (unsigned long long)stats.throttled, (unsigned long long)stats.stream_records,
	       (unsigned long long)stats.payload_units);
	if (put->spool)
		printf(",\"fromSpool\":%llu", (unsigned long long)put->from_spool);
	puts("}");
	if (put->failed && code == TOOL_DONE) {
		tool_say(KIN_LOG_ERROR, "put: %llu of %llu records were not stored; the first: %s",
		         (unsigned long long)put->failed, (unsigned long long)(put->read + put->from_spool),
		         put->first.message);
		code = tool_exit_code(&put->first);
		code = code == TOOL_USAGE ? TOOL_FAILED : code;
	}
	if (tool_stopping() && code == TOOL_DONE) {
		tool_say(KIN_LOG_ERROR, "put: interrupted after %llu records, all of them stored",
		         (unsigned long long)put->read);
		code = TOOL_FAILED;
	}
	return code;
}

/* What a flag says counts before what is configured. */
static int read_options(struct put *put, struct kin_producer_options *options, struct kin_error *error)
{
	int64_t rate;
	int code = kin_producer_options_apply(options, put->tool->config, error);

	options->reports = KIN_REPORTS_CALLBACK;
	options->aggregate |= put->aggregate;
	put->aggregate = options->aggregate;
	if (put->order)
		options->order = KIN_ORDER_KEY;
	if (put->spool)
		options->spool = put->spool;
	put->spool = options->spool;
	if (put->rate && tool_number(put->rate, 1, 10000, &rate))
		options->rate_percent = (uint32_t)rate;
	options->compress = put->codec;
	if (put->level)
		options->compression_level = put->level;
	return code;
}

/* Who reads the reports from a pipe, and may wait for one before it gives the next record, gets each at once. */
static void print_by_line(void)
{
	struct stat out;

	if (fstat(STDOUT_FILENO, &out) != 0 || !S_ISREG(out.st_mode))
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static int run(struct put *put, const char *stream, const char **files, size_t n)
{
	struct kin_producer_options options;
	struct kin_client *client;
	struct kin_error error;
	int code = tool_client(put->tool, &client);

	if (code != TOOL_DONE)
		return code;
	kin_producer_options_init(&options);
	options.stream = stream;
	options.on_delivery = on_delivery;
	options.user = put;
	code = tool_metrics_open(&put->metrics, put->tool);
	if (code != TOOL_DONE) {
		kin_client_close(client);
		return code;
	}
	if (read_options(put, &options, &error) != KIN_OK ||
	    kin_producer_open(&put->producer, client, &options, &error) != KIN_OK) {
		code = tool_fail(&error);
	} else {
		tool_metrics_watch(put->metrics, NULL, put->producer);
		tool_signals(stop, NULL);
		put->began = now();
		if (put->acks)
			print_by_line();
		if (!put->acks ||
		    !isatty(STDOUT_FILENO)) /* those lines and this one would be in each other's way */
			put->progress = tool_progress_begin(put->producer);
		code = finish(put, put_all(put, files, n));
	}
	tool_metrics_close(put->metrics);
	kin_client_close(client);
	return code;
}

int tool_put(struct tool *tool, int argc, char **argv)
{
	struct put put = { .tool = tool, .lock = PTHREAD_MUTEX_INITIALIZER };
	const char *format = "raw", *compress = NULL, *positional[256];
	bool help = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help },
		                           { .name = "--key", .value = &put.key },
		                           { .name = "--format", .value = &format },
		                           { .name = "--acks", .set = &put.acks },
		                           { .name = "--aggregate", .set = &put.aggregate },
		                           { .name = "--order", .set = &put.order },
		                           { .name = "--rate", .value = &put.rate },
		                           { .name = "--compress", .value = &compress },
		                           { .name = "--spool", .value = &put.spool },
		                           { 0 } };
	size_t n;

	if (tool_parse(tool, argc, argv, flags, positional, 256, &n) != TOOL_DONE)
		return TOOL_USAGE;
	if (help)
		return fputs(usage, stdout) < 0;
	if (n == 0)
		return tool_usage(tool, "which stream?  kinstream put STREAM [FILE...]");
	put.format = strcmp(format, "raw") == 0     ? TOOL_ENTRY_RAW
	             : strcmp(format, "keyed") == 0 ? TOOL_ENTRY_KEYED
	             : strcmp(format, "jsonl") == 0 ? TOOL_ENTRY_JSONL
	                                            : -1;
	if (put.format < 0)
		return tool_usage(tool, "--format %s: must be raw, keyed or jsonl", format);
	if (put.rate && !tool_number(put.rate, 1, 10000, &(int64_t){ 0 }))
		return tool_usage(tool, "--rate %s: must be 1 to 10000, in percent of what a shard takes",
		                  put.rate);
	if (compress && tool_compress(tool, compress, &put.codec, &put.level) != TOOL_DONE)
		return TOOL_USAGE;
	if (put.key && put.format == TOOL_ENTRY_KEYED)
		return tool_usage(tool,
		                  "--key and --format keyed exclude each other: each line names its key");
	return run(&put, positional[0], positional + 1, n - 1);
}
