/* consumer/settled - see settled.h */
#include <string.h>
#include "base/mem.h"
#include "consumer/settled.h"

enum { BITS = 64, ROOM_MIN = 4 };

void kin__settled_init(struct kin__settled *settled)
{
	*settled = (struct kin__settled){ 0 };
}

void kin__settled_fini(struct kin__settled *settled)
{
	kin__mem_free(settled->words);
	kin__settled_init(settled);
}

static uint64_t *word_of(const struct kin__settled *settled, uint64_t record)
{
	return &settled->words[(size_t)(record / BITS) & (settled->room - 1)];
}

/* The bits of the word of `first` that belong to [first, end). */
static uint64_t mask_of(uint64_t first, uint64_t end)
{
	uint64_t from = UINT64_MAX << first % BITS;

	return first / BITS == end / BITS ? from & ~(UINT64_MAX << end % BITS) : from;
}

/* The first record of the next word. */
static uint64_t next_word(uint64_t record)
{
	return (record / BITS + 1) * BITS;
}

/* Room for the bits of [low, end). */
static int reserve(struct kin__settled *settled, uint64_t end)
{
	uint64_t need = (end - 1) / BITS - settled->low / BITS + 1;
	struct kin__settled more = *settled;

	if (need <= settled->room)
		return 0;
	more.room = ROOM_MIN;
	while (more.room < need)
		more.room *= 2;
	more.words = kin__mem_array(more.room, sizeof *more.words);
	if (!more.words)
		return -1;
	for (uint64_t at = settled->low; at < settled->end; at = next_word(at))
		*word_of(&more, at) = *word_of(settled, at);
	kin__mem_free(settled->words);
	*settled = more;
	return 0;
}

static void fill(struct kin__settled *settled, uint64_t first, uint64_t end)
{
	for (; first < end; first = next_word(first))
		*word_of(settled, first) |= mask_of(first, end);
}

static void clear(struct kin__settled *settled, uint64_t first, uint64_t end)
{
	if (end > settled->end)
		end = settled->end;
	for (; first < end; first = next_word(first))
		*word_of(settled, first) &= ~mask_of(first, end);
}

/* The first record in [from, end) that is done, or is not; `end` when there is none. */
static uint64_t find(const struct kin__settled *settled, uint64_t from, uint64_t end, bool done)
{
	for (; from < end && from < settled->end; from = next_word(from)) {
		uint64_t word = *word_of(settled, from),
			 found = (done ? word : ~word) & UINT64_MAX << from % BITS;

		if (found != 0) {
			from = from / BITS * BITS + (uint64_t)__builtin_ctzll(found);
			return from < end ? from : end;
		}
	}
	return done || from > end ? end : from;
}

int kin__settled_add(struct kin__settled *settled, uint64_t first, uint64_t end)
{
	uint64_t low = settled->low;

	if (first < low)
		first = low;
	if (first >= end)
		return 0;
	if (first > low) {
		if (reserve(settled, end) < 0)
			return -1;
		fill(settled, first, end);
		if (end > settled->end)
			settled->end = end;
		return 0;
	}
	if (end < settled->end)
		end = find(settled, end, settled->end, false);
	clear(settled, low, end);
	settled->low = end;
	return 0;
}

void kin__settled_cut(struct kin__settled *settled, uint64_t end)
{
	clear(settled, end, settled->end);
	if (end < settled->end)
		settled->end = end;
}

bool kin__settled_open(const struct kin__settled *settled, uint64_t from, uint64_t end,
                       struct kin__range *out)
{
	if (from < settled->low)
		from = settled->low;
	if (from < end)
		from = find(settled, from, end, false);
	if (from >= end)
		return false;
	*out = (struct kin__range){ from, find(settled, from, end, true) };
	return true;
}

/* How many bits are set: sums of 2, 4 and 8 bits side by side, then their sum in the highest byte. */
static uint64_t ones(uint64_t word)
{
	word -= word >> 1 & UINT64_MAX / 3;
	word = (word & UINT64_MAX / 5) + (word >> 2 & UINT64_MAX / 5);
	word = (word + (word >> 4)) & UINT64_MAX / 17;
	return word * (UINT64_MAX / 255) >> 56;
}

/* How many of [from, end) above low are done. */
static uint64_t done(const struct kin__settled *settled, uint64_t from, uint64_t end)
{
	uint64_t n = 0;

	for (; from < end && from < settled->end; from = next_word(from))
		n += ones(*word_of(settled, from) & mask_of(from, end));
	return n;
}

uint64_t kin__settled_missing(const struct kin__settled *settled, uint64_t from, uint64_t end)
{
	if (from < settled->low)
		from = settled->low;
	return from < end ? end - from - done(settled, from, end) : 0;
}

bool kin__settled_sound(const struct kin__settled *settled)
{
	uint64_t all = 0;

	if ((settled->room & (settled->room - 1)) != 0 || (settled->room > 0) != (settled->words != NULL))
		return false;
	for (size_t i = 0; i < settled->room; i++)
		all += ones(settled->words[i]);
	if (settled->low >= settled->end)
		return all == 0;
	return find(settled, settled->low, settled->end, false) == settled->low &&
	       all == done(settled, settled->low, settled->end);
}
