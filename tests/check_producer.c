/* check_producer - the rules of the producer machine, one short story each */
#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "producer/lane.h"
#include "producer/placer.h"
#include "producer/producer.h"
#include "producer/room.h"

enum { RECORDS = 2000, WORDS = 65536 };

/* A producer, its records numbered from 1, and what it did since the last `tells`. */
struct story {
	struct kin__producer_settings settings;
	struct kin__producer *producer;
	struct kin__producer_record records[RECORDS];
	struct kin__placed placed[RECORDS]; /* in stories of placed records */
	uint32_t put_n, reported[RECORDS];
	uint64_t now_ms;
	uint32_t seen[KIN__RECORD_STATES];
	struct {
		uint64_t id;
		uint32_t n;
		uint64_t bytes;
	} sent[400];   /* by turn, from 1 */
	uint64_t list; /* the last LIST_SHARDS */
	uint32_t sent_n;
	char words[WORDS];
	size_t words_n;
};

static void say(struct story *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct story *s, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	s->words_n += (size_t)vsnprintf(s->words + s->words_n, WORDS - s->words_n, format, values);
	va_end(values);
	ck_assert_uint_lt(s->words_n, WORDS);
}

static uint32_t number_of(const struct story *s, const struct kin__producer_record *record)
{
	return (uint32_t)(record - s->records) + 1;
}

/* " 1 2 3" or " 1-500" */
static void say_records(struct story *s, struct kin__producer_record *const *records, uint32_t n)
{
	for (uint32_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && records[end] == records[end - 1] + 1;)
			end++;
		if (end - i > 3)
			say(s, " %u-%u", number_of(s, records[i]), number_of(s, records[end - 1]));
		else
			for (uint32_t k = i; k < end; k++)
				say(s, " %u", number_of(s, records[k]));
	}
}

/* " (1 2 3) 4": of each outer record what is in it, aggregates in brackets */
static void say_outers(struct story *s, struct kin__producer_record *const *records, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct kin__outer *outer = (const struct kin__outer *)(const void *)records[i];
		struct kin__producer_record *members[RECORDS];
		uint32_t members_n = 0;

		for (const struct kin__list *node = outer->members.next; node != &outer->members;
		     node = node->next)
			members[members_n++] = kin__container(node, struct kin__producer_record, queue);
		ck_assert_uint_eq(members_n, outer->n);
		say(s, outer->n > 1 ? " (" : "");
		say_records(s, members, members_n);
		say(s, outer->n > 1 ? " )" : "");
	}
}

static void take_all(struct story *s)
{
	static const char *const status[] = { "not sent", "possibly stored", "stored" };
	struct kin__producer_effect effect;

	kin__producer_check(s->producer);
	ck_assert_ptr_null(kin__producer_bug(s->producer)->what);
	while (kin__producer_take(s->producer, &effect)) {
		if (effect.type == KIN__PRODUCER_SEND) {
			s->sent[++s->sent_n].id = effect.send.id;
			s->sent[s->sent_n].n = effect.send.n;
			s->sent[s->sent_n].bytes = effect.send.bytes;
			say(s, "send");
			if (effect.send.outer)
				say_outers(s, effect.send.records, effect.send.n);
			else
				say_records(s, effect.send.records, effect.send.n);
			say(s, "; ");
		} else if (effect.type == KIN__PRODUCER_LIST_SHARDS) {
			s->list = effect.list.id;
			say(s, "list; ");
		} else {
			uint32_t number = number_of(s, effect.deliver.record);

			ck_assert_msg(s->reported[number - 1]++ == 0, "record %u is reported twice", number);
			say(s, "%u %s", number, status[effect.deliver.status]);
			if (effect.deliver.code != KIN_OK)
				say(s, " %d", effect.deliver.code);
			say(s, " after %u; ", effect.deliver.record->attempts);
		}
	}
	kin__producer_check(s->producer);
	ck_assert_ptr_null(kin__producer_bug(s->producer)->what);
}

static void step(struct story *s, struct kin__producer_event *event)
{
	event->now_us = s->now_ms * 1000;
	kin__producer_step(s->producer, event);
	take_all(s);
}

static void put_ttl(struct story *s, uint32_t n, uint32_t bytes, uint64_t ttl_ms)
{
	struct kin__list list;
	struct kin__producer_event event = { .type = KIN__PRODUCER_PUT, .records = &list };

	kin__list_init(&list);
	while (n-- > 0) {
		struct kin__producer_record *record = &s->records[s->put_n++];

		record->bytes = bytes;
		record->ttl_us = ttl_ms * 1000;
		kin__list_append(&list, &record->queue);
	}
	step(s, &event);
	ck_assert(kin__list_empty(&list));
}

static void put(struct story *s, uint32_t n, uint32_t bytes)
{
	put_ttl(s, n, bytes, 0);
}

static void happen(struct story *s, uint8_t type)
{
	step(s, &(struct kin__producer_event){ .type = type, .code = KIN_CLOSED });
}

static void at(struct story *s, uint64_t now_ms)
{
	s->now_ms = now_ms;
	happen(s, KIN__PRODUCER_TIMER);
}

/* results: a letter for each record: S stored, t throttled, i internal failure, x anything else. */
static void answer(struct story *s, uint32_t turn, const char *results)
{
	uint8_t verdicts[500];
	struct kin__producer_event event = {
		.type = KIN__PRODUCER_ANSWERED,
		.answer = { .id = s->sent[turn].id, .verdict = KIN__DONE, .results = verdicts }
	};

	for (uint32_t i = 0; i < s->sent[turn].n; i++) {
		char c = results[strlen(results) == 1 ? 0 : i];

		verdicts[i] = c == 'S'   ? KIN__DONE
		              : c == 't' ? KIN__THROTTLED
		              : c == 'i' ? KIN__TRANSIENT
		                         : KIN__REFUSED;
	}
	step(s, &event);
}

static void refuse(struct story *s, uint32_t turn, enum kin__verdict verdict, int32_t code, bool maybe_stored)
{
	step(s, &(struct kin__producer_event){ .type = KIN__PRODUCER_ANSWERED,
	                                       .answer = { .id = s->sent[turn].id,
	                                                   .verdict = (uint8_t)verdict,
	                                                   .code = code,
	                                                   .maybe_stored = maybe_stored } });
}

static uint64_t wake_ms(const struct story *s)
{
	uint64_t wake_us = kin__producer_wake_us(s->producer);

	return wake_us == UINT64_MAX ? UINT64_MAX : (wake_us + 999) / 1000;
}

static void tells(struct story *s, const char *expected)
{
	if (s->words_n >= 2)
		s->words[s->words_n - 2] = 0; /* the last "; " */
	ck_assert_str_eq(s->words, expected);
	s->words_n = 0;
	s->words[0] = 0;
}

static struct story *begin(uint32_t records_max, uint64_t bytes_max, uint32_t requests_max)
{
	struct story *s = calloc(1, sizeof *s);

	ck_assert_ptr_nonnull(s);
	kin__producer_settings_init(&s->settings);
	s->settings.request_records_max = records_max;
	s->settings.request_bytes_max = bytes_max;
	s->settings.requests_max = requests_max;
	s->settings.seed = 7;
	s->settings.seen = s->seen;
	s->producer = kin__producer_new(&s->settings);
	ck_assert_ptr_nonnull(s->producer);
	return s;
}

static struct story *begin_again(struct story *s)
{
	kin__producer_free(s->producer);
	s->producer = kin__producer_new(&s->settings);
	ck_assert_ptr_nonnull(s->producer);
	return s;
}

static void end(struct story *s)
{
	kin__producer_free(s->producer);
	free(s);
}

START_TEST(lingers_for_company)
{
	struct story *s = begin(500, 1000000, 8);

	put(s, 1, 10);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), 100);
	at(s, 60);
	put(s, 2, 10);
	at(s, 99);
	tells(s, "");
	at(s, 100); /* the oldest has waited long enough; the others ride along */
	tells(s, "send 1 2 3");
	at(s, 130);
	answer(s, 1, "S");
	tells(s, "1 stored after 1; 2 stored after 1; 3 stored after 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

START_TEST(leaves_when_full_of_records)
{
	struct story *s = begin(500, 1000000, 8);

	put(s, 499, 10);
	tells(s, "");
	put(s, 1, 10);
	tells(s, "send 1-500");
	put(s, 501, 10);
	tells(s, "send 501-1000");
	at(s, 100);
	tells(s, "send 1001");
	end(s);
}
END_TEST

START_TEST(leaves_when_full_of_bytes)
{
	struct story *s = begin(500, 100, 8);

	put(s, 3, 33);
	tells(s, "");
	put(s, 1, 1); /* 100 exactly */
	tells(s, "send 1-4");
	put(s, 3, 40); /* the third does not fit */
	tells(s, "send 5 6");
	at(s, 100);
	tells(s, "send 7");
	put(s, 2, 100);
	tells(s, "send 8; send 9");
	end(s);
}
END_TEST

/* Neither what came before nor what comes behind it goes with it; nothing waits for company with it. */
START_TEST(one_larger_than_a_request_goes_alone)
{
	struct story *s = begin(500, 100, 8);

	put(s, 2, 10);
	put(s, 1, 101);
	tells(s, "send 1 2; send 3");
	put(s, 1, 10485760);
	tells(s, "send 4");
	put(s, 1, 10);
	tells(s, "");
	answer(s, 2, "t");
	answer(s, 3, "S");
	tells(s, "4 stored after 1");
	at(s, 100);
	tells(s, "send 3; send 5");
	end(s);
}
END_TEST

START_TEST(flush_does_not_linger)
{
	struct story *s = begin(500, 1000000, 8);

	put(s, 2, 10);
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "send 1 2");
	put(s, 1, 10); /* came after it: lingers as ever */
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), 100);
	ck_assert_uint_eq(kin__producer_oldest(s->producer), 1);
	answer(s, 1, "S");
	ck_assert_uint_eq(kin__producer_oldest(s->producer), 3);
	end(s);
}
END_TEST

START_TEST(flush_outlives_a_full_line)
{
	struct story *s = begin(2, 1000000, 1);

	put(s, 5, 10);
	happen(s, KIN__PRODUCER_FLUSH);
	put(s, 1, 10);
	tells(s, "send 1 2"); /* one request at once */
	answer(s, 1, "S");
	tells(s, "1 stored after 1; 2 stored after 1; send 3 4");
	answer(s, 2, "S");
	tells(s, "3 stored after 1; 4 stored after 1; send 5 6");
	end(s);
}
END_TEST

START_TEST(requests_in_flight_are_bounded)
{
	struct story *s = begin(1, 1000, 3);

	put(s, 5, 10);
	tells(s, "send 1; send 2; send 3");
	ck_assert_uint_eq(wake_ms(s), 300000); /* only the records' end of life */
	answer(s, 2, "S");
	tells(s, "2 stored after 1; send 4");
	end(s);
}
END_TEST

START_TEST(only_failed_entries_go_again)
{
	struct story *s = begin(5, 1000, 1);
	uint64_t wake;

	put(s, 8, 10);
	tells(s, "send 1-5");
	answer(s, 1, "SitSS");
	tells(s, "1 stored after 1; 4 stored after 1; 5 stored after 1");
	wake = wake_ms(s);
	ck_assert_uint_le(wake, 100);
	at(s, wake); /* in their order, ahead of newer ones, which ride along */
	tells(s, "send 2 3 6 7 8");
	answer(s, 2, "S");
	tells(s, "2 stored after 2; 3 stored after 2; 6 stored after 1; 7 stored after 1; 8 stored after 1");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->retried, 2);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->throttled, 1);
	end(s);
}
END_TEST

START_TEST(a_failed_request_goes_again_whole)
{
	struct story *s = begin(2, 1000, 2);

	put(s, 6, 10);
	tells(s, "send 1 2; send 3 4");
	refuse(s, 2, KIN__TRANSIENT, KIN_NETWORK, true); /* the newer one fails first */
	refuse(s, 1, KIN__TRANSIENT, KIN_NETWORK, false);
	tells(s, "");
	at(s, 50);
	tells(s, "send 1 2; send 3 4"); /* as they were put */
	ck_assert_uint_eq(kin__producer_counts(s->producer)->requests_failed, 2);
	answer(s, 3, "S");
	answer(s, 4, "S");
	tells(s, "1 stored after 2; 2 stored after 2; send 5 6; 3 stored after 2; 4 stored after 2");
	end(s);
}
END_TEST

START_TEST(ttl_ends_records_that_wait)
{
	struct story *s = begin(2, 1000, 1);

	s->settings.record_ttl_us = 500000;
	s->settings.backoff_max_us = UINT64_C(100000000000);
	s->settings.entry_base_us = s->settings.backoff_max_us;
	begin_again(s);
	put(s, 3, 10);
	at(s, 100);
	tells(s, "send 1 2");
	answer(s, 1, "ti");
	tells(s, "send 3");
	at(s, 499);
	tells(s, "");
	at(s, 500); /* 3 is under way: its answer decides */
	tells(s, "1 not sent -16 after 1; 2 possibly stored -16 after 1");
	at(s, 700);
	tells(s, "");
	answer(s, 2, "S");
	tells(s, "3 stored after 1");
	end(s);
}
END_TEST

START_TEST(ttl_ends_records_when_their_answer_fails)
{
	struct story *s = begin(2, 1000, 2);

	s->settings.record_ttl_us = 500000;
	begin_again(s);
	put(s, 4, 10);
	at(s, 600);
	tells(s, "send 1 2; send 3 4");
	refuse(s, 1, KIN__TRANSIENT, KIN_NETWORK, true);
	tells(s, "1 possibly stored -16 after 1; 2 possibly stored -16 after 1");
	answer(s, 2, "tS");
	tells(s, "3 not sent -16 after 1; 4 stored after 1");
	end(s);
}
END_TEST

START_TEST(ttl_ends_records_never_sent)
{
	struct story *s = begin(1, 1000, 1);

	put(s, 1, 10);
	put_ttl(s, 1, 10, 200);
	put(s, 1, 10);
	put_ttl(s, 1, 10, 100);
	tells(s, "send 1");
	ck_assert_uint_eq(wake_ms(s), 100);
	at(s, 99);
	tells(s, "");
	at(s, 100);
	tells(s, "4 not sent -16 after 0");
	at(s, 200);
	tells(s, "2 not sent -16 after 0");
	ck_assert_uint_eq(wake_ms(s), 300000);
	at(s, 300000);
	tells(s, "3 not sent -16 after 0");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	refuse(s, 1, KIN__THROTTLED, KIN_THROTTLED, false);
	tells(s, "1 not sent -16 after 1");
	end(s);
}
END_TEST

START_TEST(a_ttl_of_its_own_under_way)
{
	struct story *s = begin(1, 1000, 1);

	put_ttl(s, 1, 10, 100);
	at(s, 100);
	at(s, 101);
	tells(s, "send 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX); /* nothing to do before its answer */
	refuse(s, 1, KIN__THROTTLED, KIN_THROTTLED, false);
	tells(s, "1 not sent -16 after 1");
	end(s);
}
END_TEST

static const struct {
	enum kin__verdict verdict;
	int32_t code;
	bool maybe;
	const char *told;
} refusals[] = {
	{ KIN__REFUSED, KIN_DENIED, false, "1 not sent -10 after 1; 2 not sent -10 after 1" },
	{ KIN__REFUSED, KIN_CLOSED, true, "1 possibly stored -6 after 1; 2 possibly stored -6 after 1" },
	{ KIN__NOT_FOUND, KIN_NOT_FOUND, false, "1 not sent -13 after 1; 2 not sent -13 after 1" },
	{ KIN__ITERATOR_EXPIRED, 0, false, "1 not sent -12 after 1; 2 not sent -12 after 1" },
};

START_TEST(refusals_are_reported_at_once)
{
	struct story *s = begin(2, 1000, 1);

	put(s, 3, 10);
	tells(s, "send 1 2");
	at(s, 50);
	refuse(s, 1, refusals[_i].verdict, refusals[_i].code, refusals[_i].maybe);
	tells(s, refusals[_i].told);
	at(s, 100); /* and the producer goes on */
	tells(s, "send 3");
	answer(s, 2, "S");
	tells(s, "3 stored after 1");
	end(s);
}
END_TEST

START_TEST(an_entry_may_be_refused)
{
	struct story *s = begin(3, 1000, 1);

	put(s, 3, 10);
	answer(s, 1, "SxS");
	tells(s, "send 1 2 3; 1 stored after 1; 2 not sent -12 after 1; 3 stored after 1");
	end(s);
}
END_TEST

START_TEST(doubt_is_remembered)
{
	struct story *s = begin(2, 1000, 1);

	put(s, 2, 10);
	refuse(s, 1, KIN__TRANSIENT, KIN_NETWORK, true); /* no answer: both may be stored */
	at(s, 50);
	answer(s, 2, "tS");
	at(s, 1000);
	refuse(s, 3, KIN__NOT_FOUND, KIN_NOT_FOUND, false);
	tells(s, "send 1 2; send 1 2; 2 stored after 2; send 1; 1 possibly stored -13 after 3");
	end(s);
}
END_TEST

START_TEST(close_drains)
{
	struct story *s = begin(500, 1000, 1);

	put(s, 2, 10);
	happen(s, KIN__PRODUCER_CLOSE);
	tells(s, "send 1 2");
	answer(s, 1, "Si");
	at(s, 100);
	answer(s, 2, "S");
	tells(s, "1 stored after 1; send 2; 2 stored after 2");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

START_TEST(abandon_gives_up_what_is_not_under_way)
{
	struct story *s = begin(2, 1000, 2);

	put(s, 4, 10);
	put(s, 1, 10);
	answer(s, 1, "Si");
	tells(s, "send 1 2; send 3 4; 1 stored after 1");
	happen(s, KIN__PRODUCER_ABANDON);
	tells(s, "2 possibly stored -6 after 1; 5 not sent -6 after 0");
	put(s, 1, 10);
	tells(s, "6 not sent -6 after 0");
	answer(s, 2, "tS");
	tells(s, "3 not sent -6 after 1; 4 stored after 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

/* Where memory runs out, each record is still reported once, and the pause is kept. */
START_TEST(without_memory)
{
	struct story *s = begin(2, 1000, 1);
	uint64_t wake;

	kin__mem_fail_at(1);
	ck_assert_ptr_null(kin__producer_new(&s->settings));
	kin__mem_fail_at(3);
	ck_assert_ptr_null(kin__producer_new(&s->settings));
	kin__mem_fail_at(1);
	put_ttl(s, 1, 10, 1000); /* no room to watch it */
	tells(s, "1 not sent -1 after 0");
	put(s, 4, 10);
	kin__mem_fail_at(1);
	answer(s, 1, "iS");
	kin__mem_fail_at(0);
	tells(s, "send 2 3; 3 stored after 1");
	wake = wake_ms(s);
	ck_assert_uint_gt(wake, 0);
	ck_assert_uint_le(wake, 50);
	at(s, wake);
	tells(s, "send 2 4"); /* everybody waited with it */
	end(s);
}
END_TEST

#include "producer_pauses.h"
#include "producer_placed.h"
#include "producer_refused.h"
#include "producer_maps.h"
#include "producer_ordered.h"
#include "producer_paced.h"
#include "producer_counted.h"
#include "producer_memory.h"
#include "producer_outage.h"
#include "producer_spool.h"
#include "producer_bounds.h"

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
