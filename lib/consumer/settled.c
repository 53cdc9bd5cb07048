/* consumer/settled - see settled.h */
#include <string.h>
#include "base/mem.h"
#include "consumer/settled.h"

void kin__settled_init(struct kin__settled *settled)
{
	*settled = (struct kin__settled){ 0 };
}

void kin__settled_fini(struct kin__settled *settled)
{
	kin__mem_free(settled->at);
	kin__settled_init(settled);
}

/* The first range that ends at or after `at`: the one that `at` touches, or the next. */
static size_t find(const struct kin__settled *settled, uint64_t at)
{
	size_t low = 0, high = settled->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (settled->at[middle].end < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void cut(struct kin__settled *settled, size_t i, size_t n)
{
	if (n == 0)
		return;
	memmove(settled->at + i, settled->at + i + n, (settled->n - i - n) * sizeof *settled->at);
	settled->n -= n;
}

static int insert(struct kin__settled *settled, size_t i, struct kin__range range)
{
	if (kin__mem_room(&settled->at, &settled->room, settled->n + 1, sizeof *settled->at) < 0)
		return -1;
	memmove(settled->at + i + 1, settled->at + i, (settled->n - i) * sizeof *settled->at);
	settled->at[i] = range;
	settled->n++;
	return 0;
}

int kin__settled_add(struct kin__settled *settled, uint64_t first, uint64_t end)
{
	size_t i, n = 0;

	if (first < settled->low)
		first = settled->low;
	if (first >= end)
		return 0;
	i = find(settled, first);
	while (i + n < settled->n && settled->at[i + n].first <= end)
		n++;
	if (n > 0) {
		if (settled->at[i].first < first)
			first = settled->at[i].first;
		if (settled->at[i + n - 1].end > end)
			end = settled->at[i + n - 1].end;
	}
	if (first == settled->low) {
		settled->low = end;
		cut(settled, i, n);
		return 0;
	}
	if (n == 0)
		return insert(settled, i, (struct kin__range){ first, end });
	settled->at[i] = (struct kin__range){ first, end };
	cut(settled, i + 1, n - 1);
	return 0;
}

void kin__settled_cut(struct kin__settled *settled, uint64_t end)
{
	while (settled->n > 0 && settled->at[settled->n - 1].first >= end)
		settled->n--;
	if (settled->n > 0 && settled->at[settled->n - 1].end > end)
		settled->at[settled->n - 1].end = end;
}

bool kin__settled_open(const struct kin__settled *settled, uint64_t from, uint64_t end,
                       struct kin__range *out)
{
	size_t i;

	if (from < settled->low)
		from = settled->low;
	i = find(settled, from);
	while (i < settled->n && settled->at[i].first <= from) {
		if (settled->at[i].end > from)
			from = settled->at[i].end;
		i++;
	}
	if (from >= end)
		return false;
	if (i < settled->n && settled->at[i].first < end)
		end = settled->at[i].first;
	*out = (struct kin__range){ from, end };
	return true;
}

uint64_t kin__settled_missing(const struct kin__settled *settled, uint64_t from, uint64_t end)
{
	struct kin__range range;
	uint64_t n = 0;

	for (; kin__settled_open(settled, from, end, &range); from = range.end)
		n += range.end - range.first;
	return n;
}

bool kin__settled_sound(const struct kin__settled *settled)
{
	uint64_t last = settled->low;

	for (size_t i = 0; i < settled->n; i++) {
		if (settled->at[i].first <= last || settled->at[i].end <= settled->at[i].first)
			return false;
		last = settled->at[i].end;
	}
	return true;
}
