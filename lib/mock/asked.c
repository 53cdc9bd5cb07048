#include "mock/asked.h"
#include "mock/gate.h"

struct kin__span kin__asked_text(const struct kin__json *request, const char *name)
{
	struct kin__span text = { NULL, 0 };
	kin__json_text(kin__json_member(request, name), &text);
	return text;
}

bool kin__asked_stream(struct kin__mock_exchange *exchange, const struct kin__json *request,
                       struct kin__span *stream)
{
	*stream = kin__asked_text(request, "StreamARN");
	if (!stream->at)
		*stream = kin__asked_text(request, "StreamName");
	if (!stream->at)
		kin__gate_refuse(exchange, "InvalidArgumentException",
		                 "Either StreamName or StreamARN must be provided.");
	return stream->at != NULL;
}

bool kin__asked_hash(struct kin__mock_exchange *exchange, const char *name, struct kin__span text,
                     struct kin__hashkey *out)
{
	if (kin__hashkey_parse(text, out))
		return true;
	kin__gate_refuse(exchange, "InvalidArgumentException",
	                 "Invalid %s. It must be in the range: [0, 2^128-1]. Specified value was %.*s", name,
	                 (int)(text.n < 60 ? text.n : 60), text.at);
	return false;
}

int64_t kin__asked_number(const struct kin__json *request, const char *name, int64_t otherwise)
{
	double number = (double)otherwise;

	kin__json_real(kin__json_member(request, name), &number);
	return (int64_t)number;
}

bool kin__asked_dry(const struct kin__json *request)
{
	bool dry = false;

	kin__json_bool(kin__json_member(request, "DryRun"), &dry);
	return dry;
}
