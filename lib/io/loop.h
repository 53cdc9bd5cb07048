/* io/loop - the one I/O thread: tasks posted from any thread, timers, and HTTP through io/http.
 *
 * Tasks and timers are embedded in the caller's memory; posting and setting never fail and never allocate.
 * Everything runs on the loop's thread, one thing at a time, never under a lock.  A task or timer may free
 * itself when it runs.  A thread that would only wait for the loop may borrow it while it is at rest, and is
 * the loop's thread until it gives it back.
 */
#ifndef KIN_IO_LOOP_H
#define KIN_IO_LOOP_H
#include "base/heap.h"
#include "base/list.h"
#include "io/http.h"
#include "io/thread.h"
#include <kinstream/error.h>

struct kin__loop;

struct kin__loop_task {
	struct kin__list node;
	void (*run)(struct kin__loop_task *task);
	bool queued; /* under the loop's lock */
};

struct kin__loop_timer {
	struct kin__heap_node node;
	void (*fire)(struct kin__loop_timer *timer);
};

/* http: options of the HTTP engine, borrowed until return.  On success *out is yours, close with kin__loop_close(). */
int kin__loop_open(struct kin__loop **out, const struct kin__http_options *http, struct kin_error *error);
/* Runs what was posted, cancels the requests under way (their `done` runs), runs what that posted, joins.
 * Timers that are set do not fire.  Not on the loop's thread.  NULL is fine. */
void kin__loop_close(struct kin__loop *loop);

void kin__loop_task_init(struct kin__loop_task *task, void (*run)(struct kin__loop_task *task));
/* Any thread.  In the order of posting; one that is queued already stays where it is. */
void kin__loop_post(struct kin__loop *loop, struct kin__loop_task *task);
/* Any thread, but a sure answer only on the loop's: true when it was queued and will not run any more. */
bool kin__loop_unpost(struct kin__loop *loop, struct kin__loop_task *task);

/* Any thread.  Makes room for the timer, so that setting it cannot fail; KIN_OK or KIN_NOMEM. */
int kin__loop_timer_init(struct kin__loop *loop, struct kin__loop_timer *timer,
                         void (*fire)(struct kin__loop_timer *timer));
void kin__loop_timer_fini(struct kin__loop *loop,
                          struct kin__loop_timer *timer); /* loop thread, or never set */
void kin__loop_timer_set(struct kin__loop *loop, struct kin__loop_timer *timer,
                         uint64_t due_us); /* loop thread; moves one that is set */
void kin__loop_timer_clear(struct kin__loop *loop,
                           struct kin__loop_timer *timer); /* loop thread; not set: nothing */

/* true: the loop is at rest, now or when the turn that it is in is over, and this thread is its thread from now on.
 * Give it back soon with kin__loop_return(). */
bool kin__loop_borrow(struct kin__loop *loop, struct kin__thread_guest *guest);
/* Runs it until over() says so, until_us has passed or the loop is being closed. */
void kin__loop_drive(struct kin__loop *loop, bool (*over)(void *user), void *user, uint64_t until_us);
void kin__loop_return(struct kin__loop *loop, struct kin__thread_guest *guest);

uint64_t kin__loop_now_us(const struct kin__loop *loop); /* loop thread: monotonic, read once a turn */
bool kin__loop_is_mine(const struct kin__loop *loop);    /* is this the loop's thread? */
struct kin__http *
kin__loop_http(struct kin__loop *loop); /* the engine; its functions are for the loop thread */
#endif
