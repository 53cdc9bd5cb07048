/* filter/fold - see fold.h */
#include "filter/fold.h"
#include "base/check.h"
#include "filter/fold_table.h"
#include "wire/utf8.h"

enum { FOLD_MAX = 12 }; /* three characters of four bytes */

static uint32_t decode(const char *at, size_t n)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (uint8_t)at[0] & first[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((uint8_t)at[i] & 0x3f);
	return code;
}

static const struct run *run_of(uint32_t code)
{
	size_t low = 0, high = KIN__ARRAY_LEN(runs);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (runs[middle].last < code)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == KIN__ARRAY_LEN(runs) || code < runs[low].first ||
	    (code - runs[low].first) % (uint32_t)runs[low].step != 0)
		return NULL;
	return &runs[low];
}

static size_t fold_code(char out[static FOLD_MAX], uint32_t code)
{
	const struct run *run;
	size_t n = 0;

	for (size_t i = 0; code >= manies[0].from && i < KIN__ARRAY_LEN(manies); i++) {
		if (manies[i].from != code)
			continue;
		for (int k = 0; k < 3 && manies[i].to[k]; k++)
			n += kin__utf8_put(out + n, manies[i].to[k]);
		return n;
	}
	run = run_of(code);
	return kin__utf8_put(out, run ? code + (uint32_t)run->delta : code);
}

/* The first character of *text, folded, and steps over it. */
static size_t fold_next(char out[static FOLD_MAX], struct kin__span *text)
{
	size_t bad, n, used;
	char c = text->at[0];

	if ((signed char)c >= 0) {
		out[0] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		*text = kin__span(text->at + 1, text->n - 1);
		return 1;
	}
	n = kin__utf8_step(*text, &bad);
	used = n > 0 ? n : bad;
	n = fold_code(out, n > 0 ? decode(text->at, n) : 0xfffd);
	*text = kin__span(text->at + used, text->n - used);
	return n;
}

void kin__fold_text(struct kin__bytes *out, struct kin__span text)
{
	char folded[FOLD_MAX];

	while (text.n > 0) {
		size_t n = fold_next(folded, &text);

		kin__bytes_add(out, folded, n);
	}
}

/* What is left of text once a beginning of folded size `n` is stepped over; false: no character ends there. */
static bool step_over(struct kin__span *text, size_t n)
{
	char folded[FOLD_MAX];

	while (n > 0 && text->n > 0) {
		size_t step = fold_next(folded, text);

		if (step > n)
			return false;
		n -= step;
	}
	return n == 0;
}

static size_t folded_size(struct kin__span text)
{
	char folded[FOLD_MAX];
	size_t n = 0;

	while (text.n > 0)
		n += fold_next(folded, &text);
	return n;
}

bool kin__fold_is(struct kin__span folded, struct kin__span text, enum kin__fold_part part)
{
	char next[FOLD_MAX];

	if (part == KIN__FOLD_SUFFIX) {
		size_t n = folded_size(text);

		if (n < folded.n || !step_over(&text, n - folded.n))
			return false;
	}
	while (folded.n > 0 && text.n > 0) {
		size_t n = fold_next(next, &text);

		if (n > folded.n || memcmp(next, folded.at, n) != 0)
			return false;
		folded = kin__span(folded.at + n, folded.n - n);
	}
	return folded.n == 0 && (text.n == 0 || part == KIN__FOLD_PREFIX);
}
