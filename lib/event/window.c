/* event/window - see window.h */
#include "event/window.h"
#include "base/timetext.h"
#include "wire/jsontext.h"

/* 2026-01-15T09:00:00Z */
static struct kin__span second(int64_t ms, char text[static KIN__TIME_TEXT])
{
	char *point;

	kin__time_iso(ms, text);
	point = strchr(text, '.');
	if (point)
		memcpy(point, "Z", 2);
	return kin__span_text(text);
}

static void member_time(struct kin__jsontext *json, const char *name, int64_t ms)
{
	char text[KIN__TIME_TEXT];

	kin__jsontext_name(json, name);
	kin__jsontext_string(json, second(ms, text));
}

/* The members behind "Records", in the order of AWS's documentation. */
static void write_members(struct kin__jsontext *json, const struct kin__event_source *source,
                          const struct kin__event_window *window)
{
	kin__jsontext_name(json, "window");
	kin__jsontext_object(json);
	member_time(json, "start", window->start_ms);
	member_time(json, "end", window->end_ms);
	kin__jsontext_object_end(json);
	kin__jsontext_name(json, "state");
	kin__jsontext_raw(json, window->state);
	kin__jsontext_name(json, "shardId");
	kin__jsontext_text(json, window->shard_id);
	kin__jsontext_name(json, "eventSourceARN");
	kin__jsontext_string(json, source->stream_arn);
	kin__jsontext_name(json, "isFinalInvokeForWindow");
	kin__jsontext_bool(json, window->final);
	kin__jsontext_name(json, "isWindowTerminatedEarly");
	kin__jsontext_bool(json, window->terminated_early);
}

void kin__event_window_write(struct kin__bytes *out, const struct kin__event_source *source,
                             const struct kin_record *const *records, size_t n,
                             const struct kin__event_window *window)
{
	struct kin__jsontext json;

	kin__event_write(out, source, records, n);
	if (out->failed)
		return;
	out->n--; /* the closing brace comes last */
	kin__jsontext_init(&json, out);
	kin__bytes_char(out, ',');
	write_members(&json, source, window);
	kin__bytes_char(out, '}');
}

static size_t text_bytes(struct kin__span text)
{
	return kin__event_text_bytes(text) + 2;
}

size_t kin__event_window_bytes(const struct kin__event_source *source, const struct kin__event_window *window)
{
	static const char fixed[] =
			",\"window\":{\"start\":,\"end\":},\"state\":,\"shardId\":,\"eventSourceARN\":,"
			"\"isFinalInvokeForWindow\":,\"isWindowTerminatedEarly\":";
	char start[KIN__TIME_TEXT], end[KIN__TIME_TEXT];

	return sizeof fixed - 1 + text_bytes(second(window->start_ms, start)) +
	       text_bytes(second(window->end_ms, end)) + window->state.n +
	       text_bytes(kin__span_text(window->shard_id)) + text_bytes(source->stream_arn) +
	       (window->final ? 4 : 5) + (window->terminated_early ? 4 : 5);
}
