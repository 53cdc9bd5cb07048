/* The states of tumbling windows beside the items: when one may be written, and what a file of one survives. */
#include <dirent.h>

static const char *store_of(int i)
{
	return i ? uri : "memory:";
}

struct given {
	char bytes[512];
	size_t n, times;
	int answer;
};

static int take(void *into, const void *state, size_t n)
{
	struct given *given = into;

	ck_assert_uint_le(n, sizeof given->bytes);
	if (n > 0)
		memcpy(given->bytes, state, n);
	given->n = n;
	given->times++;
	return given->answer;
}

static int put(struct kin_store *store, const struct kin_lease *item, uint64_t expected, const char *state)
{
	return store->put_state(store->user, "app", item, expected, state, strlen(state), &e);
}

static void check_state(struct kin_store *store, const struct kin_lease *item, const char *wanted)
{
	struct given given = { .times = 0 };

	ck_assert_msg(store->get_state(store->user, "app", item, take, &given, &e) == KIN_OK, "%s",
	              e.message);
	ck_assert_uint_eq(given.times, 1);
	ck_assert_uint_eq(given.n, strlen(wanted));
	ck_assert_int_eq(memcmp(given.bytes, wanted, given.n), 0);
}

static void check_no_state(struct kin_store *store, const struct kin_lease *item)
{
	struct given given = { .times = 0 };

	ck_assert_int_eq(store->get_state(store->user, "app", item, take, &given, &e), KIN_NOT_FOUND);
	ck_assert_uint_eq(given.times, 0);
	ck_assert_ptr_nonnull(strstr(e.message, item->shard_id));
}

START_TEST(states_are_fenced)
{
	struct kin_store store = open_store(store_of(_i));
	struct kin_lease one = lease("x", 1, "1"), two = lease("x", 2, "2"), other = lease("y", 1, "1");

	ck_assert_int_eq(put(&store, &one, 1, "early"), KIN_LOST);
	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_OK);
	ck_assert_int_eq(store.create(store.user, "app", &other, &e), KIN_OK);
	check_no_state(&store, &one);
	ck_assert_int_eq(put(&store, &one, 1, "a"), KIN_OK);
	ck_assert_int_eq(put(&store, &one, 2, "b"), KIN_LOST);
	ck_assert_ptr_nonnull(strstr(e.message, "counter"));
	check_state(&store, &one, "a");
	ck_assert_int_eq(store.update(store.user, "app", &two, 1, &e), KIN_OK);
	ck_assert_int_eq(put(&store, &one, 1, "of a worker that lost it"), KIN_LOST);
	check_state(&store, &two, "a");
	ck_assert_int_eq(put(&store, &two, 2, ""), KIN_OK);
	check_state(&store, &two, "");
	check_no_state(&store, &other);
	other.stream_created_ms++; /* the stream made anew */
	check_no_state(&store, &other);
	store.close(store.user);
}
END_TEST

START_TEST(states_are_of_one_application)
{
	struct kin_store store = open_store(store_of(_i));
	struct kin_lease item = lease("x", 1, "1"), nameless = item;
	struct given given = { .times = 0 };

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	ck_assert_int_eq(store.put_state(store.user, "other", &item, 1, "a", 1, &e), KIN_INVALID);
	ck_assert_int_eq(store.get_state(store.user, "other", &item, take, &given, &e), KIN_INVALID);
	nameless.shard_id = "";
	ck_assert_int_eq(put(&store, &nameless, 1, "a"), KIN_INVALID);
	ck_assert_int_eq(put(&store, &item, 1, "a"), KIN_OK);
	given.answer = KIN_NOMEM;
	ck_assert_int_eq(store.get_state(store.user, "app", &item, take, &given, &e), KIN_NOMEM);
	ck_assert_ptr_nonnull(strstr(e.message, "reader"));
	store.close(store.user);
}
END_TEST

/* It goes with its item: a new one of the same name has none. */
START_TEST(states_go_with_their_items)
{
	struct kin_store store = open_store(store_of(_i));
	struct kin_lease item = lease("x", 1, "1");

	for (int turn = 0; turn < 2; turn++) {
		ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
		check_no_state(&store, &item);
		ck_assert_int_eq(put(&store, &item, 1, "a"), KIN_OK);
		ck_assert_int_eq(store.remove(store.user, "app", &item, 7, &e), KIN_LOST);
		check_state(&store, &item, "a");
		ck_assert_int_eq(store.remove(store.user, "app", &item, 1, &e), KIN_OK);
		check_no_state(&store, &item);
	}
	store.close(store.user);
}
END_TEST

/* The one file of the folder with that ending. */
static void find_state(char out[160])
{
	char at[100];
	DIR *files;
	struct dirent *file;

	out[0] = 0;
	snprintf(at, sizeof at, "%s/deep/er", folder);
	files = opendir(at);
	ck_assert_ptr_nonnull(files);
	while ((file = readdir(files)) != NULL)
		if (strstr(file->d_name, ".state"))
			snprintf(out, 160, "%s/%.50s", at, file->d_name);
	closedir(files);
	ck_assert_msg(out[0], "no state file in %s", at);
}

/* A store with a state of "kept", closed; its file is `path` from then on. */
static struct kin_lease make_state(void)
{
	struct kin_store store = open_store(uri);
	struct kin_lease item = lease("x", 1, "1");

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	ck_assert_int_eq(put(&store, &item, 1, "old"), KIN_OK);
	ck_assert_int_eq(put(&store, &item, 1, "kept"), KIN_OK);
	store.close(store.user);
	find_state(path);
	return item;
}

static void check_refused(struct kin_store *store, const struct kin_lease *item, int code)
{
	struct given given = { .times = 0 };

	ck_assert_int_eq(store->get_state(store->user, "app", item, take, &given, &e), code);
	ck_assert_uint_eq(given.times, 0);
	ck_assert_msg(strstr(e.message, path) != NULL, "%s", e.message);
	ck_assert_msg(code != KIN_CORRUPT || strstr(e.message, "restore") != NULL, "%s", e.message);
}

/* Each length, each byte, and what another shard left: refused, named, and never taken for no state at all. */
START_TEST(damaged_states_are_refused)
{
	struct kin_lease item = make_state();
	struct kin_store store = open_store(uri);
	char content[512], changed[512];
	size_t n = slurp(content, sizeof content);

	check_state(&store, &item, "kept");
	ck_assert_uint_gt(n, 100);
	for (size_t i = 0; i < n; i++) {
		spill(content, i);
		check_refused(&store, &item, KIN_CORRUPT);
		memcpy(changed, content, n);
		changed[i] = (char)(changed[i] ^ 4);
		spill(changed, n);
		check_refused(&store, &item, KIN_CORRUPT);
	}
	memcpy(changed, content, n);
	changed[n] = ' ';
	spill(changed, n + 1);
	check_refused(&store, &item, KIN_CORRUPT);
	ck_assert_int_eq(put(&store, &item, 1, "new"), KIN_OK); /* what is written now is whole */
	check_state(&store, &item, "new");
	store.close(store.user);
}
END_TEST

/* Copied by hand from one shard's file to another's. */
START_TEST(states_of_other_shards_are_refused)
{
	struct kin_lease item = make_state(), other = lease("y", 1, "1");
	struct kin_store store = open_store(uri);
	char content[512];
	size_t n = slurp(content, sizeof content);

	ck_assert_int_eq(unlink(path), 0);
	check_no_state(&store, &item);
	ck_assert_int_eq(store.create(store.user, "app", &other, &e), KIN_OK);
	ck_assert_int_eq(put(&store, &other, 1, "kept"), KIN_OK);
	find_state(path);
	spill(content, n);
	check_refused(&store, &other, KIN_CORRUPT);
	ck_assert_ptr_nonnull(strstr(e.message, "another shard"));
	store.close(store.user);
}
END_TEST

START_TEST(states_in_the_way)
{
	struct kin_lease item = make_state();
	struct kin_store store = open_store(uri);

	ck_assert_int_eq(unlink(path) | mkdir(path, 0700), 0);
	check_refused(&store, &item, KIN_IO);
	ck_assert_int_eq(put(&store, &item, 1, "a"), KIN_IO);
	ck_assert_ptr_nonnull(strstr(e.message, path));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(put(&store, &item, 1, "a"), KIN_OK);
	store.close(store.user);
	store = open_store(uri);
	check_state(&store, &item, "a");
	store.close(store.user);
}
END_TEST

/* A child of fork() has no lock: it changes nothing. */
START_TEST(states_in_a_child)
{
	struct kin_lease item = make_state(), other = lease("y", 1, "1");
	struct kin_store store = open_store(uri);
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		bool well = put(&store, &item, 1, "child's") == KIN_FORKED &&
		            store.create(store.user, "app", &other, &e) == KIN_FORKED;
		_exit(well ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	check_state(&store, &item, "kept");
	store.close(store.user);
}
END_TEST

START_TEST(states_without_memory)
{
	struct kin_store store = open_store(store_of(_i));
	struct kin_lease item = lease("x", 1, "1");
	uint64_t total = 1;

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	for (uint64_t at = 0; at <= total; at++) {
		struct given given = { .times = 0 };

		ck_assert_int_eq(put(&store, &item, 1, "old"), KIN_OK);
		kin__mem_fail_at(at);
		int code = put(&store, &item, 1, "new");
		int got = store.get_state(store.user, "app", &item, take, &given, &e);
		if (at == 0)
			total = kin__mem_count();
		kin__mem_fail_at(0);
		ck_assert_msg(at == 0 || code == KIN_NOMEM || got == KIN_NOMEM, "allocation %d: %d %d",
		              (int)at, code, got);
		if (code == KIN_OK)
			check_state(&store, &item, "new");
		else /* it may have had its effect all the same, but whole */
			ck_assert_int_eq(store.get_state(store.user, "app", &item, take, &given, &e), KIN_OK);
		ck_assert_msg(given.n == 3 || code == KIN_OK, "%zu bytes", given.n);
	}
	ck_assert_uint_gt(total, 2);
	store.close(store.user);
}
END_TEST

static TCase *states_case(void)
{
	TCase *tcase = tcase_create("states");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, states_are_fenced, 0, 2);
	tcase_add_loop_test(tcase, states_are_of_one_application, 0, 2);
	tcase_add_loop_test(tcase, states_go_with_their_items, 0, 2);
	tcase_add_test(tcase, damaged_states_are_refused);
	tcase_add_test(tcase, states_of_other_shards_are_refused);
	tcase_add_test(tcase, states_in_the_way);
	tcase_add_test(tcase, states_in_a_child);
	tcase_add_loop_test(tcase, states_without_memory, 0, 2);
	return tcase;
}
