/* wire/cbor - CBOR (RFC 8949): a writer onto kin__bytes, and a pull reader over one buffer; no tree, no allocation.
 *
 * Pure.  Spans point into the buffer, which must outlive them; strings that come in chunks are put together
 * IN PLACE.  The first error sticks: everything after it answers false.  Tags are passed over, and UTF-8 is not
 * checked in reading.  Nesting: at most 64.
 */
#ifndef KIN_WIRE_CBOR_H
#define KIN_WIRE_CBOR_H
#include "base/bytes.h"

enum { KIN__CBOR_DEPTH = 64, KIN__CBOR_HEAD = 9 };
#define KIN__CBOR_NO_TAG UINT64_MAX
#define KIN__CBOR_SECONDS_BELOW INT64_C(100000000000) /* smaller times are of seconds */

/* --- reading --------------------------------------------------------------------------- */

enum kin__cbor_type {
	KIN__CBOR_NONE, /* no item is due here, or the error state */
	KIN__CBOR_INTEGER,
	KIN__CBOR_BYTES,
	KIN__CBOR_TEXT,
	KIN__CBOR_ARRAY,
	KIN__CBOR_MAP,
	KIN__CBOR_BOOL,
	KIN__CBOR_NULL, /* undefined, too */
	KIN__CBOR_FLOAT,
	KIN__CBOR_SIMPLE /* a simple value without a meaning */
};

struct kin__cbor {
	char *at, *end, *begin;
	const char *error; /* static text; NULL: all is well */
	size_t error_at;   /* byte offset of the error */
	uint64_t tag;      /* the innermost of the item that kin__cbor_type() told of, or KIN__CBOR_NO_TAG */
	uint64_t maps;     /* one bit a level: 1 map, 0 array */
	uint8_t depth, state;
	bool readonly;
	uint64_t left[KIN__CBOR_DEPTH]; /* members or items still to come at each level; UINT64_MAX: up to a break */
};

/* Is this the begin of a CBOR map?  No JSON document begins so. */
bool kin__cbor_is_map(struct kin__span body);

/* Use:  if (kin__cbor_map(&c)) while (kin__cbor_name(&c, &name)) { read or leave the value }
 *       return kin__cbor_finish(&c);
 * A value left unread is skipped (and checked) by the next name, item or finish. */
void kin__cbor_init(struct kin__cbor *cbor, char *data, size_t n);
/* The buffer is never written: a string in chunks is an error. */
void kin__cbor_init_readonly(struct kin__cbor *cbor, const char *data, size_t n);
bool kin__cbor_finish(struct kin__cbor *cbor); /* true: one whole item, nothing behind it, no error */
bool kin__cbor_fail(struct kin__cbor *cbor,
                    const char *reason); /* the caller's own error (static text); false */

enum kin__cbor_type kin__cbor_type(struct kin__cbor *cbor); /* of the item that is due; nothing is read */

/* Each reads the item that is due, or sets the error and answers false. */
bool kin__cbor_map(struct kin__cbor *cbor);
bool kin__cbor_name(struct kin__cbor *cbor,
                    struct kin__span *name); /* a text; false at the end (read), too */
bool kin__cbor_array(struct kin__cbor *cbor);
bool kin__cbor_item(struct kin__cbor *cbor); /* an item is due; false at the end (read), too */
bool kin__cbor_text(struct kin__cbor *cbor, struct kin__span *text);
bool kin__cbor_bytes(struct kin__cbor *cbor, struct kin__span *data);
/* The same, or null: then at NULL. */
bool kin__cbor_text_null(struct kin__cbor *cbor, struct kin__span *text);
bool kin__cbor_bytes_null(struct kin__cbor *cbor, struct kin__span *data);
bool kin__cbor_i64(struct kin__cbor *cbor,
                   int64_t *value); /* whole numbers of 64 bits, floats such as 1.0 too */
bool kin__cbor_real(struct kin__cbor *cbor, double *value); /* any number */
bool kin__cbor_bool(struct kin__cbor *cbor, bool *value);
/* true: null or undefined, read; false: another item is left there, or an error. */
bool kin__cbor_null(struct kin__cbor *cbor);
/* A time as AWS's services and others write it, tagged or not: of milliseconds, or of seconds where the number is so
 * small (below 10^11) that milliseconds would end in 1973. */
bool kin__cbor_time_ms(struct kin__cbor *cbor, int64_t *ms);
bool kin__cbor_skip(struct kin__cbor *cbor);                        /* any item, checked */
bool kin__cbor_raw(struct kin__cbor *cbor, struct kin__span *item); /* any item, checked; its bytes */

/* Puts a 0 behind a text or bytes that were read, by moving them down by one, over their head. */
struct kin__span kin__cbor_end_text(struct kin__cbor *cbor, struct kin__span text);

/* For readers that know how an item usually looks (wire/cborusual): a whole one up to `at` was taken.  false: none is
 * due.  Then a 0 behind a text within it, over what was read, or where the item ends with it as above. */
bool kin__cbor_over(struct kin__cbor *cbor, const char *at);
struct kin__span kin__cbor_end_within(struct kin__cbor *cbor, struct kin__span text, const char *end);

/* --- writing ----------------------------------------------------------------------------
 * In the shortest form (floats have 64 bits), all lengths definite.  Errors are those of the kin__bytes (sticky). */

enum kin__cbor_major { /* the upper three bits of a head */
	               KIN__CBOR_MAJOR_UNSIGNED,
	               KIN__CBOR_MAJOR_NEGATIVE,
	               KIN__CBOR_MAJOR_BYTES,
	               KIN__CBOR_MAJOR_TEXT,
	               KIN__CBOR_MAJOR_ARRAY,
	               KIN__CBOR_MAJOR_MAP,
	               KIN__CBOR_MAJOR_TAG,
	               KIN__CBOR_MAJOR_SIMPLE
};

/* to: KIN__CBOR_HEAD bytes of room; behind the head. */
char *kin__cbor_put_head(char *to, enum kin__cbor_major major, uint64_t value);
void kin__cbor_put_map(struct kin__bytes *out, uint64_t members); /* so many names and values follow */
void kin__cbor_put_array(struct kin__bytes *out, uint64_t items);
void kin__cbor_put_open_map(struct kin__bytes *out);   /* as many as come, up to a break */
void kin__cbor_put_open_array(struct kin__bytes *out); /* too */
void kin__cbor_put_break(struct kin__bytes *out);
void kin__cbor_put_text(struct kin__bytes *out, struct kin__span text); /* what is no character: U+FFFD */
void kin__cbor_put_name(struct kin__bytes *out, const char *name);      /* a value follows */
void kin__cbor_put_bytes(struct kin__bytes *out, struct kin__span data);
void kin__cbor_put_i64(struct kin__bytes *out, int64_t value);
void kin__cbor_put_u64(struct kin__bytes *out, uint64_t value);
void kin__cbor_put_real(struct kin__bytes *out, double value);
void kin__cbor_put_bool(struct kin__bytes *out, bool value);
void kin__cbor_put_null(struct kin__bytes *out);
void kin__cbor_put_time_ms(struct kin__bytes *out, int64_t ms); /* as AWS's clients do: tag 1, milliseconds */
#endif
