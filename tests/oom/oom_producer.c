/* oom_producer: the producer machine through throttles, lost answers, times to live and a close, once as it is and once
 * with records placed by their shard; each time with another of its allocations failing.  Each record put is reported once,
 * by KIN_OK or KIN_NOMEM, and every invariant holds after each step.  (The consumer machine does the same in
 * check_consumer.) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "producer/lane.h"

enum { RECORDS = 24, SENDS_MAX = 400 };

static struct kin__producer_record records[RECORDS];
static struct kin__placed placed[RECORDS];
static bool places;
static unsigned reported[RECORDS], nomem, sends;
static uint64_t failing, now_us;

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "allocation %" PRIu64 ": %s\n", failing, what);
	exit(1);
}

static void report(const struct kin__producer_effect *effect)
{
	size_t i = (size_t)(effect->deliver.record - records);

	need(reported[i]++ == 0, "a record is reported twice");
	need(effect->deliver.code == KIN_OK || effect->deliver.code == KIN_NOMEM,
	     "a record failed by another code");
	nomem += effect->deliver.code == KIN_NOMEM;
}

static const char *outer_lane(const struct kin__producer_record *record)
{
	return ((const struct kin__outer *)(const void *)record)->lane->id;
}

/* Two shards; each time they are asked for they have other names. */
static void list(struct kin__producer *producer, const struct kin__producer_effect *effect)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct kin__hashkey middle = { UINT64_MAX / 2, UINT64_MAX };
	struct kin__shard_info shards[2] = { { .id = names[effect->list.id % 2 * 2], .last_hash = middle },
		                             { .id = names[effect->list.id % 2 * 2 + 1],
		                               .first_hash = kin__hashkey_next(middle),
		                               .last_hash = KIN__HASHKEY_MAX } };

	need(++sends < SENDS_MAX, "it asks without end");
	kin__producer_step(producer, &(struct kin__producer_event){ .now_us = now_us,
	                                                            .type = KIN__PRODUCER_SHARDS,
	                                                            .shards = { .id = effect->list.id,
	                                                                        .done = true,
	                                                                        .at = shards,
	                                                                        .n = 2 } });
}

/* The first requests are throttled whole, lost, and throttled in part; later ones are stored. */
static void answer(struct kin__producer *producer, const struct kin__producer_effect *effect)
{
	uint8_t results[RECORDS];
	const char *shards[RECORDS];
	struct kin__producer_event event = { .now_us = now_us,
		                             .type = KIN__PRODUCER_ANSWERED,
		                             .answer = { .id = effect->send.id,
		                                         .verdict = KIN__DONE,
		                                         .results = results,
		                                         .shards = shards } };

	need(++sends < SENDS_MAX, "it sends without end");
	for (uint32_t i = 0; i < effect->send.n; i++)
		shards[i] = sends % 5 == 4 ? "c" : places ? outer_lane(effect->send.records[i]) : "a";
	for (uint32_t i = 0; i < effect->send.n; i++)
		results[i] = sends < 8 && (sends + i) % 3 == 0 ? KIN__THROTTLED : KIN__DONE;
	if (sends == 1)
		event.answer.verdict = KIN__THROTTLED;
	if (sends == 2) {
		event.answer.verdict = KIN__TRANSIENT;
		event.answer.maybe_stored = true;
	}
	kin__producer_step(producer, &event);
}

static void take_all(struct kin__producer *producer)
{
	struct kin__producer_effect effect;

	kin__producer_check(producer);
	need(!kin__producer_bug(producer)->what, "an invariant is broken");
	while (kin__producer_take(producer, &effect)) {
		if (effect.type == KIN__PRODUCER_DELIVER)
			report(&effect);
		else if (effect.type == KIN__PRODUCER_LIST_SHARDS)
			list(producer, &effect);
		else
			answer(producer, &effect);
		kin__producer_check(producer);
		need(!kin__producer_bug(producer)->what, "an invariant is broken");
	}
}

static void put(struct kin__producer *producer, size_t i)
{
	struct kin__list list;
	struct kin__producer_event event = { .now_us = now_us, .type = KIN__PRODUCER_PUT, .records = &list };

	records[i] = (struct kin__producer_record){ .bytes = 10, .ttl_us = i % 2 ? 1000000000 + i : 0 };
	placed[i] = (struct kin__placed){
		.hash = { (uint64_t)(i % 5) << 62, i % 5 }, .key_id = i % 5, .key_n = 4, .data_n = 6
	};
	records[i].placed = places ? &placed[i] : NULL;
	kin__list_init(&list);
	kin__list_append(&list, &records[i].queue);
	kin__producer_step(producer, &event);
}

/* false: there was no machine. */
static bool story(void)
{
	struct kin__producer_settings settings;
	struct kin__producer *producer;

	memset(reported, 0, sizeof reported);
	nomem = sends = 0;
	now_us = 1000000;
	kin__producer_settings_init(&settings);
	settings.request_records_max = 5;
	settings.requests_max = 2;
	settings.aggregate = settings.order_by_key = places;
	settings.rate_percent = places ? 100 : 0;
	settings.aggregate_bytes_max = 100;
	producer = kin__producer_new(&settings);
	if (!producer)
		return false;
	for (size_t i = 0; i < RECORDS; i++) {
		put(producer, i);
		take_all(producer);
		now_us += 1000;
	}
	kin__producer_step(producer,
	                   &(struct kin__producer_event){ .now_us = now_us, .type = KIN__PRODUCER_CLOSE });
	take_all(producer);
	for (uint64_t wake; (wake = kin__producer_wake_us(producer)) != UINT64_MAX;) {
		now_us = wake > now_us ? wake : now_us + 1;
		kin__producer_step(producer, &(struct kin__producer_event){ .now_us = now_us,
		                                                            .type = KIN__PRODUCER_TIMER });
		take_all(producer);
	}
	for (size_t i = 0; i < RECORDS; i++)
		need(reported[i] == 1, "a record was never reported");
	kin__producer_free(producer);
	return true;
}

static uint64_t fail_each(void)
{
	uint64_t total, told = 0;

	kin__mem_fail_at(0);
	need(story() && nomem == 0, "without a failure it fails");
	total = kin__mem_count();
	for (failing = 1; failing <= total; failing++)
		for (uint64_t in_a_row = 1; in_a_row <= 4; in_a_row += 3) {
			kin__mem_fail_run(failing, in_a_row);
			told += !story() || nomem > 0;
			kin__mem_fail_at(0);
		}
	need(told > 0, "no failure was ever told");
	return total;
}

int main(void)
{
	printf("  ok    the producer machine: %" PRIu64 " allocations failed\n", fail_each());
	places = true;
	printf("  ok    the producer machine, records placed: %" PRIu64 " allocations failed\n", fail_each());
	return 0;
}
