/* wire/jsontext - writes JSON onto kin__bytes; commas are its business, balance is the caller's.
 *
 * Pure.  Errors are those of the kin__bytes (sticky).  The output is always valid UTF-8: bytes that are
 * no character become U+FFFD.  Invariant: depth is 0 when the document is whole.
 */
#ifndef KIN_WIRE_JSONTEXT_H
#define KIN_WIRE_JSONTEXT_H
#include "base/bytes.h"
#include "wire/base64.h"

/* Single values, without any comma. */
void kin__jsontext_quote(struct kin__bytes *out, struct kin__span text); /* "text", escaped */
bool kin__jsontext_plain(struct kin__span text); /* printable ASCII that needs no escape */
/* "base64"; way: NULL is the portable one */
void kin__jsontext_quote_base64(struct kin__bytes *out, const struct kin__base64 *way, const void *data,
                                size_t n);

struct kin__jsontext {
	struct kin__bytes *out;           /* borrowed */
	const struct kin__base64 *base64; /* the way to encode; set after _init, NULL: the portable one */
	uint8_t depth;
	bool comma; /* the next value or name is preceded by one */
};

void kin__jsontext_init(struct kin__jsontext *json, struct kin__bytes *out);
void kin__jsontext_object(struct kin__jsontext *json);                 /* { */
void kin__jsontext_object_end(struct kin__jsontext *json);             /* } */
void kin__jsontext_array(struct kin__jsontext *json);                  /* [ */
void kin__jsontext_array_end(struct kin__jsontext *json);              /* ] */
void kin__jsontext_name(struct kin__jsontext *json, const char *name); /* a value follows */
void kin__jsontext_name_span(struct kin__jsontext *json, struct kin__span name);
void kin__jsontext_string(struct kin__jsontext *json, struct kin__span text);
void kin__jsontext_text(struct kin__jsontext *json, const char *text); /* NULL: null */
void kin__jsontext_base64(struct kin__jsontext *json, const void *data, size_t n);
void kin__jsontext_i64(struct kin__jsontext *json, int64_t value);
void kin__jsontext_u64(struct kin__jsontext *json, uint64_t value);
void kin__jsontext_number(struct kin__jsontext *json,
                          const char *number); /* text of a JSON number, as it is */
void kin__jsontext_bool(struct kin__jsontext *json, bool value);
void kin__jsontext_null(struct kin__jsontext *json);
void kin__jsontext_raw(struct kin__jsontext *json,
                       struct kin__span value); /* one whole JSON value, as it is */
#endif
