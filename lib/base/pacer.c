/* base/pacer - see pacer.h */
#include "base/pacer.h"

#define MICRO UINT64_C(1000000)

void kin__pacer_init(struct kin__pacer *pacer, uint64_t rate, uint64_t burst, uint64_t now_us)
{
	if (burst > UINT64_MAX / MICRO)
		burst = UINT64_MAX / MICRO;
	*pacer = (struct kin__pacer){ rate, burst, burst * MICRO, now_us };
}

/* A rate of 1 unit a second brings one millionth of a unit a microsecond.  Time running backwards brings
 * nothing. */
static void refill(struct kin__pacer *pacer, uint64_t now_us)
{
	uint64_t missing = pacer->burst * MICRO - pacer->level_micro, passed;

	if (now_us <= pacer->at_us)
		return;
	passed = now_us - pacer->at_us;
	pacer->at_us = now_us;
	if (pacer->rate != 0 && passed > missing / pacer->rate)
		pacer->level_micro += missing;
	else
		pacer->level_micro += pacer->rate * passed;
}

bool kin__pacer_take(struct kin__pacer *pacer, uint64_t units, uint64_t now_us)
{
	refill(pacer, now_us);
	if (units > pacer->burst || units * MICRO > pacer->level_micro)
		return false;
	pacer->level_micro -= units * MICRO;
	return true;
}

void kin__pacer_set_rate(struct kin__pacer *pacer, uint64_t rate, uint64_t now_us)
{
	refill(pacer, now_us);
	pacer->rate = rate;
}

uint64_t kin__pacer_ready_us(struct kin__pacer *pacer, uint64_t units, uint64_t now_us)
{
	uint64_t need = (units > pacer->burst ? pacer->burst : units) * MICRO, wait;

	refill(pacer, now_us);
	if (need <= pacer->level_micro)
		return now_us;
	if (pacer->rate == 0)
		return UINT64_MAX;
	need -= pacer->level_micro;
	wait = need / pacer->rate + (need % pacer->rate != 0);
	return wait > UINT64_MAX - pacer->at_us ? UINT64_MAX : pacer->at_us + wait;
}
