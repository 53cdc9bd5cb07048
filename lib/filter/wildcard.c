/* filter/wildcard - see wildcard.h.  The search for a part is that of Knuth, Morris and Pratt. */
#include "filter/wildcard.h"
#include <string.h>

static void fall_back(uint32_t *fallback, const char *text, uint32_t n)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		while (k > 0 && (i == 0 || text[i] != text[k]))
			k = fallback[k - 1];
		k += i > 0 && text[i] == text[k];
		fallback[i] = k;
	}
}

static uint32_t stars(struct kin__span pattern)
{
	uint32_t n = 0;

	for (size_t i = 0; i < pattern.n; i++) {
		n += pattern.at[i] == '*';
		i += pattern.at[i] == '\\';
	}
	return n;
}

struct kin__wildcard *kin__wildcard_read(struct kin__arena *arena, struct kin__span pattern)
{
	uint32_t parts_n = stars(pattern) + 1, at = 0, begin = 0;
	struct kin__wildcard *wildcard = kin__arena_alloc(arena, sizeof *wildcard);
	struct kin__wildcard_part *part = kin__arena_alloc(arena, parts_n * sizeof *part);
	uint32_t *fallback = kin__arena_alloc(arena, (pattern.n + 1) * sizeof *fallback);
	char *text = kin__arena_alloc(arena, pattern.n + 1);

	if (!wildcard || !part || !fallback || !text)
		return NULL;
	*wildcard = (struct kin__wildcard){ .parts = part, .parts_n = parts_n };
	for (size_t i = 0; i <= pattern.n; i++) {
		if (i < pattern.n && pattern.at[i] != '*') {
			i += pattern.at[i] == '\\';
			text[at++] = pattern.at[i];
			continue;
		}
		*part++ = (struct kin__wildcard_part){ text + begin, fallback + begin, at - begin };
		fall_back(fallback + begin, text + begin, at - begin);
		begin = at;
	}
	return wildcard;
}

/* Where the first one ends; SIZE_MAX: there is none. */
static size_t find(const struct kin__wildcard_part *part, struct kin__span text)
{
	uint32_t k = 0;

	if (part->n == 0)
		return 0;
	for (size_t i = 0; i < text.n; i++) {
		while (k > 0 && text.at[i] != part->text[k])
			k = part->fallback[k - 1];
		k += text.at[i] == part->text[k];
		if (k == part->n)
			return i + 1;
	}
	return SIZE_MAX;
}

static bool begins(struct kin__span text, const struct kin__wildcard_part *part)
{
	return text.n >= part->n && (part->n == 0 || memcmp(text.at, part->text, part->n) == 0);
}

bool kin__wildcard_met(const struct kin__wildcard *wildcard, struct kin__span text)
{
	const struct kin__wildcard_part *part = wildcard->parts, *last = part + wildcard->parts_n - 1;

	if (!begins(text, part))
		return false;
	text = kin__span(text.at + part->n, text.n - part->n);
	if (part == last)
		return text.n == 0;
	/* The earliest place for each part leaves the most to those behind it. */
	while (++part < last) {
		size_t end = find(part, text);

		if (end == SIZE_MAX)
			return false;
		text = kin__span(text.at + end, text.n - end);
	}
	return text.n >= last->n && begins(kin__span(text.at + text.n - last->n, last->n), last);
}
