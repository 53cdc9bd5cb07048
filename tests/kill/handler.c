/* handler LOG SINK - what kinstream consume --exec runs: writes down which event it was given, and what became of it.
 *
 * The log has whole lines, each by one write: "begin RUN PID SIZE-OF-SINK EVENT", "done RUN PID", "failed RUN PID".
 * An event with a record that begins with "poison" fails; the beginning of an event is none. */
#include <fcntl.h>
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

int main(int argc, char **argv)
{
	struct stat sink = { 0 };
	size_t n = 0;

	for (ssize_t got; n < EVENT_MAX - 1 && (got = read(STDIN_FILENO, event + n, EVENT_MAX - 1 - n)) > 0;)
		n += (size_t)got;
	if (argc != 3 || n < 2 || memcmp(event + n - 2, "]}", 2) != 0)
		return 3;
	int log = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
	stat(argv[2], &sink);
	note(log, (size_t)snprintf(line, sizeof line, "begin %s %ld %lld %s\n", getenv("RUN"), (long)getpid(),
	                           (long long)sink.st_size, event));
	nanosleep(&(struct timespec){ .tv_nsec = getpid() % 7 * 1000000L }, NULL);
	if (strstr(event, "\"data\":\"cG9pc29u")) { /* base64 of "poison" */
		note_end(log, "failed");
		return 1;
	}
	note_end(log, "done");
	return 0;
}
