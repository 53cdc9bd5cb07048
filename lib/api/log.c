/* api/log - level names, and the ready log function */
#include <stdio.h>
#include <unistd.h>
#include <kinstream/log.h>
#include "base/check.h"
#include "base/timetext.h"
#include "io/clock.h"

const char *kin_log_level_name(int level)
{
	static const char *const names[] = { "none", "error", "warn", "info", "debug", "trace" };

	return level >= 0 && level < (int)KIN__ARRAY_LEN(names) ? names[level] : "?";
}

void kin_log_stderr(void *user, int level, const char *room, const char *line)
{
	char text[1400], time[KIN__TIME_TEXT];
	int n;
	ssize_t written;

	(void)user;
	kin__time_iso(kin__clock_wall_ms(), time);
	n = snprintf(text, sizeof text, "%s %s %s %s\n", time, kin_log_level_name(level), room, line);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof text) {
		n = (int)sizeof text - 1;
		text[n - 1] = '\n';
	}
	written = write(STDERR_FILENO, text, (size_t)n); /* one call: lines of two threads do not mix */
	(void)written;
}
