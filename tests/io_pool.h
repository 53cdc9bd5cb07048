/* Tests of io/pool. */
#ifndef KIN_TEST_IO_POOL_H
#define KIN_TEST_IO_POOL_H

static struct kin__pool *pool;
struct work {
	struct kin__pool_job job;
	int seen;
};

static void work(struct kin__pool_job *job)
{
	kin__container(job, struct work, job)->seen = ++ran;
	ck_assert(kin__pool_is_mine(pool));
}

START_TEST(pool_fifo)
{
	enum { N = 200 };
	static struct work jobs[N];

	ran = 0;
	ck_assert_int_eq(kin__pool_open(&pool, "kinstream-test-pool", 1, NULL), KIN_OK);
	ck_assert(!kin__pool_is_mine(pool));
	for (int i = 0; i < N; i++) {
		kin__pool_job_init(&jobs[i].job, work);
		kin__pool_post(pool, &jobs[i].job);
	}
	kin__pool_close(pool); /* runs them all */
	ck_assert_int_eq(ran, N);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(jobs[i].seen, i + 1);
}
END_TEST

static atomic_int together, most;
static void meet(struct kin__pool_job *job)
{
	int here = ++together;

	(void)job;
	if (here > most)
		most = here;
	for (int i = 0; i < 20000 && together < 3 && most < 3; i++)
		nap_us(1000);
	ran++;
	together--;
}

START_TEST(pool_grows)
{
	enum { N = 9 };
	struct work jobs[N];

	ran = together = most = 0;
	ck_assert_int_eq(kin__pool_open(&pool, "p", 3, NULL), KIN_OK);
	for (int i = 0; i < N; i++) {
		kin__pool_job_init(&jobs[i].job, meet);
		kin__pool_post(pool, &jobs[i].job);
	}
	kin__pool_close(pool);
	ck_assert_int_eq(ran, N);
	ck_assert_int_eq(most, 3); /* three at once, and never more */
}
END_TEST

static void pool_hold(struct kin__pool_job *job)
{
	(void)job;
	held = 1;
	while (!let_go)
		nap_us(500);
}

static void post_more(struct kin__pool_job *job)
{
	struct work *next = kin__container(job, struct work, job) + 1;

	ran++;
	kin__pool_post(pool, &next->job);
}

struct here {
	struct kin__pool_job job;
	pthread_t thread;
};

static void note_where(struct kin__pool_job *job)
{
	kin__container(job, struct here, job)->thread = pthread_self();
}

/* Without threads a job runs where it is posted. */
START_TEST(pool_here)
{
	struct here here = { .thread = 0 };

	ck_assert_int_eq(kin__pool_open(&pool, "p", 0, NULL), KIN_OK);
	kin__pool_job_init(&here.job, note_where);
	kin__pool_post(pool, &here.job);
	ck_assert(pthread_equal(here.thread, pthread_self()));
	ck_assert(!kin__pool_is_mine(pool));
	kin__pool_close(pool);
}
END_TEST

START_TEST(pool_unpost)
{
	struct work holder, gone, chain[2];

	ran = held = let_go = 0;
	ck_assert_int_eq(kin__pool_open(&pool, "p", 1, NULL), KIN_OK);
	kin__pool_job_init(&holder.job, pool_hold);
	kin__pool_job_init(&gone.job, work);
	kin__pool_job_init(&chain[0].job, post_more);
	kin__pool_job_init(&chain[1].job, work);
	kin__pool_post(pool, &holder.job);
	while (!held)
		nap_us(500);
	kin__pool_post(pool, &gone.job);
	kin__pool_post(pool, &chain[0].job);
	kin__pool_post(pool, &chain[0].job);
	ck_assert(kin__pool_unpost(pool, &gone.job));
	ck_assert(!kin__pool_unpost(pool, &gone.job));
	let_go = 1;
	kin__pool_close(pool); /* also what a job posts */
	ck_assert_int_eq(ran, 2);
}
END_TEST

static void add_pool(TCase *tcase)
{
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, pool_fifo);
	tcase_add_test(tcase, pool_grows);
	tcase_add_test(tcase, pool_here);
	tcase_add_test(tcase, pool_unpost);
}
#endif
