/* producer/answer - what an answer means for the records of its request, and for the pace of all.
 *
 * Four rules.  An answer that says something of each entry settles them one by one, and those that failed
 * wait together, so that they keep their order.  A request that failed as a whole makes all sending pause;
 * however many requests were under way, they make one pause.  One that is refused for its content is cut in
 * two, until the record that is to blame stands alone.  What nobody can cure is reported at once.
 */
#include "base/backoff.h"
#include "producer/state.h"

enum {
	HINT_EXTRA_US = 5000000, /* AWS's rule: a hint lengthens a delay by no more */
	REFUSALS_MAX = 100       /* in a row, without one good answer: then it is not this or that record */
};

static uint64_t delay_us(struct kin__producer *producer, uint64_t base_us, uint64_t max_us, uint32_t retry,
                         uint64_t hint_us)
{
	uint64_t delay = kin__backoff(&producer->rng, base_us, max_us, retry);
	uint64_t most = delay + HINT_EXTRA_US;

	if (hint_us > most)
		hint_us = most;
	return hint_us > delay ? hint_us : delay;
}

/* Holds all requests back, unless the one that failed left before the last pause began. */
static void hold_back(struct kin__producer *producer, const struct kin__producer_request *request,
                      uint64_t now_us, uint64_t base_us, uint64_t max_us, uint64_t hint_us)
{
	uint64_t until;

	if (request->round != producer->round)
		return;
	producer->round++;
	until = kin__state_later(now_us, delay_us(producer, base_us, max_us, producer->failures, hint_us));
	if (until > producer->hold_us)
		producer->hold_us = until;
	if (producer->failures < UINT32_MAX)
		producer->failures++;
}

/* Not stored, and to be tried again if there is time; true: there is. */
static bool has_time(struct kin__producer *producer, struct kin__producer_record *record, uint64_t now_us)
{
	if (producer->abandoned)
		kin__state_done(producer, record, producer->abandoned);
	else if (record->end.due <= now_us)
		kin__state_done(producer, record, KIN_EXPIRED);
	else
		return true;
	return false;
}

struct tally {
	uint32_t throttled, attempts; /* attempts: the most of a failed record */
};

static struct tally tally_of(const struct kin__producer_request *request, const uint8_t *results)
{
	struct tally tally = { 0 };

	for (uint32_t i = 0; i < request->n; i++) {
		uint32_t attempts = request->records[i]->attempts - request->records[i]->cuts;

		tally.throttled += results[i] == KIN__THROTTLED;
		if (results[i] != KIN__DONE && attempts > tally.attempts)
			tally.attempts = attempts;
	}
	return tally;
}

static void settle_entry(struct kin__producer *producer, struct kin__producer_record *record, uint8_t result,
                         int32_t code, uint64_t now_us, uint64_t again_us)
{
	switch (result) {
	case KIN__DONE:
		kin__state_done(producer, record, KIN_OK);
		return;
	case KIN__TRANSIENT:
		record->maybe_stored = true;
		break;
	case KIN__THROTTLED:
		break;
	default:
		kin__state_done(producer, record, code);
		return;
	}
	record->part = 0; /* it was accepted as part of a request */
	if (has_time(producer, record, now_us))
		kin__state_waiting(producer, record, again_us);
}

/* When entries of this answer that failed so often may go again. */
static uint64_t again_us_of(struct kin__producer *producer, uint64_t now_us, uint32_t attempts,
                            bool throttled, uint64_t hint_us)
{
	const struct kin__producer_settings *settings = &producer->settings;

	return kin__state_later(now_us,
	                        delay_us(producer,
	                                 throttled ? settings->entry_base_us : settings->transient_base_us,
	                                 settings->backoff_max_us, attempts - 1, hint_us));
}

/* Each waits as long as it must for its own shard: a hot one holds nobody up. */
static void settle_apart(struct kin__producer *producer, struct kin__producer_request *request,
                         uint64_t now_us, const struct kin__producer_answer *answer, int32_t code)
{
	producer->failures = 0;
	for (uint32_t i = 0; i < request->n; i++) {
		struct kin__producer_record *record = request->records[i];
		uint8_t result = answer->results[i];
		uint64_t again_us = 0;

		if (result != KIN__DONE)
			again_us = again_us_of(producer, now_us, record->attempts - record->cuts,
			                       result == KIN__THROTTLED, answer->hint_us);
		settle_entry(producer, record, result, code, now_us, again_us);
	}
}

static void settle_entries(struct kin__producer *producer, struct kin__producer_request *request,
                           uint64_t now_us, const struct kin__producer_answer *answer)
{
	const struct kin__producer_settings *settings = &producer->settings;
	struct tally tally = tally_of(request, answer->results);
	uint64_t again_us = 0;
	int32_t code = answer->code ? answer->code : KIN_REFUSED;

	producer->counts.throttled += tally.throttled;
	producer->refusals = 0;
	if (settings->apart) {
		settle_apart(producer, request, now_us, answer, code);
		return;
	}
	if (tally.throttled > request->n / 2)
		hold_back(producer, request, now_us, settings->entry_base_us, settings->pressure_max_us, 0);
	else
		producer->failures = 0;
	if (tally.attempts)
		again_us = again_us_of(producer, now_us, tally.attempts, tally.throttled > 0,
		                       answer->hint_us);
	for (uint32_t i = 0; i < request->n; i++)
		settle_entry(producer, request->records[i], answer->results[i], code, now_us, again_us);
}

/* One of its records is to blame: in two halves, which leave at once. */
static bool cut(struct kin__producer *producer, struct kin__producer_request *request, uint64_t now_us)
{
	struct kin__list *near = NULL;

	if (request->n == 1 || producer->refusals >= REFUSALS_MAX)
		return false;
	producer->refusals++;
	producer->parts += 2;
	for (uint32_t i = 0; i < request->n; i++) {
		struct kin__producer_record *record = request->records[i];

		record->part = i < request->n / 2 ? producer->parts - 1 : producer->parts;
		record->cuts++;
		if (has_time(producer, record, now_us))
			kin__state_again(producer, record, &near);
	}
	return true;
}

static void settle_failure(struct kin__producer *producer, struct kin__producer_request *request,
                           uint64_t now_us, const struct kin__producer_answer *answer)
{
	const struct kin__producer_settings *settings = &producer->settings;
	bool transient = answer->verdict == KIN__TRANSIENT;
	bool again = transient || answer->verdict == KIN__THROTTLED || answer->verdict == KIN__IN_USE;
	struct kin__list *near = NULL;

	producer->counts.requests_failed++;
	if (answer->verdict == KIN__INVALID_ARGUMENT && cut(producer, request, now_us))
		return;
	if (answer->verdict == KIN__THROTTLED)
		producer->counts.throttled += request->n;
	if (again)
		hold_back(producer, request, now_us,
		          transient ? settings->transient_base_us : settings->throttle_base_us,
		          settings->backoff_max_us, answer->hint_us);
	for (uint32_t i = 0; i < request->n; i++) {
		struct kin__producer_record *record = request->records[i];

		record->maybe_stored |= answer->maybe_stored;
		if (!again)
			kin__state_done(producer, record, answer->code ? answer->code : KIN_REFUSED);
		else if (has_time(producer, record, now_us))
			kin__state_again(producer, record, &near);
	}
}

void kin__answer_judge(struct kin__producer *producer, uint64_t now_us,
                       const struct kin__producer_answer *answer)
{
	struct kin__producer_request *request = NULL;

	if (answer->id)
		request = &producer->requests[(answer->id - 1) % producer->settings.requests_max];
	if (!request || request->id != answer->id || !request->taken) {
		KIN__CHECK(&producer->bug, !"an answer to a request that is not under way");
		return;
	}
	if (answer->verdict == KIN__DONE)
		settle_entries(producer, request, now_us, answer);
	else
		settle_failure(producer, request, now_us, answer);
	request->id = 0;
	request->n = 0;
	producer->counts.in_flight--;
	kin__list_append(&producer->idle, &request->node);
}
