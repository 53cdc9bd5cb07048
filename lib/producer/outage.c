/* producer/outage - see outage.h */
#include "producer/outage.h"

#define SECOND UINT64_C(1000000)

enum {
	TELL_S = 10,
	LONGER_MOST_S = 300,
	FORGET_S = 700
}; /* two answers in vain are never so far apart: a time-out and a pause */

static void begin(struct kin__outage *outage, uint64_t now_us)
{
	outage->since_us = now_us;
	outage->tell_us = TELL_S * SECOND;
	outage->failures = 0;
	outage->told = false;
}

static enum kin__outage_word failed(struct kin__outage *outage, uint64_t lasts_us)
{
	uint64_t most_us = lasts_us + LONGER_MOST_S * SECOND;

	outage->failures++;
	if (lasts_us < outage->tell_us)
		return KIN__OUTAGE_QUIET;
	outage->tell_us = 2 * lasts_us < most_us ? 2 * lasts_us : most_us;
	outage->told = true;
	return KIN__OUTAGE_LASTS;
}

enum kin__outage_word kin__outage_note(struct kin__outage *outage, uint64_t now_us, bool stored)
{
	bool goes_on = outage->failures > 0 && now_us - outage->last_us < FORGET_S * SECOND;

	if (!goes_on)
		begin(outage, now_us);
	outage->last_us = now_us;
	if (!stored)
		return failed(outage, now_us - outage->since_us);
	outage->failures = 0;
	return goes_on && outage->told ? KIN__OUTAGE_OVER : KIN__OUTAGE_QUIET;
}

uint64_t kin__outage_s(const struct kin__outage *outage)
{
	return (outage->last_us - outage->since_us) / SECOND;
}
