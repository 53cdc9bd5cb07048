/* kinesis/verdict - what an attempt of the Kinesis API came to, for the machines.  Pure. */
#ifndef KIN_KINESIS_VERDICT_H
#define KIN_KINESIS_VERDICT_H
#include "aws/retry.h"
#include "kinesis/types.h"

/* can_refresh: expired credentials have a source that can give new ones; they were not just renewed. */
enum kin__verdict kin__verdict_of(const struct kin__retry_outcome *outcome, bool can_refresh);
/* Of one entry of a PutRecords answer, by its ErrorCode; empty: DONE.  Codes nobody knows: TRANSIENT. */
enum kin__verdict kin__verdict_of_entry(struct kin__span error_code);
#endif
