/* aws/arn - arn:partition:service:region:account:resource.  Pure; spans point into the text given. */
#ifndef KIN_AWS_ARN_H
#define KIN_AWS_ARN_H
#include "base/span.h"

struct kin__arn {
	struct kin__span partition, service, region, account,
			resource; /* resource: all that follows, with its ':' */
};

bool kin__arn_parse(struct kin__span text, struct kin__arn *arn); /* false: not six parts, or not "arn" */
#endif
