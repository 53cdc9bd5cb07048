/* producer/spool - see spool.h */
#include "producer/spool.h"
#include "base/mem.h"

enum { SEGMENT_MAX = 16 << 20, SEGMENT_LEAST = 64 << 10, SHARE = 8, RETIRE_SHARE = 4 };

static struct kin__spool_segment *at_node(struct kin__list *node)
{
	return kin__container(node, struct kin__spool_segment, node);
}

/* --- ranges -------------------------------------------------------------------------- */

static bool add_range(struct kin__spool_ranges *ranges, struct kin__spool_range range)
{
	struct kin__spool_range *last = ranges->n ? &ranges->at[ranges->n - 1] : NULL;

	if (last && last->to == range.from) {
		last->to = range.to;
		return true;
	}
	if (kin__mem_room(&ranges->at, &ranges->room, ranges->n + 1, sizeof *ranges->at) < 0)
		return false;
	ranges->at[ranges->n++] = range;
	return true;
}

static void sift(struct kin__spool_range *at, size_t top, size_t n)
{
	for (size_t child; (child = 2 * top + 1) < n; top = child) {
		struct kin__spool_range swap = at[top];

		if (child + 1 < n && at[child + 1].from > at[child].from)
			child++;
		if (at[child].from <= at[top].from)
			return;
		at[top] = at[child];
		at[child] = swap;
	}
}

/* By their beginnings: a heap sort, for they come from a file. */
static void sort(struct kin__spool_range *at, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(at, i, n);
	for (size_t left = n; left-- > 1;) {
		struct kin__spool_range swap = at[0];

		at[0] = at[left];
		at[left] = swap;
		sift(at, 0, left);
	}
}

/* In order, none beside or over another. */
static void tidy(struct kin__spool_ranges *ranges)
{
	size_t kept = 0;

	sort(ranges->at, ranges->n);
	for (size_t i = 0; i < ranges->n; i++) {
		struct kin__spool_range *last = kept ? &ranges->at[kept - 1] : NULL;

		if (last && ranges->at[i].from <= last->to)
			last->to = ranges->at[i].to > last->to ? ranges->at[i].to : last->to;
		else
			ranges->at[kept++] = ranges->at[i];
	}
	ranges->n = kept;
}

/* --- segments ------------------------------------------------------------------------- */

void kin__spool_init(struct kin__spool *spool, uint64_t bytes_max)
{
	uint64_t segment = bytes_max / SHARE;

	*spool = (struct kin__spool){ .bytes_max = bytes_max, .next_number = 1 };
	spool->segment_bytes_max = (uint32_t)(segment > SEGMENT_MAX     ? SEGMENT_MAX
	                                      : segment < SEGMENT_LEAST ? SEGMENT_LEAST
	                                                                : segment);
	kin__list_init(&spool->segments);
}

static struct kin__spool_segment *add(struct kin__spool *spool, uint64_t number, uint64_t life, uint64_t head,
                                      uint64_t size)
{
	struct kin__spool_segment *segment = kin__mem_zalloc(sizeof *segment);

	if (!segment)
		return NULL;
	segment->number = number;
	segment->life = life;
	segment->read = head;
	segment->size = size;
	kin__list_append(&spool->segments, &segment->node);
	kin__spool_number_used(spool, number);
	spool->bytes += size;
	spool->segments_n++;
	spool->unread += size - head;
	return segment;
}

void kin__spool_removed(struct kin__spool *spool, struct kin__spool_segment *segment)
{
	spool->bytes -= segment->size + segment->journal;
	spool->segments_n--;
	spool->unread -= segment->size - segment->read;
	kin__list_remove(&segment->node);
	kin__mem_free(segment->done.at);
	kin__mem_free(segment->fresh.at);
	kin__mem_free(segment);
}

void kin__spool_fini(struct kin__spool *spool)
{
	while (!kin__list_empty(&spool->segments))
		kin__spool_removed(spool, at_node(spool->segments.next));
}

struct kin__spool_segment *kin__spool_found(struct kin__spool *spool, uint64_t number, uint64_t life,
                                            uint64_t head, uint64_t size)
{
	struct kin__spool_segment *segment = add(spool, number, life, head, size);

	if (segment)
		segment->earlier = segment->complete = true;
	return segment;
}

bool kin__spool_found_done(struct kin__spool_segment *segment, struct kin__spool_range range)
{
	return add_range(&segment->done, range);
}

void kin__spool_found_end(struct kin__spool_segment *segment)
{
	tidy(&segment->done);
}

enum kin__spool_state kin__spool_look(const struct kin__crc32c *crc, uint64_t number, struct kin__span bytes,
                                      uint64_t size, size_t own_head, struct kin__spool_head *head,
                                      size_t *head_n)
{
	enum kin__spool_form form = kin__spool_read_head(crc, bytes, head, head_n);

	if (form == KIN__SPOOL_NEWER)
		return KIN__SPOOL_LATER;
	if (form == KIN__SPOOL_WHOLE && head->number == number)
		return KIN__SPOOL_SOUND;
	return size <= own_head ? KIN__SPOOL_BEGUN : KIN__SPOOL_RUINED;
}

/* What is no mark, as one that was torn, counts as bytes alone. */
bool kin__spool_found_journal(struct kin__spool *spool, struct kin__spool_segment *segment,
                              const struct kin__crc32c *crc, struct kin__span bytes)
{
	struct kin__spool_range range;
	bool fine = true;

	for (size_t at = 0; fine && at + KIN__SPOOL_MARK <= bytes.n; at += KIN__SPOOL_MARK)
		if (kin__spool_read_mark(crc, segment->life, bytes.at + at, &range))
			fine = kin__spool_found_done(segment, range);
	kin__spool_marked(spool, segment, bytes.n / KIN__SPOOL_MARK * KIN__SPOOL_MARK);
	kin__spool_found_end(segment);
	return fine;
}

void kin__spool_number_used(struct kin__spool *spool, uint64_t number)
{
	if (number >= spool->next_number)
		spool->next_number = number + 1;
}

/* --- writing -------------------------------------------------------------------------- */

static bool is_final(const struct kin__spool_segment *segment)
{
	return segment->read == segment->size && segment->live == 0;
}

enum kin__spool_next kin__spool_next(struct kin__spool *spool, size_t bytes, size_t head)
{
	const struct kin__spool_segment *open = spool->open;
	bool begins = !open || (open->size > head && open->size + bytes > spool->segment_bytes_max);
	uint64_t need = bytes + (begins ? head : 0);

	if (spool->bytes <= spool->bytes_max && need <= spool->bytes_max - spool->bytes)
		return begins ? KIN__SPOOL_BEGIN : KIN__SPOOL_APPEND;
	if (open && !spool->writing && open->size > head &&
	    is_final(open)) /* then it is the one that may go */
		kin__spool_complete(spool);
	return KIN__SPOOL_FULL;
}

struct kin__spool_segment *kin__spool_began(struct kin__spool *spool, uint64_t life, uint64_t head)
{
	struct kin__spool_segment *segment = add(spool, spool->next_number, life, head, head);

	if (!segment)
		return NULL;
	kin__spool_complete(spool);
	spool->open = segment;
	return segment;
}

bool kin__spool_wrote(struct kin__spool *spool, size_t bytes, bool direct)
{
	struct kin__spool_segment *open = spool->open;

	direct = direct && spool->unread == 0;
	open->size += bytes;
	spool->bytes += bytes;
	if (direct) {
		open->read += bytes;
		open->live++;
	} else {
		spool->unread += bytes;
	}
	return direct;
}

void kin__spool_complete(struct kin__spool *spool)
{
	if (spool->open)
		spool->open->complete = true;
	spool->open = NULL;
}

/* --- reading -------------------------------------------------------------------------- */

struct kin__spool_segment *kin__spool_reading(const struct kin__spool *spool)
{
	if (spool->unread == 0)
		return NULL;
	for (struct kin__list *node = spool->segments.next; node != &spool->segments; node = node->next)
		if (at_node(node)->read < at_node(node)->size)
			return at_node(node);
	return NULL;
}

bool kin__spool_is_done(const struct kin__spool_segment *segment, uint64_t from)
{
	size_t low = 0, high = segment->done.n;

	while (low < high) { /* the first one that ends behind it */
		size_t middle = low + (high - low) / 2;

		if (segment->done.at[middle].to > from)
			high = middle;
		else
			low = middle + 1;
	}
	return low < segment->done.n && segment->done.at[low].from <= from;
}

enum kin__spool_step kin__spool_read(const struct kin__spool_segment *segment, struct kin__spool_scan *scan,
                                     uint64_t begin, struct kin__span bytes, struct kin__spool_seen *seen)
{
	enum kin__spool_step step = kin__spool_scan_next(scan, begin, bytes, seen);

	return step == KIN__SPOOL_RECORD && kin__spool_is_done(segment, seen->from) ? KIN__SPOOL_DONE : step;
}

void kin__spool_passed(struct kin__spool *spool, struct kin__spool_segment *segment, uint64_t to, bool handed)
{
	spool->unread -= to - segment->read;
	segment->read = to;
	segment->live += handed;
}

/* --- ends ----------------------------------------------------------------------------- */

void kin__spool_final(struct kin__spool *spool, struct kin__spool_segment *segment,
                      struct kin__spool_range range)
{
	segment->live--;
	spool->fresh |= add_range(&segment->fresh, range);
	/* So that a spool at rest does not keep what nobody needs. */
	if (segment == spool->open && !spool->writing && is_final(segment) &&
	    segment->size >= spool->segment_bytes_max / RETIRE_SHARE)
		kin__spool_complete(spool);
}

/* Nothing is noted of one that goes anyway. */
struct kin__spool_segment *kin__spool_to_mark(const struct kin__spool *spool)
{
	if (!spool->fresh)
		return NULL;
	for (struct kin__list *node = spool->segments.next; node != &spool->segments; node = node->next) {
		struct kin__spool_segment *segment = at_node(node);

		if (segment->fresh.n > 0 && !(segment->complete && is_final(segment)))
			return segment;
		if (segment->read < segment->size) /* nothing behind it was handed out */
			return NULL;
	}
	return NULL;
}

void kin__spool_marked(struct kin__spool *spool, struct kin__spool_segment *segment, uint64_t bytes)
{
	segment->journal += bytes;
	spool->bytes += bytes;
}

struct kin__spool_segment *kin__spool_removable(struct kin__spool *spool, bool last)
{
	if (last && spool->open && !spool->writing && is_final(spool->open))
		kin__spool_complete(spool);
	for (struct kin__list *node = spool->segments.next; node != &spool->segments; node = node->next) {
		struct kin__spool_segment *segment = at_node(node);

		if (segment->complete && is_final(segment))
			return segment;
		if (segment->read < segment->size)
			return NULL;
	}
	return NULL;
}

bool kin__spool_sound(const struct kin__spool *spool)
{
	uint64_t bytes = 0, unread = 0, n = 0, before = 0;
	bool open = !spool->open, behind = false, sound = true;

	for (struct kin__list *node = spool->segments.next; node != &spool->segments; node = node->next) {
		const struct kin__spool_segment *segment = at_node(node);

		sound = sound && segment->number > before && segment->number < spool->next_number;
		sound = sound && segment->read <= segment->size &&
		        (segment->complete != (segment == spool->open));
		/* Nothing was handed out behind what waits, but in its own segment. */
		sound = sound && !(behind && segment->live > 0);
		behind |= segment->read < segment->size;
		before = segment->number;
		bytes += segment->size + segment->journal;
		unread += segment->size - segment->read;
		open |= segment == spool->open;
		n++;
	}
	return sound && open && bytes == spool->bytes && unread == spool->unread && n == spool->segments_n;
}
