/* What is set of a stream once it is there, and its tags. */
#include <stdlib.h>
#include <string.h>
#include "stream.h"

/* The end of a verb that changes the stream. */
static int end(struct stream_request *r, struct kin_call *call, int code, struct kin_error *error, bool wait)
{
	code = stream_finish(call, code, error);
	return code == TOOL_DONE && wait ? stream_wait_for(r, false) : code;
}

/* A description of the stream; *call is to be freed either way. */
static int describe(struct stream_request *r, struct kin_call **call, struct kin_error *error)
{
	int code = stream_begin(r, "DescribeStreamSummary", call, error);

	return code == KIN_OK ? kin_call_wait(*call, -1, error) : code;
}

/* The same; NULL: it was said why not, and *code tells how to exit. */
static struct kin_call *ask(struct stream_request *r, int *code)
{
	struct kin_error error;
	struct kin_call *call;

	*code = describe(r, &call, &error);
	if (*code == KIN_OK)
		return call;
	kin_call_free(call);
	*code = tool_fail(&error);
	return NULL;
}

/* Operations that take the ARN alone: where only the name is known, it is asked for. */
static int begin_by_arn(struct stream_request *r, const char *operation, struct kin_call **call,
                        struct kin_error *error)
{
	const char *arn = r->name;
	struct kin_call *asked = NULL;
	int code = KIN_OK;

	*call = NULL;
	if (strncmp(r->name, "arn:", 4) != 0) {
		code = describe(r, &asked, error);
		if (code == KIN_OK &&
		    kin_call_text(asked, "StreamDescriptionSummary.StreamARN", &arn, NULL) != KIN_OK) {
			snprintf(error->message, sizeof error->message, "%s: no StreamARN is told", r->name);
			code = error->code = KIN_PROTOCOL;
		}
	}
	if (code == KIN_OK)
		code = kin_call_new(call, r->client, operation, error);
	if (code == KIN_OK)
		code = kin_call_set_text(*call, "StreamARN", arn, error);
	kin_call_free(asked);
	return code;
}

/* ---- shards, mode, distribution ---- */

int stream_scale(struct stream_request *r)
{
	struct kin_error error;
	struct kin_call *call;
	int64_t shards;

	if (!tool_number(r->arguments[1], 1, 1000000, &shards))
		return tool_usage(r->tool, "%s: must be a number of shards from 1", r->arguments[1]);
	int code = stream_begin(r, "UpdateShardCount", &call, &error);
	if (code == KIN_OK)
		code = kin_call_set_integer(call, "TargetShardCount", shards, &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "ScalingType", "UNIFORM_SCALING", &error);
	return end(r, call, code, &error, r->wait);
}

int stream_mode(struct stream_request *r)
{
	bool on_demand = strcmp(r->arguments[1], "on-demand") == 0;
	struct kin_error error;
	struct kin_call *call;

	if (!on_demand && strcmp(r->arguments[1], "provisioned") != 0)
		return tool_usage(r->tool, "%s: must be on-demand or provisioned", r->arguments[1]);
	int code = begin_by_arn(r, "UpdateStreamMode", &call, &error);
	if (code == KIN_OK)
		code = kin_call_set_json(call, "StreamModeDetails",
		                         on_demand ? "{\"StreamMode\":\"ON_DEMAND\"}"
		                                   : "{\"StreamMode\":\"PROVISIONED\"}",
		                         &error);
	return end(r, call, code, &error, r->wait);
}

int stream_distribution(struct stream_request *r)
{
	bool distributed = strcmp(r->arguments[1], "auto") == 0;
	struct kin_error error;
	struct kin_call *call;

	if (!distributed && strcmp(r->arguments[1], "user-partition-key") != 0)
		return tool_usage(r->tool, "%s: must be auto or user-partition-key", r->arguments[1]);
	int code = begin_by_arn(r, "UpdateStreamRecordDistributionStrategy", &call, &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "RecordDistributionStrategy",
		                         distributed ? "AUTO" : "USER_PARTITION_KEY", &error);
	return end(r, call, code, &error, r->wait);
}

/* ---- sizes and times ---- */

bool stream_read_record_max(struct stream_request *r, const char *text, int64_t *kib)
{
	if (tool_number(text, 1024, 10240, kib))
		return true;
	tool_usage(r->tool, "%s: the largest record must be 1024 to 10240 KiB", text);
	return false;
}

int stream_record_max(struct stream_request *r)
{
	struct kin_error error;
	struct kin_call *call;
	int64_t kib;

	if (!stream_read_record_max(r, r->arguments[1], &kib))
		return TOOL_USAGE;
	int code = begin_by_arn(r, "UpdateMaxRecordSize", &call, &error);
	if (code == KIN_OK)
		code = kin_call_set_integer(call, "MaxRecordSizeInKiB", kib, &error);
	return end(r, call, code, &error, r->wait);
}

bool stream_read_retention(struct stream_request *r, const char *text, int64_t *hours)
{
	if (tool_number(text, 24, 8760, hours))
		return true;
	tool_usage(r->tool, "%s: the retention must be 24 to 8760 hours", text);
	return false;
}

/* There is an operation for longer and one for shorter: the present period is asked for. */
int stream_set_retention(struct stream_request *r, const char *text, bool wait)
{
	struct kin_error error;
	struct kin_call *call;
	int64_t hours, present = 0;
	int code;

	if (!stream_read_retention(r, text, &hours))
		return TOOL_USAGE;
	if (!(call = ask(r, &code)))
		return code;
	if (kin_call_integer(call, "StreamDescriptionSummary.RetentionPeriodHours", &present) != KIN_OK)
		present = 0; /* the service will say what it thinks of it */
	kin_call_free(call);
	if (hours == present)
		return TOOL_DONE;
	code = stream_begin(r,
	                    hours > present ? "IncreaseStreamRetentionPeriod"
	                                    : "DecreaseStreamRetentionPeriod",
	                    &call, &error);
	if (code == KIN_OK)
		code = kin_call_set_integer(call, "RetentionPeriodHours", hours, &error);
	return end(r, call, code, &error, wait);
}

int stream_retention(struct stream_request *r)
{
	return stream_set_retention(r, r->arguments[1], r->wait);
}

/* ---- encryption ---- */

static int encryption(struct stream_request *r, const char *operation, const char *key, bool wait)
{
	struct kin_error error;
	struct kin_call *call;
	int code = stream_begin(r, operation, &call, &error);

	if (code == KIN_OK)
		code = kin_call_set_text(call, "EncryptionType", "KMS", &error);
	if (code == KIN_OK)
		code = kin_call_set_text(call, "KeyId", key, &error);
	return end(r, call, code, &error, wait);
}

int stream_set_encryption(struct stream_request *r, const char *key, bool wait)
{
	return encryption(r, "StartStreamEncryption", key, wait);
}

int stream_encrypt(struct stream_request *r)
{
	return stream_set_encryption(r, r->arguments[1], r->wait);
}

/* The key must be named: the stream tells it. */
int stream_decrypt(struct stream_request *r)
{
	const char *key;
	int code;
	struct kin_call *asked = ask(r, &code);

	if (!asked)
		return code;
	if (kin_call_text(asked, "StreamDescriptionSummary.KeyId", &key, NULL) == KIN_OK)
		code = encryption(r, "StopStreamEncryption", key, r->wait);
	else
		code = TOOL_DONE; /* it is not encrypted */
	kin_call_free(asked);
	return code;
}

/* ---- tags ---- */

/* [key,...], or with values {key:value,...}: up to the first '='. */
static int set_list(struct kin_call *call, const char *member, const char *const *tags, size_t n, bool valued,
                    struct kin_error *error)
{
	char *text = NULL;
	size_t size;
	FILE *json = open_memstream(&text, &size);

	if (!json)
		return KIN_NOMEM;
	putc(valued ? '{' : '[', json);
	for (size_t i = 0; i < n; i++) {
		const char *value = valued ? strchr(tags[i], '=') : NULL;

		if (i)
			putc(',', json);
		tool_json_text(json, tags[i], value ? (size_t)(value - tags[i]) : strlen(tags[i]));
		if (value) {
			putc(':', json);
			tool_json_text(json, value + 1, strlen(value + 1));
		}
	}
	putc(valued ? '}' : ']', json);
	int code = fclose(json) == 0 ? kin_call_set_json(call, member, text, error) : KIN_NOMEM;
	free(text);
	return code;
}

int stream_set_tags(struct kin_call *call, const char *const *tags, size_t n, struct kin_error *error)
{
	return set_list(call, "Tags", tags, n, true, error);
}

int stream_tag(struct stream_request *r)
{
	struct kin_error error = { .code = KIN_NOMEM };
	struct kin_call *call;

	for (size_t i = 1; i < r->n; i++)
		if (!strchr(r->arguments[i], '='))
			return tool_usage(r->tool, "%s: must be KEY=VALUE", r->arguments[i]);
	int code = stream_begin(r, "AddTagsToStream", &call, &error);
	if (code == KIN_OK)
		code = stream_set_tags(call, r->arguments + 1, r->n - 1, &error);
	return stream_finish(call, code, &error);
}

int stream_untag(struct stream_request *r)
{
	struct kin_error error = { .code = KIN_NOMEM };
	struct kin_call *call;
	int code = stream_begin(r, "RemoveTagsFromStream", &call, &error);

	if (code == KIN_OK)
		code = set_list(call, "TagKeys", r->arguments + 1, r->n - 1, false, &error);
	return stream_finish(call, code, &error);
}

static void print_tag(struct kin_call *call, size_t i)
{
	const char *text;
	char path[40];
	size_t size;

	snprintf(path, sizeof path, "Tags[%zu].Key", i);
	if (kin_call_text(call, path, &text, &size) != KIN_OK)
		return;
	fputs("{\"key\":", stdout);
	tool_json_text(stdout, text, size);
	fputs(",\"value\":", stdout);
	snprintf(path, sizeof path, "Tags[%zu].Value", i);
	if (kin_call_text(call, path, &text, &size) != KIN_OK)
		size = 0;
	tool_json_text(stdout, text, size);
	puts("}");
}

int stream_tags(struct stream_request *r)
{
	struct kin_call *call, *before = NULL;
	struct kin_error error;
	const char *last = NULL;
	char path[40];
	bool more = true;
	int code = KIN_OK;

	while (code == KIN_OK && more) {
		more = false;
		code = stream_begin(r, "ListTagsForStream", &call, &error);
		if (code == KIN_OK && last)
			code = kin_call_set_text(call, "ExclusiveStartTagKey", last, &error);
		if (code == KIN_OK)
			code = kin_call_wait(call, -1, &error);
		size_t n = code == KIN_OK ? kin_call_count(call, "Tags") : 0;
		for (size_t i = 0; i < n; i++)
			print_tag(call, i);
		snprintf(path, sizeof path, "Tags[%zu].Key", n ? n - 1 : 0);
		if (n == 0 || kin_call_text(call, path, &last, NULL) != KIN_OK ||
		    kin_call_boolean(call, "HasMoreTags", &more) != KIN_OK)
			more = false;
		kin_call_free(before); /* the key is of the page before */
		before = call;
	}
	kin_call_free(before);
	return code == KIN_OK ? TOOL_DONE : tool_fail(&error);
}
