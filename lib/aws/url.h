/* aws/url - an absolute http or https URL cut into its parts.  Pure; spans point into the text given.
 *
 * Refused: user information, a query, a fragment, blanks, control characters, anything not ASCII.
 */
#ifndef KIN_AWS_URL_H
#define KIN_AWS_URL_H
#include "aws/reason.h"

enum { KIN__URL_BYTES_MAX = 2048 };

struct kin__url {
	bool tls;
	struct kin__span host; /* [::1] keeps its brackets */
	struct kin__span path; /* base path without a trailing '/': "" or "/x/y" */
	uint16_t port;         /* effective: 80, 443 or the one written */
};

int kin__url_parse(struct kin__span text, struct kin__url *url, struct kin__reason *reason);
#endif
