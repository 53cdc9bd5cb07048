/* wire/jsonskip - see jsonskip.h */
#include "wire/jsonskip.h"
#include "wire/jsonusual.h"

/* Where the strings end is looked up for 64 characters at once: then one string's end need not be known to
 * look for the next one's. */
struct text {
	const char *end;
	const char *looked; /* NULL, or where the 64 begin */
	uint64_t ends;      /* those of them that end a run of plain ones: one bit each, the first lowest */
};

enum { LOOK = 64 };

/* The next character that is no blank, *at is where; 0: the end, or a byte 0, and neither is ever due. */
static inline char next(const struct text *text, const char **at)
{
	for (; *at < text->end; ++*at)
		if ((unsigned char)**at > ' ' ||
		    !(**at == ' ' || **at == '\n' || **at == '\r' || **at == '\t'))
			return **at;
	return 0;
}

#ifdef __SSE2__
static inline uint64_t look(const char *at)
{
	return kin__jsonusual_not_plain(at) | (uint64_t)kin__jsonusual_not_plain(at + 16) << 16 |
	       (uint64_t)kin__jsonusual_not_plain(at + 32) << 32 |
	       (uint64_t)kin__jsonusual_not_plain(at + 48) << 48;
}

/* Beyond what was looked at. */
static const char *far_end(struct text *text, const char *at)
{
	for (; text->end - at >= LOOK; at += LOOK) {
		text->looked = at;
		text->ends = look(at);
		if (text->ends)
			return at + __builtin_ctzll(text->ends);
	}
	return kin__jsonusual_plain_end(at, text->end);
}

static inline const char *plain_end(struct text *text, const char *at)
{
	uintptr_t in = (uintptr_t)at - (uintptr_t)text->looked;

	if (in >= LOOK)
		return far_end(text, at);
	if (text->ends >> in == 0)
		return far_end(text, text->looked + LOOK);
	return at + __builtin_ctzll(text->ends >> in);
}
#else
static inline const char *plain_end(const struct text *text, const char *at)
{
	return kin__jsonusual_plain_end(at, text->end);
}
#endif

/* Behind its closing quote. */
static inline const char *string(struct text *text, const char *at)
{
	at = plain_end(text, at + 1);
	return at < text->end && *at == '"' ? at + 1 : NULL;
}

/* Behind the colon: a value is due. */
static inline const char *name(struct text *text, const char *at)
{
	if (next(text, &at) != '"')
		return NULL;
	at = string(text, at);
	return at && next(text, &at) == ':' ? at + 1 : NULL;
}

/* NULL: there is none. */
static inline const char *digits(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && (unsigned char)(*at - '0') <= 9)
		at++;
	return at > begin ? at : NULL;
}

static inline const char *number(const char *at, const char *end)
{
	at += *at == '-';
	at = at < end && *at == '0' ? at + 1 : digits(at, end);
	if (at && at < end && *at == '.')
		at = digits(at + 1, end);
	if (at && at < end && (*at | 0x20) == 'e') {
		at++;
		at = digits(at + (at < end && (*at == '+' || *at == '-')), end);
	}
	return at;
}

static inline const char *word(const char *at, const char *end, const char *text, size_t n)
{
	return (size_t)(end - at) >= n && memcmp(at, text, n) == 0 ? at + n : NULL;
}

/* c: its first character. */
static inline const char *scalar(struct text *text, char c, const char *at)
{
	if (c == '"')
		return string(text, at);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(at, text->end);
	if (c == 't')
		return word(at, text->end, "true", 4);
	if (c == 'f')
		return word(at, text->end, "false", 5);
	return c == 'n' ? word(at, text->end, "null", 4) : NULL;
}

/* The levels that are open: one bit each, 1 an object, the innermost lowest. */
struct levels {
	uint64_t objects;
	unsigned n;
};

/* Opens a level.  Behind what opens it, *due; or it is empty, and all of it is behind. */
static inline const char *open_level(struct text *text, struct levels *levels, const char *at, bool *due)
{
	bool object = *at++ == '{';

	*due = next(text, &at) != (object ? '}' : ']');
	if (!*due)
		return at + 1;
	levels->objects = levels->objects << 1 | object;
	levels->n++;
	return at;
}

/* Behind a value: closes what is closed there.  NULL, or behind a comma, or the end of all levels. */
static inline const char *close_levels(struct text *text, struct levels *levels, const char *at)
{
	for (; levels->n > 0; levels->n--, levels->objects >>= 1, at++) {
		char c = next(text, &at);

		if (c == ',')
			return at + 1;
		if (c != (levels->objects & 1 ? '}' : ']'))
			return NULL;
	}
	return at;
}

static const char *value(struct text *text, const char *at, unsigned levels_max)
{
	struct levels levels = { 0, 0 };

	do {
		bool due = false;
		char c = next(text, &at);

		if (c != '{' && c != '[')
			at = scalar(text, c, at);
		else if (levels.n < levels_max)
			at = open_level(text, &levels, at, &due);
		else
			return NULL;
		if (at && !due)
			at = close_levels(text, &levels, at);
		if (at && levels.objects & 1)
			at = name(text, at);
	} while (at && levels.n > 0);
	return at;
}

const char *kin__jsonskip_plain(const char *at, const char *end, unsigned levels_max)
{
	struct text text = { .end = end };

	return value(&text, at, levels_max);
}

const char *kin__jsonskip_members(const char *at, const char *end, bool first, unsigned levels_max,
                                  uint64_t initials)
{
	struct text text = { .end = end };

	for (;; first = false) {
		const char *member = at;

		if (!first && (member == end || *member++ != ','))
			return at;
		if (end - member < 2 || member[0] != '"' || kin__jsonskip_initial(member[1]) & initials)
			return at;
		member = name(&text, member);
		if (member && member < end && *member == '"')
			member = string(&text, member);
		else if (member)
			member = value(&text, member, levels_max);
		if (!member)
			return at;
		at = member;
	}
}
