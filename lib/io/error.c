/* io/error - see error.h */
#include <stdio.h>
#include <string.h>
#include "io/error.h"
#include "wire/utf8.h"

/* One line, and no half character at the place where the text was cut. */
static void tidy(char *text)
{
	size_t n = strlen(text), at = 0, bad, step;

	while (at < n) {
		step = kin__utf8_step(kin__span(text + at, n - at), &bad);
		if (step == 0) {
			if (at + bad >= n && n > 3) { /* the cut character at the end */
				text[at] = 0;
				return;
			}
			memset(text + at, '?', bad);
			step = bad;
		} else if (step == 1 && ((unsigned char)text[at] < ' ' || text[at] == 0x7f)) {
			text[at] = '?';
		}
		at += step;
	}
}

static int error_v(struct kin_error *error, int code, const char *format, va_list values)
{
	char message[sizeof error->message];

	if (!error)
		return code;
	/* Formatted apart: a value may be the old text of the same error. */
	if (vsnprintf(message, sizeof message, format, values) < 0)
		message[0] = 0;
	tidy(message);
	*error = (struct kin_error){ .code = code };
	memcpy(error->message, message, sizeof error->message);
	return code;
}

int kin__error(struct kin_error *error, int code, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	error_v(error, code, format, values);
	va_end(values);
	return code;
}

int kin__error_nomem(struct kin_error *error)
{
	return kin__error(error, KIN_NOMEM, "out of memory");
}

int kin__error_errno(struct kin_error *error, int code, int number, const char *format, ...)
{
	char what[256], cause[128];
	va_list values;

	if (!error)
		return code;
	va_start(values, format);
	if (vsnprintf(what, sizeof what, format, values) < 0)
		what[0] = 0;
	va_end(values);
	if (strerror_r(number, cause, sizeof cause) != 0)
		snprintf(cause, sizeof cause, "error %d", number);
	return kin__error(error, code, "%s: %s", what, cause);
}

int kin__error_copy(struct kin_error *to, const struct kin_error *from)
{
	if (to)
		*to = *from;
	return from->code;
}
