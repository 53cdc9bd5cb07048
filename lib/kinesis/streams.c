/* kinesis/streams - see streams.h */
#include "base/check.h"
#include "kinesis/limits.h"
#include "kinesis/members.h"
#include "kinesis/streams.h"
#include "kinstream.h"

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

static bool status_of(struct kin__span text, enum kin__stream_status *status)
{
	for (unsigned i = 0; i < KIN__ARRAY_LEN(status_names); i++)
		if (kin__span_is(text, status_names[i])) {
			*status = (enum kin__stream_status)i;
			return true;
		}
	return false;
}

void kin__describe_stream_summary_encode(struct kin__bytes *out, struct kin__span stream)
{
	kin__bytes_char(out, '{');
	kin__members_stream(out, stream);
	kin__bytes_char(out, '}');
}

static void read_status(struct kin__members_tree *tree, const struct kin__json *json,
                        struct kin__stream_summary *summary)
{
	const char *text = kin__members_tree_text(tree, json, "StreamStatus", KIN__NAME_MAX, true);
	enum kin__stream_status status;

	if (text && status_of(kin__span_text(text), &status))
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
