/* io/quit - at exit(3) our threads stand still before OpenSSL's own handler takes away what they work with; over
 * fork(2) they do so, too, for a child must not inherit a lock that nobody is there to release.
 *
 * What touches OpenSSL or libcurl runs between _enter and _leave, which do not nest; of user
 * code the log function alone does.  From the handler on, _enter does not return, and all handles are disowned.  Any thread.
 */
#ifndef KIN_IO_QUIT_H
#define KIN_IO_QUIT_H
#include <stdbool.h>

void kin__quit_watch(void); /* to be called once OpenSSL is there: handlers run in reverse order */
bool kin__quit_begun(void);
void kin__quit_enter(void);
void kin__quit_leave(void);
#endif
