/* api/log - level names, and the ready log functions */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <kinstream/log.h>
#include "base/check.h"
#include "base/timetext.h"
#include "io/clock.h"
#include "wire/jsontext.h"

const char *kin_log_level_name(int level)
{
	static const char *const names[] = { "none", "error", "warn", "info", "debug", "trace" };

	return level >= 0 && level < (int)KIN__ARRAY_LEN(names) ? names[level] : "?";
}

/* One call: lines of two threads do not mix. */
static void to_stderr(const char *text, size_t n)
{
	ssize_t written = write(STDERR_FILENO, text, n);

	(void)written;
}

void kin_log_stderr(void *user, int level, const char *room, const char *line)
{
	char text[1400], time[KIN__TIME_TEXT];
	int n;

	(void)user;
	kin__time_iso(kin__clock_wall_ms(), time);
	n = snprintf(text, sizeof text, "%s %s %s %s\n", time, kin_log_level_name(level), room, line);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof text) {
		n = (int)sizeof text - 1;
		text[n - 1] = '\n';
	}
	to_stderr(text, (size_t)n);
}

/* ---- JSON ---- */

static void add_text(struct kin__jsontext *json, const char *name, const char *text)
{
	if (!text)
		return;
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, text);
}

/* The object, with the first `most` bytes of the message. */
static void write_object(struct kin__bytes *out, const struct kin_log_line *line, size_t most)
{
	struct kin__jsontext json;
	char time[KIN__TIME_TEXT];

	kin__bytes_clear(out);
	kin__time_iso(line->time_ms, time);
	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	add_text(&json, "time", time);
	add_text(&json, "level", kin_log_level_name(line->level));
	add_text(&json, "room", line->room);
	kin__jsontext_name(&json, "message");
	kin__jsontext_string(&json, kin__span(line->message ? line->message : "", most));
	add_text(&json, "stream", line->stream);
	add_text(&json, "application", line->application);
	add_text(&json, "shardId", line->shard_id);
	add_text(&json, "operation", line->operation);
	add_text(&json, "requestId", line->request_id);
	kin__jsontext_object_end(&json);
}

size_t kin_log_json(const struct kin_log_line *line, char *out, size_t room)
{
	static const char sorry[] =
			"{\"level\":\"error\",\"room\":\"log\",\"message\":\"a line is left out: it needs "
			"more memory than there is\"}";
	struct kin_log_line own = { 0 };
	struct kin__bytes text;
	size_t n;

	memcpy(&own, line, line->size < sizeof own ? line->size : sizeof own);
	kin__bytes_init(&text);
	n = own.message ? strlen(own.message) : 0;
	write_object(&text, &own, n);
	while (!text.failed && text.n >= room && n > 0) {
		size_t over = text.n - room + 1;

		/* An escape may be six bytes of one: not to cut in steps of one, nor too much. */
		n = over / 6 + 1 < n ? n - over / 6 - 1 : 0;
		write_object(&text, &own, n);
	}
	if (text.failed || text.n >= room) {
		kin__bytes_fini(&text);
		n = sizeof sorry - 1 < room ? sizeof sorry - 1 : 0;
		memcpy(out, n > 0 ? sorry : "", n + 1);
		return n;
	}
	n = text.n;
	memcpy(out, text.at, n + 1);
	kin__bytes_fini(&text);
	return n;
}

void kin_log_json_stderr(void *user, const struct kin_log_line *line)
{
	char text[8192];
	size_t n = kin_log_json(line, text, sizeof text);

	(void)user;
	text[n] = '\n';
	to_stderr(text, n + 1);
}
