/* event/lambda_event - the event that AWS Lambda shows a handler: {"Records":[...]}; its size and its text.
 *
 * Pure.  Sizes are exact: what is written has the size that was told.  There is no execution role here:
 * invokeIdentityArn is made up, "arn:<partition>:iam::<account>:role/<application>".
 */
#ifndef KIN_EVENT_LAMBDA_EVENT_H
#define KIN_EVENT_LAMBDA_EVENT_H
#include "base/bytes.h"
#include "kinstream.h"

enum { KIN__EVENT_ENVELOPE_BYTES = 14 }; /* of {"Records":[]} */

struct kin__event_source { /* texts borrowed while it is used */
	struct kin__span stream_arn, application;
	struct kin__span partition, region, account; /* of the ARN; "aws" and empty when it is none */
	size_t record_bytes;                         /* what every record takes besides its own parts */
};

void kin__event_source_init(struct kin__event_source *source, const char *stream_arn,
                            const char *application);
size_t kin__event_text_bytes(struct kin__span text); /* as a JSON string, without its quotes */
/* One record without the comma between records. */
size_t kin__event_record_bytes(const struct kin__event_source *source, const struct kin_record *record);
/* The same but for the shard's id, which is one for many records: kin__event_text_bytes() tells it.  plain: number and
 * key need no escapes, and are not looked at. */
size_t kin__event_own_bytes(const struct kin__event_source *source, const struct kin_record *record,
                            bool plain);
size_t kin__event_bytes(const struct kin__event_source *source, const struct kin_record *const *records,
                        size_t n);
void kin__event_write(struct kin__bytes *out, const struct kin__event_source *source,
                      const struct kin_record *const *records, size_t n);
#endif
