/* io/fork - does this process still have the threads that a handle was opened with?  Any thread.
 *
 * A number that is another one in each child of fork(); handles keep it from their open.
 */
#ifndef KIN_IO_FORK_H
#define KIN_IO_FORK_H

unsigned kin__fork_generation(void);
#endif
