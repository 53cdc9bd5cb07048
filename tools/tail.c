#include "tool.h"
#include <errno.h>
#include <string.h>

static const char usage[] = "usage: kinstream tail STREAM [--from trim-horizon|latest|TIME] [--until "
			    "latest|TIME] [--shard ID]...\n"
			    "                      [--format raw|jsonl] [--decompress]\n\n"
			    "Prints records as they arrive (from latest, unless told otherwise), parents "
			    "before children; no checkpoints.\n"
			    "--decompress: gzip and zstd frames are undone.  "
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
	if (tool_stopping() || errno == EPIPE) /* head(1) has seen enough */
		return TOOL_DONE;
	return tool_say(KIN_LOG_ERROR, "tail: cannot write to standard output: %s", strerror(errno)),
	       TOOL_FAILED;
}

/* A shard id that is mistyped would be waited for in silence. */
static int check_shards(struct kin_client *client, const char *stream, const struct tool_many *shards)
{
	struct kin_error error;
	struct kin_call *call;
	const char *token = NULL, *id;
	char path[64], kept[8192];
	size_t found = 0;

	do {
		int code = kin_call_new(&call, client, "ListShards", &error);
		if (code == KIN_OK && token)
			code = kin_call_set_text(call, "NextToken", token, &error);
		else if (code == KIN_OK)
			code = kin_call_set_text(call,
			                         strncmp(stream, "arn:", 4) ? "StreamName" : "StreamARN",
			                         stream, &error);
		if (code == KIN_OK)
			code = kin_call_wait(call, -1, &error);
		for (size_t i = 0; code == KIN_OK && i < kin_call_count(call, "Shards"); i++) {
			snprintf(path, sizeof path, "Shards[%zu].ShardId", i);
			for (size_t k = 0; kin_call_text(call, path, &id, NULL) == KIN_OK && k < shards->n;
			     k++)
				found |= (size_t)(strcmp(id, shards->at[k]) == 0) << k;
		}
		bool more = code == KIN_OK && kin_call_text(call, "NextToken", &token, NULL) == KIN_OK &&
		            snprintf(kept, sizeof kept, "%s", token) < (int)sizeof kept;
		token = more ? kept : NULL;
		kin_call_free(call);
		if (code != KIN_OK)
			return tool_fail(&error);
	} while (token);
	for (size_t k = 0; k < shards->n; k++)
		if (!(found >> k & 1))
			return tool_say(KIN_LOG_ERROR,
			                "tail: %s has no shard %s; 'kinstream stream shards %s' "
			                "lists them",
			                stream, shards->at[k], stream),
			       TOOL_FAILED;
	return TOOL_DONE;
}

int tool_tail(struct tool *tool, int argc, char **argv)
{
	struct tool_many shards = { .n = 0 };
	const char *from = NULL, *until = NULL, *format = "raw", *stream = NULL;
	bool help = false, decompress = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help },
		                           { .name = "--from", .value = &from },
		                           { .name = "--until", .value = &until },
		                           { .name = "--shard", .many = &shards },
		                           { .name = "--format", .value = &format },
		                           { .name = "--decompress", .set = &decompress },
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
	if (decompress && tool_decompress(tool, &start.decompress) != TOOL_DONE)
		return TOOL_USAGE;
	start.shards = shards.n ? shards.at : NULL;
	start.shards_count = shards.n;
	if (tool_from(tool, from, &start.position, &start.timestamp_ms) ||
	    tool_until(tool, until, &start.until, &start.until_timestamp_ms))
		return TOOL_USAGE;
	int code = tool_client(tool, &client);
	if (code != TOOL_DONE)
		return code;
	if (shards.n > 0 && (code = check_shards(client, stream, &shards)) != TOOL_DONE) {
		kin_client_close(client);
		return code;
	}
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
