/* The tags of a stream, in the order of their keys. */
#include "base/mem.h"
#include "model/state.h"

static void tag_free(struct kin__model_tag *tag)
{
	kin__mem_free(tag->key);
	kin__mem_free(tag->value);
}

void kin__tags_free(struct kin__model_stream *stream)
{
	for (size_t i = 0; i < stream->tags_n; i++)
		tag_free(&stream->tags[i]);
	kin__mem_free(stream->tags);
}

/* The first tag whose key is not below this one. */
static size_t place_of(const struct kin__model_stream *stream, struct kin__span key, bool *there)
{
	int order = 1;
	size_t i = 0;

	for (; i < stream->tags_n; i++) {
		size_t n = strlen(stream->tags[i].key), less = n < key.n ? n : key.n;

		order = memcmp(stream->tags[i].key, key.at, less);
		order = order ? order : (n > key.n) - (n < key.n);
		if (order >= 0)
			break;
	}
	*there = i < stream->tags_n && order == 0;
	return i;
}

static int set(struct kin__model_stream *stream, const struct kin__model_tagging *tagging)
{
	struct kin__model_tag tag = { NULL, NULL };
	bool there;
	size_t i = place_of(stream, tagging->key, &there);

	if (!there && kin__mem_room(&stream->tags, &stream->tags_room, stream->tags_n + 1, sizeof tag) < 0)
		return -1;
	tag.key = kin__mem_text_n(tagging->key.at, tagging->key.n);
	tag.value = kin__mem_text_n(tagging->value.at, tagging->value.n);
	if (!tag.key || !tag.value) {
		tag_free(&tag);
		return -1;
	}
	if (there) {
		tag_free(&stream->tags[i]);
	} else {
		memmove(&stream->tags[i + 1], &stream->tags[i], (stream->tags_n - i) * sizeof tag);
		stream->tags_n++;
	}
	stream->tags[i] = tag;
	return 0;
}

bool kin__model_set_tags(struct kin__model *model, int64_t now_ms, struct kin__span name,
                         const struct kin__model_tagging *tags, size_t n)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);

	for (size_t i = 0; stream && i < n; i++)
		if (set(stream, &tags[i]) < 0)
			return false;
	return stream != NULL;
}

/* How many there would be. */
static size_t count_with(const struct kin__model_stream *stream, const struct kin__model_tagging *tags,
                         size_t n)
{
	size_t total = stream->tags_n;
	bool there;

	for (size_t i = 0; i < n; i++) {
		place_of(stream, tags[i].key, &there);
		total += !there;
	}
	return total;
}

void kin__model_tag(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                    struct kin__span name, const struct kin__model_tagging *tags, size_t n,
                    struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_asked(model, now_ms, operation, name, answer);

	if (!stream)
		return;
	if (count_with(stream, tags, n) > KIN__MODEL_TAGS_MAX) {
		KIN__REFUSE(answer, "InvalidArgumentException", "Stream % would have more than 50 tags.",
		            kin__span_text(stream->name));
		return;
	}
	for (size_t i = 0; i < n && !answer->code; i++)
		if (set(stream, &tags[i]) < 0)
			kin__answer_nomem(answer);
}

void kin__model_untag(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                      struct kin__span name, const struct kin__model_tagging *tags, size_t n,
                      struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_asked(model, now_ms, operation, name, answer);
	bool there;

	for (size_t i = 0; stream && i < n; i++) {
		size_t at = place_of(stream, tags[i].key, &there);

		if (!there)
			continue;
		tag_free(&stream->tags[at]);
		stream->tags_n--;
		memmove(&stream->tags[at], &stream->tags[at + 1],
		        (stream->tags_n - at) * sizeof *stream->tags);
	}
}

void kin__model_list_tags(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                          struct kin__span name, struct kin__span after, struct kin__model_tagging *out,
                          size_t room, size_t *n, bool *more, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_asked(model, now_ms, operation, name, answer);
	bool there = false;
	size_t i;

	*n = 0;
	*more = false;
	if (!stream)
		return;
	i = after.n ? place_of(stream, after, &there) : 0;
	for (i += there; i < stream->tags_n && *n < room; i++)
		out[(*n)++] = (struct kin__model_tagging){ kin__span_text(stream->tags[i].key),
			                                   kin__span_text(stream->tags[i].value) };
	*more = i < stream->tags_n;
}
