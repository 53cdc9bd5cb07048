/* kinesis/form - see form.h */
#include "kinesis/form.h"
#include "kinstream.h"

const struct kin__cborjson_member kin__form_members[] = {
	/* requests */
	{ "Data", KIN__CBORJSON_BYTES },
	{ "Records.Data", KIN__CBORJSON_BYTES }, /* of answers, too */
	{ "Timestamp", KIN__CBORJSON_TIME },
	{ "StreamCreationTimestamp", KIN__CBORJSON_TIME },
	{ "ShardFilter.Timestamp", KIN__CBORJSON_TIME },
	{ "StartingPosition.Timestamp", KIN__CBORJSON_TIME },
	{ "StreamFilter.StreamCreationTimestamp", KIN__CBORJSON_TIME },
	/* answers */
	{ "Records.ApproximateArrivalTimestamp", KIN__CBORJSON_TIME },
	{ "StreamDescription.StreamCreationTimestamp", KIN__CBORJSON_TIME },
	{ "StreamDescriptionSummary.StreamCreationTimestamp", KIN__CBORJSON_TIME },
	{ "StreamSummaries.StreamCreationTimestamp", KIN__CBORJSON_TIME },
	{ "Consumer.ConsumerCreationTimestamp", KIN__CBORJSON_TIME },
	{ "Consumers.ConsumerCreationTimestamp", KIN__CBORJSON_TIME },
	{ "ConsumerDescription.ConsumerCreationTimestamp", KIN__CBORJSON_TIME },
	{ "MinimumThroughputBillingCommitment.StartedAt", KIN__CBORJSON_TIME },
	{ "MinimumThroughputBillingCommitment.EndedAt", KIN__CBORJSON_TIME },
	{ "MinimumThroughputBillingCommitment.EarliestAllowedEndAt", KIN__CBORJSON_TIME },
	{ "ChannelDescription.ChannelCreationTimestamp", KIN__CBORJSON_TIME },
	{ "ChannelSummaries.ChannelCreationTimestamp", KIN__CBORJSON_TIME },
	{ NULL, KIN__CBORJSON_PLAIN },
};

const char *kin__form_type(struct kin__span body)
{
	return kin__cbor_is_map(body) ? KIN__FORM_CBOR : KIN__FORM_JSON;
}

static int end(const struct kin__bytes *out, int result, int refused, const char *error,
               struct kin__reason *reason)
{
	if (result == 0)
		return KIN_OK;
	if (out->failed)
		return KIN_NOMEM;
	if (reason)
		kin__reason_text(reason, error);
	return refused;
}

int kin__form_to_cbor(struct kin__bytes *out, struct kin__span json, const char *path,
                      struct kin__reason *reason)
{
	char error[KIN__JSON_ERROR];

	return end(out, kin__cborjson_to_cbor(out, json, path, kin__form_members, error), KIN_INVALID, error,
	           reason);
}

int kin__form_to_json(struct kin__bytes *out, char *data, size_t n, const char *path,
                      struct kin__reason *reason)
{
	char error[KIN__JSON_ERROR];

	return end(out, kin__cborjson_to_json(out, data, n, path, kin__form_members, false, error),
	           KIN_PROTOCOL, error, reason);
}
