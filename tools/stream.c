#include "stream.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
		"usage: kinstream stream create NAME [--shards N | --on-demand [--auto]] [--record-max KIB]\n"
		"                               [--retention HOURS] [--encrypt KEY] [--tag K=V]... [--wait]\n"
		"       kinstream stream describe NAME\n"
		"       kinstream stream list\n"
		"       kinstream stream delete NAME [--wait]\n"
		"       kinstream stream shards NAME\n"
		"       kinstream stream split NAME SHARD [--at HASHKEY] [--wait]     (default: in the "
		"middle)\n"
		"       kinstream stream merge NAME SHARD ADJACENT [--wait]\n"
		"       kinstream stream scale NAME SHARDS [--wait]     (half to twice as many as are open)\n"
		"       kinstream stream mode NAME on-demand|provisioned [--wait]\n"
		"       kinstream stream distribution NAME auto|user-partition-key [--wait]\n"
		"       kinstream stream retention NAME HOURS [--wait]     (24 to 8760)\n"
		"       kinstream stream record-max NAME KIB [--wait]     (1024 to 10240)\n"
		"       kinstream stream encrypt NAME KEY [--wait]\n"
		"       kinstream stream decrypt NAME [--wait]\n"
		"       kinstream stream tag NAME KEY=VALUE...\n"
		"       kinstream stream untag NAME KEY...\n"
		"       kinstream stream tags NAME\n\n"
		"NAME may be an ARN but for create.  Answers are JSON lines.  --wait: until the stream is "
		"ACTIVE, or gone.\n";

int stream_begin(struct stream_request *r, const char *operation, struct kin_call **call,
                 struct kin_error *error)
{
	const char *member = strncmp(r->name, "arn:", 4) == 0 ? "StreamARN" : "StreamName";
	int code = kin_call_new(call, r->client, operation, error);
	return code == KIN_OK ? kin_call_set_text(*call, member, r->name, error) : code;
}

int stream_finish(struct kin_call *call, int code, struct kin_error *error)
{
	if (code == KIN_OK)
		code = kin_call_wait(call, -1, error);
	kin_call_free(call);
	return code == KIN_OK ? TOOL_DONE : tool_fail(error);
}

int stream_wait_for(struct stream_request *r, bool gone)
{
	const struct timespec pause = { .tv_nsec = 200000000 };
	struct kin_error error;
	struct kin_call *call;
	const char *status;

	for (;;) {
		int code = stream_begin(r, "DescribeStreamSummary", &call, &error);
		if (code == KIN_OK)
			code = kin_call_wait(call, -1, &error);
		bool active = code == KIN_OK &&
		              kin_call_text(call, "StreamDescriptionSummary.StreamStatus", &status, NULL) ==
		                              KIN_OK &&
		              strcmp(status, "ACTIVE") == 0;
		kin_call_free(call);
		if (gone && code == KIN_NOT_FOUND)
			return TOOL_DONE;
		if (code != KIN_OK)
			return tool_fail(&error);
		if (active && !gone)
			return TOOL_DONE;
		nanosleep(&pause, NULL);
	}
}

/* What CreateStream does not take, set once the stream is there. */
static int settle_created(struct stream_request *r, int code)
{
	bool more = r->retention || r->key;

	if (code == TOOL_DONE && (r->wait || more))
		code = stream_wait_for(r, false);
	if (code == TOOL_DONE && r->retention)
		code = stream_set_retention(r, r->retention, r->wait || r->key);
	if (code == TOOL_DONE && r->key)
		code = stream_set_encryption(r, r->key, r->wait);
	return code;
}

/* What is wrong with the arguments of a create. */
static int check_create(struct stream_request *r, int64_t *shards, int64_t *kib)
{
	int64_t hours;

	if (r->record_max && !stream_read_record_max(r, r->record_max, kib))
		return TOOL_USAGE;
	if (r->retention && !stream_read_retention(r, r->retention, &hours))
		return TOOL_USAGE;
	if (r->distributed && !r->on_demand)
		return tool_usage(r->tool, "--auto is for a stream made with --on-demand");
	if (r->shards && (r->on_demand || !tool_number(r->shards, 1, 1000000, shards)))
		return tool_usage(r->tool, r->on_demand ? "--shards and --on-demand exclude each other"
		                                        : "--shards: must be a number from 1");
	for (size_t i = 0; i < r->tags.n; i++)
		if (!strchr(r->tags.at[i], '='))
			return tool_usage(r->tool, "--tag %s: must be KEY=VALUE", r->tags.at[i]);
	return TOOL_DONE;
}

static int create(struct stream_request *r)
{
	struct kin_error error = { .code = KIN_NOMEM };
	struct kin_call *call;
	int64_t shards = 1, kib = 0;

	int code = check_create(r, &shards, &kib);
	if (code != TOOL_DONE)
		return code;
	code = kin_call_new(&call, r->client, "CreateStream", &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "StreamName", r->name, &error);
	if (code == KIN_OK)
		code = r->on_demand ? kin_call_set_json(call, "StreamModeDetails",
		                                        "{\"StreamMode\":\"ON_DEMAND\"}", &error)
		                    : kin_call_set_integer(call, "ShardCount", shards, &error);
	if (code == KIN_OK && r->distributed)
		code = kin_call_set_text(call, "RecordDistributionStrategy", "AUTO", &error);
	if (code == KIN_OK && kib > 0)
		code = kin_call_set_integer(call, "MaxRecordSizeInKiB", kib, &error);
	if (code == KIN_OK && r->tags.n)
		code = stream_set_tags(call, r->tags.at, r->tags.n, &error);
	return settle_created(r, stream_finish(call, code, &error));
}

static int delete (struct stream_request *r)
{
	struct kin_error error;
	struct kin_call *call;
	int code = stream_begin(r, "DeleteStream", &call, &error);

	code = stream_finish(call, code, &error);
	return code == TOOL_DONE && r->wait ? stream_wait_for(r, true) : code;
}

/* Prints `,"NAME":VALUE`, a string. */
static void member(struct kin_call *call, const char *name, const char *path, bool first)
{
	const char *text;
	size_t size;

	if (kin_call_text(call, path, &text, &size) != KIN_OK)
		return;
	printf("%s\"%s\":", first ? "{" : ",", name);
	tool_json_text(stdout, text, size);
}

static void number(struct kin_call *call, const char *name, const char *path, bool time)
{
	int64_t value;
	if ((time ? kin_call_time(call, path, &value) : kin_call_integer(call, path, &value)) == KIN_OK)
		printf(",\"%s\":%lld", name, (long long)value);
}

static int describe(struct stream_request *r)
{
	struct kin_error error;
	struct kin_call *call;
	int code = stream_begin(r, "DescribeStreamSummary", &call, &error);

	if (code == KIN_OK && (code = kin_call_wait(call, -1, &error)) == KIN_OK) {
		member(call, "streamName", "StreamDescriptionSummary.StreamName", true);
		member(call, "streamArn", "StreamDescriptionSummary.StreamARN", false);
		member(call, "status", "StreamDescriptionSummary.StreamStatus", false);
		member(call, "mode", "StreamDescriptionSummary.StreamModeDetails.StreamMode", false);
		number(call, "openShardCount", "StreamDescriptionSummary.OpenShardCount", false);
		number(call, "retentionHours", "StreamDescriptionSummary.RetentionPeriodHours", false);
		number(call, "creationTimestamp", "StreamDescriptionSummary.StreamCreationTimestamp", true);
		member(call, "encryptionType", "StreamDescriptionSummary.EncryptionType", false);
		member(call, "keyId", "StreamDescriptionSummary.KeyId", false);
		number(call, "maxRecordSizeInKiB", "StreamDescriptionSummary.MaxRecordSizeInKiB", false);
		member(call, "recordDistributionStrategy",
		       "StreamDescriptionSummary.RecordDistributionStrategy", false);
		puts("}");
	}
	kin_call_free(call);
	return code == KIN_OK ? TOOL_DONE : tool_fail(&error);
}

static int list(struct stream_request *r)
{
	struct kin_error error;
	char last[256] = "", path[64];

	for (bool more = true; more;) {
		struct kin_call *call;
		const char *name;
		int code = kin_call_new(&call, r->client, "ListStreams", &error);
		if (code == KIN_OK && last[0])
			code = kin_call_set_text(call, "ExclusiveStartStreamName", last, &error);
		if (code == KIN_OK)
			code = kin_call_wait(call, -1, &error);
		size_t n = code == KIN_OK ? kin_call_count(call, "StreamNames") : 0;
		for (size_t i = 0; i < n; i++) {
			snprintf(path, sizeof path, "StreamNames[%zu]", i);
			member(call, "streamName", path, true);
			puts("}");
			if (kin_call_text(call, path, &name, NULL) == KIN_OK)
				snprintf(last, sizeof last, "%s", name);
		}
		more = n > 0 && kin_call_boolean(call, "HasMoreStreams", &more) == KIN_OK && more;
		kin_call_free(call);
		if (code != KIN_OK)
			return tool_fail(&error);
	}
	return TOOL_DONE;
}

/* Calls `each` for every shard of the stream, over the pages of ListShards. */
static int each_shard(struct stream_request *r,
                      void (*each)(struct kin_call *call, const char *path, void *user), void *user)
{
	struct kin_error error;
	struct kin_call *call, *before = NULL;
	const char *token = NULL;
	char path[64];
	int code;

	do {
		code = token ? kin_call_new(&call, r->client, "ListShards", &error)
		             : stream_begin(r, "ListShards", &call, &error);
		if (code == KIN_OK && token)
			code = kin_call_set_text(call, "NextToken", token, &error);
		if (code == KIN_OK)
			code = kin_call_wait(call, -1, &error);
		for (size_t i = 0; code == KIN_OK && i < kin_call_count(call, "Shards"); i++) {
			snprintf(path, sizeof path, "Shards[%zu].", i);
			each(call, path, user);
		}
		if (code != KIN_OK || kin_call_text(call, "NextToken", &token, NULL) != KIN_OK)
			token = NULL;
		kin_call_free(before); /* the token is of the page before */
		before = call;
	} while (token);
	kin_call_free(before);
	return code == KIN_OK ? TOOL_DONE : tool_fail(&error);
}

static void print_shard(struct kin_call *call, const char *path, void *user)
{
	static const struct {
		const char *shown, *member;
	} members[] = { { "shardId", "ShardId" },
		        { "parentShardId", "ParentShardId" },
		        { "adjacentParentShardId", "AdjacentParentShardId" },
		        { "startingHashKey", "HashKeyRange.StartingHashKey" },
		        { "endingHashKey", "HashKeyRange.EndingHashKey" },
		        { "startingSequenceNumber", "SequenceNumberRange.StartingSequenceNumber" },
		        { "endingSequenceNumber", "SequenceNumberRange.EndingSequenceNumber" } };
	char whole[160];
	const char *text;

	(void)user;
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		snprintf(whole, sizeof whole, "%s%s", path, members[i].member);
		member(call, members[i].shown, whole, i == 0);
	}
	printf(",\"open\":%s}\n", kin_call_text(call, whole, &text, NULL) == KIN_OK ? "false" : "true");
}

static int shards(struct stream_request *r)
{
	return each_shard(r, print_shard, NULL);
}

/* ---- the middle of a range, in decimal text ---- */

struct range {
	const char *shard;
	char first[48], last[48];
};

static void find_range(struct kin_call *call, const char *path, void *user)
{
	struct range *range = user;
	const char *text;
	char whole[160];

	snprintf(whole, sizeof whole, "%sShardId", path);
	if (kin_call_text(call, whole, &text, NULL) != KIN_OK || strcmp(text, range->shard))
		return;
	snprintf(whole, sizeof whole, "%sHashKeyRange.StartingHashKey", path);
	if (kin_call_text(call, whole, &text, NULL) == KIN_OK)
		snprintf(range->first, sizeof range->first, "%s", text);
	snprintf(whole, sizeof whole, "%sHashKeyRange.EndingHashKey", path);
	if (kin_call_text(call, whole, &text, NULL) == KIN_OK)
		snprintf(range->last, sizeof range->last, "%s", text);
}

/* (first + last + 1) / 2 over decimal digits; both have at most 39. */
static void middle(const struct range *range, char out[48])
{
	char sum[42], half[42];
	int carry = 1, rest = 0;
	size_t a = strlen(range->first), b = strlen(range->last), start = 0;

	for (int i = 40; i >= 0; i--) {
		int digits = carry + (a ? range->first[--a] - '0' : 0) + (b ? range->last[--b] - '0' : 0);
		sum[i] = (char)(digits % 10);
		carry = digits / 10;
	}
	for (int i = 0; i <= 40; i++) {
		half[i] = (char)('0' + (rest * 10 + sum[i]) / 2);
		rest = (rest * 10 + sum[i]) % 2;
	}
	half[41] = 0;
	while (half[start] == '0' && half[start + 1])
		start++;
	snprintf(out, 48, "%s", half + start);
}

static int split(struct stream_request *r)
{
	struct range range = { .shard = r->arguments[1] };
	struct kin_error error;
	struct kin_call *call;
	char at[48];
	int code;

	if (!r->at) {
		code = each_shard(r, find_range, &range);
		if (code != TOOL_DONE)
			return code;
		if (!range.first[0] || !range.last[0])
			return tool_say(KIN_LOG_ERROR,
			                "stream split: %s has no shard %s; 'kinstream stream "
			                "shards %s' lists them",
			                r->name, r->arguments[1], r->name),
			       TOOL_FAILED;
		middle(&range, at);
		r->at = at;
	}
	code = stream_begin(r, "SplitShard", &call, &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "ShardToSplit", r->arguments[1], &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "NewStartingHashKey", r->at, &error);
	code = stream_finish(call, code, &error);
	return code == TOOL_DONE && r->wait ? stream_wait_for(r, false) : code;
}

static int merge(struct stream_request *r)
{
	struct kin_error error;
	struct kin_call *call;
	int code = stream_begin(r, "MergeShards", &call, &error);

	if (code == KIN_OK)
		code = kin_call_set_text(call, "ShardToMerge", r->arguments[1], &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "AdjacentShardToMerge", r->arguments[2], &error);
	code = stream_finish(call, code, &error);
	return code == TOOL_DONE && r->wait ? stream_wait_for(r, false) : code;
}

static const struct verb {
	const char *name, *full;
	size_t least, most; /* arguments */
	const char *wants;
	int (*run)(struct stream_request *r);
} verbs[] = {
	{ "create", "stream create", 1, 1, "NAME", create },
	{ "describe", "stream describe", 1, 1, "NAME", describe },
	{ "list", "stream list", 0, 0, "", list },
	{ "delete", "stream delete", 1, 1, "NAME", delete },
	{ "shards", "stream shards", 1, 1, "NAME", shards },
	{ "split", "stream split", 2, 2, "NAME SHARD", split },
	{ "merge", "stream merge", 3, 3, "NAME SHARD ADJACENT", merge },
	{ "scale", "stream scale", 2, 2, "NAME SHARDS", stream_scale },
	{ "mode", "stream mode", 2, 2, "NAME on-demand|provisioned", stream_mode },
	{ "distribution", "stream distribution", 2, 2, "NAME auto|user-partition-key", stream_distribution },
	{ "retention", "stream retention", 2, 2, "NAME HOURS", stream_retention },
	{ "record-max", "stream record-max", 2, 2, "NAME KIB", stream_record_max },
	{ "encrypt", "stream encrypt", 2, 2, "NAME KEY", stream_encrypt },
	{ "decrypt", "stream decrypt", 1, 1, "NAME", stream_decrypt },
	{ "tag", "stream tag", 2, STREAM_ARGUMENTS, "NAME KEY=VALUE...", stream_tag },
	{ "untag", "stream untag", 2, STREAM_ARGUMENTS, "NAME KEY...", stream_untag },
	{ "tags", "stream tags", 1, 1, "NAME", stream_tags },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(name, verbs[i].name) == 0)
			return &verbs[i];
	return NULL;
}

int tool_stream(struct tool *tool, int argc, char **argv)
{
	struct stream_request r = { .tool = tool };
	bool help = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help },
		                           { .name = "--shards", .value = &r.shards },
		                           { .name = "--on-demand", .set = &r.on_demand },
		                           { .name = "--auto", .set = &r.distributed },
		                           { .name = "--record-max", .value = &r.record_max },
		                           { .name = "--tag", .many = &r.tags },
		                           { .name = "--wait", .set = &r.wait },
		                           { .name = "--at", .value = &r.at },
		                           { .name = "--retention", .value = &r.retention },
		                           { .name = "--encrypt", .value = &r.key },
		                           { 0 } };

	if (argc < 2)
		return fputs(usage, stderr), TOOL_USAGE;
	if (strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	const struct verb *verb = find_verb(argv[1]);
	if (!verb)
		return tool_usage(tool, "no '%s'; 'kinstream stream --help' lists what there is", argv[1]);
	tool->command = verb->full;
	if (tool_parse(tool, argc - 1, argv + 1, flags, r.arguments, STREAM_ARGUMENTS, &r.n) != TOOL_DONE)
		return TOOL_USAGE;
	if (help)
		return fputs(usage, stdout) < 0;
	if (r.n < verb->least || r.n > verb->most)
		return tool_usage(tool, "wants: kinstream %s %s", verb->full, verb->wants);
	r.name = r.arguments[0];
	int code = tool_client(tool, &r.client);
	if (code != TOOL_DONE)
		return code;
	code = verb->run(&r);
	kin_client_close(r.client);
	return code;
}
