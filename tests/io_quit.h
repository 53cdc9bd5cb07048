/* The gates of exit() and fork(); included by check_io.c. */

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCHED_BY_TSAN
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define WATCHED_BY_TSAN
#endif

#ifndef WATCHED_BY_TSAN /* which ends a child that makes threads */
enum { QUIT_THREADS = 4, QUIT_ROUNDS = 5 };

static void *pass_gate(void *user)
{
	nap_us((unsigned)*(int *)user);
	kin__quit_enter();
	nap_us(20000);
	kin__quit_leave();
	return NULL;
}

/* One thread is inside when a fork begins, others want to go in meanwhile: the child is made with them waiting. */
static pid_t fork_with_waiters(void)
{
	int early = 0, late = 10000;
	pthread_t threads[QUIT_THREADS];
	pid_t child;

	for (int i = 0; i < QUIT_THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, pass_gate, i == 0 ? &early : &late), 0);
	nap_us(5000);
	child = fork();
	if (child != 0)
		for (int i = 0; i < QUIT_THREADS; i++)
			pthread_join(threads[i], NULL);
	return child;
}

/* In a child: its own threads pass the gate, its own children are made. */
static void be_child(void)
{
	alarm(50);
	for (int i = 0; i < QUIT_ROUNDS; i++) {
		pid_t child = fork_with_waiters();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			_exit(1);
	}
	_exit(0);
}

START_TEST(fork_in_a_child)
{
	kin__quit_watch();
	for (int i = 0; i < QUIT_ROUNDS; i++) {
		pid_t child = fork_with_waiters();
		int status;

		if (child == 0)
			be_child();
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		              "a child of fork() could not fork in turn, 50 s long (status %d)", status);
	}
}
END_TEST
#endif
