/* io/http_cause - why a request failed, in one line: host and port, what happened, what to look at.
 *
 * Loop thread.  Looks at the environment for the proxy that libcurl took, and never tells its user or password.
 */
#ifndef KIN_IO_HTTP_CAUSE_H
#define KIN_IO_HTTP_CAUSE_H
#include "io/http.h"

struct kin__http_cause {
	const char *url;
	int result;             /* a CURLcode */
	const char *text;       /* libcurl's own words */
	bool sent, closed_kept; /* the request was; a kept connection broke before any byte of an answer */
	long status;            /* of the answer that was cut short; 0: no head came */
	size_t head_bytes, body_bytes; /* of the answer, so far */
	uint32_t timeout_ms;
};

/* out: answer.text. */
void kin__http_cause_say(char *out, size_t room, const struct kin__http_cause *cause);
/* One line about what has no CURLcode: "HOST:PORT: what". */
void kin__http_cause_plain(char *out, size_t room, const char *url, const char *what);
/* The variable that names a proxy for the URL; NULL: none does.  Static. */
const char *kin__http_cause_proxy(const char *url);
/* Host and port of a URL, without user and path; in a URL without "//" its beginning. */
struct kin__span kin__http_cause_host(const char *url);
#endif
