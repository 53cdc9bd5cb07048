/* Which lane of its shard a record goes through. */
#include "base/md5.h"
#include "consumer/route.h"

/* MD5 of the key as a number of 128 bits, modulo the number of lanes; made with another program. */
static const struct {
	const char *key, *sequence;
	uint8_t lanes[6]; /* of 1, 2, 3, 4, 7 and 10 */
} routes[] = {
	{ "a", "1", { 0, 1, 1, 1, 0, 7 } },
	{ "b", "1", { 0, 1, 1, 3, 4, 3 } },
	{ "f", "1", { 0, 1, 2, 3, 0, 9 } },
	{ "k3", "1", { 0, 0, 0, 0, 6, 4 } },
	{ "order-1", "1", { 0, 0, 1, 0, 2, 6 } },
	{ "order-1", "2", { 0, 0, 1, 0, 2, 6 } }, /* whatever its number */
	{ "", "1", { 0, 0, 0, 2, 1, 6 } },
	{ "\xc3\xbc", "1", { 0, 1, 1, 3, 3, 1 } },
	{ NULL, "49590338271490256608559692538361571095921575989136588898", { 0, 0, 0, 0, 3, 2 } },
};

START_TEST(a_key_has_its_lane)
{
	static const uint32_t factors[] = { 1, 2, 3, 4, 7, 10 };
	struct kin_record record = { .partition_key = routes[_i].key,
		                     .partition_key_size =
		                                     routes[_i].key ? (uint32_t)strlen(routes[_i].key) : 0,
		                     .sequence_number = routes[_i].sequence,
		                     .sequence_number_size = (uint32_t)strlen(routes[_i].sequence) };

	for (size_t i = 0; i < KIN__ARRAY_LEN(factors); i++) {
		uint8_t lane = 99;

		kin__route_lanes(NULL, &record, 1, NULL, factors[i], &lane);
		ck_assert_msg(lane == routes[_i].lanes[i], "key %s: lane %u of %u, not %u",
		              routes[_i].key ? routes[_i].key : "(none)", lane, factors[i],
		              routes[_i].lanes[i]);
	}
}
END_TEST

/* A page of many: each as if it were alone, and those left out are not looked at. */
START_TEST(keys_of_a_page_have_their_lanes)
{
	enum { MOST = 200 };
	struct kin_record records[MOST];
	uint8_t left_out[MOST], lanes[MOST], one;

	memset(lanes, 99, sizeof lanes);
	for (size_t i = 0; i < MOST; i++) {
		const char *key = routes[i % KIN__ARRAY_LEN(routes)].key;
		const char *sequence = routes[i % KIN__ARRAY_LEN(routes)].sequence;

		records[i] = (struct kin_record){ .partition_key = key,
			                          .partition_key_size = key ? (uint32_t)strlen(key) : 0,
			                          .sequence_number = sequence,
			                          .sequence_number_size = (uint32_t)strlen(sequence) };
		left_out[i] = i % 3 == 1 || i == MOST - 1;
	}
	kin__route_lanes(kin__md5_fastest(), records, MOST, left_out, 7, lanes);
	for (size_t i = 0; i < MOST; i++) {
		kin__route_lanes(NULL, &records[i], 1, NULL, 7, &one);
		ck_assert_msg(lanes[i] == (left_out[i] ? 99 : one), "record %zu: lane %u", i, lanes[i]);
	}
}
END_TEST
