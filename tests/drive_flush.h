/* Part of check_drive: what a flush waits for, of records that were put by a share granted beforehand. */
#include <sched.h>

enum { FLUSH_PUT = 301, FLUSH_STOP = 100 };

static struct {
	struct kin__loop_task busy;
	struct kin__produce *produce;
	atomic_bool begun, over; /* the loop's turn that does nothing else */
	atomic_int told, stop;   /* so many reports are made at most */
	int code;
} flushing;

static void flush_busy(struct kin__loop_task *task)
{
	(void)task;
	flushing.begun = true;
	while (!flushing.over)
		sched_yield();
}

static void flush_report(void *user, const struct kin_delivery *delivery)
{
	(void)user, (void)delivery;
	while (flushing.told >= flushing.stop)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	flushing.told++;
}

static void *flush_soon(void *unused)
{
	flushing.code = kin__produce_flush(flushing.produce, 1000, NULL);
	return unused;
}

static void flush_begin(pthread_t *thread)
{
	bool waits = false;

	ck_assert_int_eq(pthread_create(thread, NULL, flush_soon, NULL), 0);
	while (!waits) {
		pthread_mutex_lock(&flushing.produce->inbox.lock);
		waits = flushing.produce->inbox.flush;
		pthread_mutex_unlock(&flushing.produce->inbox.lock);
		sched_yield();
	}
}

/* It waits for all that was put before it, though the loop knew of the first one alone when it began. */
START_TEST(flush_waits_for_what_was_granted)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce;
	pthread_t thread;

	o.on_delivery = flush_report;
	flushing.produce = produce = slots_open(&o);
	flushing.begun = flushing.over = false;
	flushing.told = 0;
	flushing.stop = FLUSH_STOP;
	kin__loop_task_init(&flushing.busy, flush_busy);
	kin__loop_post(kin__core_loop(core), &flushing.busy);
	while (!flushing.begun)
		sched_yield();
	for (int i = 0; i < FLUSH_PUT; i++)
		slots_put_fine(produce, i, 1);
	ck_assert_uint_gt(slots_granted(produce), 0);
	flush_begin(&thread);
	flushing.over = true;
	pthread_join(thread, NULL);
	ck_assert_int_eq(flushing.code, KIN_TIMEOUT);
	ck_assert_int_eq(flushing.told, FLUSH_STOP);
	flushing.stop = FLUSH_PUT;
	ck_assert_int_eq(kin__produce_flush(produce, 20000, NULL), KIN_OK);
	ck_assert_int_eq(flushing.told, FLUSH_PUT);
	slots_close(produce);
}
END_TEST
