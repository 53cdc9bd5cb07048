/* drive/produce_history - the attempts of a record that was not stored by its first one; see produce.h
 *
 * Nothing is kept for others: that attempt is told from its request.  Written by the loop thread, read by whoever
 * reports the record, which it was handed to under the lock.
 */
#include "base/mem.h"
#include "drive/produce.h"

uint8_t kin__produce_code_number(struct kin__produce *produce, const char *aws_code)
{
	uint32_t i;

	if (!aws_code[0])
		return 0;
	for (i = 1; i < KIN__PRODUCE_AWS_CODES && produce->aws_codes[i][0]; i++)
		if (strcmp(produce->aws_codes[i], aws_code) == 0)
			return (uint8_t)i;
	if (i == KIN__PRODUCE_AWS_CODES)
		return 0; /* no service has so many */
	memcpy(produce->aws_codes[i], aws_code, strlen(aws_code) + 1);
	return (uint8_t)i;
}

void kin__produce_note(struct kin__produce *produce, struct kin__produce_record *record,
                       const struct kin__produce_try *what, uint32_t number)
{
	struct kin__produce_history *history = record->history;

	if (produce->set.reports == KIN__PRODUCE_COUNT)
		return; /* nobody would see it */
	if (!history) {
		history = kin__mem_zalloc(sizeof *history);
		if (!history)
			return; /* it is not told then; `attempts` counts it all the same */
		record->history = history;
	}
	if (history->n == KIN_ATTEMPTS_MAX) {
		memmove(&history->at[1], &history->at[2], (KIN_ATTEMPTS_MAX - 2) * sizeof history->at[0]);
		history->n--;
	}
	history->at[history->n] = *what;
	history->at[history->n++].number = number;
}

static struct kin_attempt shown(const struct kin__produce *produce, const struct kin__produce_try *what)
{
	return (struct kin_attempt){ .sent_ms = what->sent_ms,
		                     .duration_us = what->took_us,
		                     .code = what->code,
		                     .http_status = what->http_status,
		                     .number = what->number,
		                     .aws_code = produce->aws_codes[what->aws_code] };
}

uint32_t kin__produce_history(const struct kin__produce *produce, const struct kin__produce_record *record,
                              struct kin_attempt out[static KIN_ATTEMPTS_MAX])
{
	const struct kin__produce_history *history = record->history;
	uint32_t n = 0;

	for (uint32_t i = 0; history && i < history->n; i++)
		if (!(record->request && history->n == KIN_ATTEMPTS_MAX &&
		      i == 1)) /* room for the last one */
			out[n++] = shown(produce, &history->at[i]);
	if (record->request) {
		out[n] = shown(produce, &record->request->stored);
		out[n++].number = record->machine.attempts;
	}
	return n;
}
