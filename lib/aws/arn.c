#include "aws/arn.h"

bool kin__arn_parse(struct kin__span text, struct kin__arn *arn)
{
	struct kin__span *parts[5], head = { NULL, 0 };

	parts[0] = &head;
	parts[1] = &arn->partition;
	parts[2] = &arn->service;
	parts[3] = &arn->region;
	parts[4] = &arn->account;
	for (size_t i = 0; i < 5; i++) {
		if (!text.n || !memchr(text.at, ':', text.n))
			return false;
		text = kin__span_cut(text, ':', parts[i]);
	}
	arn->resource = text;
	return kin__span_is(head, "arn") && text.n > 0;
}
