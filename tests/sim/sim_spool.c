/* sim_spool [--coverage] [FIRST [COUNT]] - the spool's files and books against a disk that a model keeps, over several
 * processes that are killed or lose power at any moment.
 *
 * The promise: each record whose put returned is handed out again by the next process, until it was reported; unless the
 * power went before it was synced, or it was damaged.  One seed: its trace.  Many: each twice, which must be the same. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "coverage.h"
#include "producer/spool.h"

enum { RECORDS = 400, FILES = 64, HEAD = 56, STEPS = 900, TIDYING = 20000, GRAIN = 64 };

enum met {
	DIRECT,
	WAITED,
	FULL,
	TURNED,
	FAILED,
	SYNCED,
	HANDED,
	NO_ROOM,
	REPORTED,
	MARKED,
	REMOVED,
	KILLED,
	LOST_POWER,
	TORN,
	DAMAGED,
	HOLE,
	COPY,
	SKIPPED,
	CAME_BACK,
	METS
};
static const char *const met_names[METS] = { "handed out at once",
	                                     "waits on disk",
	                                     "spool full",
	                                     "new segment",
	                                     "write failed",
	                                     "synced",
	                                     "handed out from disk",
	                                     "no room in memory",
	                                     "reported",
	                                     "marks written",
	                                     "segment removed",
	                                     "killed",
	                                     "power lost",
	                                     "torn end",
	                                     "damage",
	                                     "a hole of zeros",
	                                     "handed out again",
	                                     "skipped by its mark",
	                                     "a removed segment came back" };
static uint64_t met[METS];

struct file {             /* a segment and its journal */
	bool there, gone; /* gone: removed, but not for sure */
	uint64_t number;
	struct kin__bytes spool, done;
	size_t synced, done_synced;
};

struct record {
	uint32_t bytes;
	bool accepted, synced, reported, excused, in_memory;
	uint32_t handed; /* times, in all processes */
	struct kin__spool_segment *segment;
	struct kin__spool_range range;
};

static struct world {
	struct kin__rng rng;
	uint64_t seed, trace, life;
	bool verbose, each;
	struct kin__crc32c crc;
	struct kin__spool books;
	struct file files[FILES];
	struct record records[RECORDS];
	uint32_t next, memory_n, memory_max, last; /* last: handed out in this life */
	uint64_t bytes_max;
	uint32_t record_max;
} world;

static char content[100000];

static void note(struct world *w, const char *what, uint64_t a, uint64_t b)
{
	uint64_t values[] = { (uint64_t)what[0] << 8 | (uint64_t)what[1], a, b };

	for (size_t i = 0; i < KIN__ARRAY_LEN(values); i++)
		w->trace = (w->trace ^ values[i]) * UINT64_C(0x100000001b3) ^ w->trace >> 29;
	if (w->verbose)
		printf("%s %" PRIu64 " %" PRIu64 "\n", what, a, b);
}

__attribute__((format(printf, 2, 3))) static _Noreturn void fail(struct world *w, const char *format, ...)
{
	va_list values;

	fflush(stdout);
	fprintf(stderr, "seed %" PRIu64 ": ", w->seed);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fprintf(stderr, "\nreplay: sim_spool %" PRIu64 "\n", w->seed);
	exit(1);
}

#define CHECK(w, condition, ...) ((condition) ? (void)0 : fail((w), __VA_ARGS__))

static struct file *file_of(struct world *w, uint64_t number)
{
	for (int i = 0; i < FILES; i++)
		if (w->files[i].there && w->files[i].number == number)
			return &w->files[i];
	fail(w, "segment %" PRIu64 " has no file", number);
}

static struct file *file_new(struct world *w, uint64_t number)
{
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < FILES; i++) {
			struct file *file = &w->files[i];

			if (file->there || (file->gone && pass == 0))
				continue;
			kin__bytes_fini(&file->spool);
			kin__bytes_fini(&file->done);
			*file = (struct file){ .there = true, .number = number };
			kin__bytes_init(&file->spool);
			kin__bytes_init(&file->done);
			return file;
		}
	fail(w, "more segments than the world has files");
}

/* --- one process ------------------------------------------------------------------------ */

static void hand_out(struct world *w, uint32_t number, struct kin__spool_segment *segment,
                     struct kin__spool_range range)
{
	struct record *record = &w->records[number];

	CHECK(w, number > w->last, "record %u is handed out behind %u", number, w->last);
	CHECK(w, !record->in_memory, "record %u is handed out twice", number);
	met[COPY] += record->handed++ > 0;
	w->last = number;
	record->in_memory = true;
	record->segment = segment;
	record->range = range;
	w->memory_n++;
}

static void begin_segment(struct world *w)
{
	struct kin__spool_head head = { .life = w->life,
		                        .number = w->books.next_number,
		                        .stream = { "orders", 6 } };
	struct file *file = file_new(w, head.number);

	kin__spool_write_head(&w->crc, &file->spool, &head);
	CHECK(w, file->spool.n == HEAD, "a head of %zu bytes", file->spool.n);
	file->synced = w->each ? HEAD : 0;
	CHECK(w, kin__spool_began(&w->books, w->life, HEAD), "out of memory");
	met[TURNED]++;
	note(w, "segment", head.number, 0);
}

static void append(struct world *w, struct file *file, uint32_t number)
{
	struct kin__spool_entry entry = { .key = { "key", 3 },
		                          .data = { content, w->records[number].bytes },
		                          .token = number };
	char head[KIN__SPOOL_ENTRY];
	size_t size = kin__spool_entry_size(&entry), from = file->spool.n;

	kin__spool_write_entry(&w->crc, w->life, &entry, head);
	kin__bytes_add(&file->spool, head, sizeof head);
	kin__bytes_span(&file->spool, entry.key);
	kin__bytes_span(&file->spool, entry.data);
	while (file->spool.n < from + size)
		kin__bytes_char(&file->spool, 0);
}

static void sync_file(struct world *w, struct file *file)
{
	file->synced = file->spool.n;
	file->done_synced = file->done.n;
	for (uint32_t i = 1; i < w->next; i++)
		if (w->records[i].accepted && w->records[i].segment &&
		    w->records[i].segment->number == file->number)
			w->records[i].synced = true;
}

/* A put: written, synced if that is asked for, entered; or it fails in the middle. */
static void put(struct world *w, bool dies)
{
	struct record *record = &w->records[w->next];
	struct kin__spool_entry entry = { .key = { "key", 3 } };
	enum kin__spool_next next;
	struct file *file;
	size_t size, end;
	bool direct;

	record->bytes = (uint32_t)kin__rng_below(&w->rng, w->record_max);
	entry.data.n = record->bytes;
	size = kin__spool_entry_size(&entry);
	while ((next = kin__spool_next(&w->books, size, HEAD)) == KIN__SPOOL_BEGIN)
		begin_segment(w);
	if (next == KIN__SPOOL_FULL) {
		met[FULL]++;
		return;
	}
	file = file_of(w, w->books.open->number);
	end = file->spool.n;
	append(w, file, w->next);
	if (dies || kin__rng_chance(&w->rng, 20)) { /* not all of it is there, and it is not cut off again */
		file->spool.n = end + (size_t)kin__rng_below(&w->rng, size);
		if (!dies && kin__rng_chance(&w->rng, 500))
			file->spool.n = end;
		kin__spool_complete(&w->books);
		met[FAILED]++;
		note(w, "write failed", w->next, file->spool.n - end);
		return;
	}
	direct = kin__spool_wrote(&w->books, size, w->memory_n < w->memory_max);
	record->accepted = true;
	record->segment = w->books.open;
	record->synced = w->each;
	if (w->each)
		file->synced = file->spool.n;
	note(w, direct ? "put" : "put, waits", w->next, end);
	met[direct ? DIRECT : WAITED]++;
	if (direct)
		hand_out(w, w->next, w->books.open,
		         (struct kin__spool_range){ (uint32_t)end, (uint32_t)(end + size) });
	w->next++;
	CHECK(w, w->books.bytes <= w->bytes_max + RECORDS * KIN__SPOOL_MARK, "%" PRIu64 " bytes",
	      w->books.bytes);
}

static void read_one(struct world *w)
{
	struct kin__spool_segment *segment = kin__spool_reading(&w->books);
	struct kin__spool_scan scan;
	struct kin__spool_seen seen;
	enum kin__spool_step step;

	if (!segment)
		return;
	kin__spool_scan_init(&scan, &w->crc, segment->life, segment->read, segment->size);
	step = kin__spool_read(segment, &scan, 0, kin__bytes_view(&file_of(w, segment->number)->spool),
	                       &seen);
	if (step == KIN__SPOOL_RECORD && w->memory_n >= w->memory_max) {
		met[NO_ROOM]++;
		return;
	}
	CHECK(w, step != KIN__SPOOL_MORE && step != KIN__SPOOL_END, "the reader is told %d", step);
	CHECK(w, segment->earlier || step == KIN__SPOOL_RECORD, "what this process wrote is damaged");
	note(w, "read", segment->number, seen.from);
	kin__spool_passed(&w->books, segment, seen.to, step == KIN__SPOOL_RECORD);
	met[TORN] += step == KIN__SPOOL_TORN;
	met[DAMAGED] += step == KIN__SPOOL_DAMAGE;
	met[SKIPPED] += step == KIN__SPOOL_DONE;
	if (step == KIN__SPOOL_DONE)
		CHECK(w, w->records[seen.entry.token].reported,
		      "record %u is skipped, and was never reported", (unsigned)seen.entry.token);
	if (step != KIN__SPOOL_RECORD)
		return;
	CHECK(w,
	      seen.entry.token < RECORDS && seen.entry.data.n == w->records[seen.entry.token].bytes &&
	                      memcmp(seen.entry.data.at, content, seen.entry.data.n) == 0,
	      "a record is not what was put");
	met[HANDED]++;
	hand_out(w, (uint32_t)seen.entry.token, segment,
	         (struct kin__spool_range){ (uint32_t)seen.from, (uint32_t)seen.to });
}

static void report(struct world *w)
{
	uint32_t at = (uint32_t)kin__rng_below(&w->rng, w->next);

	for (uint32_t i = 0; i < w->next; i++, at = at + 1 < w->next ? at + 1 : 0) {
		struct record *record = &w->records[at];

		if (!record->in_memory)
			continue;
		record->in_memory = false;
		record->reported = true;
		w->memory_n--;
		met[REPORTED]++;
		note(w, "report", at, 0);
		kin__spool_final(&w->books, record->segment, record->range);
		record->segment = NULL;
		return;
	}
}

static void mark(struct world *w)
{
	struct kin__spool_segment *segment = kin__spool_to_mark(&w->books);
	struct kin__spool_ranges ranges;
	struct file *file;

	if (!segment)
		return;
	file = file_of(w, segment->number);
	ranges = segment->fresh;
	segment->fresh = (struct kin__spool_ranges){ NULL, 0, 0 };
	file->done.n = segment->journal; /* what a torn one left is written over */
	for (size_t i = 0; i < ranges.n; i++)
		kin__spool_write_mark(&w->crc, segment->life, ranges.at[i],
		                      kin__bytes_extend(&file->done, KIN__SPOOL_MARK));
	kin__spool_marked(&w->books, segment, ranges.n * KIN__SPOOL_MARK);
	note(w, "mark", segment->number, ranges.n);
	met[MARKED]++;
	kin__mem_free(ranges.at);
}

static void remove_one(struct world *w)
{
	struct kin__spool_segment *segment = kin__spool_removable(&w->books, kin__rng_chance(&w->rng, 100));
	struct file *file;

	if (!segment)
		return;
	file = file_of(w, segment->number);
	file->there = false;
	file->gone = true;
	note(w, "remove", segment->number, 0);
	met[REMOVED]++;
	for (uint32_t i = 1; i < w->next; i++) {
		struct record *record = &w->records[i];

		CHECK(w, record->segment != segment || !record->in_memory,
		      "a segment is removed with record %u, which was not reported", i);
		if (record->segment == segment)
			record->segment = NULL;
	}
	kin__spool_removed(&w->books, segment);
}

/* --- the end of one, and the next ---------------------------------------------------------- */

/* Of what was not synced: some of the bytes are there, or zeros, or nothing. */
static void lose(struct world *w, struct kin__bytes *bytes, size_t synced)
{
	size_t n = bytes->n;

	if (synced >= n)
		return;
	if (kin__rng_chance(&w->rng, 600))
		bytes->n = synced + (size_t)kin__rng_below(&w->rng, n - synced + 1);
	for (size_t at = synced; at < bytes->n && kin__rng_chance(&w->rng, 500); at += GRAIN) {
		size_t from = synced + (size_t)kin__rng_below(&w->rng, bytes->n - synced);

		memset(bytes->at + from, 0, bytes->n - from < GRAIN ? bytes->n - from : GRAIN);
		met[HOLE]++;
	}
}

static void lose_power(struct world *w)
{
	for (int i = 0; i < FILES; i++) {
		struct file *file = &w->files[i];

		if (!file->there && !file->gone)
			continue;
		if (file->gone && kin__rng_chance(&w->rng, 300)) {
			met[CAME_BACK]++;
			file->there = true; /* with the journal as it was on the disk */
		}
		file->gone = false;
		lose(w, &file->spool, file->synced);
		lose(w, &file->done, file->done_synced);
	}
	for (uint32_t i = 1; i < w->next; i++)
		w->records[i].excused |= !w->records[i].synced;
	met[LOST_POWER]++;
}

/* The record that stands there, whichever it is. */
static void excuse(struct world *w, const struct file *file, size_t at)
{
	struct kin__spool_scan scan;
	struct kin__spool_head head;
	struct kin__spool_seen seen;
	enum kin__spool_step step;
	size_t size;

	if (kin__spool_read_head(&w->crc, kin__bytes_view(&file->spool), &head, &size) != KIN__SPOOL_WHOLE)
		return;
	kin__spool_scan_init(&scan, &w->crc, head.life, size, file->spool.n);
	while ((step = kin__spool_scan_next(&scan, 0, kin__bytes_view(&file->spool), &seen)) !=
	       KIN__SPOOL_END)
		if (step == KIN__SPOOL_RECORD && at >= seen.from && at < seen.to)
			w->records[seen.entry.token].excused = true;
}

/* A bit of some files turns. */
static void damage(struct world *w)
{
	for (int i = 0; i < FILES; i++) {
		struct file *file = &w->files[i];
		size_t at;

		if (!file->there || file->spool.n <= HEAD || !kin__rng_chance(&w->rng, 200))
			continue;
		at = HEAD + (size_t)kin__rng_below(&w->rng, file->spool.n - HEAD);
		excuse(w, file, at);
		file->spool.at[at] ^= (char)(1 << kin__rng_below(&w->rng, 8));
		note(w, "damage", file->number, at);
	}
}

static void find(struct world *w, struct file *file)
{
	struct kin__span bytes = kin__bytes_view(&file->spool);
	struct kin__spool_segment *segment;
	struct kin__spool_head head;
	enum kin__spool_state state;
	size_t size;

	state = kin__spool_look(&w->crc, file->number, bytes, bytes.n, HEAD, &head, &size);
	if (state != KIN__SPOOL_SOUND) {
		CHECK(w, !w->each, "the head of segment %" PRIu64 " is lost", file->number);
		kin__spool_number_used(&w->books, file->number);
		file->there = false;
		return;
	}
	segment = kin__spool_found(&w->books, file->number, head.life, size, bytes.n);
	CHECK(w, segment, "out of memory");
	CHECK(w, kin__spool_found_journal(&w->books, segment, &w->crc, kin__bytes_view(&file->done)),
	      "out of memory");
}

static void start(struct world *w)
{
	uint64_t below = 0;

	w->life = kin__rng_next(&w->rng);
	w->memory_n = w->last = 0;
	kin__spool_init(&w->books, w->bytes_max);
	for (uint32_t i = 0; i < w->next; i++) {
		w->records[i].in_memory = false;
		w->records[i].segment = NULL;
	}
	for (;;) { /* in the order of their numbers */
		struct file *next = NULL;

		for (int i = 0; i < FILES; i++)
			if (w->files[i].there && w->files[i].number > below &&
			    (!next || w->files[i].number < next->number))
				next = &w->files[i];
		if (!next)
			break;
		below = next->number;
		find(w, next);
	}
	CHECK(w, kin__spool_sound(&w->books), "what was found does not add up");
}

static void end_life(struct world *w)
{
	bool power = kin__rng_chance(&w->rng, 500);

	if (kin__rng_chance(&w->rng, 300) && w->next < RECORDS)
		put(w, true);
	note(w, power ? "power" : "kill", w->next, w->books.unread);
	kin__spool_fini(&w->books);
	if (power)
		lose_power(w);
	else
		met[KILLED]++;
	if (kin__rng_chance(&w->rng, 100))
		damage(w);
	for (int i = 0; i < FILES; i++) { /* what a kill left is synced sooner or later */
		w->files[i].synced = w->files[i].spool.n;
		w->files[i].done_synced = w->files[i].done.n;
	}
	for (uint32_t i = 1; i < w->next; i++)
		w->records[i].synced |= w->records[i].accepted;
	start(w);
}

static void step(struct world *w, bool puts)
{
	uint64_t draw = kin__rng_below(&w->rng, 1000);

	for (int i = 0; i < FILES && (draw < 960 || draw >= 968); i++)
		w->files[i].gone = false; /* the folder is synced with each removal */
	if (draw < 350 && puts && w->next < RECORDS)
		put(w, false);
	else if (draw < 600)
		read_one(w);
	else if (draw < 850)
		report(w);
	else if (draw < 900)
		mark(w);
	else if (draw < 950)
		remove_one(w);
	else if (draw < 960 && w->books.open) {
		met[SYNCED]++;
		sync_file(w, file_of(w, w->books.open->number));
	} else if (draw < 968 && puts)
		end_life(w);
	CHECK(w, kin__spool_sound(&w->books), "the books do not add up");
}

static uint64_t run(uint64_t seed, bool verbose)
{
	struct world *w = &world;

	for (int i = 0; i < FILES; i++) {
		kin__bytes_fini(&w->files[i].spool);
		kin__bytes_fini(&w->files[i].done);
	}
	memset(w, 0, sizeof *w);
	w->rng.state = w->seed = seed;
	w->verbose = verbose;
	kin__crc32c_init(&w->crc);
	w->next = 1;
	w->each = kin__rng_chance(&w->rng, 500);
	w->bytes_max = kin__rng_between(&w->rng, 70000, 600000);
	w->record_max = (uint32_t)kin__rng_between(&w->rng, 1, kin__rng_chance(&w->rng, 500) ? 200 : 30000);
	if (kin__rng_chance(&w->rng, 100)) /* larger than a segment at times */
		w->record_max = sizeof content;
	w->memory_max = (uint32_t)kin__rng_between(&w->rng, 1, kin__rng_chance(&w->rng, 500) ? 5 : 100);
	start(w);
	for (int i = 0; i < STEPS; i++)
		step(w, true);
	for (int i = 0; (w->books.unread > 0 || w->memory_n > 0) && i < TIDYING; i++)
		step(w, false);
	CHECK(w, w->books.unread == 0 && w->memory_n == 0, "it does not come to rest");
	for (uint32_t i = 1; i < w->next; i++)
		CHECK(w, !w->records[i].accepted || w->records[i].reported || w->records[i].excused,
		      "record %u was accepted, and is lost", i);
	while (kin__spool_removable(&w->books, true))
		remove_one(w);
	CHECK(w, w->books.segments_n == 0 && w->books.bytes == 0, "files stay behind");
	kin__spool_fini(&w->books);
	return w->trace;
}

/* --- many -------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *out)
{
	return kin__span_u64(kin__span_text(text), out);
}

int main(int argc, char **argv)
{
	uint64_t first = 0, count = 1;
	bool table = argc > 1 && strcmp(argv[1], "--coverage") == 0;
	size_t never;

	argc -= table;
	argv += table;
	if (argc > 3 || (argc > 1 && !number(argv[1], &first)) || (argc > 2 && !number(argv[2], &count))) {
		fprintf(stderr, "usage: sim_spool [--coverage] [FIRST [COUNT]]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (char)(i * 31 + i / 251);
	for (uint64_t seed = first; seed < first + count; seed++) {
		uint64_t trace = run(seed, count == 1);

		if (trace != run(seed, false)) {
			fprintf(stderr, "seed %" PRIu64 ": two runs differ\n", seed);
			return 1;
		}
	}
	never = count > 1 || table ? coverage_tell_met("events", met_names, met, METS, table) : 0;
	if (never > 0 && count >= COVERAGE_SEEDS) {
		fprintf(stderr, "%zu things were never met, and so many seeds must meet everything\n", never);
		return 1;
	}
	printf("%" PRIu64 " seeds, 0 failures\n", count);
	return 0;
}
