/* Part of check_drive: a large record that is being copied while its producer is closed.  This program is linked with
 * -Wl,--wrap=kin__mem_alloc, so that time stands still where its memory is asked for. */
#include <sched.h>

static struct {
	struct kin__produce *produce;
	atomic_bool armed, reached, go;
	int code;
} late;

void *__real_kin__mem_alloc(size_t n);
void *__wrap_kin__mem_alloc(size_t n);

void *__wrap_kin__mem_alloc(size_t n)
{
	if (n > KIN__PRODUCE_LARGE && atomic_exchange(&late.armed, false)) {
		late.reached = true;
		while (!late.go)
			sched_yield();
	}
	return __real_kin__mem_alloc(n);
}

static void put_late(void *user, const struct kin_delivery *delivery)
{
	static const char bytes[2 * KIN__PRODUCE_LARGE];
	const struct kin_put_entry entry = {
		.key = "k", .key_size = 1, .data = bytes, .data_size = sizeof bytes
	};
	struct kin__produce_patience patience = { .timeout_ms = 0 };
	size_t accepted = 0;

	(void)user;
	if (late.reached || delivery->code == KIN_OK)
		return;
	late.armed = true;
	late.code = kin__produce_put(late.produce, &entry, 1, &accepted, &patience, NULL);
}

/* What was not accepted before the close began is not accepted. */
START_TEST(closed_while_a_large_record_is_copied)
{
	static struct line script[SCRIPT_MAX];
	const struct kin_put_entry entry = { .key = "k", .key_size = 1, .data = "x", .data_size = 1 };
	struct kin__produce_options o = { .stream = "s", .on_delivery = put_late };
	struct kin__produce_patience patience = { .timeout_ms = 20000 };
	struct kin_producer_stats stats;
	size_t accepted = 0;

	for (int i = 0; i < SCRIPT_MAX; i++)
		script[i] = (struct line){ 400, "",
			                   "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}" };
	service.script = script;
	late.armed = late.reached = late.go = false;
	late.code = KIN_OK;
	kin__producer_settings_init(&o.machine);
	o.machine.linger_us = 1000;
	ck_assert_int_eq(kin__produce_open(&late.produce, core, &o, NULL), KIN_OK);
	ck_assert_int_eq(kin__produce_put(late.produce, &entry, 1, &accepted, &patience, NULL), KIN_OK);
	while (!late.reached)
		sched_yield();
	ck_assert_int_eq(kin__produce_close(late.produce, 0, NULL), KIN_TIMEOUT);
	late.go = true;
	while (kin__produce_flush(late.produce, 20000, NULL) == KIN_TIMEOUT)
		sched_yield();
	kin__produce_stats(late.produce, &stats);
	ck_assert_uint_eq(stats.accepted, 1);
	ck_assert_uint_eq(stats.failed, 1);
	ck_assert_uint_eq(stats.buffered, 0);
	ck_assert_int_eq(kin__produce_close(late.produce, 20000, NULL), KIN_OK);
	ck_assert_int_eq(late.code, KIN_CLOSED);
}
END_TEST
