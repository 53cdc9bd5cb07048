/* wire/jsonscan - a pull scanner for strict JSON (RFC 8259) over one buffer: no tree, no allocation.
 *
 * Pure.  Spans point into the buffer, which must outlive them.  Strings are unescaped and base64 is decoded
 * IN PLACE.  The first error sticks: everything after it answers false.  Nesting: at most 64.
 */
#ifndef KIN_WIRE_JSONSCAN_H
#define KIN_WIRE_JSONSCAN_H
#include "base/span.h"
#include "wire/base64.h"
#include "wire/jsonusual.h"

enum { KIN__JSONSCAN_DEPTH = 64 };
#define KIN__JSONSCAN_NOT_BASE64 "the string is not base64"
#define KIN__JSONSCAN_BARE_CONTROL "a bare control character in a string"

enum kin__jsonscan_type {
	KIN__JSONSCAN_NONE, /* no value is due here, or the error state */
	KIN__JSONSCAN_NULL,
	KIN__JSONSCAN_BOOL,
	KIN__JSONSCAN_NUMBER,
	KIN__JSONSCAN_STRING,
	KIN__JSONSCAN_ARRAY,
	KIN__JSONSCAN_OBJECT
};

struct kin__jsonscan {
	char *at, *end, *begin;
	const char *error;                /* static text; NULL: all is well */
	size_t error_at;                  /* byte offset of the error */
	uint64_t objects;                 /* one bit a level: 1 object, 0 array */
	const struct kin__base64 *base64; /* the way to decode; set after _init, NULL: the portable one */
	uint8_t depth, state;
	bool readonly;
};

/* Use:  if (kin__jsonscan_object(&s)) while (kin__jsonscan_name(&s, &name)) { read or leave the value }
 *       return kin__jsonscan_finish(&s);
 * A value left unread is skipped (and checked) by the next name, item or finish. */
void kin__jsonscan_init(struct kin__jsonscan *scan, char *text, size_t n);
/* The buffer is never written: an escaped string (kin__jsonscan_string, _name) or a base64 value is an error. */
void kin__jsonscan_init_readonly(struct kin__jsonscan *scan, const char *text, size_t n);
bool kin__jsonscan_finish(
		struct kin__jsonscan *scan); /* true: a whole document, only blanks behind it, no error */
bool kin__jsonscan_fail(struct kin__jsonscan *scan,
                        const char *reason); /* the caller's own error (static text); false */

enum kin__jsonscan_type
kin__jsonscan_type(struct kin__jsonscan *scan); /* of the value that is due; nothing is read */

/* Each reads the value that is due, or sets the error and answers false. */
bool kin__jsonscan_object(struct kin__jsonscan *scan);
bool kin__jsonscan_name(struct kin__jsonscan *scan, struct kin__span *name); /* false at '}' (read), too */
bool kin__jsonscan_array(struct kin__jsonscan *scan);
bool kin__jsonscan_item(struct kin__jsonscan *scan); /* a value is due; false at ']' (read), too */
bool kin__jsonscan_string(struct kin__jsonscan *scan,
                          struct kin__span *text); /* lone surrogate: U+FFFD; NUL is legal */
bool kin__jsonscan_base64(struct kin__jsonscan *scan, struct kin__span *data);
bool kin__jsonscan_number(struct kin__jsonscan *scan, struct kin__span *number);
bool kin__jsonscan_i64(struct kin__jsonscan *scan,
                       int64_t *value); /* a whole number without fraction or exponent */
bool kin__jsonscan_bool(struct kin__jsonscan *scan, bool *value);
bool kin__jsonscan_null(
		struct kin__jsonscan *
				scan); /* true: null, read; false: another value is left there, or an error */
bool kin__jsonscan_skip(struct kin__jsonscan *scan); /* any value, checked */
bool kin__jsonscan_raw(struct kin__jsonscan *scan,
                       struct kin__span *value); /* any value, checked; its text */

/* For readers that know how a text usually looks (wire/jsonusual): the cursor stands where the scanner does, and
 * what it took is told to the scanner.  A value must be due; what stands up to `at` was taken. */
static inline struct kin__jsonusual kin__jsonscan_usual(const struct kin__jsonscan *scan)
{
	return (struct kin__jsonusual){ scan->at, scan->end, !scan->error };
}
/* An object, up to a value that is due.  false: nested too deep, or none is due; nothing is changed. */
bool kin__jsonscan_enter(struct kin__jsonscan *scan, const char *at);
bool kin__jsonscan_over(struct kin__jsonscan *scan, const char *at);  /* a whole value; false: none is due */
void kin__jsonscan_leave(struct kin__jsonscan *scan, const char *at); /* the rest of the object it is in */
/* Puts a 0 behind a text, over its closing quote, which was taken. */
void kin__jsonscan_end_text(struct kin__jsonscan *scan, struct kin__span text);

/* For read-only buffers: the text between the quotes, checked, and whether it holds escapes. */
bool kin__jsonscan_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped);
bool kin__jsonscan_name_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped);
/* The same, but those that begin with none of these (bits of kin__jsonskip_initial) may be left out, checked. */
bool kin__jsonscan_name_among(struct kin__jsonscan *scan, uint64_t initials, struct kin__span *raw,
                              bool *escaped);
size_t kin__jsonscan_unescape(char *out,
                              struct kin__span raw); /* out: raw.n bytes, or raw.at itself; bytes written */
#endif
