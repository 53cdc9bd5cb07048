#include "tool.h"
#include <string.h>

static const char usage[] = "usage: kinstream tail STREAM [--from trim-horizon|latest|TIME] [--until "
                            "latest|TIME] [--shard ID]...\n"
			    "                      [--format raw|jsonl]\n\n"
			    "Prints records as they arrive (from latest, unless told otherwise), parents "
                            "before children; no checkpoints.\n"
			    "raw: data and a newline; jsonl: a JSON object a line, data in base64.\n";

static void stop(void *user)
{
	(void)user; /* the loop below looks at tool_stopping() */
}

static bool print(const struct kin_record *r, bool jsonl)
{
	if (jsonl) {
		tool_json_record(stdout, r);
	} else {
		fwrite(r->data, 1, r->data_size, stdout);
		putchar('\n');
	}
	return !ferror(stdout);
}

static int follow(struct kin_reader *reader, bool jsonl)
{
	const struct kin_record *record;
	struct kin_error error;

	while (!tool_stopping()) {
		int code = kin_reader_next(reader, &record, 0, &error);
		if (code == KIN_TIMEOUT) { /* what was read so far is shown before waiting */
			if (fflush(stdout) == EOF)
				break;
			code = kin_reader_next(reader, &record, 100, &error);
		}
		if (code == KIN_END)
			return TOOL_DONE;
		if (code == KIN_TIMEOUT)
			continue;
		if (code != KIN_OK)
			return tool_fail(&error);
		if (!print(record, jsonl))
			break;
	}
	if (!tool_stopping())
		return fprintf(stderr, "kinstream: tail: cannot write to standard output\n"), TOOL_FAILED;
	return TOOL_DONE;
}

int tool_tail(struct tool *tool, int argc, char **argv)
{
	struct tool_many shards = { .n = 0 };
	const char *from = NULL, *until = NULL, *format = "raw", *stream = NULL;
	bool help = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help },
		                           { .name = "--from", .value = &from },
		                           { .name = "--until", .value = &until },
		                           { .name = "--shard", .many = &shards },
		                           { .name = "--format", .value = &format },
		                           { .name = "--efo" },
		                           { 0 } };
	struct kin_client *client;
	struct kin_reader *reader;
	struct kin_error error;
	struct kin_start start;
	size_t n;

	if (tool_parse(tool, argc, argv, flags, &stream, 1, &n) != TOOL_DONE)
		return TOOL_USAGE;
	if (help)
		return fputs(usage, stdout) < 0;
	if (!stream)
		return tool_usage(tool, "which stream?  kinstream tail STREAM");
	if (strcmp(format, "raw") && strcmp(format, "jsonl"))
		return tool_usage(tool, "--format %s: must be raw or jsonl", format);
	kin_start_init(&start);
	start.shards = shards.n ? shards.at : NULL;
	start.shards_count = shards.n;
	if (tool_from(tool, from, &start.position, &start.timestamp_ms) ||
	    tool_until(tool, until, &start.until, &start.until_timestamp_ms))
		return TOOL_USAGE;
	int code = tool_client(tool, &client);
	if (code != TOOL_DONE)
		return code;
	tool_signals(stop, NULL);
	if (kin_reader_open(&reader, client, stream, &start, &error) != KIN_OK) {
		code = tool_fail(&error);
	} else {
		code = follow(reader, strcmp(format, "jsonl") == 0);
		kin_reader_close(reader);
	}
	kin_client_close(client);
	return code;
}
