/* io/loop - see loop.h */
#include <pthread.h>
#include "base/mem.h"
#include "io/clock.h"
#include "io/error.h"
#include "io/loop.h"
#include "io/quit.h"
#include "io/thread.h"

struct kin__loop {
	struct {                        /* under lock */
		struct kin__list tasks; /* posted */
		struct kin__list turn;  /* those of this turn, still to run */
		struct kin__heap timers;
		size_t timers_made; /* room the heap must have */
		bool woken, closing;
		bool resting;    /* the loop's own thread sleeps on `work` */
		bool polling;    /* or whoever drives it waits for sockets; neither: a turn is being taken */
		uint64_t turns;  /* that are over */
		uint32_t wanted; /* threads that wait on `turned` to borrow it */
		bool lent;       /* another thread drives it meanwhile */
		bool busy;       /* a request was under way when it was last let go */
	} inbox;
	struct {                        /* loop thread: its own, or the one it is lent to */
		struct kin__http *http; /* NULL at its end; changed under lock, for those who wake it */
		uint64_t now_us;
	} own;
	pthread_mutex_t lock;
	pthread_cond_t work;   /* for the loop's own thread while it rests */
	pthread_cond_t turned; /* for those who want it: a turn is over */
	pthread_t thread;
};

static _Thread_local const struct kin__loop *mine; /* the loop this thread is */

/* Under the lock: whoever drives the loop looks up. */
static void wake(struct kin__loop *loop)
{
	if (loop->inbox.resting && !loop->inbox.lent)
		pthread_cond_signal(&loop->work);
	else if (loop->own.http)
		kin__http_wake(loop->own.http);
}

/* The next task of this turn; the lock is never held while one runs. */
static struct kin__loop_task *next_task(struct kin__loop *loop)
{
	struct kin__loop_task *task = NULL;

	pthread_mutex_lock(&loop->lock);
	if (!kin__list_empty(&loop->inbox.turn)) {
		task = kin__container(loop->inbox.turn.next, struct kin__loop_task, node);
		kin__list_remove(&task->node);
		task->queued = false;
	}
	pthread_mutex_unlock(&loop->lock);
	return task;
}

/* What is posted from now on waits for the next turn, so that timers and sockets get theirs. */
static void begin_turn(struct kin__loop *loop, bool *closing)
{
	struct kin__list *tasks = &loop->inbox.tasks;

	pthread_mutex_lock(&loop->lock);
	loop->inbox.woken = loop->inbox.polling = false;
	if (!kin__list_empty(tasks)) {
		struct kin__list *first = tasks->next;

		kin__list_remove(tasks);
		kin__list_append(first,
		                 &loop->inbox.turn); /* the head joins the ring in front of the first */
		kin__list_init(tasks);
	}
	*closing = loop->inbox.closing;
	pthread_mutex_unlock(&loop->lock);
}

static bool run_tasks(struct kin__loop *loop, bool *closing)
{
	struct kin__loop_task *task;
	bool any = false;

	begin_turn(loop, closing);
	while ((task = next_task(loop))) {
		any = true;
		task->run(task);
	}
	return any;
}

static void run_timers(struct kin__loop *loop)
{
	for (;;) {
		struct kin__loop_timer *timer = NULL;
		struct kin__heap_node *first;

		pthread_mutex_lock(&loop->lock);
		first = kin__heap_first(&loop->inbox.timers);
		if (first && first->due <= loop->own.now_us) {
			timer = kin__container(first, struct kin__loop_timer, node);
			kin__heap_remove(&loop->inbox.timers, first);
		}
		pthread_mutex_unlock(&loop->lock);
		if (!timer)
			return;
		timer->fire(timer);
	}
}

/* Under the lock.  When the loop must move again by itself; 0: at once. */
static uint64_t next_due(const struct kin__loop *loop)
{
	const struct kin__heap_node *first = kin__heap_first(&loop->inbox.timers);

	if (loop->inbox.closing || !kin__list_empty(&loop->inbox.tasks))
		return 0;
	return first ? first->due : UINT64_MAX;
}

static void turn(struct kin__loop *loop, bool *closing)
{
	kin__quit_enter();
	loop->own.now_us = kin__clock_us();
	if (run_tasks(loop, closing))
		loop->own.now_us = kin__clock_us();
	run_timers(loop);
	kin__http_move(loop->own.http);
	kin__quit_leave();
}

/* Under the lock. */
static void tell_turned(struct kin__loop *loop)
{
	loop->inbox.turns++;
	if (loop->inbox.wanted > 0)
		pthread_cond_broadcast(&loop->turned);
}

static void wait_for_sockets(struct kin__loop *loop, uint64_t until_us)
{
	uint64_t due_us;

	pthread_mutex_lock(&loop->lock);
	due_us = next_due(loop);
	loop->inbox.polling = true;
	tell_turned(loop);
	pthread_mutex_unlock(&loop->lock);
	kin__http_wait(loop->own.http, due_us < until_us ? due_us : until_us);
}

/* The loop's own thread, under the lock: sleeps while the loop is lent or there is nothing to do. */
static void rest(struct kin__loop *loop)
{
	for (;;) {
		uint64_t due_us = loop->inbox.lent ? UINT64_MAX : next_due(loop);

		tell_turned(loop);
		if (!loop->inbox.lent && (loop->inbox.busy || due_us <= kin__clock_us()))
			return;
		loop->inbox.resting = true;
		loop->inbox.woken = false; /* what was posted may have been taken back */
		kin__thread_cond_wait(&loop->work, &loop->lock, due_us);
		loop->inbox.resting = false;
	}
}

/* Here, where signals are blocked: saying goodbye on a dead TLS connection raises SIGPIPE. */
static void close_http(struct kin__loop *loop)
{
	struct kin__http *http = loop->own.http;

	pthread_mutex_lock(&loop->lock);
	loop->own.http = NULL;
	pthread_mutex_unlock(&loop->lock);
	kin__http_close(http);
}

static void *run(void *user)
{
	struct kin__loop *loop = user;
	bool closing = false, any;

	mine = loop;
	while (!closing) {
		turn(loop, &closing);
		any = kin__http_busy(loop->own.http);
		if (any)
			wait_for_sockets(loop, UINT64_MAX);
		pthread_mutex_lock(&loop->lock);
		loop->inbox.busy = any;
		rest(loop);
		pthread_mutex_unlock(&loop->lock);
	}
	kin__quit_enter();
	do { /* what a cancelled request's `done` posts, and what that starts, ends here too */
		any = kin__http_busy(loop->own.http);
		kin__http_cancel_all(loop->own.http);
	} while (run_tasks(loop, &closing) || any);
	close_http(loop);
	kin__quit_leave();
	return NULL;
}

/* --- lent to a thread of the program -------------------------------------------------- */

/* A turn is over soon, and mostly the loop rests then: who was just told the end of one call and begins the next
 * would else always come a little too early. */
static void wait_turn(struct kin__loop *loop)
{
	uint64_t turn = loop->inbox.turns;

	while (loop->inbox.turns == turn && !loop->inbox.resting && !loop->inbox.polling &&
	       !loop->inbox.lent && !loop->inbox.closing) {
		loop->inbox.wanted++;
		kin__thread_cond_wait(&loop->turned, &loop->lock, UINT64_MAX);
		loop->inbox.wanted--;
	}
}

bool kin__loop_borrow(struct kin__loop *loop, struct kin__thread_guest *guest)
{
	bool lent;

	pthread_mutex_lock(&loop->lock);
	wait_turn(loop);
	lent = loop->inbox.resting && !loop->inbox.lent && next_due(loop) > kin__clock_us();
	loop->inbox.lent |= lent;
	pthread_mutex_unlock(&loop->lock);
	if (!lent)
		return false;
	mine = loop;
	kin__thread_guest_begin(guest);
	return true;
}

void kin__loop_drive(struct kin__loop *loop, bool (*over)(void *user), void *user, uint64_t until_us)
{
	bool closing = false;

	while (!over(user) && !closing && (until_us == UINT64_MAX || kin__clock_us() < until_us)) {
		turn(loop, &closing);
		if (!over(user))
			wait_for_sockets(loop, until_us);
	}
}

void kin__loop_return(struct kin__loop *loop, struct kin__thread_guest *guest)
{
	bool busy = kin__http_busy(loop->own.http);

	kin__thread_guest_end(guest);
	mine = NULL;
	pthread_mutex_lock(&loop->lock);
	loop->inbox.lent = loop->inbox.woken = false;
	loop->inbox.busy = busy;
	/* Its own thread goes on where there is something left, or will be: it slept without a limit. */
	if (busy || next_due(loop) != UINT64_MAX)
		pthread_cond_signal(&loop->work);
	pthread_mutex_unlock(&loop->lock);
}

/* --- open and close ------------------------------------------------------------------- */

static int start(struct kin__loop *loop, const struct kin__http_options *http, struct kin_error *error)
{
	int code;

	kin__quit_enter();
	code = kin__http_open(&loop->own.http, http, error);
	kin__quit_leave();
	if (code != KIN_OK)
		return code;
	loop->own.now_us = kin__clock_us();
	code = kin__thread_start(&loop->thread, "kinstream-io", run, loop, error);
	if (code != KIN_OK)
		kin__http_close(loop->own.http);
	return code;
}

int kin__loop_open(struct kin__loop **out, const struct kin__http_options *http, struct kin_error *error)
{
	struct kin__loop *loop = kin__mem_zalloc(sizeof *loop);
	int code;

	*out = NULL;
	if (!loop)
		return kin__error_nomem(error);
	kin__list_init(&loop->inbox.tasks);
	kin__list_init(&loop->inbox.turn);
	kin__heap_init(&loop->inbox.timers);
	if (pthread_mutex_init(&loop->lock, NULL) != 0) {
		kin__mem_free(loop);
		return kin__error_nomem(error);
	}
	if (kin__thread_cond_init(&loop->work) != 0) {
		pthread_mutex_destroy(&loop->lock);
		kin__mem_free(loop);
		return kin__error_nomem(error);
	}
	if (kin__thread_cond_init(&loop->turned) != 0) {
		pthread_cond_destroy(&loop->work);
		pthread_mutex_destroy(&loop->lock);
		kin__mem_free(loop);
		return kin__error_nomem(error);
	}
	code = start(loop, http, error);
	if (code != KIN_OK) {
		pthread_cond_destroy(&loop->turned);
		pthread_cond_destroy(&loop->work);
		pthread_mutex_destroy(&loop->lock);
		kin__mem_free(loop);
		return code;
	}
	*out = loop;
	return KIN_OK;
}

void kin__loop_close(struct kin__loop *loop)
{
	if (!loop)
		return;
	pthread_mutex_lock(&loop->lock);
	loop->inbox.closing = true;
	wake(loop);
	tell_turned(loop);
	pthread_mutex_unlock(&loop->lock);
	pthread_join(loop->thread, NULL);
	kin__heap_fini(&loop->inbox.timers);
	pthread_cond_destroy(&loop->turned);
	pthread_cond_destroy(&loop->work);
	pthread_mutex_destroy(&loop->lock);
	kin__mem_free(loop);
}

void kin__loop_task_init(struct kin__loop_task *task, void (*run_it)(struct kin__loop_task *task))
{
	kin__list_init(&task->node);
	task->run = run_it;
	task->queued = false;
}

void kin__loop_post(struct kin__loop *loop, struct kin__loop_task *task)
{
	pthread_mutex_lock(&loop->lock);
	if (!task->queued) {
		task->queued = true;
		kin__list_append(&loop->inbox.tasks, &task->node);
		/* Still under the lock: afterwards the task may have run, and have ended the loop's owner. */
		if (!loop->inbox.woken && mine != loop) {
			loop->inbox.woken = true;
			wake(loop);
		}
	}
	pthread_mutex_unlock(&loop->lock);
}

bool kin__loop_unpost(struct kin__loop *loop, struct kin__loop_task *task)
{
	bool was;

	pthread_mutex_lock(&loop->lock);
	was = task->queued;
	if (was) {
		kin__list_remove(&task->node);
		task->queued = false;
	}
	pthread_mutex_unlock(&loop->lock);
	return was;
}

int kin__loop_timer_init(struct kin__loop *loop, struct kin__loop_timer *timer,
                         void (*fire)(struct kin__loop_timer *timer))
{
	struct kin__heap *heap = &loop->inbox.timers;
	int failed;

	*timer = (struct kin__loop_timer){ .fire = fire };
	pthread_mutex_lock(&loop->lock);
	failed = kin__mem_room(&heap->at, &heap->room, loop->inbox.timers_made + 1, sizeof *heap->at);
	if (failed == 0)
		loop->inbox.timers_made++;
	pthread_mutex_unlock(&loop->lock);
	return failed == 0 ? KIN_OK : KIN_NOMEM;
}

void kin__loop_timer_fini(struct kin__loop *loop, struct kin__loop_timer *timer)
{
	if (!timer->fire)
		return;
	pthread_mutex_lock(&loop->lock);
	kin__heap_remove(&loop->inbox.timers, &timer->node);
	loop->inbox.timers_made--;
	pthread_mutex_unlock(&loop->lock);
	timer->fire = NULL;
}

void kin__loop_timer_set(struct kin__loop *loop, struct kin__loop_timer *timer, uint64_t due_us)
{
	pthread_mutex_lock(&loop->lock);
	kin__heap_set(&loop->inbox.timers, &timer->node, due_us); /* timer_init made the room */
	pthread_mutex_unlock(&loop->lock);
}

void kin__loop_timer_clear(struct kin__loop *loop, struct kin__loop_timer *timer)
{
	pthread_mutex_lock(&loop->lock);
	kin__heap_remove(&loop->inbox.timers, &timer->node);
	pthread_mutex_unlock(&loop->lock);
}

uint64_t kin__loop_now_us(const struct kin__loop *loop)
{
	return loop->own.now_us;
}

bool kin__loop_is_mine(const struct kin__loop *loop)
{
	return mine == loop;
}

struct kin__http *kin__loop_http(struct kin__loop *loop)
{
	return loop->own.http;
}
