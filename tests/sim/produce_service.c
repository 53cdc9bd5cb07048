/* The network and the service of sim_produce: what becomes of a request. */
#include <string.h>
#include "produce_world.h"

static const struct kin__span stream = { "orders", 6 };

static struct produce_request *new_request(struct produce_world *w)
{
	for (uint32_t i = 0; i < PRODUCE_REQUESTS; i++)
		if (!w->requests[i].used)
			return &w->requests[i];
	produce_fail(w, "more than %d requests are under way", PRODUCE_REQUESTS);
}

static void due(struct produce_world *w, struct kin__heap_node *node, uint64_t at_us)
{
	if (kin__heap_set(&w->due, node, at_us) < 0)
		produce_fail(w, "out of memory");
}

static uint64_t some_latency(struct produce_world *w)
{
	return kin__rng_between(&w->rng, 500, w->latency_us);
}

/* The client gives up before it is clear what the service does. */
static void give_up(struct produce_world *w, struct produce_request *r, uint64_t at_us, bool maybe_stored)
{
	r->will_answer = true;
	r->verdict = KIN__TRANSIENT;
	r->code = KIN_NETWORK;
	r->maybe_stored = maybe_stored;
	due(w, &r->answer, at_us);
}

void produce_send(struct produce_world *w, const struct kin__producer_effect *effect)
{
	struct produce_request *r = new_request(w);
	bool faulty = !w->healed;

	*r = (struct produce_request){ .used = true,
		                       .id = effect->send.id,
		                       .serial = ++w->serial,
		                       .sent_us = w->now_us,
		                       .life = w->life,
		                       .n = effect->send.n };
	produce_entries(w, r, effect);
	if (faulty && kin__rng_chance(&w->rng, w->lose_per_mille)) {
		produce_met[PRODUCE_NO_CONNECTION]++;
		give_up(w, r, w->now_us + some_latency(w), false);
		return;
	}
	if (faulty && kin__rng_chance(&w->rng, w->deny_per_mille)) {
		bool in_use = kin__rng_chance(&w->rng, 300);

		produce_met[in_use ? PRODUCE_IN_USE : PRODUCE_DENIED]++;
		give_up(w, r, w->now_us + some_latency(w), false);
		r->verdict = in_use ? KIN__IN_USE : KIN__REFUSED;
		r->code = in_use ? KIN_REFUSED : KIN_DENIED;
		return;
	}
	r->will_arrive = true;
	due(w, &r->arrive, w->now_us + some_latency(w));
	if (faulty && kin__rng_chance(&w->rng, w->late_per_mille)) {
		produce_met[PRODUCE_LATE]++;
		due(w, &r->arrive, w->now_us + w->timeout_us + some_latency(w));
		give_up(w, r, w->now_us + w->timeout_us, true);
	}
}

static uint8_t verdict_of(const struct kin__model_answer *answer)
{
	static const struct {
		const char *code;
		uint8_t verdict;
	} codes[] = { { "ResourceNotFoundException", KIN__NOT_FOUND },
		      { "ResourceInUseException", KIN__IN_USE },
		      { "InvalidArgumentException", KIN__INVALID_ARGUMENT },
		      { "ValidationException", KIN__INVALID_ARGUMENT },
		      { "LimitExceededException", KIN__THROTTLED },
		      { "ProvisionedThroughputExceededException", KIN__THROTTLED } };

	if (!answer->code)
		return KIN__DONE;
	for (size_t i = 0; i < KIN__ARRAY_LEN(codes); i++)
		if (strcmp(codes[i].code, answer->code) == 0)
			return codes[i].verdict;
	return KIN__TRANSIENT;
}

static void take_entry(struct produce_world *w, struct produce_request *r, uint32_t i,
                       const struct kin__model_put *put)
{
	struct produce_entry *entry = &r->entries[i];
	bool stored = put->outcome == KIN__MODEL_STORED ||
	              (put->outcome == KIN__MODEL_INTERNAL && put->sequence[0]);

	if (stored)
		produce_stored(w, r, entry, put->shard);
	r->results[i] = KIN__DONE;
	r->shards[i] = entry->shard;
	if (put->outcome == KIN__MODEL_THROTTLED) {
		produce_met[PRODUCE_ENTRY_THROTTLED]++;
		r->results[i] = KIN__THROTTLED;
	} else if (put->outcome == KIN__MODEL_INTERNAL) {
		produce_met[PRODUCE_ENTRY_INTERNAL]++;
		produce_met[PRODUCE_ENTRY_INTERNAL_STORED] += stored;
		r->results[i] = KIN__TRANSIENT;
	}
}

static void answer_of(struct produce_world *w, struct produce_request *r,
                      const struct kin__model_answer *answer)
{
	static const uint8_t met[] = { [KIN__THROTTLED] = PRODUCE_THROTTLED,
		                       [KIN__TRANSIENT] = PRODUCE_TRANSIENT,
		                       [KIN__NOT_FOUND] = PRODUCE_NOT_FOUND };

	r->will_answer = true;
	r->verdict = verdict_of(answer);
	if (r->verdict < sizeof met && met[r->verdict])
		produce_met[met[r->verdict]]++;
	r->code = r->verdict == KIN__NOT_FOUND ? KIN_NOT_FOUND
	          : r->verdict == KIN__DONE    ? KIN_OK
	                                       : KIN_REFUSED;
	r->maybe_stored = r->verdict == KIN__TRANSIENT; /* an error 500 says nothing */
	if (kin__rng_chance(&w->rng, w->hint_per_mille) && r->verdict != KIN__DONE)
		r->hint_us = kin__rng_below(&w->rng, 3000000);
	due(w, &r->answer, w->now_us + some_latency(w) + (uint64_t)answer->strike.latency_ms * 1000);
}

void produce_arrive(struct produce_world *w, struct produce_request *r)
{
	struct kin__model_entry entries[PRODUCE_ITEMS];
	struct kin__model_put puts[PRODUCE_ITEMS];
	struct kin__model_answer answer;
	size_t failed;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct produce_entry *entry = &r->entries[i];
		const struct produce_item *item = &w->items[r->items[entry->first]];

		entries[i] = (struct kin__model_entry){ .key = produce_key(item),
			                                .data = produce_data(w, item),
			                                .has_hash = true,
			                                .hash = item->placed.hash };
		if (entry->n > 1) {
			entries[i].key = kin__span("a", 1);
			entries[i].data = produce_aggregate(w, r, entry);
		}
		PRODUCE_CHECK(w, entries[i].key.n + entries[i].data.n == entry->bytes,
		              "an entry of %llu bytes, said to be of %u",
		              (unsigned long long)(entries[i].key.n + entries[i].data.n), entry->bytes);
		puts[i].outcome = KIN__MODEL_THROTTLED;
		puts[i].sequence[0] = 0;
	}
	kin__model_put_records(w->model, produce_service_ms(w), stream, entries, r->n, puts, &failed,
	                       &answer);
	r->will_arrive = false;
	if (!answer.code && !answer.strike.drop)
		for (uint32_t i = 0; i < r->n; i++)
			take_entry(w, r, i, &puts[i]);
	produce_note(w, "arrive", r->serial, failed,
	             answer.code         ? answer.code
	             : answer.strike.any ? "ok, struck"
	                                 : "ok");
	if (r->will_answer || r->verdict)
		return; /* the client did not wait for it */
	produce_met[PRODUCE_DROP] += answer.strike.drop;
	produce_met[PRODUCE_DROP_AFTER] += answer.strike.drop_after;
	produce_met[PRODUCE_TRUNCATE] += answer.strike.truncate;
	if (answer.strike.drop || answer.strike.drop_after)
		give_up(w, r, w->now_us > r->sent_us + w->timeout_us ? w->now_us : r->sent_us + w->timeout_us,
		        true);
	else if (answer.strike.truncate)
		give_up(w, r, w->now_us + some_latency(w), true);
	else
		answer_of(w, r, &answer);
}

int64_t produce_service_ms(const struct produce_world *w)
{
	return (int64_t)((w->now_us + w->ahead_us) / 1000);
}

void produce_change_shards(struct produce_world *w)
{
	struct kin__shard_info shards[64];
	struct kin__model_list list = { .stream = stream, .filter = KIN__FILTER_AT_LATEST };
	struct kin__model_answer answer;
	char next[KIN__MODEL_TOKEN];
	int64_t now_ms = produce_service_ms(w);
	size_t n = 0, i;

	kin__model_list_shards(w->model, now_ms, &list, shards, 64, &n, next, &answer);
	if (answer.code || n == 0)
		return;
	produce_keep_shards(&w->before, shards, n);
	i = kin__rng_below(&w->rng, n);
	if (n < 8 && kin__rng_chance(&w->rng, 600)) {
		struct kin__hashkey middle = kin__hashkey_middle(shards[i].first_hash, shards[i].last_hash);

		kin__model_split(w->model, now_ms, stream, kin__span_text(shards[i].id), middle, &answer);
		produce_met[PRODUCE_SPLIT] += !answer.code;
		w->resharded |= !answer.code;
	} else if (n > 1 && i + 1 < n) {
		kin__model_merge(w->model, now_ms, stream, kin__span_text(shards[i].id),
		                 kin__span_text(shards[i + 1].id), &answer);
		produce_met[PRODUCE_MERGE] += !answer.code;
		w->resharded |= !answer.code;
	}
	produce_note(w, "reshard", n, i, answer.code ? answer.code : "ok");
}

/* Each seed turns some kinds of faults on. */
void produce_faults(struct produce_world *w)
{
	static const uint8_t kinds[] = { KIN__FAULT_THROTTLE,   KIN__FAULT_ERROR500, KIN__FAULT_ERROR503,
		                         KIN__FAULT_PARTIAL,    KIN__FAULT_LATENCY,  KIN__FAULT_DROP,
		                         KIN__FAULT_DROP_AFTER, KIN__FAULT_TRUNCATE };

	for (size_t i = 0; i < KIN__ARRAY_LEN(kinds); i++) {
		struct kin__fault fault = { .operation = KIN__PUT_RECORDS, .kind = kinds[i] };

		if (!kin__rng_chance(&w->rng, 300))
			continue;
		fault.per_mille = (uint32_t)kin__rng_between(&w->rng, 20, 500);
		fault.ms = kinds[i] == KIN__FAULT_LATENCY ? (int64_t)kin__rng_below(&w->rng, 900) : 0;
		if (kin__rng_chance(&w->rng, 100))
			fault.per_mille = 1000; /* an outage */
		if (kin__faults_add(kin__model_faults(w->model), &fault) < 0)
			produce_fail(w, "out of memory");
	}
}
