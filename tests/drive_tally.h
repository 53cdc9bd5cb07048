/* Part of check_drive: what is counted of each shard by the answers. */
#include "drive/produce.h"

/* An answer of one record of 10 bytes that is stored in the shard of that number, or one that a refusal came for. */
static void answer_from(struct kin__produce *produce, int shard, uint8_t verdict, uint64_t id)
{
	static char text[40];
	static struct kin__producer_record record = { .bytes = 10 };
	struct kin__producer_record *records[] = { &record };
	struct kin__put_result result = { .shard_id = verdict == KIN__DONE ? text : NULL };
	struct kin__produce_request request = {
		.produce = produce, .records = records, .n = 1, .id = id, .stored = { .took_us = 100 }
	};
	struct kin__produce_stored stored;

	snprintf(text, sizeof text, "shardId-%012d", shard);
	produce->own.results = &result;
	produce->own.verdicts = &verdict;
	kin__produce_count(&request, &stored);
	ck_assert_uint_eq(stored.entries, verdict == KIN__DONE);
	ck_assert_uint_eq(stored.units, verdict == KIN__DONE);
}

static struct kin__produced *copy_of(struct kin__produce *produce)
{
	struct kin__produced *made = kin__produced_new("s", 0);

	ck_assert_ptr_nonnull(made);
	ck_assert_int_eq(kin__produce_shards_copy(&produce->shards, made), 0);
	return made;
}

static struct kin__produce *tallying(void)
{
	struct kin__produce *produce = kin__mem_zalloc(sizeof *produce);

	ck_assert_ptr_nonnull(produce);
	ck_assert_int_eq(kin__produce_shards_init(&produce->shards), 0);
	return produce;
}

static void end_tally(struct kin__produce *produce)
{
	kin__produce_shards_fini(&produce->shards);
	kin__mem_free(produce);
}

START_TEST(shards_are_counted)
{
	struct kin__produce *produce = tallying();
	struct kin__produced *made;

	for (uint64_t id = 1; id <= 4; id++) {
		answer_from(produce, 64, KIN__DONE, (id + 1) / 2); /* two entries of an answer */
		answer_from(produce, 0, KIN__DONE, (id + 1) / 2);
		answer_from(produce, 0, KIN__THROTTLED, id); /* nobody knows where it was to go */
	}
	made = copy_of(produce);
	ck_assert_uint_eq(made->shown.shards_n, 2);
	ck_assert_str_eq(made->shards[0].shard_id, "shardId-000000000064");
	ck_assert_str_eq(made->shards[1].shard_id, "shardId-000000000000");
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(made->shards[i].records, 4);
		ck_assert_uint_eq(made->shards[i].bytes, 40);
		ck_assert_uint_eq(made->shards[i].throttled, 0);
		ck_assert_uint_eq(made->shards[i].requests.count, 2);
		ck_assert_uint_eq(made->shards[i].requests.max_us, 100);
	}
	kin__produced_free(made);
	end_tally(produce);
}
END_TEST

/* Of more shards than there is room for those stay that were used last. */
START_TEST(shards_are_bounded)
{
	struct kin__produce *produce = tallying();
	struct kin__produced *made;
	uint64_t id = 0;
	bool seven = false;

	for (int i = 0; i < KIN__PRODUCED_SHARDS_MAX + 3000; i++) {
		answer_from(produce, i, KIN__DONE, ++id);
		if (i % 1000 == 0)
			answer_from(produce, 7, KIN__DONE, ++id);
	}
	made = copy_of(produce);
	ck_assert_uint_eq(made->shown.shards_n, KIN__PRODUCED_SHARDS_MAX);
	for (size_t i = 0; i < made->shown.shards_n; i++) {
		int number = atoi(made->shards[i].shard_id + 8);

		ck_assert_int_eq((number == 7 || number >= 3000 - 1), true);
		ck_assert_uint_eq(made->shards[i].records, number == 7 ? 14 : 1);
		seven |= number == 7;
	}
	ck_assert(seven);
	kin__produced_free(made);
	end_tally(produce);
}
END_TEST

START_TEST(shards_without_memory)
{
	struct kin__produce *produce = tallying();
	struct kin__produced *made;
	uint64_t failing = 0;

	do { /* that of an entry, then those of the map */
		kin__mem_fail_at(++failing);
		answer_from(produce, 1, KIN__DONE, failing);
		if (kin__mem_count() >= failing)
			ck_assert_ptr_null(kin__map_get(&produce->shards.by_id,
			                                kin__span_text("shardId-000000000001")));
	} while (kin__mem_count() >= failing);
	kin__mem_fail_at(0);
	ck_assert_uint_ge(failing, 3);
	made = copy_of(produce);
	ck_assert_uint_eq(made->shown.shards_n, 1);
	kin__produced_free(made);
	made = kin__produced_new("s", 0);
	kin__mem_fail_at(1);
	ck_assert_int_eq(kin__produce_shards_copy(&produce->shards, made), -1);
	kin__mem_fail_at(0);
	kin__produced_free(made);
	end_tally(produce);
}
END_TEST

static TCase *tally_case(void)
{
	TCase *made = tcase_create("tally");

	tcase_add_test(made, shards_are_counted);
	tcase_add_test(made, shards_are_bounded);
	tcase_add_test(made, shards_without_memory);
	return made;
}
