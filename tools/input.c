#include "input.h"
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 };

int tool_input_open(struct tool_input *input, const char *path)
{
	*input = (struct tool_input){ .fd = STDIN_FILENO };
	if (strcmp(path, "-") != 0)
		input->fd = open(path, O_RDONLY | O_CLOEXEC);
	return input->fd < 0 ? -1 : 0;
}

void tool_input_close(struct tool_input *input)
{
	if (input->fd != STDIN_FILENO)
		close(input->fd);
	free(input->at);
}

/* For a chunk, and a 0. */
static bool make_room(struct tool_input *input)
{
	size_t room = input->room ? input->room : (size_t)2 * CHUNK;
	char *at;

	if (input->begin > 0) {
		memmove(input->at, input->at + input->begin, input->end - input->begin);
		input->end -= input->begin;
		input->begin = 0;
	}
	while (room - input->end < CHUNK + 1)
		room *= 2;
	if (room == input->room)
		return true;
	at = realloc(input->at, room);
	if (!at)
		return false;
	input->at = at;
	input->room = room;
	return true;
}

/* false: it failed, or is over by a signal. */
static bool read_more(struct tool_input *input)
{
	struct pollfd ready = { .fd = input->fd, .events = POLLIN };

	for (;;) {
		ssize_t n = read(input->fd, input->at + input->end, CHUNK);

		if (n >= 0) {
			input->end += (size_t)n;
			input->ended = n == 0;
			return true;
		}
		if (errno == EAGAIN) /* somebody's descriptor, that does not wait by itself */
			poll(&ready, 1, -1);
		else if (errno != EINTR)
			return false;
		if (tool_stopping())
			return false;
	}
}

static enum tool_input_found give(struct tool_input *input, size_t size, char **line, size_t *line_size)
{
	*line = input->at + input->begin;
	*line_size = size;
	(*line)[size] = 0;
	input->begin += size + 1;
	if (input->begin > input->end)
		input->begin = input->end;
	return TOOL_INPUT_LINE;
}

enum tool_input_found tool_input_line(struct tool_input *input, char **line, size_t *size)
{
	size_t looked_at = 0;

	for (;;) {
		size_t n = input->end - input->begin;
		const char *newline = n > looked_at ? memchr(input->at + input->begin + looked_at, '\n',
		                                             n - looked_at)
		                                    : NULL;

		if (newline)
			return give(input, (size_t)(newline - input->at) - input->begin, line, size);
		if (n > TOOL_INPUT_LINE_MAX)
			return TOOL_INPUT_TOO_LONG;
		if (input->ended)
			return n > 0 ? give(input, n, line, size) : TOOL_INPUT_END;
		looked_at = n;
		if (!make_room(input)) {
			errno = ENOMEM;
			return TOOL_INPUT_FAILED;
		}
		if (!read_more(input))
			return tool_stopping() ? TOOL_INPUT_END : TOOL_INPUT_FAILED;
	}
}
