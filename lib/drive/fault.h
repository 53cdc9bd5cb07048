/* drive/fault - the kin_error of an attempt: which code, and the line that says what the service said.
 *
 * Any thread.  A service's text may quote what we sent, a session token too: such parts are cut off.
 */
#ifndef KIN_DRIVE_FAULT_H
#define KIN_DRIVE_FAULT_H
#include "aws/apierror.h"
#include "aws/credentials.h"
#include "io/http.h"
#include "kinesis/types.h"

/* fault: read from the answer when one came with a status that is no success. */
void kin__fault_explain(struct kin_error *error, enum kin__operation operation,
                        const struct kin__http_request *request, const struct kin__apierror *fault,
                        enum kin__retry_class retry_class, const struct kin__credentials *credentials);
/* A success whose body is not what it should be; why: what the decoder said. */
void kin__fault_misread(struct kin_error *error, enum kin__operation operation,
                        const struct kin__http_request *request, const char *why);
#endif
