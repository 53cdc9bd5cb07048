/* io/fork - does this process still have the threads that a handle was opened with?  Any thread.
 *
 * A number that is another one in each child of fork(), and once exit() has begun; handles keep it from their
 * open.  And descriptors that a child must not hold, for a lock would live on in it: they are closed there.
 */
#ifndef KIN_IO_FORK_H
#define KIN_IO_FORK_H
#include "base/list.h"

unsigned kin__fork_generation(void);
void kin__fork_disown(void); /* io/quit: from now on it is another number */

struct kin__fork_fd {
	struct kin__list node;
	int *fd;
};
void kin__fork_fd_init(struct kin__fork_fd *held);
/* *into = fd, until _release, which gives it back, to be closed by the caller; in a child *into is -1. */
void kin__fork_hold(struct kin__fork_fd *held, int *into, int fd);
int kin__fork_release(struct kin__fork_fd *held); /* -1: it holds none */
#endif
