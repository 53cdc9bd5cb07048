/* Stores: the conditions of each write, and what a file survives: every torn length, every changed byte, two holders. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "stores/store.h"

static char folder[64], uri[80], path[160];
static struct kin_error e;

static void setup(void)
{
	/* In memory where there is such a place: some 40,000 writes are synced here. */
	snprintf(folder, sizeof folder, "%s/kin-stores-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(uri, sizeof uri, "file:%s/deep/er", folder);
	snprintf(path, sizeof path, "%s/deep/er/app.leases", folder);
}

static void teardown(void)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

#define ABOVE_32_BITS (UINT64_C(1) << 32)

static struct kin_lease lease(const char *shard, uint64_t counter, const char *checkpoint)
{
	return (struct kin_lease){ .size = sizeof(struct kin_lease),
		                   .stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s",
		                   .stream_created_ms = 1700000000123,
		                   .shard_id = shard,
		                   .owner = "w\xc3\xb6rker \"1\"",
		                   .counter = counter,
		                   .checkpoint = checkpoint,
		                   .sub_sequence = ABOVE_32_BITS + counter,
		                   .timestamp_ms = 5,
		                   .covered_ms = 6,
		                   .parents = "a,b" };
}

static struct kin_store open_store(const char *which)
{
	struct kin_store store;
	ck_assert_msg(kin__store_open(&store, which, "app", &e) == KIN_OK, "%s", e.message);
	return store;
}

struct found {
	int n;
	uint64_t counter;
	char checkpoint[64];
};

static int find(void *into, const struct kin_lease *item)
{
	struct found *found = into;
	found->n++;
	if (strcmp(item->shard_id, "x") == 0) {
		found->counter = item->counter;
		snprintf(found->checkpoint, sizeof found->checkpoint, "%s", item->checkpoint);
		ck_assert_str_eq(item->owner, "w\xc3\xb6rker \"1\"");
		ck_assert_str_eq(item->parents, "a,b");
		ck_assert_int_eq(item->stream_created_ms, 1700000000123);
		ck_assert_int_eq(item->covered_ms, 6);
		ck_assert_uint_eq(item->sub_sequence, ABOVE_32_BITS + item->counter);
	}
	return 0;
}

static struct found look(struct kin_store *store)
{
	struct found found = { 0 };
	ck_assert_int_eq(store->list(store->user, "app", find, &found, &e), KIN_OK);
	return found;
}

START_TEST(conditions)
{
	struct kin_store store = open_store(_i ? uri : "memory:");
	struct kin_lease one = lease("x", 1, "TRIM_HORIZON"), two = lease("x", 2, "123");

	ck_assert_int_eq(store.update(store.user, "app", &two, 1, &e), KIN_LOST);
	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_OK);
	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_EXISTS);
	ck_assert_int_eq(store.update(store.user, "app", &two, 7, &e), KIN_LOST);
	ck_assert_ptr_nonnull(strstr(e.message, "rker"));
	ck_assert_int_eq(store.update(store.user, "app", &two, 1, &e), KIN_OK);
	ck_assert_uint_eq(look(&store).counter, 2);
	ck_assert_str_eq(look(&store).checkpoint, "123");
	one.stream_created_ms++; /* the stream made anew has items of its own */
	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_OK);
	ck_assert_int_eq(store.remove(store.user, "app", &one, 9, &e), KIN_LOST);
	ck_assert_int_eq(store.remove(store.user, "app", &one, 1, &e), KIN_OK);
	ck_assert_int_eq(look(&store).n, 1);
	store.close(store.user);
	if (_i) {
		store = open_store(uri);
		ck_assert_uint_eq(look(&store).counter, 2);
		ck_assert_int_eq(look(&store).n, 1);
		store.close(store.user);
	}
}
END_TEST

static size_t slurp(char *to, size_t room)
{
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	size_t n = fread(to, 1, room, file);
	fclose(file);
	return n;
}

static void spill(const char *from, size_t n)
{
	FILE *file = fopen(path, "w");
	ck_assert_uint_eq(fwrite(from, 1, n, file), n);
	ck_assert_int_eq(fclose(file), 0);
}

static size_t sample(char *content, size_t room)
{
	struct kin_store store = open_store(uri);
	struct kin_lease item = lease("x", 1, "1");

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	for (uint64_t i = 2; i <= 4; i++) {
		char number[8];
		snprintf(number, sizeof number, "%d", (int)i);
		item = lease("x", i, number);
		ck_assert_int_eq(store.update(store.user, "app", &item, i - 1, &e), KIN_OK);
	}
	store.close(store.user);
	return slurp(content, room);
}

/* A crash leaves any length of the last line: what was answered before is there, and nothing else.  The title
 * comes with the whole file: without it everything would be forgotten, so that is refused. */
START_TEST(torn_at_each_length)
{
	char content[4096];
	size_t n = sample(content, sizeof content), lines = 0;

	for (size_t keep = 0; keep <= n; keep++) {
		lines += keep > 0 && content[keep - 1] == '\n';
		spill(content, keep);
		struct kin_store store;
		if (lines == 0) {
			ck_assert_int_eq(kin__store_open(&store, uri, "app", &e), KIN_CORRUPT);
			ck_assert_ptr_nonnull(strstr(e.message, "line 1"));
			continue;
		}
		store = open_store(uri);
		uint64_t counter = lines > 1 ? lines - 1 : 0; /* the first line is the header */
		ck_assert_uint_eq(look(&store).counter, counter);
		struct kin_lease item = lease("x", counter + 1, "9");
		int code = counter ? store.update(store.user, "app", &item, counter, &e)
		                   : store.create(store.user, "app", &item, &e);
		ck_assert_msg(code == KIN_OK, "%s", e.message);
		store.close(store.user);
		store = open_store(uri);
		ck_assert_uint_eq(look(&store).counter, counter + 1);
		store.close(store.user);
	}
}
END_TEST

START_TEST(each_changed_byte_is_refused)
{
	char content[4096], bad[4096];
	size_t n = sample(content, sizeof content);
	struct kin_store store;

	for (size_t i = 0; i < n; i++) {
		memcpy(bad, content, n);
		bad[i] ^= 1;
		spill(bad, n);
		ck_assert_msg(kin__store_open(&store, uri, "app", &e) == KIN_CORRUPT, "byte %zu of %zu", i,
		              n);
		ck_assert_ptr_nonnull(strstr(e.message, path));
		ck_assert_ptr_nonnull(strstr(e.message, "line "));
		ck_assert_uint_eq(slurp(bad, sizeof bad), n); /* and is left as it is */
	}
}
END_TEST

/* Names that differ by the ending of another's file are applications like any other. */
START_TEST(names_that_meet)
{
	static const char *const names[] = { "app", "app.lock", "app.tmp", "app.leases", "app.leases.tmp",
		                             ".",   ".." };
	enum { N = sizeof names / sizeof names[0] };
	struct kin_store stores[N];
	struct kin_lease item;

	for (int i = 0; i < N; i++)
		ck_assert_msg(kin__store_open(&stores[i], uri, names[i], &e) == KIN_OK, "%s: %s", names[i],
		              e.message);
	for (uint64_t turn = 1; turn <= 1100; turn++) /* each is written anew on the way */
		for (int i = 0; i < N; i++) {
			item = lease("x", turn, names[i]);
			int code = turn == 1 ? stores[i].create(stores[i].user, names[i], &item, &e)
			                     : stores[i].update(stores[i].user, names[i], &item, turn - 1,
			                                        &e);
			ck_assert_msg(code == KIN_OK, "%s: %s", names[i], e.message);
		}
	for (int i = 0; i < N; i++) {
		struct found found = { 0 };

		stores[i].close(stores[i].user);
		ck_assert_int_eq(kin__store_open(&stores[i], uri, names[i], &e), KIN_OK);
		ck_assert_int_eq(stores[i].list(stores[i].user, names[i], find, &found, &e), KIN_OK);
		ck_assert_uint_eq(found.counter, 1100);
		ck_assert_str_eq(found.checkpoint, names[i]);
		stores[i].close(stores[i].user);
	}
}
END_TEST

START_TEST(one_application)
{
	struct kin_store store = open_store(_i ? uri : "memory:");
	struct kin_lease item = lease("x", 1, "1");
	struct found found = { 0 };

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	ck_assert_int_eq(store.list(store.user, "other", find, &found, &e), KIN_INVALID);
	ck_assert_int_eq(found.n, 0);
	ck_assert_int_eq(store.update(store.user, "other", &item, 1, &e), KIN_INVALID);
	ck_assert_int_eq(store.remove(store.user, "other", &item, 1, &e), KIN_INVALID);
	item.shard_id = "y";
	ck_assert_int_eq(store.create(store.user, "other", &item, &e), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(e.message, "'app'"));
	ck_assert_ptr_nonnull(strstr(e.message, "'other'"));
	store.close(store.user);
}
END_TEST

/* What is answered must be where the next reader looks. */
START_TEST(meddled_with)
{
	struct kin_store store = open_store(uri);
	struct kin_lease one = lease("x", 1, "1"), two = lease("x", 2, "2");
	char content[4096];

	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_OK);
	size_t n = slurp(content, sizeof content);
	if (_i == 0)
		ck_assert_int_eq(unlink(path), 0);
	else if (_i == 1)
		spill(content, n - 10); /* cut short */
	else {
		ck_assert_int_eq(unlink(path), 0);
		spill(content, n); /* another file */
	}
	ck_assert_int_eq(store.update(store.user, "app", &two, 1, &e), KIN_CORRUPT);
	ck_assert_ptr_nonnull(strstr(e.message, path));
	ck_assert_uint_eq(look(&store).counter, 1);
	store.close(store.user);
}
END_TEST

START_TEST(one_holder)
{
	struct kin_store store = open_store(uri), other;
	char pid[24];

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	pid_t child = fork();
	if (child == 0)
		_exit(kin__store_open(&other, uri, "app", &e) == KIN_IN_USE && strstr(e.message, pid) ? 0
		                                                                                      : 1);
	int status = 1;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(kin__store_open(&other, uri, "app", &e), KIN_IN_USE);
	ck_assert_int_eq(kin__store_open(&other, uri, "app2", &e), KIN_OK);
	other.close(other.user);
	store.close(store.user);
	store = open_store(uri);
	store.close(store.user);
}
END_TEST

/* A full disk, by the limit of a file's size: the write fails, nothing is lost, and it goes on when there is room. */
START_TEST(no_room)
{
	struct kin_store store = open_store(uri);
	struct kin_lease one = lease("x", 1, "1"), two = lease("x", 2, "2");
	struct rlimit before, small;
	void (*was)(int);

	ck_assert_int_eq(store.create(store.user, "app", &one, &e), KIN_OK);
	was = signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 400;
	setrlimit(RLIMIT_FSIZE, &small);
	int code = store.update(store.user, "app", &two, 1, &e); /* no assertion here: it writes files too */
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, was);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_ptr_nonnull(strstr(e.message, folder));
	ck_assert_uint_eq(look(&store).counter, 1);
	ck_assert_msg(store.update(store.user, "app", &two, 1, &e) == KIN_OK, "%s", e.message);
	store.close(store.user);
	store = open_store(uri);
	ck_assert_uint_eq(look(&store).counter, 2);
	store.close(store.user);
}
END_TEST

START_TEST(journal_is_shortened)
{
	static char content[400000];
	struct kin_store store = open_store(uri);
	struct kin_lease item = lease("x", 0, "1");

	ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
	for (uint64_t i = 1; i <= 1500; i++) {
		item = lease("x", i, "1");
		ck_assert_int_eq(store.update(store.user, "app", &item, i - 1, &e), KIN_OK);
	}
	ck_assert_uint_eq(look(&store).counter, 1500);
	store.close(store.user);
	ck_assert_uint_lt(slurp(content, sizeof content),
	                  250000); /* 1500 lines would have more than 400,000 bytes */
	store = open_store(uri);
	ck_assert_uint_eq(look(&store).counter, 1500);
	store.close(store.user);
}
END_TEST

/* Each allocation of a change that also writes the journal anew fails: also the one between the new file's taking
 * its place and the sync of its folder.  What was answered with success is there after it, and it goes on. */
START_TEST(out_of_memory)
{
	uint64_t total = 1;

	for (uint64_t at = 0; at <= total; at++) {
		struct kin_store store = open_store(uri);
		struct kin_lease item = lease("x", 1, "1");

		ck_assert_int_eq(store.create(store.user, "app", &item, &e), KIN_OK);
		for (uint64_t i = 2; i <= 1001; i++) {
			item = lease("x", i, "1");
			ck_assert_int_eq(store.update(store.user, "app", &item, i - 1, &e), KIN_OK);
		}
		item = lease("x", 1002, "1");
		kin__mem_fail_at(at);
		int code = store.update(store.user, "app", &item, 1001, &e);
		if (at == 0)
			total = kin__mem_count();
		kin__mem_fail_at(0);
		ck_assert_msg(code == KIN_OK || code == KIN_NOMEM, "allocation %d: %s", (int)at, e.message);
		uint64_t counter = code == KIN_OK ? 1002 : 1001;
		ck_assert_uint_eq(look(&store).counter, counter);
		item = lease("x", counter + 1, "1");
		ck_assert_msg(store.update(store.user, "app", &item, counter, &e) == KIN_OK, "%s", e.message);
		store.close(store.user);
		store = open_store(uri);
		ck_assert_msg(look(&store).counter == counter + 1,
		              "allocation %d: an answered change is lost", (int)at);
		store.close(store.user);
		ck_assert_int_eq(unlink(path), 0);
	}
	ck_assert_uint_gt(total, 5); /* it was written anew */
}
END_TEST

START_TEST(ten_thousand_items)
{
	static char shards[10000][16];
	struct kin_store store = open_store(uri);
	struct kin_lease item;

	for (int turn = 1; turn <= 3; turn++)
		for (int i = 0; i < 10000; i++) {
			snprintf(shards[i], sizeof shards[i], "s-%d", i);
			item = lease(shards[i], (uint64_t)turn, "1");
			int code = turn == 1 ? store.create(store.user, "app", &item, &e)
			                     : store.update(store.user, "app", &item, (uint64_t)turn - 1, &e);
			ck_assert_msg(code == KIN_OK, "%s", e.message);
		}
	store.close(store.user);
	store = open_store(uri);
	ck_assert_int_eq(look(&store).n, 10000);
	store.close(store.user);
}
END_TEST

#include "stores_strangers.h"
#include "stores_states.h"

int main(void)
{
	Suite *suite = suite_create("stores");
	TCase *tcase = tcase_create("stores");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, conditions, 0, 2);
	tcase_add_test(tcase, torn_at_each_length);
	tcase_add_test(tcase, each_changed_byte_is_refused);
	tcase_add_test(tcase, one_holder);
	tcase_add_test(tcase, no_room);
	tcase_add_test(tcase, journal_is_shortened);
	tcase_add_test(tcase, names_that_meet);
	tcase_add_loop_test(tcase, one_application, 0, 2);
	tcase_add_loop_test(tcase, meddled_with, 0, 3);
	tcase_add_test(tcase, out_of_memory);
	tcase_add_test(tcase, ten_thousand_items);
	tcase_add_loop_test(tcase, links_are_refused, 0, 2);
	tcase_add_loop_test(tcase, no_files_are_refused, 0, 4);
	tcase_add_loop_test(tcase, beside_the_journal, 0, 3);
	tcase_add_test(tcase, modes);
	tcase_add_loop_test(tcase, pid_of_the_dead, 0, 2);
	tcase_add_test(tcase, lock_file_removed);
	tcase_add_loop_test(tcase, copies_in_a_child, 0, 2);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, states_case());
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
