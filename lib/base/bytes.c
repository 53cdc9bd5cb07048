/* base/bytes - see bytes.h */
#include <stdarg.h>
#include <stdio.h>
#include "base/bytes.h"
#include "base/mem.h"

enum { ROOM_MIN = 64, NUMBER_MAX = 20 };

void kin__bytes_init(struct kin__bytes *bytes)
{
	*bytes = (struct kin__bytes){ 0 };
}

void kin__bytes_fini(struct kin__bytes *bytes)
{
	kin__mem_free(bytes->at);
	kin__bytes_init(bytes);
}

void kin__bytes_clear(struct kin__bytes *bytes)
{
	bytes->n = 0;
	bytes->failed = false;
	if (bytes->at)
		bytes->at[0] = 0;
}

/* room counts the 0 at the end, so that the content always has one byte less. */
bool kin__bytes_reserve(struct kin__bytes *bytes, size_t more)
{
	size_t wanted = bytes->room < ROOM_MIN ? ROOM_MIN : bytes->room;
	char *at;

	if (bytes->failed)
		return false;
	if (bytes->room > bytes->n && more < bytes->room - bytes->n)
		return true;
	if (more >= SIZE_MAX - bytes->n) {
		bytes->failed = true;
		return false;
	}
	while (wanted <= bytes->n + more)
		wanted = wanted > SIZE_MAX / 2 ? bytes->n + more + 1 : wanted * 2;
	at = kin__mem_grow(bytes->at, wanted);
	if (!at) {
		bytes->failed = true;
		return false;
	}
	bytes->at = at;
	bytes->room = wanted;
	at[bytes->n] = 0;
	return true;
}

char *kin__bytes_extend(struct kin__bytes *bytes, size_t n)
{
	char *at;

	if (!kin__bytes_reserve(bytes, n))
		return NULL;
	at = bytes->at + bytes->n;
	bytes->n += n;
	bytes->at[bytes->n] = 0;
	return at;
}

void kin__bytes_add(struct kin__bytes *bytes, const void *data, size_t n)
{
	char *at = kin__bytes_extend(bytes, n);

	if (at && n != 0)
		memcpy(at, data, n);
}

void kin__bytes_text(struct kin__bytes *bytes, const char *text)
{
	kin__bytes_add(bytes, text, strlen(text));
}

void kin__bytes_span(struct kin__bytes *bytes, struct kin__span span)
{
	kin__bytes_add(bytes, span.at, span.n);
}

void kin__bytes_char(struct kin__bytes *bytes, char c)
{
	kin__bytes_add(bytes, &c, 1);
}

void kin__bytes_u64(struct kin__bytes *bytes, uint64_t value)
{
	char text[NUMBER_MAX];
	size_t at = sizeof text;

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	kin__bytes_add(bytes, text + at, sizeof text - at);
}

void kin__bytes_i64(struct kin__bytes *bytes, int64_t value)
{
	if (value < 0)
		kin__bytes_char(bytes, '-');
	kin__bytes_u64(bytes, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void kin__bytes_hex(struct kin__bytes *bytes, const void *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = data;
	char *at;

	if (n > SIZE_MAX / 2) {
		bytes->failed = true;
		return;
	}
	at = kin__bytes_extend(bytes, n * 2);
	for (size_t i = 0; at && i < n; i++) {
		at[i * 2] = digits[from[i] >> 4];
		at[i * 2 + 1] = digits[from[i] & 15];
	}
}

void kin__bytes_format(struct kin__bytes *bytes, const char *format, ...)
{
	va_list list, again;
	int n;

	va_start(list, format);
	va_copy(again, list);
	n = vsnprintf(NULL, 0, format, list);
	if (n < 0)
		bytes->failed = true;
	else if (kin__bytes_reserve(bytes, (size_t)n)) {
		vsnprintf(bytes->at + bytes->n, (size_t)n + 1, format, again);
		bytes->n += (size_t)n;
	}
	va_end(again);
	va_end(list);
}

char *kin__bytes_take(struct kin__bytes *bytes, size_t *n)
{
	char *at = NULL;

	if (n)
		*n = 0;
	if (kin__bytes_reserve(bytes, 0)) { /* nothing added yet: still a block, with its 0 */
		at = bytes->at;
		if (n)
			*n = bytes->n;
		kin__bytes_init(bytes);
	}
	kin__bytes_fini(bytes);
	return at;
}
