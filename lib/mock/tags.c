#include "mock/tags.h"
#include "mock/asked.h"
#include "mock/gate.h"
#include "mock/shape.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

enum { KEY_MAX = 128, VALUE_MAX = 256 };

static bool is_by_arn(const struct kin__mock_exchange *x)
{
	return x->operation == KIN__TAG_RESOURCE || x->operation == KIN__UNTAG_RESOURCE ||
	       x->operation == KIN__LIST_TAGS_FOR_RESOURCE;
}

static bool stream_of(struct kin__mock_exchange *x, const struct kin__json *request, struct kin__span *stream)
{
	if (!is_by_arn(x))
		return kin__asked_stream(x, request, stream);
	*stream = kin__asked_text(request, "ResourceARN");
	return true;
}

static bool add(struct kin__mock_exchange *x, struct kin__tags *tags, struct kin__span key,
                const struct kin__json *value, bool valued)
{
	struct kin__span text = { "", 0 };

	if (valued && !kin__json_text(value, &text)) {
		kin__gate_refuse(x, "SerializationException", "the value of a tag must be a string");
		return false;
	}
	if (key.n == 0 || kin__utf8_units(key) > KEY_MAX || memchr(key.at, 0, key.n)) {
		kin__shape_refuse(x, valued ? "tags" : "tagKeys", key,
		                  "have keys of length between 1 and 128, without U+0000");
		return false;
	}
	if (kin__utf8_units(text) > VALUE_MAX || (text.n > 0 && memchr(text.at, 0, text.n))) {
		kin__shape_refuse(x, "tags", text, "have values of length at most 256, without U+0000");
		return false;
	}
	tags->at[tags->n++] = (struct kin__model_tagging){ key, text };
	return true;
}

static bool fits(struct kin__mock_exchange *x, const char *path, size_t n)
{
	if (n <= KIN__TAGS_CALL_MAX)
		return true;
	kin__shape_refuse(x, path, kin__span_text("(tags)"), "have length less than or equal to 200");
	return false;
}

bool kin__tags_of(struct kin__mock_exchange *x, const struct kin__json *request, struct kin__tags *tags)
{
	const struct kin__json *map = kin__json_member(request, "Tags"), *value;
	struct kin__span key;
	void *at = NULL;

	tags->n = 0;
	if (!fits(x, "tags", kin__json_count(map)))
		return false;
	while (!kin__json_is_null(map) && (value = kin__json_each_member(map, &at, &key)))
		if (!add(x, tags, key, value, true))
			return false;
	return true;
}

static bool keys_of(struct kin__mock_exchange *x, const struct kin__json *request, struct kin__tags *tags)
{
	const struct kin__json *keys = kin__json_member(request, "TagKeys");
	struct kin__span key;

	tags->n = 0;
	if (!fits(x, "tagKeys", kin__json_count(keys)))
		return false;
	for (size_t i = 0; i < kin__json_count(keys); i++) {
		if (!kin__json_text(kin__json_at(keys, i), &key)) {
			kin__gate_refuse(x, "SerializationException", "TagKeys must be strings");
			return false;
		}
		if (!add(x, tags, key, NULL, false))
			return false;
	}
	return true;
}

void kin__tags_add(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__tags tags;
	struct kin__span stream;

	if (stream_of(x, request, &stream) && kin__tags_of(x, request, &tags))
		kin__model_tag(x->mock->model, now_ms, x->operation, stream, tags.at, tags.n, &x->answer);
}

void kin__tags_remove(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__tags tags;
	struct kin__span stream;

	if (stream_of(x, request, &stream) && keys_of(x, request, &tags))
		kin__model_untag(x->mock->model, now_ms, x->operation, stream, tags.at, tags.n, &x->answer);
}

static void write_tag(struct kin__jsontext *json, const struct kin__model_tagging *tag)
{
	kin__jsontext_object(json);
	kin__jsontext_name(json, "Key");
	kin__jsontext_string(json, tag->key);
	kin__jsontext_name(json, "Value");
	kin__jsontext_string(json, tag->value);
	kin__jsontext_object_end(json);
}

void kin__tags_list(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_tagging found[KIN__MODEL_TAGS_MAX];
	struct kin__jsontext json;
	struct kin__span stream, after = { "", 0 };
	int64_t limit = KIN__MODEL_TAGS_MAX;
	size_t n;
	bool more;

	if (!stream_of(x, request, &stream))
		return;
	if (!is_by_arn(x)) { /* the other operation tells all at once */
		after = kin__asked_text(request, "ExclusiveStartTagKey");
		limit = kin__asked_number(request, "Limit", limit);
	}
	kin__model_list_tags(x->mock->model, now_ms, x->operation, stream, after, found, (size_t)limit, &n,
	                     &more, &x->answer);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "Tags");
	kin__jsontext_array(&json);
	for (size_t i = 0; i < n; i++)
		write_tag(&json, &found[i]);
	kin__jsontext_array_end(&json);
	if (!is_by_arn(x)) {
		kin__jsontext_name(&json, "HasMoreTags");
		kin__jsontext_bool(&json, more);
	}
	kin__jsontext_object_end(&json);
}
