#include "tool.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Set before there is a second thread. */
static bool as_json;
static const char *about_stream, *about_application;
static atomic_bool on_line; /* the cursor stands behind a line that is to be written over */

void tool_say_as(const struct tool *tool)
{
	const char *format = kin_config_get(tool->config, "log_format");

	as_json = format && strcmp(format, "json") == 0;
}

void tool_say_about(const char *stream, const char *application)
{
	about_stream = stream;
	about_application = application;
}

/* One write: lines of other threads come before or behind it. */
void tool_say_line(const char *line, bool last)
{
	atomic_store(&on_line, !last);
	fprintf(stderr, "\r%s\033[K%s", line, last ? "\n" : "");
	fflush(stderr);
}

static void leave_line(void)
{
	if (atomic_exchange(&on_line, false))
		fputs("\r\033[K", stderr);
}

void tool_say(int level, const char *format, ...)
{
	va_list values;
	char text[4096];
	struct timespec now;

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	leave_line();
	if (!as_json) {
		fprintf(stderr, "kinstream: %s\n", text);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	kin_log_json_stderr(NULL, &(struct kin_log_line){ .size = sizeof(struct kin_log_line),
	                                                  .time_ms = (int64_t)now.tv_sec * 1000 +
	                                                             now.tv_nsec / 1000000,
	                                                  .level = level,
	                                                  .room = "command",
	                                                  .message = text,
	                                                  .stream = about_stream,
	                                                  .application = about_application });
}

/* What ends a command for good it says itself, in its last line. */
static void log_text(void *user, int level, const char *room, const char *line)
{
	if (level == KIN_LOG_ERROR)
		return;
	leave_line();
	kin_log_stderr(user, level, room, line);
}

static void log_json(void *user, const struct kin_log_line *line)
{
	if (line->level == KIN_LOG_ERROR)
		return;
	leave_line();
	kin_log_json_stderr(user, line);
}

void tool_say_for(struct kin_client_options *options)
{
	options->log = as_json ? NULL : log_text;
	options->log_line = as_json ? log_json : NULL;
}
