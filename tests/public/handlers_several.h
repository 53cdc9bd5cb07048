/* Part of check_handlers: several consumers on one client, two of one stream under two applications. */
#include <dirent.h>

enum { SEVERAL = 3 };

/* What each of them was given, by the texts of the records. */
static struct several {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int seen, foreign; /* its own; those that it is not to see */
	const char *own;   /* what its records have */
} several[SEVERAL] = {
	{ PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, "\"function_1\"" },
	{ PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, "\"function_2\"" },
	{ PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, "elsewhere" },
};

static int see(void *user, struct kin_batch *batch)
{
	struct several *one = user;
	const struct kin_record *r;
	char text[100];

	pthread_mutex_lock(&one->lock);
	while ((r = kin_batch_next(batch))) {
		snprintf(text, sizeof text, "%.*s", (int)r->data_size, (const char *)r->data);
		if (strstr(text, one->own))
			one->seen++;
		else
			one->foreign++;
	}
	pthread_cond_broadcast(&one->change);
	pthread_mutex_unlock(&one->lock);
	return KIN_OK;
}

static void wait_seen(struct several *one, int n)
{
	pthread_mutex_lock(&one->lock);
	while (one->seen < n)
		pthread_cond_wait(&one->change, &one->lock);
	pthread_mutex_unlock(&one->lock);
}

/* Threads of this process by their name. */
static int threads_named(const char *name)
{
	DIR *folder = opendir("/proc/self/task");
	int n = 0;

	ck_assert_msg(folder != NULL, "threads are counted in /proc/self/task");
	for (struct dirent *entry; (entry = readdir(folder));) {
		char path[300], comm[32] = "";
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(comm, sizeof comm, file))
			comm[strcspn(comm, "\n")] = 0;
		fclose(file);
		n += strcmp(comm, name) == 0;
	}
	closedir(folder);
	return n;
}

/* A thread takes its name when it begins, and is gone a moment after it was waited for. */
static void expect_threads(const char *name, int n)
{
	for (int i = 0; i < 8000 && threads_named(name) != n; i++)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	ck_assert_msg(threads_named(name) == n, "%d threads %s, %d are expected", threads_named(name), name,
	              n);
}

static struct kin_client *client_of_three_connections(void)
{
	struct kin_client_options o;
	struct kin_client *made;

	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	o.connections_max = 3;
	ck_assert_msg(kin_client_open(&made, &o, &error) == KIN_OK, "%s", error.message);
	return made;
}

static void open_several(struct kin_consumer *consumers[SEVERAL], struct kin_client *shared)
{
	static const char *const streams[] = { "one", "one", "four" };
	static const char *const applications[] = { "function_1", "function_2", "function_1" };
	static const char *const filters[] = {
		"{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"event_type\\\":[\\\"function_1\\\"]}}\"}]}",
		"{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"event_type\\\":[\\\"function_2\\\"]}}\"}]}",
		NULL
	};

	for (int i = 0; i < SEVERAL; i++) {
		struct kin_consumer_options o;

		several[i].seen = several[i].foreign = 0;
		options(&o, streams[i], see);
		o.application = applications[i];
		o.filter_criteria = filters[i];
		o.until = KIN_UNTIL_NEVER;
		o.user = &several[i];
		ck_assert_msg(kin_consumer_open(&consumers[i], shared, &o, &error) == KIN_OK, "%s",
		              error.message);
	}
}

static void put_one_of_each(void)
{
	put("one", "k", "{\"event_type\":\"function_1\"}");
	put("one", "k", "{\"event_type\":\"function_2\"}");
	put_at(0, "elsewhere");
	put_at(3, "elsewhere");
}

static const int orders[][SEVERAL] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
	                               { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

/* So many were made since then, at most. */
static void expect_connections(const struct kin_mock_stats *had, int most)
{
	struct kin_mock_stats has = { .size = sizeof has };

	ck_assert_int_eq(kin_mock_stats(mock, &has, &error), KIN_OK);
	ck_assert_msg(has.connections - had->connections <= (uint64_t)most,
	              "%d connections of three consumers, at most %d",
	              (int)(has.connections - had->connections), most);
}

/* Each sees its own records, through one thread and the client's connections; each ends by itself, and the others
 * go on. */
START_TEST(several_consumers_of_one_client)
{
	struct kin_client *shared = client_of_three_connections();
	struct kin_mock_stats had = { .size = sizeof had };
	struct kin_consumer *consumers[SEVERAL];
	const int *order = orders[_i];

	put_one_of_each();
	ck_assert_int_eq(kin_mock_stats(mock, &had, &error), KIN_OK);
	open_several(consumers, shared);
	for (int i = 0; i < SEVERAL; i++)
		wait_seen(&several[i], i == 2 ? 2 : 1);
	expect_threads("kinstream-io", 2); /* of the client of the others, and of ours */
	expect_connections(&had, 3);
	for (int closed = 0; closed < SEVERAL; closed++) {
		put_one_of_each();
		for (int k = closed; k < SEVERAL; k++)
			wait_seen(&several[order[k]], (order[k] == 2 ? 2 : 1) * (closed + 2));
		ck_assert_msg(kin_consumer_close(consumers[order[closed]], 50000, &error) == KIN_OK, "%s",
		              error.message);
	}
	expect_connections(
			&had,
			3 + SEVERAL - 1); /* what a close finds under way ends, and its connection with it */
	for (int i = 0; i < SEVERAL; i++)
		ck_assert_int_eq(several[i].foreign, 0);
	kin_client_close(shared);
	expect_threads("kinstream-io", 1);
}
END_TEST
