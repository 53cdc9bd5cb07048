/* Part of check_drive: records put at once, of which only the first had room in memory.  This program is linked with
 * -Wl,--wrap=kin__spooler_put, so that time stands still between the writing of records and their way into the buffer. */
#include "drive/produce.h"
#include "spool/own.h"
#include <dirent.h>
#include <sched.h>

static struct {
	struct kin__produce *produce; /* NULL: puts are as they are */
	bool overtook;
	pthread_mutex_t lock;
	int told[8], told_n;
} race = { .lock = PTHREAD_MUTEX_INITIALIZER };

int __real_kin__spooler_put(struct kin__spooler *spooler, struct kin__spooler_item *items, size_t n,
                            size_t *accepted, struct kin_error *error);
int __wrap_kin__spooler_put(struct kin__spooler *spooler, struct kin__spooler_item *items, size_t n,
                            size_t *accepted, struct kin_error *error);

/* They are on disk, and there is room for those that can only be read from there: until the spooler's thread was refused, and
 * sleeps, or has handed them over, before the first one is entered. */
int __wrap_kin__spooler_put(struct kin__spooler *spooler, struct kin__spooler_item *items, size_t n,
                            size_t *accepted, struct kin_error *error)
{
	int code = __real_kin__spooler_put(spooler, items, n, accepted, error);
	bool over = !race.produce;

	if (!over) {
		pthread_mutex_lock(&race.produce->inbox.lock);
		race.produce->inbox.room.records_max = 10;
		pthread_mutex_unlock(&race.produce->inbox.lock);
		kin__spooler_room(spooler);
	}
	while (!over) {
		pthread_mutex_lock(&spooler->lock);
		race.overtook = spooler->books.unread == 0;
		over = race.overtook || (spooler->blocked && spooler->asleep);
		pthread_mutex_unlock(&spooler->lock);
		sched_yield();
	}
	return code;
}

static void note_told(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	pthread_mutex_lock(&race.lock);
	if (race.told_n < (int)KIN__ARRAY_LEN(race.told))
		race.told[race.told_n++] = *(int *)delivery->token;
	pthread_mutex_unlock(&race.lock);
}

static void remove_spool(const char *folder)
{
	DIR *open = opendir(folder);
	const struct dirent *entry;
	char path[400];

	while (open && (entry = readdir(open)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (open)
		closedir(open);
	rmdir(folder);
}

START_TEST(what_was_read_from_disk_does_not_overtake)
{
	static int numbers[4] = { 0, 1, 2, 3 };
	static struct line script[SCRIPT_MAX];
	struct kin__produce_options made = { .stream = "s", .on_delivery = note_told };
	struct kin__produce_patience patience = { .timeout_ms = 20000 };
	struct kin_put_entry entries[4];
	struct kin_error error;
	char folder[64] = "/tmp/kin-drive-XXXXXX";
	size_t accepted = 0;

	for (int i = 0; i < SCRIPT_MAX; i++) /* refused: reports come in the order of the request */
		script[i] = (struct line){ 400, "Content-Type: application/x-amz-json-1.1\r\n",
			                   "{\"__type\":\"AccessDeniedException\"}" };
	service.script = script;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	kin__producer_settings_init(&made.machine);
	made.machine.buffer_records_max = 10;
	made.machine.linger_us = 60000000;
	made.spool = folder;
	made.spool_bytes_max = 1 << 20;
	made.spool_sync = KIN__SPOOLER_NONE;
	race.told_n = 0;
	race.overtook = false;
	ck_assert_msg(kin__produce_open(&race.produce, core, &made, &error) == KIN_OK, "%s", error.message);
	pthread_mutex_lock(&race.produce->inbox.lock);
	race.produce->inbox.room.records_max = 1;
	pthread_mutex_unlock(&race.produce->inbox.lock);
	for (int i = 0; i < 4; i++)
		entries[i] = (struct kin_put_entry){ .size = sizeof entries[i],
			                             .key = "k",
			                             .key_size = 1,
			                             .data = "data",
			                             .data_size = 4,
			                             .token = &numbers[i] };
	ck_assert_int_eq(kin__produce_put(race.produce, entries, 4, &accepted, &patience, &error), KIN_OK);
	ck_assert_uint_eq(accepted, 4);
	ck_assert_int_eq(kin__produce_flush(race.produce, 20000, &error), KIN_OK);
	ck_assert_int_eq(kin__produce_close(race.produce, 20000, &error), KIN_OK);
	race.produce = NULL;
	ck_assert_int_eq(race.told_n, 4);
	for (int i = 0; i < 4; i++)
		ck_assert_msg(race.told[i] == i, "record %d is sent where %d should be", race.told[i], i);
	ck_assert(!race.overtook);
	remove_spool(folder);
}
END_TEST
