/* wire/json - JSON as a tree, for what is not hot: the only door to jansson.
 *
 * Pure.  One root from kin__json_parse owns everything below it; spans and sub-values are borrowed until
 * kin__json_free.  Every look-up takes NULL (absent) and answers NULL, false or 0 for it.
 */
#ifndef KIN_WIRE_JSON_H
#define KIN_WIRE_JSON_H
#include "base/span.h"

enum { KIN__JSON_ERROR = 160 };

enum kin__json_type {
	KIN__JSON_ABSENT,
	KIN__JSON_NULL,
	KIN__JSON_BOOL,
	KIN__JSON_INT,
	KIN__JSON_REAL,
	KIN__JSON_TEXT,
	KIN__JSON_ARRAY,
	KIN__JSON_OBJECT
};

struct kin__json;

/* 0, and *out is yours, free with kin__json_free(); or -1, *out NULL, and where and why in `error`.
 * Any value may stand at the top; of equal names the last wins; text may hold NUL. */
int kin__json_parse(const char *text, size_t n, struct kin__json **out, char error[KIN__JSON_ERROR]);
void kin__json_free(struct kin__json *root); /* roots only; NULL is fine */

enum kin__json_type kin__json_type(const struct kin__json *json);
bool kin__json_is_null(const struct kin__json *json); /* absent or null */
size_t kin__json_count(const struct kin__json *json); /* items or members; anything else: 0 */
const struct kin__json *kin__json_member(const struct kin__json *json, const char *name);
const struct kin__json *kin__json_member_span(const struct kin__json *json, struct kin__span name);
const struct kin__json *kin__json_at(const struct kin__json *json, size_t i);
const struct kin__json *kin__json_path(const struct kin__json *json,
                                       const char *path); /* "Shards[3].ShardId" */
/* Walk: start with *at = NULL; NULL at the end (do not go on then).  In the order of the text. */
const struct kin__json *kin__json_each_member(const struct kin__json *json, void **at,
                                              struct kin__span *name);

/* true, and the value is stored; or false, and *value is left alone. */
bool kin__json_text(const struct kin__json *json, struct kin__span *text); /* text.at[text.n] is 0 */
bool kin__json_int(const struct kin__json *json, int64_t *value); /* whole numbers, 1.0 and 1E3 too */
bool kin__json_real(const struct kin__json *json, double *value); /* any number */
bool kin__json_bool(const struct kin__json *json, bool *value);
bool kin__json_time_ms(const struct kin__json *json,
                       int64_t *ms); /* a number of seconds, to the nearest millisecond */
#endif
