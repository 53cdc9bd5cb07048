/* consumer/overdue - see overdue.h */
#include "consumer/emit.h"
#include "consumer/overdue.h"

#define PAUSE_MAX_US UINT64_C(3600000000) /* between two lines about one call; they double up to there */

void kin__overdue_called(struct kin__consumer *consumer, struct kin__lane *lane, uint32_t records)
{
	lane->called_us = consumer->now_us;
	lane->called_n = records;
	if (consumer->set.handler_timeout_us > 0)
		kin__emit_timer(consumer, &lane->work_timer,
		                consumer->now_us + consumer->set.handler_timeout_us);
}

static unsigned long elapsed_ms(const struct kin__consumer *consumer, const struct kin__lane *lane)
{
	return (unsigned long)((consumer->now_us - lane->called_us) / 1000);
}

void kin__overdue_answered(struct kin__consumer *consumer, struct kin__lane *lane)
{
	kin__heap_remove(&consumer->timers, &lane->work_timer.node);
	if (!lane->overdue)
		return;
	lane->overdue = false;
	consumer->health.handlers_overdue--;
	consumer->lent_n -= lane->lends;
	lane->lends = false;
	kin__bytes_format(kin__emit_text(consumer), "%s: the handler came back after %lu ms", lane->shard->id,
	                  elapsed_ms(consumer, lane));
	kin__emit_line(consumer, lane->shard, KIN_LOG_INFO);
}

/* One that could not lend its place may do so later, when another one has it back. */
static void lend(struct kin__consumer *consumer, struct kin__lane *lane)
{
	if (lane->lends || consumer->lent_n >= consumer->set.overdue_max)
		return;
	lane->lends = true;
	consumer->lent_n++;
}

void kin__overdue_due(struct kin__consumer *consumer, struct kin__lane *lane)
{
	uint64_t elapsed = consumer->now_us - lane->called_us;

	if (!lane->overdue) {
		lane->overdue = true;
		consumer->health.handlers_overdue++;
		consumer->health.handlers_overdue_total++;
	}
	lend(consumer, lane);
	kin__emit_timer(consumer, &lane->work_timer,
	                consumer->now_us + (elapsed < PAUSE_MAX_US ? elapsed : PAUSE_MAX_US));
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: the handler has %lu records for %lu ms, handler_timeout_ms is %lu; its lane "
	                  "waits%s",
	                  lane->shard->id, (unsigned long)lane->called_n, elapsed_ms(consumer, lane),
	                  (unsigned long)(consumer->set.handler_timeout_us / 1000),
	                  lane->lends ? ", another call may run in its place"
	                              : ", and too many are overdue for another call in its place");
	kin__emit_line(consumer, lane->shard, KIN_LOG_WARN);
}
