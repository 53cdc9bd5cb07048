/* A spool on a disk that fails or loses power: what was answered is there, whole, until it is final.  The spooler's thread
 * works only while this one waits for its end. */
#include "spool/spooler.h"
#include <pthread.h>

enum { SPOOLED = 9, SPOOL_ROOM = 30000 };
static char spool_data[SPOOL_ROOM];

struct spooling {
	unsigned tried, answered, final; /* bits, by record */
	enum kin__spooler_sync sync;
};

/* What the next process is given; on the spooler's thread. */
static struct {
	pthread_mutex_t lock;
	unsigned got; /* bits */
	int last;
	bool good;
	struct kin__spooler_place places[2 * SPOOLED];
	unsigned n;
} given = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void spool_draw(void)
{
	for (unsigned i = 0; i < SPOOL_ROOM; i++)
		spool_data[i] = (char)(i * 7 + i / 256);
}

static size_t spool_size(unsigned number)
{
	return number == 4 ? 20000 : 10 + number * 300;
}

static bool take_given(void *user, const struct kin__spooler_found *record)
{
	const struct kin__spool_entry *entry = record->entry;
	unsigned number = (unsigned)entry->token;

	(void)user;
	pthread_mutex_lock(&given.lock);
	given.good = given.good && number < SPOOLED && (int)number >= given.last && record->earlier &&
	             entry->data.n == spool_size(number) &&
	             memcmp(entry->data.at, spool_data, entry->data.n) == 0 &&
	             given.n < KIN__ARRAY_LEN(given.places);
	if (given.good) {
		given.got |= 1U << number;
		given.last = (int)number;
		given.places[given.n++] = record->place;
	}
	pthread_mutex_unlock(&given.lock);
	return true;
}

static void no_turn(void *user)
{
	(void)user;
}

static char spool_said[1000];

/* On the spooler's thread; read when it is gone. */
static void note_log(void *user, int level, const char *text)
{
	(void)user, (void)level;
	snprintf(spool_said, sizeof spool_said, "%s", text);
}

static uint32_t spool_tries;

static int open_spool(struct kin__spooler **spooler, const char *path, enum kin__spooler_sync sync)
{
	struct kin__spooler_options options = { .folder = path,
		                                .stream = "s",
		                                .bytes_max = 1 << 20,
		                                .sync = sync,
		                                .interval_ms = 100000,
		                                .tries_max = spool_tries,
		                                .take = take_given,
		                                .turn = no_turn,
		                                .log = note_log };

	return kin__spooler_open(spooler, &options, &e);
}

/* Until it is answered, or the power is gone. */
static bool spool_one(struct spooling *spooling, struct kin__spooler *spooler, unsigned number,
                      struct kin__spooler_place *place)
{
	int code = KIN_IO;

	for (int tries = 0; code != KIN_OK && !disk_is_cut() && tries < 100; tries++) {
		struct kin__spooler_item item = { .entry = { .key = { "key", 3 },
			                                     .data = { spool_data, spool_size(number) },
			                                     .token = number,
			                                     .ttl_ms = 1000 },
			                          .direct = true };
		size_t accepted;

		spooling->tried |= 1U << number;
		code = kin__spooler_put(spooler, &item, 1, &accepted, &e);
		*place = item.place;
		if (code != KIN_OK)
			failed_well(code, folder);
	}
	ck_assert_msg(code == KIN_OK || disk_is_cut(), "never accepted: %s", e.message);
	return code == KIN_OK;
}

/* Records, half of which are final in the end. */
static void spool_act(struct spooling *spooling, const struct wrong *wrong)
{
	struct kin__spooler_place places[SPOOLED];
	struct kin__spooler *spooler = NULL;
	char path[128];
	int code = KIN_IO;

	*spooling = (struct spooling){ .sync = spooling->sync };
	make_empty(folder);
	disk_watch(folder);
	arm(wrong);
	snprintf(path, sizeof path, "%s/deep/er", folder);
	for (int tries = 0; code != KIN_OK && !disk_is_cut() && tries < 100; tries++) {
		code = open_spool(&spooler, path, spooling->sync);
		if (code != KIN_OK)
			failed_well(code, folder);
	}
	ck_assert_msg(code == KIN_OK || disk_is_cut(), "never opened: %s", e.message);
	for (unsigned i = 0; spooler && i < SPOOLED; i++)
		if (!disk_is_cut() && spool_one(spooling, spooler, i, &places[i]))
			spooling->answered |= 1U << i;
	for (unsigned i = 0; spooler && i < SPOOLED; i += 2)
		if (spooling->answered >> i & 1) {
			spooling->final |= 1U << i;
			kin__spooler_final(spooler, &places[i]);
		}
	if (spooler)
		ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	kin__spooler_close(spooler);
}

/* Every one of `must` is given to the next process; then all that it was given is final, and the folder is empty. */
static void check_spool_found(const struct spooling *spooling, unsigned must, const char *path,
                              const char *when)
{
	struct kin__spooler *spooler;
	struct kin__spooler_stats stats;

	given.got = given.n = 0;
	given.last = -1;
	given.good = true;
	ck_assert_msg(open_spool(&spooler, path, KIN__SPOOLER_NONE) == KIN_OK, "%s: %s", when, e.message);
	ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	do {
		sched_yield();
		kin__spooler_stats(spooler, &stats);
	} while (stats.unread > 0);
	pthread_mutex_lock(&given.lock);
	ck_assert_msg(given.good, "%s: a record is not what was put, or not in its place", when);
	ck_assert_msg((given.got & must) == must, "%s: records %x are there, answered and not final were %x",
	              when, given.got, must);
	ck_assert_msg((given.got & ~spooling->tried) == 0, "%s: records %x were never put", when,
	              given.got & ~spooling->tried);
	pthread_mutex_unlock(&given.lock);
	for (unsigned i = 0; i < given.n; i++)
		kin__spooler_final(spooler, &given.places[i]);
	kin__spooler_close(spooler);
	checked++;
}

/* The mode in which nothing is synced promises only that what is there is right. */
static unsigned must_of(const struct spooling *spooling)
{
	return spooling->sync == KIN__SPOOLER_EACH ? spooling->answered & ~spooling->final : 0;
}

static void check_spools_found(const struct spooling *spooling, unsigned every)
{
	unsigned outcomes = disk_outcomes();
	char path[128];

	disk_stop();
	snprintf(path, sizeof path, "%s/deep/er", found);
	for (unsigned i = checked % every; i < outcomes; i += every) {
		char when[80];

		make_empty(found);
		disk_restore(i, found);
		snprintf(when, sizeof when, "after '%.40s', outcome %u", disk_step_name(), i);
		check_spool_found(spooling, must_of(spooling), path, when);
	}
}

START_TEST(spool_loses_power)
{
	struct spooling spooling = { .sync = _i ? KIN__SPOOLER_NONE : KIN__SPOOLER_EACH };
	unsigned cuts = 0;

	spool_draw();
	spool_act(&spooling, &(struct wrong){ 0 });
	unsigned steps = disk_steps();
	ck_assert_uint_ge(steps, _i ? SPOOLED : 2 * SPOOLED);
	ck_assert_uint_eq(spooling.answered, (1U << SPOOLED) - 1);
	for (unsigned at = 1; at <= steps; at++) {
		spool_act(&spooling, &(struct wrong){ .cut = at });
		cuts += disk_is_cut();
		if (disk_is_cut())
			check_spools_found(&spooling, 1);
	}
	ck_assert_uint_ge(cuts, steps - 4); /* the thread may do its last work in fewer steps */
	ck_assert_uint_ge(checked, 8 * (steps - 4));
	printf("spool %d: %u steps, %u states found after a loss of power\n", _i, steps, checked);
}
END_TEST

START_TEST(spool_on_a_failing_disk)
{
	struct spooling spooling = { .sync = KIN__SPOOLER_EACH };
	char path[128];

	spool_draw();
	spool_act(&spooling, &(struct wrong){ 0 });
	unsigned steps = disk_steps();
	for (unsigned at = 1; at <= steps; at++)
		for (int length = 0; length < LENGTHS; length++) {
			struct wrong wrong = { at, at + lengths[length] - 1, (enum disk_fault)_i, 0 };

			spool_act(&spooling, &wrong);
			disk_stop();
			ck_assert_uint_eq(spooling.answered, (1U << SPOOLED) - 1);
			snprintf(path, sizeof path, "%s/deep/er", folder);
			check_spool_found(&spooling, must_of(&spooling), path, disk_step_name());
			for (unsigned cut = at + 1 + at % 3; cut <= at + lengths[length] + 9; cut += 3) {
				wrong.cut = cut;
				spool_act(&spooling, &wrong);
				if (disk_is_cut())
					check_spools_found(&spooling, 8);
			}
		}
	ck_assert_uint_ge(checked, 8 * steps);
	printf("spool, fault %d: %u states found after faults and a loss of power\n", _i, checked);
}
END_TEST

/* Blocks that cannot be read cost the records that stand in them, and no others; nobody waits for them for ever. */
START_TEST(spool_with_a_bad_block)
{
	static const unsigned blocks[][2] = {
		{ 0, 4096 }, { 8192, 12288 }, { 20480, 28672 }, { 28672, 32768 }
	};
	struct spooling spooling = { .sync = KIN__SPOOLER_EACH };
	unsigned from = blocks[_i][0], to = blocks[_i][1], at = 56, hit = 0;
	char path[128], file[160], damaged[160];

	spool_draw();
	spool_act(&spooling, &(struct wrong){ 0 });
	disk_stop();
	for (unsigned i = 0; i < SPOOLED; i++) {
		unsigned size = (unsigned)kin__spool_padded(KIN__SPOOL_ENTRY + 3 + spool_size(i));

		hit |= (at < to && at + size > from) ? 1U << i : 0;
		at += size;
	}
	ck_assert_uint_ne(hit, 0);
	snprintf(path, sizeof path, "%s/deep/er", folder);
	snprintf(file, sizeof file, "%s/0000000000000001.spool", path);
	snprintf(damaged, sizeof damaged, "%s/0000000000000001.damaged", path);
	disk_unreadable(file, from > 0 ? from : 56, to); /* without its head a spool is not opened */
	spool_tries = 1;
	check_spool_found(&spooling, must_of(&spooling) & ~hit, path, "with a bad block");
	disk_unreadable(NULL, 0, 0);
	spool_tries = 0;
	ck_assert_uint_eq(given.got & hit, 0);
	ck_assert_int_eq(access(file, F_OK), -1);
	ck_assert_int_eq(access(damaged, F_OK), 0);
}
END_TEST

/* A file that is full is synced once more by the put that begins the next one.  When that fails it is said of what stands in
 * that file, whose puts returned long ago, and not of this put, which is in another. */
START_TEST(spool_whose_full_file_cannot_be_synced)
{
	struct kin__spooler *spooler;
	unsigned turned = 0;
	size_t accepted;

	spool_draw();
	make_empty(folder);
	disk_watch(folder);
	ck_assert_int_eq(open_spool(&spooler, folder, KIN__SPOOLER_INTERVAL), KIN_OK);
	for (unsigned i = 1; i <= 7; i++) { /* six of them fill a segment */
		struct kin__spooler_item item = {
			.entry = { .key = { "key", 3 }, .data = { spool_data, 20000 }, .token = i }
		};

		turned = disk_steps() + 1;
		if (i == 7)
			disk_fail(turned, turned, DISK_EIO);
		ck_assert_msg(kin__spooler_put(spooler, &item, 1, &accepted, &e) == KIN_OK, "put %u: %s", i,
		              e.message);
	}
	ck_assert_str_eq(disk_step_name(), "fsync 0000000000000001.spool");
	spool_said[0] = 0;
	ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	kin__spooler_close(spooler);
	disk_stop();
	ck_assert_msg(strstr(spool_said, "0000000000000001.spool") &&
	                              strstr(spool_said, "would not survive a loss of power"),
	              "what was said: %s", spool_said);
}
END_TEST
