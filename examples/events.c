/* events STREAM: each line of standard input becomes a record, by one thread and without a callback: a loop over poll(2),
 * which the descriptor of the reports takes part in.  When the buffer is full it reads reports, not lines. */
#include <kinstream.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct loop {
	struct kin_producer *producer;
	char text[65536];
	size_t n;
	bool full, over; /* no room for the next line; no more input */
	unsigned long stored, failed;
};

static void read_reports(struct loop *loop)
{
	const struct kin_delivery *d;

	while (kin_producer_next(loop->producer, &d, 0, NULL) == KIN_OK) {
		loop->full = false; /* each report read makes room */
		loop->stored += d->code == KIN_OK;
		loop->failed += d->code != KIN_OK;
		if (d->code != KIN_OK)
			fprintf(stderr, "events: %s\n", d->error->message);
	}
}

static void read_input(struct loop *loop)
{
	ssize_t n = read(STDIN_FILENO, loop->text + loop->n, sizeof loop->text - 1 - loop->n);

	loop->n += n > 0 ? (size_t)n : 0;
	loop->over = n <= 0;
	if (loop->over && loop->n > 0 && loop->text[loop->n - 1] != '\n')
		loop->text[loop->n++] = '\n';
}

/* As many whole lines as there is room for. */
static int put_lines(struct loop *loop, struct kin_error *e)
{
	char *begin = loop->text, *end;
	int code = KIN_OK;

	while ((end = memchr(begin, '\n', loop->n))) {
		code = kin_producer_put(loop->producer, NULL, 0, begin, (size_t)(end - begin), 0, e);
		if (code != KIN_OK)
			break;
		loop->n -= (size_t)(end + 1 - begin);
		begin = end + 1;
	}
	memmove(loop->text, begin, loop->n);
	loop->full = code == KIN_FULL;
	if (loop->n == sizeof loop->text - 1 && !loop->full) {
		snprintf(e->message, sizeof e->message, "a line is longer than 64 KiB");
		code = KIN_INVALID;
	}
	return loop->full ? KIN_OK : code;
}

static int run(struct loop *loop, struct kin_error *e)
{
	int code = KIN_OK;

	while (code == KIN_OK && (!loop->over || loop->n > 0)) {
		struct pollfd events[] = { { .fd = kin_producer_fd(loop->producer), .events = POLLIN },
			                   { .fd = loop->full || loop->over ? -1 : STDIN_FILENO,
			                     .events = POLLIN } };

		if (poll(events, 2, -1) < 0)
			continue; /* a signal */
		if (events[0].revents)
			read_reports(loop);
		if (events[1].revents)
			read_input(loop);
		if (!loop->full)
			code = put_lines(loop, e);
	}
	return code;
}

int main(int argc, char **argv)
{
	static struct loop loop;
	struct kin_producer_options o;
	struct kin_error e = { 0 };
	int code;

	kin_producer_options_init(&o);
	o.stream = argc > 1 ? argv[1] : "orders";
	o.reports = KIN_REPORTS_POLL;
	code = kin_producer_open(&loop.producer, NULL, &o, &e);
	if (code == KIN_OK)
		code = run(&loop, &e);
	if (code == KIN_OK)
		code = kin_producer_flush(loop.producer, -1, &e);
	if (code == KIN_OK)
		read_reports(&loop);
	if (loop.producer && kin_producer_close(loop.producer, -1, code == KIN_OK ? &e : NULL) != KIN_OK)
		code = code == KIN_OK ? KIN_FAILED : code;
	printf("%lu stored, %lu failed\n", loop.stored, loop.failed);
	return code == KIN_OK ? 0 : (fprintf(stderr, "events: %s\n", e.message), 1);
}
