/* The library as a guest: what a host process with rules of its own may expect of it, kinstream-threads(7). */
#define _GNU_SOURCE /* pthread_setattr_default_np() */
#include "host_fork.h"
#include "host_process.h"
#include "host_callbacks.h"

static pid_t first;

/* Asked by the leak checker where there is one: a child that ends by exit() still has all its parent's memory. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return getpid() != first;
}

int main(void)
{
	Suite *all = suite_create("host");
	SRunner *runner = srunner_create(all);
	int failed;

	first = getpid();
	atexit(close_late);
#ifndef KIN_TEST_TSAN /* which allows no new threads in a child */
	suite_add_tcase(all, fork_case());
	suite_add_tcase(all, process_case());
#else
	(void)fork_case, (void)process_case;
#endif
	suite_add_tcase(all, callbacks_case());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
