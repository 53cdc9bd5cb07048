/* kinesis/members - see members.h */
#include "base/timetext.h"
#include "kinesis/limits.h"
#include "kinesis/members.h"
#include "kinstream.h"
#include "wire/jsontext.h"

void kin__members_stream(struct kin__bytes *out, struct kin__span stream)
{
	kin__bytes_text(out, kin__limits_is_arn(stream) ? "\"StreamARN\":" : "\"StreamName\":");
	kin__jsontext_quote(out, stream);
}

void kin__members_add(struct kin__bytes *out, const char *before, struct kin__span value)
{
	if (!value.at)
		return;
	kin__bytes_text(out, before);
	kin__jsontext_quote(out, value);
}

void kin__members_scan(struct kin__jsonscan *scan, char *answer, size_t n)
{
	if (n == 0)
		kin__jsonscan_init_readonly(scan, "", 0);
	else
		kin__jsonscan_init(scan, answer, n);
}

bool kin__members_text(struct kin__jsonscan *scan, struct kin__span *text)
{
	*text = kin__span(NULL, 0);
	if (kin__jsonscan_null(scan))
		return true;
	if (!kin__jsonscan_string(scan, text))
		return false;
	kin__jsonscan_end_text(scan, *text); /* unescaped, it has become no longer */
	return true;
}

bool kin__members_integer(struct kin__jsonscan *scan, int64_t *value)
{
	struct kin__span number;
	int64_t thousandths;

	if (kin__jsonscan_null(scan))
		return true;
	if (!kin__jsonscan_number(scan, &number))
		return false;
	if (kin__span_i64(number, value))
		return true;
	if (!kin__time_from_epoch(number, &thousandths) || thousandths % 1000 != 0)
		return kin__jsonscan_fail(scan, "a whole number is due");
	*value = thousandths / 1000;
	return true;
}

static void say(struct kin__reason *reason, const char *pattern, const char *one, const char *two,
                struct kin__span three)
{
	if (reason)
		kin__reason_say(reason, pattern, kin__span_text(one), kin__span_text(two), three);
}

static int refuse(struct kin__reason *reason, const char *operation, const char *what)
{
	say(reason, "answer of %1: %2", operation, what, kin__span(NULL, 0));
	return KIN_PROTOCOL;
}

static int refuse_at(struct kin__reason *reason, const char *operation, const char *what, size_t place)
{
	char text[21];
	size_t at = sizeof text;

	do
		text[--at] = (char)('0' + place % 10);
	while ((place /= 10) != 0);
	say(reason, "answer of %1: %2 (at byte %3)", operation, what, kin__span(text + at, sizeof text - at));
	return KIN_PROTOCOL;
}

int kin__members_finish(struct kin__jsonscan *scan, const char *operation, struct kin__reason *reason)
{
	if (kin__jsonscan_finish(scan))
		return KIN_OK;
	return refuse_at(reason, operation, scan->error, scan->error_at);
}

bool kin__members_cbor_text(struct kin__cbor *cbor, struct kin__span *text)
{
	*text = kin__span(NULL, 0);
	if (!kin__cbor_text_null(cbor, text))
		return false;
	if (text->at)
		*text = kin__cbor_end_text(cbor, *text);
	return true;
}

int kin__members_cbor_finish(struct kin__cbor *cbor, const char *operation, struct kin__reason *reason)
{
	if (kin__cbor_finish(cbor))
		return KIN_OK;
	return refuse_at(reason, operation, cbor->error, cbor->error_at);
}

/* --- trees ------------------------------------------------------------------------- */

struct kin__json *kin__members_parse(struct kin__members_tree *tree, const char *answer, size_t n)
{
	char error[KIN__JSON_ERROR];
	struct kin__json *root;

	tree->code = KIN_OK;
	if (kin__json_parse(n == 0 ? "" : answer, n, &root, error) < 0) {
		tree->code = refuse(tree->reason, tree->operation, error);
		return NULL;
	}
	if (kin__json_type(root) == KIN__JSON_OBJECT)
		return root;
	tree->code = refuse(tree->reason, tree->operation, "an object is due");
	kin__json_free(root);
	return NULL;
}

void kin__members_tree_fail(struct kin__members_tree *tree, const char *what, const char *name)
{
	if (tree->code != KIN_OK)
		return;
	tree->code = KIN_PROTOCOL;
	say(tree->reason, "answer of %1: %2 %3", tree->operation, what, kin__span_text(name));
}

const char *kin__members_tree_text(struct kin__members_tree *tree, const struct kin__json *object,
                                   const char *name, size_t max, bool required)
{
	const struct kin__json *member = kin__json_member(object, name);
	struct kin__span text = { NULL, 0 };
	char *copy;

	if (tree->code != KIN_OK)
		return NULL;
	if (!kin__json_is_null(member) && !kin__json_text(member, &text)) {
		kin__members_tree_fail(tree, "no text in", name);
		return NULL;
	}
	if (text.n == 0) {
		if (required)
			kin__members_tree_fail(tree, "nothing in", name);
		return NULL;
	}
	if (text.n > max || memchr(text.at, 0, text.n)) {
		kin__members_tree_fail(tree, text.n > max ? "too long a text in" : "a NUL in", name);
		return NULL;
	}
	copy = kin__arena_text(tree->arena, text.at, text.n);
	if (!copy)
		tree->code = KIN_NOMEM;
	return copy;
}

void kin__members_tree_integer(struct kin__members_tree *tree, const struct kin__json *object,
                               const char *name, int64_t max, int64_t *value)
{
	const struct kin__json *member = kin__json_member(object, name);
	int64_t found;

	if (tree->code != KIN_OK || kin__json_is_null(member))
		return;
	if (kin__json_int(member, &found) && found >= 0 && found <= max)
		*value = found;
	else
		kin__members_tree_fail(tree, "no sensible number in", name);
}
