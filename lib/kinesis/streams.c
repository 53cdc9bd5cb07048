/* kinesis/streams - see streams.h */
#include "base/check.h"
#include "kinesis/limits.h"
#include "kinesis/members.h"
#include "kinesis/streams.h"
#include "kinstream.h"
#include "wire/jsontext.h"

#define HOUR_MS INT64_C(3600000)

static const char *const status_names[] = {
	[KIN__STREAM_CREATING] = "CREATING",
	[KIN__STREAM_DELETING] = "DELETING",
	[KIN__STREAM_ACTIVE] = "ACTIVE",
	[KIN__STREAM_UPDATING] = "UPDATING",
};

const char *kin__stream_status_name(enum kin__stream_status status)
{
	return (unsigned)status < KIN__ARRAY_LEN(status_names) ? status_names[status] : "UNKNOWN";
}

bool kin__stream_status_parse(struct kin__span text, enum kin__stream_status *status)
{
	for (unsigned i = 0; i < KIN__ARRAY_LEN(status_names); i++)
		if (kin__span_is(text, status_names[i])) {
			*status = (enum kin__stream_status)i;
			return true;
		}
	return false;
}

/* --- create, delete -------------------------------------------------------------------- */

void kin__create_stream_encode(struct kin__bytes *out, struct kin__span name, uint32_t shards)
{
	kin__bytes_text(out, "{\"StreamName\":");
	kin__jsontext_quote(out, name);
	if (shards == 0) {
		kin__bytes_text(out, ",\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}");
		return;
	}
	kin__bytes_text(out, ",\"ShardCount\":");
	kin__bytes_u64(out, shards);
	kin__bytes_char(out, '}');
}

void kin__delete_stream_encode(struct kin__bytes *out, struct kin__span stream, bool with_consumers)
{
	kin__bytes_char(out, '{');
	kin__members_stream(out, stream);
	if (with_consumers)
		kin__bytes_text(out, ",\"EnforceConsumerDeletion\":true");
	kin__bytes_char(out, '}');
}

/* --- describe --------------------------------------------------------------------------- */

void kin__describe_stream_summary_encode(struct kin__bytes *out, struct kin__span stream)
{
	kin__delete_stream_encode(out, stream, false);
}

static void read_status(struct kin__members_tree *tree, const struct kin__json *json,
                        struct kin__stream_summary *summary)
{
	const char *text = kin__members_tree_text(tree, json, "StreamStatus", KIN__NAME_MAX, true);
	enum kin__stream_status status;

	if (text && kin__stream_status_parse(kin__span_text(text), &status))
		summary->status = (uint8_t)status;
	else
		kin__members_tree_fail(tree, "an unknown StreamStatus:", text);
}

static void read_summary(struct kin__members_tree *tree, const struct kin__json *json,
                         struct kin__stream_summary *summary)
{
	const struct kin__json *created = kin__json_member(json, "StreamCreationTimestamp");
	int64_t hours = KIN__RETENTION_HOURS_MIN, open = 0, kib = 0;
	struct kin__span mode = { NULL, 0 }, strategy = { NULL, 0 };

	summary->name = kin__members_tree_text(tree, json, "StreamName", KIN__NAME_MAX, true);
	summary->arn = kin__members_tree_text(tree, json, "StreamARN", KIN__STREAM_ARN_MAX, true);
	read_status(tree, json, summary);
	if (!kin__json_is_null(created) && !kin__json_time_ms(created, &summary->created_ms))
		kin__members_tree_fail(tree, "no time in", "StreamCreationTimestamp");
	kin__members_tree_integer(tree, json, "RetentionPeriodHours", INT32_MAX, &hours);
	kin__members_tree_integer(tree, json, "OpenShardCount", INT32_MAX, &open);
	kin__members_tree_integer(tree, json, "MaxRecordSizeInKiB", KIN__RECORD_KIB_MAX, &kib);
	kin__json_text(kin__json_path(json, "StreamModeDetails.StreamMode"), &mode);
	summary->on_demand = kin__span_is(mode, "ON_DEMAND");
	kin__json_text(kin__json_member(json, "RecordDistributionStrategy"), &strategy);
	summary->distributed = kin__span_is(strategy, "AUTO");
	summary->retention_ms = hours * HOUR_MS;
	summary->open_shards = (uint32_t)open;
	summary->record_bytes_max = (uint32_t)kib * 1024;
}

int kin__describe_stream_summary_decode(struct kin__stream_summary *summary, struct kin__arena *arena,
                                        const char *answer, size_t n, struct kin__reason *reason)
{
	struct kin__members_tree tree = { "DescribeStreamSummary", arena, reason, KIN_OK };
	struct kin__json *root = kin__members_parse(&tree, answer, n);

	*summary = (struct kin__stream_summary){ NULL };
	if (root)
		read_summary(&tree, kin__json_member(root, "StreamDescriptionSummary"), summary);
	kin__json_free(root);
	if (tree.code != KIN_OK)
		*summary = (struct kin__stream_summary){ NULL };
	return tree.code;
}

/* --- list --------------------------------------------------------------------------------- */

void kin__list_streams_encode(struct kin__bytes *out, struct kin__span next_token, struct kin__span after,
                              uint32_t limit)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	if (next_token.at) {
		kin__jsontext_name(&json, "NextToken");
		kin__jsontext_string(&json, next_token);
	} else if (after.at) {
		kin__jsontext_name(&json, "ExclusiveStartStreamName");
		kin__jsontext_string(&json, after);
	}
	if (limit > 0) {
		kin__jsontext_name(&json, "Limit");
		kin__jsontext_u64(&json, limit);
	}
	kin__jsontext_object_end(&json);
}

static const char *read_name(struct kin__members_tree *tree, const struct kin__json *item)
{
	struct kin__span text = { NULL, 0 };
	const char *name = NULL;

	if (!kin__json_text(item, &text) || !kin__limits_stream_name(text, NULL)) {
		kin__members_tree_fail(tree, "no stream name in", "StreamNames");
		return NULL;
	}
	name = kin__arena_text(tree->arena, text.at, text.n);
	if (!name)
		tree->code = KIN_NOMEM;
	return name;
}

static void read_names(struct kin__members_tree *tree, const struct kin__json *root,
                       struct kin__stream_names *names)
{
	const struct kin__json *list = kin__json_member(root, "StreamNames");
	const struct kin__json *more = kin__json_member(root, "HasMoreStreams");
	size_t n = kin__json_count(list);

	if (kin__json_type(list) != KIN__JSON_ARRAY)
		kin__members_tree_fail(tree, "no list in", "StreamNames");
	if (!kin__json_is_null(more) && !kin__json_bool(more, &names->more))
		kin__members_tree_fail(tree, "neither true nor false in", "HasMoreStreams");
	names->next_token = kin__members_tree_text(tree, root, "NextToken", KIN__TOKEN_MAX, false);
	if (tree->code != KIN_OK || n == 0)
		return;
	names->names = kin__arena_alloc(tree->arena, n * sizeof *names->names);
	if (!names->names)
		tree->code = KIN_NOMEM;
	for (; names->n < n && tree->code == KIN_OK; names->n++)
		names->names[names->n] = read_name(tree, kin__json_at(list, names->n));
}

int kin__list_streams_decode(struct kin__stream_names *names, struct kin__arena *arena, const char *answer,
                             size_t n, struct kin__reason *reason)
{
	struct kin__members_tree tree = { "ListStreams", arena, reason, KIN_OK };
	struct kin__json *root = kin__members_parse(&tree, answer, n);

	*names = (struct kin__stream_names){ NULL };
	if (root)
		read_names(&tree, root, names);
	kin__json_free(root);
	if (tree.code != KIN_OK)
		*names = (struct kin__stream_names){ NULL };
	return tree.code;
}
