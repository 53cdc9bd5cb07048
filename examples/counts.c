/* counts STREAM FOLDER: running counts of records per partition key in FOLDER/counts.tsv, exact across crashes.
 *
 * The checkpoint may lag behind what was counted, so a crash brings some records again.  What must be exact
 * therefore keeps, in the same file write as the counts, how far it has come in each shard. */
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4096, NAME = 1032 };

/* A row is a key with its count, or a shard ("/shardId-...") with the sequence number counted last. */
static struct row {
	char name[NAME], value[136];
} rows[ROWS];
static char path[4096];

static struct row *row_of(const char *prefix, const char *name, size_t size)
{
	char text[NAME];
	struct row *row = rows;

	snprintf(text, sizeof text, "%s%.*s", prefix, (int)size, name);
	while (row < rows + ROWS && row->name[0] && strcmp(row->name, text))
		row++;
	if (row == rows + ROWS)
		exit((fprintf(stderr, "counts: more than %d keys\n", ROWS), 1));
	memcpy(row->name, text, sizeof text);
	return row;
}

/* Sequence numbers are decimal text: the longer one is the larger one. */
static int newer(const char *a, const char *b)
{
	return strlen(a) != strlen(b) ? strlen(a) > strlen(b) : strcmp(a, b) > 0;
}

static void load(void)
{
	char line[NAME + 140];
	FILE *file = fopen(path, "r");

	for (char *tab; file && fgets(line, sizeof line, file) && (tab = strrchr(line, '\t'));) {
		struct row *row = row_of("", line, (size_t)(tab - line));
		snprintf(row->value, sizeof row->value, "%.*s", (int)strcspn(tab + 1, "\n"), tab + 1);
	}
	if (file)
		fclose(file);
}

static int save(void)
{
	char next[4200];
	snprintf(next, sizeof next, "%s.next", path);
	FILE *file = fopen(next, "w");
	for (struct row *row = rows; file && row < rows + ROWS && row->name[0]; row++)
		fprintf(file, "%s\t%s\n", row->name, row->value);
	return file && !ferror(file) && fclose(file) == 0 && rename(next, path) == 0;
}

static int handle(void *user, struct kin_batch *batch)
{
	(void)user;
	for (const struct kin_record *r; (r = kin_batch_next(batch));) {
		struct row *done = row_of("/", r->shard_id, strlen(r->shard_id));
		if (!newer(r->sequence_number, done->value))
			continue; /* counted before the last crash */
		struct row *key = row_of("", r->partition_key, r->partition_key_size);
		snprintf(key->value, sizeof key->value, "%ld", strtol(key->value, NULL, 10) + 1);
		snprintf(done->value, sizeof done->value, "%s", r->sequence_number);
	}
	return save() ? KIN_OK : KIN_FAILED;
}

int main(int argc, char **argv)
{
	struct kin_consumer_options o;
	struct kin_error e = { 0 };
	char store[4100];

	kin_consumer_options_init(&o);
	snprintf(path, sizeof path, "%s/counts.tsv", argc > 2 ? argv[2] : ".");
	snprintf(store, sizeof store, "file:%s", argc > 2 ? argv[2] : ".");
	o.stream = argc > 1 ? argv[1] : "orders";
	o.application = "counts", o.store = store, o.handler = handle;
	o.handlers_max = 1; /* the rows have no lock */
	o.until = getenv("UNTIL_LATEST") ? KIN_UNTIL_LATEST : KIN_UNTIL_NEVER;
	load();
	return kin_consumer_run(NULL, &o, &e) == KIN_OK ? 0 : (fprintf(stderr, "counts: %s\n", e.message), 1);
}
