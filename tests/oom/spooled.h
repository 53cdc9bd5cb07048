/* A scene of oom_api: a producer with a spool, in whose folder an earlier process left records. */
#ifndef KIN_OOM_SPOOLED_H
#define KIN_OOM_SPOOLED_H
#include "spool/spooler.h"

enum { LEFT = 5, SPOOLED = 12 };
static char left_bytes[4096]; /* the file that it left */
static size_t left_n;
static atomic_uint seats[SPOOLED], from_spool;

static bool take_none(void *user, const struct kin__spooler_found *found)
{
	(void)user, (void)found;
	return false;
}

static void no_turn(void *user)
{
	(void)user;
}

static void no_log(void *user, int level, const char *text)
{
	(void)user, (void)level, (void)text;
}

static FILE *left_file(const char *how)
{
	char path[96];

	snprintf(path, sizeof path, "%s/0000000000000001.spool", folder);
	return fopen(path, how);
}

/* With memory: that earlier process. */
static void leave_records(void)
{
	struct kin__spooler_options options = { .folder = folder,
		                                .stream = "s",
		                                .bytes_max = 1 << 20,
		                                .sync = KIN__SPOOLER_NONE,
		                                .take = take_none,
		                                .turn = no_turn,
		                                .log = no_log };
	struct kin__spooler_item items[LEFT];
	struct kin__spooler *spooler;
	size_t accepted;
	FILE *file;

	for (int i = 0; i < LEFT; i++)
		items[i] = (struct kin__spooler_item){ .entry = { .key = { "k", 1 },
			                                          .data = { "left", 4 },
			                                          .accepted_ms = (int64_t)time(NULL) * 1000,
			                                          .ttl_ms = INT32_MAX } };
	if (kin__spooler_open(&spooler, &options, &error) != KIN_OK ||
	    kin__spooler_put(spooler, items, LEFT, &accepted, &error) != KIN_OK)
		bad("the beginning of a spool", error.code);
	kin__spooler_close(spooler);
	file = left_file("rb");
	left_n = file ? fread(left_bytes, 1, sizeof left_bytes, file) : 0;
	if (!file || left_n == sizeof left_bytes || fclose(file) != 0)
		bad("the beginning of a spool", KIN_IO);
}

static void on_spooled(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	if (delivery->status != KIN_STORED && delivery->code != KIN_NOMEM)
		bad("a report", delivery->code);
	if (delivery->from_spool)
		atomic_fetch_add(&from_spool, 1);
	else
		atomic_fetch_add((atomic_uint *)delivery->token, 1);
}

static int open_spooled(struct kin_producer **out, struct kin_client *client)
{
	struct kin_producer_options options;

	kin_producer_options_init(&options);
	options.stream = "s";
	options.on_delivery = on_spooled;
	options.linger_ms = 1;
	options.buffer_records_max = 3; /* the others wait on disk */
	options.spool = folder;
	options.spool_fsync = KIN_SPOOL_FSYNC_NONE;
	return TRY(kin_producer_open(out, client, &options, &error));
}

/* Some one by one, the others in one call; gives how many are accepted, in *accepted. */
static int put_spooled(struct kin_producer *producer, unsigned accepted[SPOOLED])
{
	static const char large[200000] = ""; /* memory of its own */
	struct kin_put_entry entries[SPOOLED / 2];
	size_t some = 0;
	int code, worst = KIN_OK;

	for (int i = 0; i < SPOOLED / 2; i++) {
		kin_put_entry_init(&entries[i]);
		entries[i].key = i % 2 ? "k" : NULL;
		entries[i].key_size = i % 2;
		entries[i].data = i % 3 ? "data" : large;
		entries[i].data_size = i % 3 ? 4 : sizeof large;
		code = TRY(kin_producer_put_entry(producer, &entries[i], &seats[i], SOON_MS, &error));
		accepted[i] = code == KIN_OK;
		worst = code != KIN_OK ? code : worst;
		entries[i].token = &seats[SPOOLED / 2 + i];
	}
	code = TRY(kin_producer_put_many(producer, entries, SPOOLED / 2, &some, SOON_MS, &error));
	for (size_t i = 0; i < SPOOLED / 2; i++)
		accepted[SPOOLED / 2 + i] = i < some;
	return code != KIN_OK ? code : worst;
}

/* The next process, with memory: what it finds, and nothing stays. */
static void take_what_is_left(struct kin_client *client)
{
	struct kin_producer *next;

	heal();
	if (open_spooled(&next, client) != KIN_OK || TRY(kin_producer_close(next, SOON_MS, &error)) != KIN_OK)
		bad("the next process", error.code);
	if (left_file("rb"))
		bad("a file stays in the spool", KIN_BUG);
}

/* What was accepted is reported once by the process that did, and what an earlier one left by one process or the other;
 * twice when it had no memory to note that it was. */
static int spooled(void)
{
	unsigned accepted[SPOOLED] = { 0 };
	struct kin_producer *made;
	struct kin_client *client;
	FILE *file;
	int code = open_client(&client);

	if (code != KIN_OK)
		return code;
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
	file = left_file("wb");
	if (!file || fwrite(left_bytes, 1, left_n, file) != left_n || fclose(file) != 0)
		bad("what an earlier process left", KIN_IO);
	atomic_store(&from_spool, 0);
	for (int i = 0; i < SPOOLED; i++)
		atomic_store(&seats[i], 0);
	code = open_spooled(&made, client);
	if (code == KIN_OK) {
		int put = put_spooled(made, accepted);
		int flushed = TRY(kin_producer_flush(made, SOON_MS, &error));
		int closed = TRY(kin_producer_close(made, SOON_MS, &error));

		code = put != KIN_OK ? put : flushed != KIN_OK ? flushed : closed;
		for (int i = 0; i < SPOOLED; i++)
			if (atomic_load(&seats[i]) != accepted[i])
				bad("not one report for each record accepted", KIN_BUG);
	}
	take_what_is_left(client);
	if (atomic_load(&from_spool) < LEFT)
		bad("a record that an earlier process left was never reported", KIN_BUG);
	doing = "kin_client_close";
	kin_client_close(client);
	return code;
}
#endif
