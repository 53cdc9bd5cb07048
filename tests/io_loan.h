/* The loop, lent to a thread that would only wait for it; included by check_io.c. */

static struct kin__thread_guest loan_pipe;

/* Its own thread comes to rest soon after there is nothing to do. */
static void borrow(void)
{
	for (int i = 0; i < 20000; i++) {
		if (kin__loop_borrow(loop, &loan_pipe))
			return;
		nap_us(1000);
	}
	ck_abort_msg("the loop is never at rest");
}

static pthread_t ran_on;

static void run_where(struct kin__loop_task *task)
{
	(void)task;
	ck_assert(kin__loop_is_mine(loop));
	ran_on = pthread_self();
	ran++;
}

static bool ran_one(void *user)
{
	(void)user;
	return ran >= 1;
}

static bool never(void *user)
{
	(void)user;
	return false;
}

static void *post_late(void *user)
{
	nap_us(20000);
	ck_assert(!kin__loop_borrow(loop, &loan_pipe)); /* it is lent */
	kin__loop_post(loop, user);
	return NULL;
}

START_TEST(loan_runs_here)
{
	struct kin__loop_task task;
	pthread_t poster;

	kin__loop_task_init(&task, run_where);
	borrow();
	pthread_create(&poster, NULL, post_late, &task);
	kin__loop_drive(loop, ran_one, NULL, UINT64_MAX);
	ck_assert(pthread_equal(ran_on, pthread_self()));
	pthread_join(poster, NULL);
	ck_assert(kin__loop_is_mine(loop));
	kin__loop_return(loop, &loan_pipe);
	ck_assert(!kin__loop_is_mine(loop));
	kin__loop_post(loop, &task);
	wait_for(2);
	ck_assert(!pthread_equal(ran_on, pthread_self()));
}
END_TEST

/* What is left when it is given back is its own thread's: a task, a timer. */
START_TEST(loan_leaves_work)
{
	struct kin__loop_task task, setter;
	uint64_t now;
	int early;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(kin__loop_timer_init(loop, &timers[i], fire), KIN_OK);
	kin__loop_task_init(&task, run_where);
	kin__loop_task_init(&setter, set_timers);
	borrow();
	kin__loop_post(loop, &task); /* by its own thread: nobody is woken */
	kin__loop_return(loop, &loan_pipe);
	wait_for(1);
	ck_assert(!pthread_equal(ran_on, pthread_self()));
	borrow();
	ran = 0;
	kin__loop_post(loop, &setter);
	now = kin__clock_us();
	kin__loop_drive(loop, never, NULL, now + 10000);
	ck_assert_uint_ge(kin__clock_us(), now + 10000);
	early = ran;
	if (kin__clock_us() <
	    now + 35000) /* else a busy machine came to the first timer, 40 ms, while it was lent */
		ck_assert_int_eq(early, 0);
	kin__loop_return(loop, &loan_pipe);
	wait_for(3);
	kin__loop_close(loop); /* with one timer still set */
	loop_setup();
}
END_TEST

static atomic_int had_it;

static void *borrow_now(void *user)
{
	(void)user;
	had_it = kin__loop_borrow(loop, &loan_pipe) ? 1 : -1;
	if (had_it == 1)
		kin__loop_return(loop, &loan_pipe);
	return NULL;
}

/* In the middle of a turn the end of it is waited for: it may be that of the call told of just now. */
START_TEST(loan_waits_a_turn)
{
	struct kin__loop_task holder;
	pthread_t thread;

	hold_loop(&holder);
	had_it = 0;
	pthread_create(&thread, NULL, borrow_now, NULL);
	nap_us(20000);
	ck_assert_int_eq(had_it, 0);
	let_go = 1;
	pthread_join(thread, NULL);
	ck_assert_int_eq(had_it, 1);
}
END_TEST

static void *post_and_take_back(void *user)
{
	kin__loop_post(loop, user);
	ck_assert(kin__loop_unpost(loop, user));
	return NULL;
}

/* A wake-up that was for nothing must not swallow the next one. */
START_TEST(loan_wakes_again)
{
	struct kin__loop_task task;
	pthread_t poster;
	int before;

	kin__loop_task_init(&task, run_where);
	borrow();
	pthread_create(&poster, NULL, post_and_take_back, &task);
	pthread_join(poster, NULL);
	kin__loop_return(loop, &loan_pipe);
	kin__loop_post(loop, &task);
	wait_for(1);
	borrow();
	kin__loop_return(loop, &loan_pipe);
	kin__loop_post(loop, &task);
	kin__loop_unpost(loop, &task); /* it may have run, or not */
	nap_us(20000);
	before = ran;
	kin__loop_post(loop, &task);
	wait_for(before + 1);
}
END_TEST

static void *close_late(void *user)
{
	(void)user;
	nap_us(20000);
	kin__loop_close(loop);
	return NULL;
}

START_TEST(loan_ends_with_the_loop)
{
	pthread_t closer;

	borrow();
	pthread_create(&closer, NULL, close_late, NULL);
	kin__loop_drive(loop, never, NULL, UINT64_MAX);
	kin__loop_return(loop, &loan_pipe);
	pthread_join(closer, NULL);
	loop_setup();
}
END_TEST

struct errand {
	struct kin__loop_task task;
	atomic_int done;
};

static void run_errand(struct kin__loop_task *task)
{
	ran++;
	kin__container(task, struct errand, task)->done = 1;
}

static bool errand_done(void *user)
{
	return ((struct errand *)user)->done;
}

static void *run_errands(void *user)
{
	struct errand errand;

	(void)user;
	kin__loop_task_init(&errand.task, run_errand);
	for (int i = 0; i < 1000; i++) {
		struct kin__thread_guest pipe;
		bool borrowed = kin__loop_borrow(loop, &pipe);

		errand.done = 0;
		kin__loop_post(loop, &errand.task);
		if (borrowed) {
			kin__loop_drive(loop, errand_done, &errand, UINT64_MAX);
			kin__loop_return(loop, &pipe);
		}
		for (int wait = 0; !errand.done; wait++) {
			ck_assert_int_lt(wait, 50000);
			nap_us(100);
		}
	}
	return NULL;
}

/* Whoever finds it at rest drives it, for the others as well. */
START_TEST(loan_threads)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, run_errands, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(ran, 4000);
}
END_TEST

static atomic_int pipes_broken;
static void count_broken(int number)
{
	(void)number;
	pipes_broken++;
}

START_TEST(guest_gets_no_sigpipe)
{
	struct sigaction action = { .sa_handler = count_broken }, was;
	struct kin__thread_guest pipe_mask, within;
	sigset_t mask;
	int ends[2];

	sigaction(SIGPIPE, &action, &was);
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	kin__thread_guest_begin(&pipe_mask);
	kin__thread_guest_begin(&within); /* blocked already: the inner one changes nothing */
	ck_assert(write(ends[1], "x", 1) < 0 && errno == EPIPE);
	kin__thread_guest_end(&within);
	ck_assert_int_eq(pipes_broken, 0);
	kin__thread_guest_end(&pipe_mask);
	ck_assert_int_eq(pipes_broken, 0);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ck_assert(!sigismember(&mask, SIGPIPE));
	ck_assert(write(ends[1], "x", 1) < 0 && errno == EPIPE);
	ck_assert_int_eq(pipes_broken, 1);
	close(ends[1]);
	sigaction(SIGPIPE, &was, NULL);
}
END_TEST

static void *guest_until_cancelled(void *user)
{
	struct kin__thread_guest guest;
	atomic_int *step = user;

	kin__thread_guest_begin(&guest);
	*step = 1;
	while (*step != 2) /* cancelled meanwhile, at a point where that would take effect */
		nap_us(1000);
	*step = 3;
	kin__thread_guest_end(&guest);
	pthread_testcancel();
	*step = 4;
	return NULL;
}

START_TEST(guest_is_not_cancelled)
{
	atomic_int step = 0;
	pthread_t thread;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, guest_until_cancelled, &step), 0);
	while (step != 1)
		nap_us(1000);
	ck_assert_int_eq(pthread_cancel(thread), 0);
	nap_us(20000);
	step = 2;
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_int_eq(step, 3); /* the work was ended, the thread afterwards */
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
}
END_TEST

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int step; /* under the lock */
} waited = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *wait_until_cancelled(void *user)
{
	pthread_mutex_lock(&waited.lock);
	waited.step = 1;
	while (waited.step != 2)
		kin__thread_cond_wait(&waited.changed, &waited.lock, *(uint64_t *)user);
	waited.step = 3;
	pthread_mutex_unlock(&waited.lock);
	pthread_testcancel();
	return NULL;
}

/* A program that cancels its thread must not leave a handle locked. */
START_TEST(wait_is_not_cancelled)
{
	uint64_t until_us = _i == 0 ? UINT64_MAX : kin__clock_us() + 60000000;
	pthread_t thread;
	void *result;

	ck_assert_int_eq(kin__thread_cond_init(&waited.changed), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_until_cancelled, &until_us), 0);
	for (int step = 0; step != 1; nap_us(1000)) {
		pthread_mutex_lock(&waited.lock);
		step = waited.step;
		pthread_mutex_unlock(&waited.lock);
	}
	ck_assert_int_eq(pthread_cancel(thread), 0);
	nap_us(20000);
	ck_assert_int_eq(pthread_mutex_trylock(&waited.lock), 0);
	ck_assert_int_eq(waited.step, 1);
	waited.step = 2;
	pthread_cond_signal(&waited.changed);
	pthread_mutex_unlock(&waited.lock);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_int_eq(waited.step, 3);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
}
END_TEST

static void add_loans(TCase *tcase)
{
	tcase_add_test(tcase, loan_runs_here);
	tcase_add_test(tcase, loan_leaves_work);
	tcase_add_test(tcase, loan_waits_a_turn);
	tcase_add_test(tcase, loan_wakes_again);
	tcase_add_test(tcase, loan_ends_with_the_loop);
	tcase_add_test(tcase, loan_threads);
	tcase_add_test(tcase, guest_gets_no_sigpipe);
	tcase_add_test(tcase, guest_is_not_cancelled);
	tcase_add_loop_test(tcase, wait_is_not_cancelled, 0, 2);
}
