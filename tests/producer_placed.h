/* Part of check_producer: records placed by the shard they will land in: aggregates, order, pace.
 *
 * The hash keys are cut into eight parts, 0 to 7; a map of the shards is a text of eight letters, one a part: "aaaabbbb" has
 * two shards, named a and b. */

static struct story *begin_placed(bool aggregate, bool order, uint32_t rate_percent)
{
	struct story *s = begin(500, 1000000, 8);

	s->settings.aggregate = aggregate;
	s->settings.order_by_key = order;
	s->settings.rate_percent = rate_percent;
	return begin_again(s);
}

/* A record for each digit: its part; its key is that of the part, of 4 bytes. */
static void put_at(struct story *s, const char *parts, uint32_t bytes, uint64_t ttl_ms)
{
	struct kin__list list;
	struct kin__producer_event event = { .type = KIN__PRODUCER_PUT, .records = &list };

	kin__list_init(&list);
	for (; *parts; parts++) {
		struct kin__placed *placed = &s->placed[s->put_n];
		struct kin__producer_record *record = &s->records[s->put_n++];
		uint64_t part = (uint64_t)(*parts - '0');

		*placed = (struct kin__placed){
			.hash = { part << 61 | 7, 0 }, .key_id = part, .key_n = 4, .data_n = bytes - 4
		};
		*record = (struct kin__producer_record){ .bytes = bytes,
			                                 .ttl_us = ttl_ms * 1000,
			                                 .placed = placed };
		kin__list_append(&list, &record->queue);
	}
	step(s, &event);
}

static void put_parts(struct story *s, const char *parts)
{
	put_at(s, parts, 104, 0);
}

/* NULL: the list failed. */
static void map(struct story *s, const char *letters)
{
	struct kin__shard_info shards[8];
	char ids[8][2] = { "" };
	size_t n = 0;

	for (uint64_t part = 0; letters && part < 8; part++) {
		struct kin__hashkey last = { part << 61 | UINT64_MAX >> 3, UINT64_MAX };

		if (part > 0 && letters[part] == letters[part - 1]) {
			shards[n - 1].last_hash = last;
			continue;
		}
		ids[n][0] = letters[part];
		shards[n] = (struct kin__shard_info){ .id = ids[n],
			                              .first_sequence = "1",
			                              .first_hash = { part << 61, 0 },
			                              .last_hash = last };
		n++;
	}
	step(s, &(struct kin__producer_event){
				.type = KIN__PRODUCER_SHARDS,
				.shards = { .id = s->list, .done = letters != NULL, .at = shards, .n = n } });
}

/* As answer(); landed: the shard of each entry, a letter. */
static void answer_at(struct story *s, uint32_t turn, const char *results, const char *landed)
{
	uint8_t verdicts[500];
	char ids[500][2] = { "" };
	const char *shards[500];
	struct kin__producer_event event = { .type = KIN__PRODUCER_ANSWERED,
		                             .answer = { .id = s->sent[turn].id,
		                                         .verdict = KIN__DONE,
		                                         .results = verdicts,
		                                         .shards = shards } };

	for (uint32_t i = 0; i < s->sent[turn].n; i++) {
		char c = results[strlen(results) == 1 ? 0 : i];

		verdicts[i] = c == 'S' ? KIN__DONE : c == 't' ? KIN__THROTTLED : KIN__TRANSIENT;
		ids[i][0] = landed[strlen(landed) == 1 ? 0 : i];
		shards[i] = ids[i];
	}
	step(s, &event);
}

/* Each predicted shard has its aggregate; what is alone goes as it is. */
START_TEST(aggregates_are_of_one_shard)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0741");
	tells(s, "list");
	at(s, 40);
	map(s, "aabbccdd");
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), 100);
	at(s, 100);
	tells(s, "send ( 1 4 ) 3 2");
	/* magic and MD5, the key a; two keys; two records of 100 bytes */
	ck_assert_uint_eq(s->sent[1].bytes, 21 + 2 * 6 + 2 * (2 + 2 + 2 + 100) + 104 + 104);
	answer_at(s, 1, "S", "acd");
	tells(s, "1 stored after 1; 4 stored after 1; 3 stored after 1; 2 stored after 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

/* Keys that come again stand once in the aggregate. */
START_TEST(a_full_aggregate_leaves_at_once)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_bytes_max = 21 + 6 + 3 * 106;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaaaaaa");
	put_parts(s, "0000");
	at(s, 5); /* it waits for others to share its request, and takes them along when their time comes */
	put_parts(s, "4");
	tells(s, "list");
	at(s, 100);
	tells(s, "send ( 1 2 3 ) ( 4 5 )");
	ck_assert_uint_eq(s->sent[1].bytes, s->settings.aggregate_bytes_max + 21 + 6 + 2 * 106);
	at(s, 105);
	tells(s, "send 6");
	end(s);
}
END_TEST

START_TEST(an_aggregate_holds_so_many_records)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_records_max = 2;
	s->settings.request_records_max = 2;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaaaaaa");
	put_parts(s, "00000");
	tells(s, "list; send ( 1 2 ) ( 3 4 )"); /* a full request of full aggregates */
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "send ( 5 6 )");
	end(s);
}
END_TEST

/* With its last record it is full, to the record: it waits for nobody. */
START_TEST(a_full_aggregate_that_fills_its_request_leaves)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_records_max = 3;
	s->settings.request_records_max = 1;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaaaaaa");
	put_parts(s, "0");
	tells(s, "list");
	put_parts(s, "0");
	tells(s, "send ( 1 2 3 )");
	end(s);
}
END_TEST

START_TEST(what_is_too_large_for_an_aggregate_goes_alone)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_bytes_max = 400;
	begin_again(s);
	put_at(s, "0", 104, 0);
	map(s, "aaaaaaaa");
	put_at(s, "0", 500, 0);
	put_at(s, "00", 104, 0);
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send 1 2 ( 3 4 )");
	end(s);
}
END_TEST

/* Until there is a map records wait for it, but not for long, and not when it cannot be had. */
START_TEST(without_a_map_records_go_alone)
{
	struct story *s = begin_placed(true, false, 0);
	uint64_t wake;

	put_parts(s, "00");
	at(s, 999);
	tells(s, "list");
	at(s, 1000);
	tells(s, "send 1 2");
	map(s, NULL);
	wake = wake_ms(s);
	ck_assert_uint_ge(wake, 1500);
	ck_assert_uint_le(wake, 2500);
	put_parts(s, "00");
	at(s, 1100);
	tells(s, "send 3 4");
	at(s, wake);
	tells(s, "list");
	map(s, "aaaabbbb");
	put_parts(s, "0404");
	at(s, wake + 100);
	tells(s, "send ( 5 7 ) ( 6 8 )");
	end(s);
}
END_TEST

START_TEST(an_idle_producer_asks_for_no_map)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0");
	map(s, NULL);
	at(s, 100);
	answer_at(s, 1, "S", "a");
	tells(s, "list; send 1; 1 stored after 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	at(s, 90000);
	tells(s, "");
	put_parts(s, "0");
	tells(s, "list");
	end(s);
}
END_TEST

START_TEST(pauses_between_failed_lists_grow)
{
	uint64_t longest = 0, shortest = UINT64_MAX;

	for (uint64_t seed = 0; seed < 40; seed++) {
		struct story *s = begin_placed(true, false, 0);

		s->settings.seed = seed;
		s->settings.record_ttl_us = UINT64_C(1000000000000);
		begin_again(s);
		put_parts(s, "0");
		s->words_n = 0;
		for (int i = 0; i < 9; i++) {
			uint64_t began = s->now_ms;

			map(s, NULL);
			at(s, s->now_ms + 1);
			while (s->words_n < 5 || strcmp(s->words + s->words_n - 6, "list; ") != 0)
				at(s, wake_ms(s));
			longest = s->now_ms - began > longest ? s->now_ms - began : longest;
			shortest = s->now_ms - began < shortest ? s->now_ms - began : shortest;
			s->words_n = 0;
		}
		end(s);
	}
	ck_assert_uint_ge(shortest, 500);
	ck_assert_uint_gt(longest, 25000);
	ck_assert_uint_le(longest, 30500);
}
END_TEST

/* After a map the pause of the next failure is as short as that of the first. */
START_TEST(a_map_makes_the_pauses_short_again)
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct story *s = begin_placed(true, false, 0);
		uint64_t began;

		s->settings.seed = seed;
		s->settings.record_ttl_us = UINT64_C(1000000000000);
		begin_again(s);
		put_parts(s, "0");
		for (int i = 0; i < 9; i++) {
			map(s, NULL);
			s->words_n = 0;
			while (s->words_n < 5 || strcmp(s->words + s->words_n - 6, "list; ") != 0)
				at(s, wake_ms(s));
		}
		map(s, "aaaabbbb");
		put_parts(s, "5"); /* it lands where the map knows no shard */
		at(s, s->now_ms + 1000);
		answer_at(s, s->sent_n, "S", "c");
		put_parts(s, "5");
		began = s->now_ms;
		map(s, NULL);
		s->words_n = 0;
		while (s->words_n < 5 || strcmp(s->words + s->words_n - 6, "list; ") != 0)
			at(s, wake_ms(s));
		ck_assert_uint_ge(s->now_ms - began, 500);
		ck_assert_uint_le(s->now_ms - began, 1500);
		end(s);
	}
}
END_TEST

/* Shard a was split: the first record of the aggregate is where it belongs, the second would be dropped with it. */
START_TEST(an_aggregate_astray_is_put_again)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0174");
	map(s, "aaaabbbb");
	at(s, 2000);
	tells(s, "list; send ( 1 2 ) ( 3 4 )");
	answer_at(s, 1, "S", "cb");
	tells(s, "3 stored after 1; 4 stored after 1; list"); /* it waits for the map */
	map(s, "cdddbbbb");
	tells(s, "send 1 2");
	answer_at(s, 2, "S", "cd");
	tells(s, "1 stored after 2; 2 stored after 2");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->retried, 2);
	end(s);
}
END_TEST

/* It landed astray, and then its time is over: it may be read, and it may not. */
START_TEST(an_aggregate_astray_may_be_stored)
{
	struct story *s = begin_placed(true, false, 0);

	put_at(s, "01", 104, 3000);
	map(s, "aaaabbbb");
	at(s, 2000);
	answer_at(s, 1, "S", "c");
	at(s, 2999);
	tells(s, "list; send ( 1 2 ); list");
	at(s, 3000);
	tells(s, "1 possibly stored -16 after 1; 2 possibly stored -16 after 1");
	end(s);
}
END_TEST

/* In a shard that is known, and has none of its keys. */
START_TEST(an_aggregate_in_a_strange_shard_is_put_again)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0177");
	map(s, "aaaabbbb");
	at(s, 2000);
	answer_at(s, 1, "S", "ba");
	tells(s, "list; send ( 1 2 ) ( 3 4 ); list"); /* neither is where it belongs: above, and below */
	map(s, "aaaabbbb");
	tells(s, "send ( 1 2 ) ( 3 4 )");
	answer_at(s, 2, "S", "ab");
	tells(s, "1 stored after 2; 2 stored after 2; 3 stored after 2; 4 stored after 2");
	end(s);
}
END_TEST

/* A merge: the new shard has room for all of it. */
START_TEST(a_known_shard_that_covers_all_is_as_good)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "01");
	map(s, "aaaabbbb");
	at(s, 2000);
	put_parts(s, "5");
	at(s, 2100);
	tells(s, "list; send ( 1 2 ); send 3");
	answer_at(s, 2, "S", "m"); /* it came alone: it is stored, wherever that is */
	put_parts(s, "5");
	tells(s, "3 stored after 1; list");
	map(s, "mmmmmmmm");
	answer_at(s, 1, "S", "m");
	tells(s, "1 stored after 1; 2 stored after 1");
	end(s);
}
END_TEST

/* The answer to a request that left before the map was asked for says nothing against it; and what was sent to a shard
 * that has been closed since is where it belongs. */
START_TEST(an_old_answer_is_no_reason_to_doubt)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "01");
	map(s, "aaaabbbb");
	at(s, 2000);
	put_parts(s, "5");
	at(s, 2100);
	answer_at(s, 2, "S", "d");
	put_parts(s, "0");
	tells(s, "list; send ( 1 2 ); send 3; 3 stored after 1; list");
	map(s, "cccccddd");
	answer_at(s, 1, "S", "a");
	tells(s, "1 stored after 1; 2 stored after 1");
	put_parts(s, "1");
	at(s, 2200);
	tells(s, "send ( 4 5 )");
	end(s);
}
END_TEST

START_TEST(a_stream_that_is_gone_takes_its_map_along)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "01");
	map(s, "aaaabbbb");
	at(s, 2000);
	put_parts(s, "0");
	refuse(s, 1, KIN__NOT_FOUND, KIN_NOT_FOUND, false);
	tells(s, "list; send ( 1 2 ); 1 not sent -13 after 1; 2 not sent -13 after 1; list");
	end(s);
}
END_TEST

START_TEST(maps_that_overlap_are_not_believed)
{
	struct story *s = begin_placed(true, false, 0);
	struct kin__shard_info both[2] = {
		{ .id = "a", .first_sequence = "1", .last_hash = KIN__HASHKEY_MAX },
		{ .id = "b", .first_sequence = "1", .last_hash = KIN__HASHKEY_MAX }
	};

	put_parts(s, "00");
	step(s,
	     &(struct kin__producer_event){ .type = KIN__PRODUCER_SHARDS,
	                                    .shards = { .id = s->list, .done = true, .at = both, .n = 2 } });
	at(s, 100);
	tells(s, "list; send 1 2");
	end(s);
}
END_TEST

/* A list of no shards is none: it is asked for again. */
START_TEST(a_list_without_shards_is_not_believed)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "00");
	step(s, &(struct kin__producer_event){ .type = KIN__PRODUCER_SHARDS,
	                                       .shards = { .id = s->list, .done = true, .n = 0 } });
	at(s, 100);
	tells(s, "list; send 1 2");
	put_parts(s, "0");
	at(s, 2500);
	tells(s, "list; send 3");
	end(s);
}
END_TEST

/* An answer that does not say where is one all the same. */
START_TEST(an_answer_without_shards_is_believed)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "01");
	map(s, "aaaabbbb");
	at(s, 100);
	answer(s, 1, "S");
	tells(s, "list; send ( 1 2 ); 1 stored after 1; 2 stored after 1");
	end(s);
}
END_TEST

/* Each record counts, as one that is not placed does. */
START_TEST(a_throttled_request_counts_its_records)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0174");
	map(s, "aaaabbbb");
	at(s, 100);
	refuse(s, 1, KIN__THROTTLED, KIN_THROTTLED, false);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->throttled, 4);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->requests_failed, 1);
	end(s);
}
END_TEST

/* A good answer ends the growth of the pauses, as it does where nothing is placed. */
START_TEST(a_good_answer_makes_the_pauses_of_requests_short)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct story *s = begin_placed(true, false, 0);

		s->settings.seed = seed;
		begin_again(s);
		put_parts(s, "0");
		map(s, "aaaaaaaa");
		happen(s, KIN__PRODUCER_FLUSH);
		for (uint32_t turn = 1; turn <= 7; turn++) {
			refuse(s, turn, KIN__TRANSIENT, KIN_NETWORK, false);
			at(s, wake_ms(s));
		}
		answer_at(s, 8, "S", "a");
		put_parts(s, "0");
		happen(s, KIN__PRODUCER_FLUSH);
		refuse(s, 9, KIN__TRANSIENT, KIN_NETWORK, false);
		ck_assert_uint_le(wake_ms(s), s->now_ms + 50);
		end(s);
	}
}
END_TEST

/* While no request can leave, what comes to a lane is put together there. */
START_TEST(company_comes_while_requests_are_under_way)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.requests_max = s->settings.request_records_max = 1;
	s->settings.linger_us = 0;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaaaaaa");
	put_parts(s, "0");
	put_parts(s, "0");
	put_parts(s, "0");
	tells(s, "list; send 1");
	answer_at(s, 1, "S", "a");
	answer_at(s, 2, "S", "a");
	tells(s, "1 stored after 1; send 2; 2 stored after 1; send ( 3 4 )");
	end(s);
}
END_TEST

/* Which of them is too large is seen when each stands alone. */
START_TEST(a_refused_aggregate_is_taken_apart)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0001");
	map(s, "aaaaaaaa");
	at(s, 100);
	refuse(s, 1, KIN__INVALID_ARGUMENT, KIN_REFUSED, false);
	tells(s, "list; send ( 1-4 ); send 1 2 3 4");
	refuse(s, 2, KIN__INVALID_ARGUMENT, KIN_REFUSED, false);
	tells(s, "send 1 2; send 3 4");
	answer_at(s, 3, "S", "a");
	refuse(s, 4, KIN__INVALID_ARGUMENT, KIN_REFUSED, false);
	tells(s, "1 stored after 3; 2 stored after 3; send 3; send 4");
	refuse(s, 5, KIN__INVALID_ARGUMENT, KIN_REFUSED, false);
	answer_at(s, 6, "S", "a");
	tells(s, "3 not sent -12 after 4; 4 stored after 4");
	end(s);
}
END_TEST

/* What has little time ends alone; the others of its aggregate go again. */
START_TEST(each_record_of_an_aggregate_has_its_own_time)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.requests_max = 1;
	begin_again(s);
	put_parts(s, "7");
	map(s, "aaaabbbb");
	happen(s, KIN__PRODUCER_FLUSH);
	put_at(s, "0", 104, 300);
	put_parts(s, "0");
	at(s, 100);
	tells(s, "list; send 1");
	at(s, 300);
	tells(s, "2 not sent -16 after 0");
	answer_at(s, 1, "S", "b");
	tells(s, "1 stored after 1; send 3");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->retried, 0);
	answer_at(s, 2, "S", "a");
	tells(s, "3 stored after 1");
	end(s);
}
END_TEST

/* What came back because others of its aggregate had no time left stands before older ones; nobody waits longer for it. */
START_TEST(what_came_back_unsent_has_waited_enough)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_bytes_max = 21 + 6 + 2 * 106;
	begin_again(s);
	put_parts(s, "7");
	map(s, "aaaabbbb");
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send 1");
	at(s, 10);
	put_at(s, "0", 104, 0);
	put_at(s, "0", 104, 30);
	at(s, 30);
	put_at(s, "0", 104, 40);
	put_at(s, "0", 104, 0);
	at(s, 40);
	tells(s, "3 not sent -16 after 0");
	at(s, 70);
	tells(s, "4 not sent -16 after 0");
	at(s, 110); /* a hundred after the second record was put */
	tells(s, "send 2 5");
	end(s);
}
END_TEST

#ifndef KIN_ABORT_ON_BUG
/* Answers to what was never asked: to a request, with and without one under way, and to a list. */
START_TEST(a_wrong_answer_freezes_what_is_placed)
{
	struct story *s = begin_placed(true, false, 0);
	struct kin__producer_event events[] = {
		{ .type = KIN__PRODUCER_ANSWERED, .answer = { .id = 77, .verdict = KIN__DONE } },
		{ .type = KIN__PRODUCER_ANSWERED, .answer = { .id = 0, .verdict = KIN__DONE } },
		{ .type = KIN__PRODUCER_SHARDS, .shards = { .id = 2 } }
	};
	struct kin__producer_effect effect;

	put_parts(s, "00");
	map(s, "aaaaaaaa");
	at(s, 100);
	events[_i].now_us = 100000;
	kin__producer_step(s->producer, &events[_i]);
	ck_assert_ptr_nonnull(kin__producer_bug(s->producer)->what);
	kin__producer_step(s->producer, &(struct kin__producer_event){ .type = KIN__PRODUCER_FLUSH });
	ck_assert_ptr_nonnull(kin__producer_bug(s->producer)->what);
	ck_assert(!kin__producer_take(s->producer, &effect));
	ck_assert_uint_eq(kin__producer_wake_us(s->producer), UINT64_MAX);
	end(s);
}
END_TEST

/* Nobody may put any more. */
START_TEST(a_put_behind_the_close_freezes)
{
	struct story *s = begin_placed(_i == 1, false, 0);
	struct kin__list none;
	struct kin__producer_event event = { .type = KIN__PRODUCER_PUT, .records = &none };

	kin__list_init(&none);
	put_parts(s, "00");
	happen(s, KIN__PRODUCER_CLOSE);
	ck_assert_ptr_null(kin__producer_bug(s->producer)->what);
	kin__producer_step(s->producer, &event);
	ck_assert_ptr_nonnull(kin__producer_bug(s->producer)->what);
	end(s);
}
END_TEST
#endif

static void placed_case(Suite *suite)
{
	TCase *tcase = tcase_create("placed");

	tcase_add_test(tcase, aggregates_are_of_one_shard);
	tcase_add_test(tcase, a_full_aggregate_leaves_at_once);
	tcase_add_test(tcase, an_aggregate_holds_so_many_records);
	tcase_add_test(tcase, a_full_aggregate_that_fills_its_request_leaves);
	tcase_add_test(tcase, what_is_too_large_for_an_aggregate_goes_alone);
	tcase_add_test(tcase, without_a_map_records_go_alone);
	tcase_add_test(tcase, an_idle_producer_asks_for_no_map);
	tcase_add_test(tcase, pauses_between_failed_lists_grow);
	tcase_add_test(tcase, a_map_makes_the_pauses_short_again);
	tcase_add_test(tcase, an_aggregate_astray_is_put_again);
	tcase_add_test(tcase, an_aggregate_astray_may_be_stored);
	tcase_add_test(tcase, an_aggregate_in_a_strange_shard_is_put_again);
	tcase_add_test(tcase, a_known_shard_that_covers_all_is_as_good);
	tcase_add_test(tcase, an_old_answer_is_no_reason_to_doubt);
	tcase_add_test(tcase, a_stream_that_is_gone_takes_its_map_along);
	tcase_add_test(tcase, maps_that_overlap_are_not_believed);
	tcase_add_test(tcase, a_list_without_shards_is_not_believed);
	tcase_add_test(tcase, an_answer_without_shards_is_believed);
	tcase_add_test(tcase, a_throttled_request_counts_its_records);
	tcase_add_test(tcase, a_good_answer_makes_the_pauses_of_requests_short);
	tcase_add_test(tcase, company_comes_while_requests_are_under_way);
	tcase_add_test(tcase, a_refused_aggregate_is_taken_apart);
	tcase_add_test(tcase, each_record_of_an_aggregate_has_its_own_time);
	tcase_add_test(tcase, what_came_back_unsent_has_waited_enough);
#ifndef KIN_ABORT_ON_BUG
	tcase_add_loop_test(tcase, a_wrong_answer_freezes_what_is_placed, 0, 3);
	tcase_add_loop_test(tcase, a_put_behind_the_close_freezes, 0, 2);
#endif
	suite_add_tcase(suite, tcase);
}
