/* The main() of a check: `--groups` names its groups for tests/faults/run, which runs each in a process of its own. */
#ifndef KIN_TEST_FAULTS_MAIN_H
#define KIN_TEST_FAULTS_MAIN_H
#include "faults.h"

struct group {
	const char *name; /* one word */
	void (*add)(TCase *cases);
	void (*setup)(void), (*teardown)(void);
};

/* FAULTS=some: what `make check` has time for; else all. */
static inline bool some_only(void)
{
	const char *text = getenv("FAULTS");

	return text && strcmp(text, "some") == 0;
}

/* FAULTS_SEED, or one of the hour. */
static inline uint64_t seed_of_all(void)
{
	const char *text = getenv("FAULTS_SEED");

	return text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
}

static inline int run_groups(int argc, char **argv, const char *name, const struct group *groups, size_t n)
{
	Suite *suite;
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < n && argc > 1 && strcmp(argv[1], "--groups") == 0; i++)
		puts(groups[i].name);
	if (argc > 1)
		return EXIT_SUCCESS;
	suite = suite_create(name);
	for (size_t i = 0; i < n; i++) {
		TCase *cases = tcase_create(groups[i].name);

		tcase_add_checked_fixture(cases, groups[i].setup, groups[i].teardown);
		tcase_set_timeout(cases, 400); /* the watchdog comes first, and names what it kills */
		groups[i].add(cases);
		suite_add_tcase(suite, cases);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
#endif
