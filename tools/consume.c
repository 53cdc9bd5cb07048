#include "tool.h"
#include "exec.h"
#include "lines.h"
#include "metrics.h"
#include "plugin.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
		"usage: kinstream consume STREAM --app NAME (--exec 'COMMAND' | --handler "
		"LIBRARY.so[:SYMBOL] | --print)\n"
		"                         [--exec-protocol event|lines] [--exec-grace MS] [--store "
		"memory:|file:PATH]\n"
		"                         [--on-failure drop|file:PATH] [--from trim-horizon|latest|TIME] "
		"[--until latest|TIME]\n"
		"                         [--decompress]\n\n"
		"--exec: one run of COMMAND (by /bin/sh) for each batch, the Lambda event JSON on its "
		"standard input; exit status 0\n"
		"        is success.  Its output is passed through, or read as the response with -o "
		"function_response_types=\n"
		"        ReportBatchItemFailures or tumbling_window_ms.  With --exec-protocol lines it is "
		"kept "
		"alive: it reads an\n"
		"        event a line, and answers each with a line of JSON; {\"errorMessage\":...} is a "
		"failure.\n"
		"        With -o handler_timeout_ms=MS it is killed when it takes longer: SIGTERM, and "
		"SIGKILL "
		"after --exec-grace,\n"
		"        5000 ms unless given.\n"
		"--handler: calls int SYMBOL(void *user, struct kin_batch *batch) of a shared library; "
		"SYMBOL is \"handle\" unless\n"
		"        given.\n"
		"--print: each record as a JSON line, as tail --format jsonl, with checkpoints.\n"
		"--decompress: gzip and zstd frames are undone before filter and handler see them.\n"
		"Without --store, checkpoints are kept in a file under the state folder of the user.  "
		"Consumer options by -o, for\n"
		"example -o batch_size=1000; 'kinstream config' lists them.\n";

enum { GRACE_MS = 5000, GRACE_MS_MAX = 600000, TIMEOUT_MS_MAX = 86400000 };

struct consume {
	struct tool *tool;
	const char *command;          /* of --exec; NULL: --print or --handler */
	int64_t timeout_ms;           /* of a run of it, or of an exchange; 0: none */
	int64_t grace_ms;             /* between SIGTERM and SIGKILL */
	struct tool_lines *lines;     /* of --exec-protocol lines; NULL: one run a batch */
	bool responses;               /* its output is a response */
	const char *default_store;    /* NULL: it was told */
	struct tool_metrics *metrics; /* NULL: not asked for */
	struct kin_consumer *consumer;
	pthread_mutex_t lock;    /* of standard output */
	pthread_mutex_t opening; /* and of `consumer`: NULL before and after its life */
};

/* A signal that comes while the consumer is opened stops it right after. */
static void stop(void *user)
{
	struct consume *consume = user;

	pthread_mutex_lock(&consume->opening);
	if (consume->consumer)
		kin_consumer_stop(consume->consumer);
	pthread_mutex_unlock(&consume->opening);
}

static int print(void *user, struct kin_batch *batch)
{
	struct consume *consume = user;
	const struct kin_record *record;
	int code = KIN_OK;

	pthread_mutex_lock(&consume->lock);
	while ((record = kin_batch_next(batch)))
		tool_json_record(stdout, record);
	if (fflush(stdout) == EOF) { /* a closed pipe stays closed: end, with nothing checkpointed */
		tool_say(KIN_LOG_ERROR, "consume: cannot write to standard output: %s", strerror(errno));
		kin_batch_stop(batch);
		code = KIN_BUSY;
	}
	pthread_mutex_unlock(&consume->lock);
	return code;
}

static int failed(struct kin_batch *batch, const char *why)
{
	kin_batch_fail(batch, kin_batch_record(batch, 0), "%s", why);
	return KIN_FAILED;
}

static int execute(void *user, struct kin_batch *batch)
{
	struct consume *consume = user;
	struct tool_exec run = { .command = consume->command,
		                 .capture = consume->responses,
		                 .timeout_ms = consume->timeout_ms,
		                 .grace_ms = consume->grace_ms };
	int code = KIN_OK;

	run.input = kin_batch_event_json(batch, &run.input_size);
	if (!run.input)
		return failed(batch, "out of memory for the event");
	if (!tool_exec(&run))
		code = failed(batch, run.why);
	else if (consume->responses)
		code = kin_batch_respond(batch, run.output ? run.output : "", run.output_size);
	free(run.output);
	return code;
}

/* One line to the command and one back. */
static int ask(void *user, struct kin_batch *batch)
{
	struct consume *consume = user;
	const char *event, *message;
	char *answer, *copy, why[TOOL_WHY];
	size_t size, answer_size;
	int code = KIN_FAILED, error;

	event = kin_batch_event_json(batch, &size);
	if (!event)
		return failed(batch, "out of memory for the event");
	answer = tool_lines_call(consume->lines, event, size, &answer_size, why);
	if (!answer)
		return failed(batch, why);
	copy = malloc(answer_size + 1);
	if (copy) {
		memcpy(copy, answer, answer_size + 1);
		error = tool_json_error(copy, answer_size, &message);
		if (error)
			failed(batch, error < 0 ? "the command's answer is no JSON" : message);
		else
			code = consume->responses ? kin_batch_respond(batch, answer, answer_size) : KIN_OK;
	}
	free(copy);
	free(answer);
	return code;
}

/* file:$XDG_STATE_HOME/kinstream, or below ~/.local/state; the file in it is named by the application. */
static bool default_store(char out[4096])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = state && state[0] == '/' ? snprintf(out, 4096, "file:%s/kinstream", state)
	        : home && home[0]        ? snprintf(out, 4096, "file:%s/.local/state/kinstream", home)
	                                 : -1;
	return n > 0 && n < 4096;
}

/* Opens it, waits for its end, closes it.  Signals are heard from before it begins to work until it has ended. */
static int work(struct consume *consume, struct kin_client *client,
                const struct kin_consumer_options *options)
{
	struct kin_consumer *consumer;
	struct kin_error error;
	int code = TOOL_DONE;

	pthread_mutex_lock(&consume->opening);
	tool_signals(stop, consume);
	int opened = kin_consumer_open(&consume->consumer, client, options, &error);
	pthread_mutex_unlock(&consume->opening);
	if (opened != KIN_OK)
		return tool_fail(&error);
	if (consume->default_store)
		tool_say(KIN_LOG_INFO, "consume: checkpoints are kept in %s/%s.leases",
		         consume->default_store + strlen("file:"), options->application);
	tool_metrics_watch(consume->metrics, consume->consumer, NULL);
	if (kin_consumer_wait(consume->consumer, -1, &error) != KIN_OK)
		code = tool_fail(&error);
	tool_metrics_watch(consume->metrics, NULL, NULL);
	pthread_mutex_lock(&consume->opening);
	consumer = consume->consumer;
	consume->consumer = NULL;
	pthread_mutex_unlock(&consume->opening);
	if (kin_consumer_close(consumer, -1, &error) != KIN_OK && code == TOOL_DONE)
		code = tool_fail(&error);
	return code;
}

static int run(struct consume *consume, struct kin_consumer_options *options)
{
	struct kin_client *client;
	int code = tool_client(consume->tool, &client);

	if (code != TOOL_DONE)
		return code;
	code = tool_metrics_open(&consume->metrics, consume->tool);
	if (code == TOOL_DONE)
		code = work(consume, client, options);
	tool_metrics_close(consume->metrics);
	kin_client_close(client);
	return code == TOOL_DONE && ferror(stdout) ? TOOL_FAILED : code;
}

static uint32_t limit_behind(int64_t ms)
{
	return (uint32_t)(ms + GRACE_MS < TIMEOUT_MS_MAX ? ms + GRACE_MS : TIMEOUT_MS_MAX);
}

/* Which of --exec, --handler and --print: options->handler.  TOOL_DONE or TOOL_USAGE, having said why. */
static int choose(struct consume *consume, struct kin_consumer_options *options, bool printing,
                  const char *plugin, const char *protocol, const char *grace)
{
	char why[512];

	if (printing + (consume->command != NULL) + (plugin != NULL) != 1)
		return tool_usage(consume->tool,
		                  "one of --exec 'COMMAND', --handler LIBRARY.so and --print must be given");
	if (protocol && (!consume->command || (strcmp(protocol, "lines") && strcmp(protocol, "event"))))
		return tool_usage(consume->tool,
		                  consume->command ? "--exec-protocol is '%s'; it must be event or lines"
		                                   : "--exec-protocol %s goes with --exec only",
		                  protocol);
	consume->grace_ms = GRACE_MS;
	if (grace && (!consume->command || !tool_number(grace, 0, GRACE_MS_MAX, &consume->grace_ms)))
		return tool_usage(consume->tool,
		                  consume->command ? "--exec-grace is '%s'; it must be 0..600000 milliseconds"
		                                   : "--exec-grace %s goes with --exec only",
		                  grace);
	consume->timeout_ms = options->handler_timeout_ms;
	if (consume->command &&
	    consume->timeout_ms > 0) /* one that was killed is not overdue, unless even that fails */
		options->handler_timeout_ms = limit_behind(consume->timeout_ms + consume->grace_ms);
	options->user = consume;
	if (printing && options->tumbling_window_ms > 0)
		return tool_usage(consume->tool, "--print carries no state through tumbling windows; unset "
		                                 "tumbling_window_ms");
	options->handler = printing ? print : execute;
	if (plugin) {
		options->user = NULL;
		options->handler = tool_plugin(plugin, why, sizeof why);
		if (!options->handler)
			return tool_usage(consume->tool, "--handler: %s", why);
	} else if (protocol && strcmp(protocol, "lines") == 0) {
		options->handler = ask;
		consume->lines = tool_lines_new(consume->command, consume->timeout_ms, consume->grace_ms);
		if (!consume->lines)
			return tool_usage(consume->tool, "out of memory");
	}
	return TOOL_DONE;
}

int tool_consume(struct tool *tool, int argc, char **argv)
{
	struct consume consume = { .tool = tool,
		                   .lock = PTHREAD_MUTEX_INITIALIZER,
		                   .opening = PTHREAD_MUTEX_INITIALIZER };
	struct kin_consumer_options options;
	const char *app = NULL, *store = NULL, *on_failure = NULL, *from = NULL, *until = NULL,
		   *stream = NULL, *plugin = NULL, *protocol = NULL, *grace = NULL;
	bool help = false, printing = false, decompress = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help },
		                           { .name = "--app", .value = &app },
		                           { .name = "--store", .value = &store },
		                           { .name = "--on-failure", .value = &on_failure },
		                           { .name = "--from", .value = &from },
		                           { .name = "--until", .value = &until },
		                           { .name = "--exec", .value = &consume.command },
		                           { .name = "--print", .set = &printing },
		                           { .name = "--decompress", .set = &decompress },
		                           { .name = "--handler", .value = &plugin },
		                           { .name = "--exec-protocol", .value = &protocol },
		                           { .name = "--exec-grace", .value = &grace },
		                           { 0 } };
	struct kin_error error;
	char path[4096];
	size_t n;
	int code;

	if (tool_parse(tool, argc, argv, flags, &stream, 1, &n) != TOOL_DONE)
		return TOOL_USAGE;
	if (help)
		return fputs(usage, stdout) < 0;
	if (!stream || !app)
		return tool_usage(tool, "wants: kinstream consume STREAM --app NAME");
	kin_consumer_options_init(&options);
	if (kin_consumer_options_apply(&options, tool->config, &error) != KIN_OK)
		return tool_fail(&error);
	if (tool_from(tool, from, &options.starting_position, &options.starting_position_timestamp_ms) ||
	    tool_until(tool, until, &options.until, &options.until_timestamp_ms))
		return TOOL_USAGE;
	if (decompress && tool_decompress(tool, &options.decompress) != TOOL_DONE)
		return TOOL_USAGE;
	tool_say_about(stream, app);
	options.stream = stream;
	options.application = app;
	options.store = store ? store : options.store;
	options.on_failure = on_failure ? on_failure : options.on_failure;
	consume.responses = options.report_batch_item_failures || options.tumbling_window_ms > 0;
	if (!options.store && !default_store(path))
		return tool_usage(tool, "no --store, and neither XDG_STATE_HOME nor HOME is set");
	if (choose(&consume, &options, printing, plugin, protocol, grace) != TOOL_DONE)
		return TOOL_USAGE;
	if (!options.store) {
		options.store = consume.default_store = path;
	}
	code = run(&consume, &options);
	tool_lines_free(consume.lines);
	return code;
}
