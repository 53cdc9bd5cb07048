/* consumer/kept - see kept.h */
#include "consumer/kept.h"
#include "wire/jsonscan.h"
#include "wire/jsontext.h"

enum { VERSION = 1 };

static void number(struct kin__jsontext *json, const char *name, int64_t value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_i64(json, value);
}

void kin__kept_write(struct kin__bytes *out, const struct kin__kept *kept)
{
	char place[KIN__SEQUENCE_TEXT];
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	number(&json, "version", VERSION);
	kin__jsontext_name(&json, "sequenceNumber");
	kin__jsontext_text(&json, kin__position_text(&kept->at, place));
	number(&json, "subSequenceNumber", (int64_t)kept->at.sub);
	if (kept->closed_ms != INT64_MIN)
		number(&json, "closedMs", kept->closed_ms);
	if (kept->open) {
		number(&json, "startMs", kept->start_ms);
		number(&json, "endMs", kept->end_ms);
		kin__jsontext_name(&json, "state");
		kin__jsontext_raw(&json, kept->state);
	}
	kin__jsontext_object_end(&json);
}

/* --- reading -------------------------------------------------------------------------------- */

struct reading {
	struct kin__jsonscan scan;
	struct kin__kept *kept;
	int64_t version, sub;
	bool start, end;
	struct kin__span sequence;
};

static bool read_sequence(struct reading *reading)
{
	bool escaped;

	return kin__jsonscan_quoted(&reading->scan, &reading->sequence, &escaped) &&
	       (!escaped || kin__jsonscan_fail(&reading->scan, "sequenceNumber holds an escape"));
}

/* Of a newer version there may be more members than are known here: the version is looked at in the end. */
static bool read_member(struct reading *reading, struct kin__span name)
{
	struct kin__kept *kept = reading->kept;

	if (kin__span_is(name, "version"))
		return kin__jsonscan_i64(&reading->scan, &reading->version);
	if (kin__span_is(name, "sequenceNumber"))
		return read_sequence(reading);
	if (kin__span_is(name, "subSequenceNumber"))
		return kin__jsonscan_i64(&reading->scan, &reading->sub);
	if (kin__span_is(name, "closedMs"))
		return kin__jsonscan_i64(&reading->scan, &kept->closed_ms);
	if (kin__span_is(name, "startMs"))
		return reading->start = kin__jsonscan_i64(&reading->scan, &kept->start_ms);
	if (kin__span_is(name, "endMs"))
		return reading->end = kin__jsonscan_i64(&reading->scan, &kept->end_ms);
	if (kin__span_is(name, "state"))
		return kin__jsonscan_raw(&reading->scan, &kept->state);
	return kin__jsonscan_skip(&reading->scan);
}

static const char *read_all(struct reading *reading)
{
	struct kin__span name;
	bool escaped;

	if (!kin__jsonscan_object(&reading->scan))
		return reading->scan.error;
	while (kin__jsonscan_name_quoted(&reading->scan, &name, &escaped))
		if (!read_member(reading, name))
			break;
	return kin__jsonscan_finish(&reading->scan) ? NULL : reading->scan.error;
}

/* A number of a record, or a word of the store, or nothing. */
static bool is_place(struct kin__span text)
{
	bool digits = true, letters = true;

	for (size_t i = 0; i < text.n; i++) {
		digits = digits && text.at[i] >= '0' && text.at[i] <= '9';
		letters = letters && ((text.at[i] >= 'A' && text.at[i] <= 'Z') || text.at[i] == '_');
	}
	return (digits && text.n < KIN__SEQUENCE_TEXT) || (letters && text.n < KIN__SEQUENCE_TEXT / 2);
}

static const char *check(struct reading *reading)
{
	struct kin__kept *kept = reading->kept;

	if (reading->version != VERSION)
		return "not written by this version";
	if (!reading->sequence.at || !is_place(reading->sequence) || reading->sub < 0)
		return "no position of a record";
	kept->open = kept->state.at != NULL;
	if (kept->open != reading->start || kept->open != reading->end)
		return "a window without its start, its end or its state";
	if (kept->open && (kept->end_ms <= kept->start_ms || kept->state.at[0] != '{'))
		return "a window that cannot be";
	return NULL;
}

const char *kin__kept_read(struct kin__kept *kept, const char *text, size_t n)
{
	struct reading reading = { .kept = kept };
	char place[KIN__SEQUENCE_TEXT];
	const char *wrong;

	*kept = (struct kin__kept){ .closed_ms = INT64_MIN };
	if (n == 0)
		return NULL;
	kin__jsonscan_init_readonly(&reading.scan, text, n);
	wrong = read_all(&reading);
	if (!wrong)
		wrong = check(&reading);
	if (wrong)
		return wrong;
	memcpy(place, reading.sequence.at, reading.sequence.n);
	place[reading.sequence.n] = 0;
	kin__position_set(&kept->at, place, (uint64_t)reading.sub);
	return NULL;
}
