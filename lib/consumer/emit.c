/* consumer/emit - see emit.h */
#include <string.h>
#include "base/backoff.h"
#include "consumer/emit.h"

static bool append(struct kin__consumer *consumer, const struct kin__consumer_effect *effect)
{
	struct kin__consumer_effects *out = consumer->out;

	if (consumer->nomem || consumer->bug.what)
		return false;
	if (kin__mem_room(&out->at, &out->room, out->n + 1, sizeof *out->at) < 0) {
		out->failed = true;
		kin__emit_nomem(consumer);
		return false;
	}
	out->at[out->n++] = *effect;
	return true;
}

uint64_t kin__emit_request(struct kin__consumer *consumer, const struct kin__shard *shard,
                           const struct kin__consumer_effect *effect)
{
	struct kin__consumer_effect copy = *effect;

	if (++consumer->ids == 0)
		consumer->ids = 1;
	copy.shard = shard ? shard->index : 0;
	copy.id = (uint64_t)consumer->ids << 32 | (shard ? shard->index + UINT32_C(1) : 0);
	if (!append(consumer, &copy))
		return 0;
	consumer->flying++;
	return copy.id;
}

struct kin__shard *kin__emit_shard_of(const struct kin__consumer *consumer, uint64_t id)
{
	uint32_t number = (uint32_t)id;

	return number > 0 && number <= consumer->shards_n ? consumer->shards[number - 1] : NULL;
}

void kin__emit_release(struct kin__consumer *consumer, const struct kin__shard *shard, uint64_t page)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_RELEASE,
		                               .shard = shard->index,
		                               .release = { .page = page } };

	append(consumer, &effect);
}

const char *kin__emit_position(struct kin__consumer *consumer, const struct kin__position *position)
{
	char text[KIN__SEQUENCE_TEXT];
	const char *copy;

	kin__position_text(position, text);
	copy = kin__arena_text(&consumer->arena, text, strlen(text));
	if (!copy)
		kin__emit_nomem(consumer);
	return copy;
}

void kin__emit_notice(struct kin__consumer *consumer, const struct kin__consumer_effect *effect)
{
	append(consumer, effect);
}

struct kin__bytes *kin__emit_text(struct kin__consumer *consumer)
{
	kin__bytes_clear(&consumer->text);
	return &consumer->text;
}

static void line(struct kin__consumer *consumer, struct kin__consumer_effect effect, int level)
{
	effect.note.level = (uint8_t)level;
	effect.note.text = consumer->text.failed || !consumer->text.at
	                                   ? NULL
	                                   : kin__arena_text(&consumer->arena, consumer->text.at,
	                                                     consumer->text.n);
	if (!effect.note.text)
		kin__emit_nomem(consumer);
	else
		append(consumer, &effect);
}

void kin__emit_line(struct kin__consumer *consumer, const struct kin__shard *shard, int level)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_NOTE,
		                               .shard = shard ? shard->index : 0 };

	line(consumer, effect, level);
}

void kin__emit_quote(struct kin__consumer *consumer, const struct kin__lane *lane, bool loss, int level)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_NOTE,
		                               .shard = lane->shard->index,
		                               .lane = lane->number };

	effect.note.quotes = true;
	effect.note.loss = loss;
	line(consumer, effect, level);
}

void kin__emit_state(struct kin__consumer *consumer, uint8_t state)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_STATE };

	kin__machine_move(&consumer->bug, kin__consumer_states, &consumer->state, state,
	                  consumer->seen_states);
	effect.state.state = state;
	effect.state.error = state == KIN_CONSUMER_FATAL ? &consumer->error : NULL;
	append(consumer, &effect);
}

void kin__emit_fatal(struct kin__consumer *consumer, int code, const struct kin_error *from)
{
	struct kin_error *error = &consumer->error;
	size_t n = consumer->text.n;

	if (consumer->state >= KIN_CONSUMER_ENDED)
		return;
	if (from) {
		*error = *from;
	} else {
		if (n >= sizeof error->message)
			n = sizeof error->message - 1;
		if (!consumer->text.failed && consumer->text.at)
			memcpy(error->message, consumer->text.at, n);
	}
	error->code = code;
	kin__emit_state(consumer, KIN_CONSUMER_FATAL);
}

void kin__emit_nomem(struct kin__consumer *consumer)
{
	static const struct kin_error error = {
		.message = "the consumer ran out of memory; a smaller buffer_bytes_max may help"
	};

	if (consumer->state < KIN_CONSUMER_ENDED)
		kin__emit_fatal(consumer, KIN_NOMEM, &error);
	consumer->nomem = consumer->cleared = true;
}

void kin__emit_timer(struct kin__consumer *consumer, struct kin__timer *timer, uint64_t due_us)
{
	if (kin__heap_set(&consumer->timers, &timer->node, due_us) < 0)
		kin__emit_nomem(consumer);
}

uint64_t kin__emit_backoff(struct kin__consumer *consumer, uint64_t base_us, uint64_t cap_us, uint32_t tries)
{
	return consumer->now_us + kin__backoff(&consumer->rng, base_us, cap_us, tries);
}

const char *kin__emit_why(const struct kin_error *error)
{
	return error && error->message[0] ? error->message : "no reason was given";
}
