/* aws/apierror - code and message out of a service's error answer, JSON or CBOR.  Pure; fixed size.
 *
 * Always gives a code: when header and body have none, one made from the status.  Texts are printable:
 * control characters become blanks, cuts fall between UTF-8 characters.
 */
#ifndef KIN_AWS_APIERROR_H
#define KIN_AWS_APIERROR_H
#include "base/span.h"

struct kin__apierror {
	char code[64];          /* without namespace and link */
	char message[256];      /* "" when there is none */
	bool synthetic;         /* the code is made from the status */
	int64_t server_time_ms; /* the body's ServerTime; 0: none */
};

/* errortype: value of x-amzn-errortype, empty if absent.  Never fails. */
void kin__apierror_read(struct kin__apierror *error, int status, struct kin__span errortype,
                        struct kin__span body);
#endif
