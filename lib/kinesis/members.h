/* kinesis/members - pieces that requests and answers of this room share.  Pure.
 *
 * Answers are scanned in place: a text that was read is 0-ended over its closing quote.  Null is absent.
 */
#ifndef KIN_KINESIS_MEMBERS_H
#define KIN_KINESIS_MEMBERS_H
#include "aws/reason.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "wire/cbor.h"
#include "wire/json.h"
#include "wire/jsonscan.h"

/* "StreamName":"..." or "StreamARN":"...", without braces or comma. */
void kin__members_stream(struct kin__bytes *out, struct kin__span stream);
/* `before` (such as ,"ShardId":) and the quoted text; nothing if value.at is NULL. */
void kin__members_add(struct kin__bytes *out, const char *before, struct kin__span value);

/* --- answers, scanned in place --- */
void kin__members_scan(struct kin__jsonscan *scan, char *answer, size_t n); /* n = 0: an empty text */
/* The whole text when it is a string, at NULL when null; an error otherwise. */
bool kin__members_text(struct kin__jsonscan *scan, struct kin__span *text);
bool kin__members_integer(struct kin__jsonscan *scan,
                          int64_t *value); /* whole numbers, 1.0 and 1E3 too; null leaves it */
/* KIN_OK if the document is whole; else KIN_PROTOCOL, and the reason names the operation, what and where. */
int kin__members_finish(struct kin__jsonscan *scan, const char *operation, struct kin__reason *reason);
/* The same of an answer in CBOR. */
bool kin__members_cbor_text(struct kin__cbor *cbor, struct kin__span *text);
int kin__members_cbor_finish(struct kin__cbor *cbor, const char *operation, struct kin__reason *reason);

/* --- answers as trees, kept in an arena: each sets *code at the first failure and does nothing after it --- */
struct kin__members_tree {
	const char *operation;
	struct kin__arena *arena;
	struct kin__reason *reason;
	int code; /* KIN_OK while all is well */
};
struct kin__json *kin__members_parse(struct kin__members_tree *tree, const char *answer,
                                     size_t n); /* yours, free with kin__json_free(); NULL: failed */
/* A copy of the text of 1..max bytes without NUL; NULL: absent, empty or failed.  `required`: absent is a failure. */
const char *kin__members_tree_text(struct kin__members_tree *tree, const struct kin__json *object,
                                   const char *name, size_t max, bool required);
void kin__members_tree_integer(struct kin__members_tree *tree, const struct kin__json *object,
                               const char *name, int64_t max, int64_t *value); /* 0..max; absent leaves it */
void kin__members_tree_fail(struct kin__members_tree *tree, const char *what, const char *name);
#endif
