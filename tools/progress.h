/* tools/progress - a line on the terminal that tells how far a producer is, five times a second, by a thread of its
 * own: also while the command waits for input, or for room. */
#ifndef KINSTREAM_PROGRESS_H
#define KINSTREAM_PROGRESS_H
#include <kinstream.h>

struct tool_progress;

struct tool_progress *tool_progress_begin(struct kin_producer *producer); /* NULL: no terminal is on stderr */
void tool_progress_end(
		struct tool_progress *progress); /* the last line stays; before the producer is closed */
#endif
