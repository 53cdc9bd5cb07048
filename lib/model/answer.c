#include "model/state.h"

void kin__answer_init(struct kin__model_answer *answer)
{
	answer->code = NULL;
	answer->status = 200;
	answer->message[0] = 0;
	answer->strike = (struct kin__fault_strike){ 0 };
}

void kin__answer_refuse(struct kin__model_answer *answer, const char *code, const char *pattern,
                        const struct kin__span *parts)
{
	size_t n = 0, room = sizeof answer->message - 1;

	answer->code = code;
	answer->status = strncmp(code, "Internal", 8) == 0   ? 500
	                 : strncmp(code, "ServiceU", 8) == 0 ? 503
	                                                     : 400;
	for (; *pattern && n < room; pattern++) {
		if (*pattern != '%' || !parts) {
			answer->message[n++] = *pattern;
			continue;
		}
		size_t more = parts->n < room - n ? parts->n : room - n;
		if (more)
			memcpy(answer->message + n, parts->at, more);
		n += more;
		parts++;
	}
	answer->message[n] = 0;
}

struct kin__span kin__answer_number(int64_t value, char room[static 24])
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	size_t at = 24;

	do
		room[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (value < 0)
		room[--at] = '-';
	return kin__span(room + at, 24 - at);
}

void kin__answer_nomem(struct kin__model_answer *answer)
{
	kin__answer_refuse(answer, "InternalFailureException", "The service ran out of memory.", NULL);
}

void kin__answer_no_stream(const struct kin__model *model, struct kin__model_answer *answer,
                           struct kin__span stream)
{
	KIN__REFUSE(answer, "ResourceNotFoundException", "Stream % under account % not found.", stream,
	            kin__span_text(model->account));
}

void kin__answer_no_shard(const struct kin__model_stream *stream, struct kin__model_answer *answer,
                          struct kin__span shard)
{
	KIN__REFUSE(answer, "ResourceNotFoundException", "Shard % in stream % does not exist.", shard,
	            kin__span_text(stream->name));
}

/* A throttle or a partial failure that names a shard strikes only its entries of a PutRecords. */
static bool strikes_entries(const struct kin__fault *fault, enum kin__operation operation)
{
	return operation == KIN__PUT_RECORDS && fault->shard[0] &&
	       (fault->kind == KIN__FAULT_THROTTLE || fault->kind == KIN__FAULT_PARTIAL);
}

static void strike_entries(const struct kin__fault *fault, struct kin__model_shard *shard)
{
	if (fault->kind == KIN__FAULT_THROTTLE)
		shard->struck_throttle = true;
	else if (fault->per_mille > shard->struck_per_mille)
		shard->struck_per_mille = fault->per_mille;
}

static struct kin__model_shard *find_touched(const struct kin__fault *fault,
                                             struct kin__model_shard *const *touched, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(touched[i]->id, fault->shard) == 0)
			return touched[i];
	return NULL;
}

static const char *throttle_code(enum kin__operation operation)
{
	bool data = operation >= KIN__PUT_RECORD && operation <= KIN__GET_RECORDS;

	return data ? "ProvisionedThroughputExceededException" : "LimitExceededException";
}

bool kin__answer_begin(struct kin__model *model, enum kin__operation operation,
                       struct kin__model_shard *const *touched, size_t touched_n,
                       struct kin__model_answer *answer)
{
	struct kin__fault_strike *strike = &answer->strike;

	for (size_t i = 0; i < model->faults.n; i++) {
		struct kin__fault *fault = &model->faults.at[i];
		struct kin__model_shard *shard = NULL;

		if (fault->kind == KIN__FAULT_SKEW ||
		    (fault->operation != KIN__FAULT_ANY && fault->operation != operation))
			continue;
		if (fault->shard[0] && !(shard = find_touched(fault, touched, touched_n)))
			continue;
		if (!kin__fault_strikes(fault, &model->rng))
			continue;
		strike->any = true;
		if (strikes_entries(fault, operation))
			strike_entries(fault, shard);
		else
			kin__fault_join(strike, fault);
	}
	if (strike->drop)
		kin__answer_refuse(answer, "InternalFailureException", "A fault drops this request.", NULL);
	else if (strike->error500)
		kin__answer_refuse(answer, "InternalFailureException",
		                   "The request failed for an unknown reason.", NULL);
	else if (strike->error503)
		kin__answer_refuse(answer, "ServiceUnavailable",
		                   "The service is not available at the moment.", NULL);
	else if (strike->throttle)
		kin__answer_refuse(answer, throttle_code(operation), "Rate exceeded.", NULL);
	else if (strike->expired_iterator)
		kin__answer_refuse(answer, "ExpiredIteratorException", "Iterator expired: a fault says so.",
		                   NULL);
	return answer->code == NULL;
}
