/* event/response - what a Lambda response means for the records of its batch (ReportBatchItemFailures).  Pure.
 *
 * Nothing said is success: "", [], {}, null, no text at all.  What cannot be understood is a failure of all.
 */
#ifndef KIN_EVENT_RESPONSE_H
#define KIN_EVENT_RESPONSE_H
#include "kinstream.h"

enum kin__response_outcome {
	KIN__RESPONSE_SUCCESS,
	KIN__RESPONSE_WARNING,   /* success, but of an object without batchItemFailures: misspelt? */
	KIN__RESPONSE_PARTIAL,   /* records before first_failed are done; it and all after it are not */
	KIN__RESPONSE_FAILED,    /* all failed */
	KIN__RESPONSE_TOO_LARGE, /* all failed, and it is no answer: to Lambda a function error */
};

enum { KIN__RESPONSE_BYTES_MAX = 6291456 };

struct kin__response {
	uint8_t outcome;     /* enum kin__response_outcome */
	size_t first_failed; /* PARTIAL: an index into records, 0 too */
	char why[352];       /* WARNING, FAILED, TOO_LARGE: one line; else "" */
};

void kin__response_read(struct kin__response *response, const char *json, size_t n,
                        const struct kin_record *const *records, size_t records_n);
#endif
