/* io/pipe - a descriptor for poll(2) that is readable while there is something: a pipe with a byte in it, or none.
 *
 * Under the lock of its owner, but for the descriptor's number, which stays from open to close.
 */
#ifndef KIN_IO_PIPE_H
#define KIN_IO_PIPE_H
#include <kinstream/error.h>

struct kin__pipe {
	int ends[2]; /* -1: there is none; the first one is polled */
	bool full;   /* the byte is in it */
};

void kin__pipe_init(struct kin__pipe *pipe);
int kin__pipe_open(struct kin__pipe *pipe, const char *call,
                   struct kin_error *error); /* call: that gives it out */
void kin__pipe_fini(struct kin__pipe *pipe);
void kin__pipe_set(struct kin__pipe *pipe, bool something); /* without one: nothing */
#endif
