/* wire/jsonskip - see jsonskip.h */
#include "wire/jsonskip.h"
#include "wire/jsonusual.h"

static inline const char *blanks(const char *at, const char *end)
{
	while (at < end && (unsigned char)*at <= ' ' &&
	       (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

/* Behind its closing quote. */
static inline const char *string(const char *at, const char *end)
{
	at = kin__jsonusual_plain_end(at + 1, end);
	return at < end && *at == '"' ? at + 1 : NULL;
}

/* Behind the colon: a value is due. */
static inline const char *name(const char *at, const char *end)
{
	at = blanks(at, end);
	if (at == end || *at != '"')
		return NULL;
	at = string(at, end);
	if (!at)
		return NULL;
	at = blanks(at, end);
	return at < end && *at == ':' ? at + 1 : NULL;
}

/* NULL: there is none. */
static inline const char *digits(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && (unsigned char)(*at - '0') <= 9)
		at++;
	return at > begin ? at : NULL;
}

static const char *number(const char *at, const char *end)
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

static const char *word(const char *at, const char *end, const char *text, size_t n)
{
	return (size_t)(end - at) >= n && memcmp(at, text, n) == 0 ? at + n : NULL;
}

static const char *scalar(const char *at, const char *end)
{
	switch (*at) {
	case 't':
		return word(at, end, "true", 4);
	case 'f':
		return word(at, end, "false", 5);
	case 'n':
		return word(at, end, "null", 4);
	default:
		return number(at, end);
	}
}

/* The levels that are open: one bit each, 1 an object, the innermost lowest. */
struct levels {
	uint64_t objects;
	unsigned n;
};

/* Opens a level; NULL, or where its first value is due, or behind it when it is empty. */
static inline const char *open_level(struct levels *levels, const char *at, const char *end, bool *empty)
{
	bool object = *at == '{';

	at = blanks(at + 1, end);
	*empty = at < end && *at == (object ? '}' : ']');
	if (*empty)
		return at + 1;
	levels->objects = levels->objects << 1 | object;
	levels->n++;
	return object ? name(at, end) : at;
}

/* Behind a value: closes what is closed there.  NULL, or where the next value is due, or the end of all levels. */
static inline const char *close_levels(struct levels *levels, const char *at, const char *end)
{
	while (levels->n > 0) {
		bool object = levels->objects & 1;

		at = blanks(at, end);
		if (at == end)
			return NULL;
		if (*at == ',')
			return object ? name(at + 1, end) : at + 1;
		if (*at != (object ? '}' : ']'))
			return NULL;
		at++;
		levels->objects >>= 1;
		levels->n--;
	}
	return at;
}

const char *kin__jsonskip_plain(const char *at, const char *end, unsigned levels_max)
{
	struct levels levels = { 0, 0 };

	do {
		bool over = true;

		at = blanks(at, end);
		if (at == end)
			return NULL;
		if (*at == '"')
			at = string(at, end);
		else if (*at != '{' && *at != '[')
			at = scalar(at, end);
		else if (levels.n < levels_max)
			at = open_level(&levels, at, end, &over);
		else
			return NULL;
		if (at && over)
			at = close_levels(&levels, at, end);
	} while (at && levels.n > 0);
	return at;
}
