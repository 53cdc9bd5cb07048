/* The file store, the file sink and the spool on a disk that fails or loses power in each of their steps: what was answered is
 * there afterwards, whole; a failure names its file; and they go on when the disk does. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <check.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "power/disk.h"
#include "sinks/sink.h"
#include "stores/store.h"

static char base[64], folder[80], found[80];
static struct kin_error e;
static unsigned checked; /* states looked at after a loss of power */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status, (void)type, (void)at;
	return remove(path);
}

static void make_empty(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	ck_assert_msg(mkdir(path, 0700) == 0, "cannot make %s", path);
}

static void setup(void)
{
	snprintf(base, sizeof base, "%s/kin-power-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(folder, sizeof folder, "%s/disk", base);
	snprintf(found, sizeof found, "%s/found", base);
	checked = 0;
}

static void teardown(void)
{
	disk_stop();
	nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- the store: two items, each change of which carries its counter ---- */

struct counters {
	uint64_t of[2];
};
struct play {
	unsigned prepared, turns; /* changes before the steps count, and while they do */
	struct kin_store store;
	bool open;
	struct counters answered;
};
static const char *const shards[] = { "x", "y" };

static int find(void *into, const struct kin_lease *item)
{
	struct counters *counters = into;
	char wanted[32];

	snprintf(wanted, sizeof wanted, "%d", (int)item->counter);
	ck_assert_str_eq(item->checkpoint, wanted);
	counters->of[strcmp(item->shard_id, shards[1]) == 0] = item->counter;
	return 0;
}

static struct counters look(struct kin_store *store)
{
	struct counters counters = { { 0 } };

	ck_assert_int_eq(store->list(store->user, "app", find, &counters, &e), KIN_OK);
	return counters;
}

static int write_next(struct kin_store *store, int which, uint64_t counter)
{
	char number[32];
	struct kin_lease item = { .size = sizeof item,
		                  .stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s",
		                  .shard_id = shards[which],
		                  .owner = "worker",
		                  .counter = counter,
		                  .checkpoint = number };

	snprintf(number, sizeof number, "%d", (int)counter);
	return counter == 1 ? store->create(store->user, "app", &item, &e)
	                    : store->update(store->user, "app", &item, counter - 1, &e);
}

static void failed_well(int code, const char *which)
{
	ck_assert_msg(code == KIN_IO, "%s: code %d: %s", disk_step_name(), code, e.message);
	ck_assert_msg(strstr(e.message, which) != NULL, "%s: does not name its file: %s", disk_step_name(),
	              e.message);
}

/* Until it succeeds, or the power is gone. */
static void open_until(struct play *play, const char *uri)
{
	int code;

	for (int tries = 0; !play->open && !disk_is_cut() && tries < 100; tries++) {
		code = kin__store_open(&play->store, uri, "app", &e);
		play->open = code == KIN_OK;
		if (!play->open)
			failed_well(code, folder);
	}
	ck_assert_msg(play->open || disk_is_cut(), "never opened: %s", e.message);
}

static void write_until(struct play *play, int which)
{
	int code = KIN_IO;

	for (int tries = 0; code != KIN_OK && !disk_is_cut() && tries < 100; tries++) {
		code = write_next(&play->store, which, play->answered.of[which] + 1);
		if (code == KIN_OK)
			play->answered.of[which]++;
		else
			failed_well(code, folder);
		struct counters now = look(&play->store);
		ck_assert_msg(memcmp(&now, &play->answered, sizeof now) == 0,
		              "%s: the store says %d %d, answered was %d %d", disk_step_name(),
		              (int)now.of[0], (int)now.of[1], (int)play->answered.of[0],
		              (int)play->answered.of[1]);
	}
	ck_assert_msg(code == KIN_OK || disk_is_cut(), "never written: %s", e.message);
}

/* What goes wrong: steps count from the end of the preparation. */
struct wrong {
	unsigned fail_first, fail_last;
	enum disk_fault fault;
	unsigned cut;
};

static void arm(const struct wrong *wrong)
{
	disk_count();
	disk_fail(wrong->fail_first, wrong->fail_last, wrong->fault);
	disk_cut(wrong->cut);
}

static void act(struct play *play, const struct wrong *wrong)
{
	char uri[128];

	make_empty(folder);
	disk_watch(folder);
	snprintf(uri, sizeof uri, "file:%s/deep/er", folder);
	play->open = false;
	play->answered = (struct counters){ { 0 } };
	if (play->prepared > 0)
		open_until(play, uri);
	for (unsigned i = 0; i < play->prepared; i++)
		write_until(play, i % 3 == 1);
	arm(wrong);
	open_until(play, uri);
	for (unsigned i = 0; play->open && i < play->turns && !disk_is_cut(); i++)
		write_until(play, i % 3 == 1);
	if (play->open)
		play->store.close(play->store.user);
}

/* What is found opens, has what was answered or the one change that was not, and goes on. */
static void check_found(const struct play *play, unsigned outcome, const char *uri)
{
	struct play again = { .open = false };
	struct counters now;
	int code;

	make_empty(found);
	disk_restore(outcome, found);
	code = kin__store_open(&again.store, uri, "app", &e);
	ck_assert_msg(code == KIN_OK, "power lost in '%s', outcome %u: %s", disk_step_name(), outcome,
	              e.message);
	now = look(&again.store);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(now.of[i] == play->answered.of[i] || now.of[i] == play->answered.of[i] + 1,
		              "power lost in '%s', outcome %u: item %s is at %d, answered was %d",
		              disk_step_name(), outcome, shards[i], (int)now.of[i],
		              (int)play->answered.of[i]);
	code = write_next(&again.store, 0, now.of[0] + 1);
	ck_assert_msg(code == KIN_OK, "after '%s', outcome %u: %s", disk_step_name(), outcome, e.message);
	again.store.close(again.store.user);
	ck_assert_int_eq(kin__store_open(&again.store, uri, "app", &e), KIN_OK);
	ck_assert_uint_eq(look(&again.store).of[0], now.of[0] + 1);
	again.store.close(again.store.user);
	checked++;
}

static void check_all_found(const struct play *play, unsigned every)
{
	char uri[128];
	unsigned outcomes = disk_outcomes();

	snprintf(uri, sizeof uri, "file:%s/deep/er", found);
	disk_stop();
	for (unsigned i = checked % every; i < outcomes; i += every)
		check_found(play, i, uri);
}

/* A young store, whose folders it makes itself; and one whose journal is written anew on the way. */
static const struct play plays[] = { { .turns = 6 }, { .prepared = 1003, .turns = 3 } };

static unsigned steps_of(struct play *play)
{
	const struct wrong nothing = { 0 };

	act(play, &nothing);
	ck_assert_uint_ge(disk_steps(), 3 * play->turns); /* the calls are really watched */
	return disk_steps();
}

START_TEST(store_loses_power)
{
	struct play play = plays[_i];
	unsigned steps = steps_of(&play);

	for (unsigned at = 1; at <= steps; at++) {
		act(&play, &(struct wrong){ .cut = at });
		ck_assert(disk_is_cut());
		check_all_found(&play, 1);
	}
	ck_assert_uint_ge(checked, 8 * steps);
	printf("store %d: %u steps, %u states found after a loss of power\n", _i, steps, checked);
}
END_TEST

static const unsigned lengths[] = { 1, 2, 5, 20 };
enum { LENGTHS = 4 };

/* Each step and those after it fail; the calls are repeated until they succeed; what was answered is there. */
START_TEST(store_on_a_failing_disk)
{
	struct play play = plays[_i / DISK_FAULTS];
	unsigned steps = steps_of(&play);
	char uri[128];

	snprintf(uri, sizeof uri, "file:%s/deep/er", folder);
	for (unsigned at = 1; at <= steps; at++)
		for (int length = 0; length < LENGTHS; length += play.prepared ? 2 : 1) {
			act(&play, &(struct wrong){ at, at + lengths[length] - 1,
			                            (enum disk_fault)(_i % DISK_FAULTS), 0 });
			disk_stop();
			struct play again = { .open = false };
			ck_assert_msg(kin__store_open(&again.store, uri, "app", &e) == KIN_OK, "%s: %s",
			              disk_step_name(), e.message);
			struct counters now = look(&again.store);
			ck_assert_msg(memcmp(&now, &play.answered, sizeof now) == 0, "%s", disk_step_name());
			again.store.close(again.store.user);
		}
}
END_TEST

/* The same, and then the power is lost, in each later step: some of the states found. */
START_TEST(store_on_a_failing_disk_loses_power)
{
	struct play play = plays[0];
	unsigned steps = steps_of(&play);

	for (unsigned at = 1; at <= steps; at++)
		for (int length = 0; length < LENGTHS; length++)
			for (unsigned cut = at + 1 + at % 2; cut <= at + lengths[length] + 12; cut += 2) {
				act(&play, &(struct wrong){ at, at + lengths[length] - 1, (enum disk_fault)_i,
				                            cut });
				if (disk_is_cut())
					check_all_found(&play, 11);
			}
	ck_assert_uint_ge(checked, 20 * steps);
	printf("store, fault %d: %u states found after faults and a loss of power\n", _i, checked);
}
END_TEST

/* ---- the sink: lines of several lengths ---- */

enum { LINES = 4, LINE_MAX = 12000 };
static char lines[LINES + 1][LINE_MAX];

static void make_lines(void)
{
	static const int lengths_of[LINES + 1] = { 30, 700, 11000, 50, 90 };

	for (int i = 0; i <= LINES; i++) {
		int n = snprintf(lines[i], LINE_MAX, "{\"requestContext\":{\"requestId\":\"%d", i);
		while (n < 40 + lengths_of[i])
			n += snprintf(lines[i] + n, 8, "%03d ", n);
		snprintf(lines[i] + n, 8, "\"}}");
	}
}

struct sinking {
	struct kin_sink sink;
	bool open;
	unsigned answered; /* lines 0 to answered - 1 */
	bool tried;        /* the one after them */
};

static int send_line(struct kin_sink *sink, const char *line)
{
	struct kin_failure failure = { .condition = "RetryAttemptsExhausted",
		                       .json_payload = line,
		                       .json_payload_size = strlen(line) };

	return sink->send(sink->user, &failure, &e);
}

static void sink_act(struct sinking *sinking, const struct wrong *wrong)
{
	char uri[128];
	int code = KIN_OK;

	make_empty(folder);
	disk_watch(folder);
	arm(wrong);
	snprintf(uri, sizeof uri, "file:%s/failed", folder);
	*sinking = (struct sinking){ .open = false };
	for (int tries = 0; !sinking->open && !disk_is_cut() && tries < 100; tries++) {
		code = kin__sink_open(&sinking->sink, uri, &e);
		sinking->open = code == KIN_OK;
		if (!sinking->open)
			failed_well(code, folder);
	}
	for (int tries = 0; sinking->open && sinking->answered < LINES && !disk_is_cut() && tries < 100;
	     tries++) {
		sinking->tried = true;
		code = send_line(&sinking->sink, lines[sinking->answered]);
		if (code == KIN_OK) {
			sinking->answered++;
			sinking->tried = false;
		} else {
			failed_well(code, folder);
		}
	}
	ck_assert_msg(disk_is_cut() || sinking->answered == LINES, "never written: %s", e.message);
	if (sinking->open)
		sinking->sink.close(sinking->sink.user);
}

/* Whole lines in their order, each that was answered at least once, and none that was never sent. */
static void check_lines(const struct sinking *sinking, const char *path, unsigned outcome)
{
	static char content[20 * LINE_MAX];
	unsigned next = 0; /* lines below it were seen */
	FILE *file = fopen(path, "r");

	ck_assert_msg(file != NULL, "'%s', outcome %u: %s is gone", disk_step_name(), outcome, path);
	content[fread(content, 1, sizeof content - 1, file)] = 0;
	fclose(file);
	for (char *at = content, *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		ck_assert_msg(end != NULL, "'%s', outcome %u: a torn line: %.60s", disk_step_name(), outcome,
		              at);
		*end = 0;
		bool repeated = next > 0 && strcmp(at, lines[next - 1]) == 0;
		ck_assert_msg(repeated || (next <= LINES && strcmp(at, lines[next]) == 0),
		              "'%s', outcome %u: a strange line where line %u should be: %.60s",
		              disk_step_name(), outcome, next, at);
		next += !repeated;
	}
	ck_assert_msg(next == sinking->answered || (sinking->tried && next == sinking->answered + 1),
	              "'%s', outcome %u: %u lines, answered were %u", disk_step_name(), outcome, next,
	              sinking->answered);
}

static void check_sink_found(const struct sinking *before, unsigned every)
{
	struct sinking now;
	char uri[128];
	unsigned outcomes = disk_outcomes();

	disk_stop();
	snprintf(uri, sizeof uri, "file:%s/failed", found);
	for (unsigned i = checked % every; i < outcomes; i += every) {
		make_empty(found);
		disk_restore(i, found);
		now = *before;
		int code = kin__sink_open(&now.sink, uri, &e);
		ck_assert_msg(code == KIN_OK, "'%s', outcome %u: %s", disk_step_name(), i, e.message);
		check_lines(&now, uri + 5, i);
		ck_assert_int_eq(send_line(&now.sink, lines[now.answered]), KIN_OK);
		now.sink.close(now.sink.user);
		now.answered++;
		now.tried = false;
		check_lines(&now, uri + 5, i);
		checked++;
	}
}

START_TEST(sink_loses_power)
{
	struct sinking sinking;

	make_lines();
	sink_act(&sinking, &(struct wrong){ 0 });
	unsigned steps = disk_steps();
	ck_assert_uint_ge(steps, 3 * LINES);
	for (unsigned at = 1; at <= steps; at++) {
		sink_act(&sinking, &(struct wrong){ .cut = at });
		ck_assert(disk_is_cut());
		check_sink_found(&sinking, 1);
	}
	ck_assert_uint_ge(checked, 8 * steps);
	printf("sink: %u steps, %u states found after a loss of power\n", steps, checked);
}
END_TEST

START_TEST(sink_on_a_failing_disk)
{
	struct sinking sinking;
	char path[128];

	make_lines();
	sink_act(&sinking, &(struct wrong){ 0 });
	unsigned steps = disk_steps();
	snprintf(path, sizeof path, "%s/failed", folder);
	for (unsigned at = 1; at <= steps; at++)
		for (int length = 0; length < LENGTHS; length++) {
			struct wrong wrong = { at, at + lengths[length] - 1, (enum disk_fault)_i, 0 };
			sink_act(&sinking, &wrong);
			disk_stop();
			check_lines(&sinking, path, 0);
			for (unsigned cut = at + 1 + at % 2; cut <= at + lengths[length] + 12; cut += 2) {
				wrong.cut = cut;
				sink_act(&sinking, &wrong);
				if (disk_is_cut())
					check_sink_found(&sinking, 8);
			}
		}
	ck_assert_uint_ge(checked, 20 * steps);
	printf("sink, fault %d: %u states found after faults and a loss of power\n", _i, checked);
}
END_TEST

/* Two could write at once: neither store nor sink goes there. */
START_TEST(no_locks)
{
	struct kin_store store;
	struct kin_sink sink;
	char uri[128];

	make_empty(folder);
	disk_watch(folder);
	disk_without_locks();
	snprintf(uri, sizeof uri, "file:%s/failed", folder);
	ck_assert_int_eq(_i ? kin__sink_open(&sink, uri, &e) : kin__store_open(&store, uri, "app", &e),
	                 KIN_IO);
	ck_assert_msg(strstr(e.message, folder) && strstr(e.message, "local disk"), "%s", e.message);
}
END_TEST

#include "power/states.h"
#include "power/spools.h"

int main(void)
{
	Suite *suite = suite_create("power");
	TCase *tcase = tcase_create("power");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, store_loses_power, 0, 2);
	tcase_add_loop_test(tcase, store_on_a_failing_disk, 0, 2 * DISK_FAULTS);
	tcase_add_loop_test(tcase, store_on_a_failing_disk_loses_power, 0, DISK_FAULTS);
	tcase_add_test(tcase, sink_loses_power);
	tcase_add_loop_test(tcase, sink_on_a_failing_disk, 0, DISK_FAULTS);
	tcase_add_test(tcase, state_loses_power);
	tcase_add_loop_test(tcase, state_on_a_failing_disk, 0, DISK_FAULTS);
	tcase_add_loop_test(tcase, spool_loses_power, 0, 2);
	tcase_add_loop_test(tcase, spool_on_a_failing_disk, 0, DISK_FAULTS);
	tcase_add_loop_test(tcase, spool_with_a_bad_block, 0, 4);
	tcase_add_test(tcase, spool_whose_full_file_cannot_be_synced);
	tcase_add_loop_test(tcase, no_locks, 0, 2);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
