/* event/response - see response.h */
#include "event/response.h"
#include "aws/reason.h"
#include "wire/json.h"

struct reading {
	struct kin__response *response;
	const struct kin_record *const *records;
	size_t records_n;
};

static void conclude(struct kin__response *response, enum kin__response_outcome outcome, const char *pattern,
                     struct kin__span value)
{
	struct kin__span none = { NULL, 0 };
	struct kin__reason reason;

	kin__reason_say(&reason, pattern, value, none, none);
	response->outcome = (uint8_t)outcome;
	memcpy(response->why, reason.text, sizeof response->why);
}

static void fail(struct kin__response *response, const char *pattern, struct kin__span value)
{
	conclude(response, KIN__RESPONSE_FAILED, pattern, value);
}

/* --- the place of a sequence number among the records -------------------------------------- */

static int compare(struct kin__span a, const struct kin_record *record)
{
	if (a.n != record->sequence_number_size)
		return a.n < record->sequence_number_size ? -1 : 1;
	return memcmp(a.at, record->sequence_number, a.n);
}

/* Numbers of a shard grow, so halving finds the first of them; records of an aggregate share theirs. */
static size_t search(const struct reading *reading, struct kin__span sequence)
{
	size_t low = 0, high = reading->records_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(sequence, reading->records[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* records_n when there is none: then it is looked for one by one too, as a failure of all hangs on it. */
static size_t find(const struct reading *reading, struct kin__span sequence)
{
	size_t at = search(reading, sequence);

	if (at < reading->records_n && compare(sequence, reading->records[at]) == 0)
		return at;
	for (at = 0; at < reading->records_n; at++)
		if (compare(sequence, reading->records[at]) == 0)
			break;
	return at;
}

/* --- the response ---------------------------------------------------------------------------- */

static bool read_item(struct reading *reading, const struct kin__json *item)
{
	const struct kin__json *member = kin__json_member(item, "itemIdentifier");
	struct kin__span none = { NULL, 0 }, sequence;
	size_t at;

	if (!kin__json_text(member, &sequence) || sequence.n == 0) {
		fail(reading->response,
		     "response: an entry of batchItemFailures has no itemIdentifier; it must be the sequence "
		     "number "
		     "of a record of the batch; all of it counts as failed",
		     none);
		return false;
	}
	at = find(reading, sequence);
	if (at == reading->records_n) {
		fail(reading->response,
		     "response: itemIdentifier '%1' is not the sequence number of a record of the batch; all "
		     "of it "
		     "counts as failed",
		     sequence);
		return false;
	}
	if (at < reading->response->first_failed)
		reading->response->first_failed = at;
	return true;
}

static void read_failures(struct reading *reading, const struct kin__json *failures)
{
	struct kin__response *response = reading->response;
	struct kin__span none = { NULL, 0 };

	if (!kin__json_is_null(failures) && kin__json_type(failures) != KIN__JSON_ARRAY) {
		fail(response,
		     "response: batchItemFailures must be a list; all of the batch counts as failed", none);
		return;
	}
	if (kin__json_count(failures) == 0)
		return;
	response->first_failed = reading->records_n;
	for (size_t i = 0; i < kin__json_count(failures); i++)
		if (!read_item(reading, kin__json_at(failures, i)))
			return;
	response->outcome = KIN__RESPONSE_PARTIAL;
}

static void read_object(struct reading *reading, const struct kin__json *root)
{
	const struct kin__json *failures = kin__json_member(root, "batchItemFailures");
	struct kin__span name = { NULL, 0 };
	void *walk = NULL;

	if (kin__json_type(failures) != KIN__JSON_ABSENT) {
		read_failures(reading, failures);
		return;
	}
	if (kin__json_each_member(root, &walk, &name))
		conclude(reading->response, KIN__RESPONSE_WARNING,
		         "response: an object with '%1' but without batchItemFailures counts as success",
		         name);
}

static void read_root(struct reading *reading, const struct kin__json *root)
{
	struct kin__span text = { NULL, 0 };

	switch (kin__json_type(root)) {
	case KIN__JSON_OBJECT:
		read_object(reading, root);
		return;
	case KIN__JSON_NULL:
		return;
	case KIN__JSON_ARRAY:
		if (kin__json_count(root) == 0)
			return;
		break;
	case KIN__JSON_TEXT:
		if (kin__json_text(root, &text) && text.n == 0)
			return;
		break;
	default:
		break;
	}
	fail(reading->response,
	     "response: must be an object with batchItemFailures, or empty; all of the batch counts as "
	     "failed",
	     text);
}

void kin__response_read(struct kin__response *response, const char *json, size_t n,
                        const struct kin_record *const *records, size_t records_n)
{
	struct reading reading = { response, records, records_n };
	char error[KIN__JSON_ERROR];
	struct kin__json *root;

	*response = (struct kin__response){ .outcome = KIN__RESPONSE_SUCCESS };
	if (n > KIN__RESPONSE_BYTES_MAX) {
		conclude(response, KIN__RESPONSE_TOO_LARGE,
		         "response: more than 6291456 bytes; all of the batch counts as failed",
		         kin__span(NULL, 0));
		return;
	}
	if (kin__span_trim(kin__span(json, n)).n == 0)
		return;
	if (kin__json_parse(json, n, &root, error) < 0) {
		fail(response, "response: no JSON: %1; all of the batch counts as failed",
		     kin__span_text(error));
		return;
	}
	read_root(&reading, root);
	kin__json_free(root);
}
