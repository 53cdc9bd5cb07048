/* drive/produce_compress - records made smaller on the thread that puts them, outside of the lock; see produce.h
 *
 * A context and its memory serve one put at a time; some are kept for the next.  What does not get smaller goes as it is.
 */
#include <string.h>
#include "base/mem.h"
#include "drive/produce.h"
#include "kinesis/limits.h"

enum {
	KEPT_MAX = 8,         /* contexts that nobody uses */
	ROOM_KEPT_MAX = 65536 /* of the memory of one of these */
};

struct kin__produce_squeezer {
	struct kin__list node;
	void *context;
	char *out;
	size_t room;
};

/* Data that was given away: the program's own, and behind it what goes in its place. */
struct given {
	void (*release)(void *user, void *data);
	void *user, *data;
	char bytes[];
};

void kin__produce_compress_init(struct kin__produce *produce)
{
	kin__list_init(&produce->squeeze.idle);
	produce->squeeze.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void squeezer_free(const struct kin__produce *produce, struct kin__produce_squeezer *squeezer)
{
	produce->set.codec->close(squeezer->context);
	kin__mem_free(squeezer->out);
	kin__mem_free(squeezer);
}

void kin__produce_compress_fini(struct kin__produce *produce)
{
	while (!kin__list_empty(&produce->squeeze.idle)) {
		struct kin__list *node = produce->squeeze.idle.next;

		kin__list_remove(node);
		squeezer_free(produce, kin__container(node, struct kin__produce_squeezer, node));
	}
	pthread_mutex_destroy(&produce->squeeze.lock);
}

static struct kin__produce_squeezer *squeezer_new(const struct kin__produce *produce)
{
	struct kin__produce_squeezer *squeezer = kin__mem_zalloc(sizeof *squeezer);

	if (!squeezer)
		return NULL;
	squeezer->context = produce->set.codec->open(produce->set.compression_level);
	if (squeezer->context)
		return squeezer;
	kin__mem_free(squeezer);
	return NULL;
}

/* NULL: out of memory. */
static struct kin__produce_squeezer *squeezer_take(struct kin__produce *produce)
{
	struct kin__produce_squeezer *squeezer = NULL;

	pthread_mutex_lock(&produce->squeeze.lock);
	if (!kin__list_empty(&produce->squeeze.idle)) {
		squeezer = kin__container(produce->squeeze.idle.next, struct kin__produce_squeezer, node);
		kin__list_remove(&squeezer->node);
		produce->squeeze.idle_n--;
	}
	pthread_mutex_unlock(&produce->squeeze.lock);
	return squeezer ? squeezer : squeezer_new(produce);
}

static void squeezer_give(struct kin__produce *produce, struct kin__produce_squeezer *squeezer)
{
	bool kept;

	if (squeezer->room > ROOM_KEPT_MAX) {
		kin__mem_free(squeezer->out);
		squeezer->out = NULL;
		squeezer->room = 0;
	}
	pthread_mutex_lock(&produce->squeeze.lock);
	kept = produce->squeeze.idle_n < KEPT_MAX;
	if (kept) {
		kin__list_prepend(&produce->squeeze.idle, &squeezer->node);
		produce->squeeze.idle_n++;
	}
	pthread_mutex_unlock(&produce->squeeze.lock);
	if (!kept)
		squeezer_free(produce, squeezer);
}

static void release_given(void *user, void *data)
{
	struct given *given = user;

	(void)data;
	given->release(given->user, given->data);
	kin__mem_free(given);
}

/* What was given away stays the program's until the report, and is released after it. */
static int take_place(struct kin_put_entry *entry, const char *out, size_t n)
{
	struct given *given;

	entry->borrowed = false;
	if (entry->release) {
		given = kin__mem_alloc(sizeof *given + n);
		if (!given)
			return KIN_NOMEM;
		*given = (struct given){ entry->release, entry->release_user,
			                 (void *)(uintptr_t)entry->data };
		memcpy(given->bytes, out, n);
		entry->release = release_given;
		entry->release_user = given;
		out = given->bytes;
	}
	entry->data = out;
	entry->data_size = n;
	return KIN_OK;
}

/* KIN_OK: it is smaller.  KIN_FULL: it is not, and as it was. */
static int squeeze(struct kin__produce *produce, struct kin__produce_squeezer *squeezer,
                   struct kin_put_entry *entry)
{
	size_t n = entry->data_size - 1;
	int code;

	if (n > KIN__RECORD_BYTES_MAX)
		n = KIN__RECORD_BYTES_MAX;
	if (kin__mem_room(&squeezer->out, &squeezer->room, n, 1) < 0)
		return KIN_NOMEM;
	code = produce->set.codec->compress(squeezer->context, entry->data, entry->data_size, squeezer->out,
	                                    &n);
	return code == KIN_OK ? take_place(entry, squeezer->out, n) : code;
}

static void count(struct kin__produce *produce, uint64_t saved)
{
	atomic_fetch_add_explicit(&produce->squeeze.records, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&produce->squeeze.saved, saved, memory_order_relaxed);
}

static int put_one(struct kin__produce *produce, struct kin__produce_squeezer *squeezer,
                   const struct kin_put_entry *given, size_t *accepted,
                   struct kin__produce_patience *patience, struct kin_error *error)
{
	struct kin_put_entry entry = *given;
	int code = KIN_FULL;
	size_t put = 0;

	if (entry.data_size >= produce->set.compression_min_bytes && entry.data_size > 1)
		code = squeeze(produce, squeezer, &entry);
	if (code == KIN_NOMEM)
		return kin__error_nomem(error);
	code = kin__produce_put_plain(produce, &entry, 1, &put, patience, error);
	*accepted += put;
	if (put > 0 && entry.data_size < given->data_size)
		count(produce, given->data_size - entry.data_size);
	if (put == 0 && entry.release != given->release) /* it was not accepted: nothing is released */
		kin__mem_free(entry.release_user);
	return code;
}

int kin__produce_put_smaller(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                             size_t *accepted, struct kin__produce_patience *patience,
                             struct kin_error *error)
{
	struct kin__produce_squeezer *squeezer = squeezer_take(produce);
	int code = KIN_OK;

	if (!squeezer)
		return kin__error_nomem(error);
	for (size_t i = 0; i < n && code == KIN_OK; i++)
		code = put_one(produce, squeezer, &entries[i], accepted, patience, error);
	squeezer_give(produce, squeezer);
	return code;
}
