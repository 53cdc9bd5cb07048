/* handler LOG SINK [lines] - what kinstream consume --exec runs: writes down which event it was given, and what became
 * of it.  With "lines" it speaks that protocol, else it is started for each event.
 *
 * The log has whole lines, each by one write: "begin RUN PID SIZE-OF-SINK EVENT", "done RUN PID", "failed RUN PID".
 * An event with a record that begins with "poison" fails; the beginning of an event is none. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EVENT_MAX = 1 << 20 };

static char event[EVENT_MAX], line[EVENT_MAX + 128];

static void note(int log, size_t n)
{
	if (write(log, line, n) != (ssize_t)n)
		_exit(4);
}

static void note_end(int log, const char *word)
{
	note(log, (size_t)snprintf(line, sizeof line, "%s %s %ld\n", word, getenv("RUN"), (long)getpid()));
}

/* Whether all went well. */
static bool handle(int log, const char *sink_path)
{
	struct stat sink = { 0 };
	bool poison = strstr(event, "\"data\":\"cG9pc29u") != NULL; /* base64 of "poison" */

	stat(sink_path, &sink);
	note(log, (size_t)snprintf(line, sizeof line, "begin %s %ld %lld %s\n", getenv("RUN"), (long)getpid(),
	                           (long long)sink.st_size, event));
	nanosleep(&(struct timespec){ .tv_nsec = getpid() % 7 * 1000000L }, NULL);
	note_end(log, poison ? "failed" : "done");
	return !poison;
}

static int answer_lines(int log, const char *sink_path)
{
	while (fgets(event, sizeof event, stdin)) {
		size_t n = strlen(event);

		if (event[n - 1] != '\n')
			return 3;
		event[n - 1] = 0;
		puts(handle(log, sink_path) ? "{}" : "{\"errorMessage\":\"poison\"}");
		if (fflush(stdout) == EOF)
			return 4;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int log = argc < 3 ? -1 : open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (log < 0)
		return 4;
	if (argc > 3)
		return answer_lines(log, argv[2]);
	size_t n = fread(event, 1, sizeof event - 1, stdin);
	if (n < 2 || memcmp(event + n - 2, "]}", 2) != 0)
		return 3;
	return handle(log, argv[2]) ? 0 : 1;
}
