/* aws/request - an HTTP request as signing sees it: spans only, fixed room for headers.  Pure.
 *
 * Owns nothing: what the spans point at must outlive it.  Names keep their case.
 */
#ifndef KIN_AWS_REQUEST_H
#define KIN_AWS_REQUEST_H
#include "base/span.h"

enum { KIN__REQUEST_HEADERS_MAX = 64 };

struct kin__header {
	struct kin__span name, value;
};

struct kin__request {
	struct kin__span method; /* upper case */
	struct kin__span host;   /* empty: the `host` header among the headers */
	struct kin__span path;   /* as on the wire, percent-encoded once; empty is "/" */
	struct kin__span query;  /* as on the wire, without '?' */
	struct kin__span body;
	struct kin__header headers[KIN__REQUEST_HEADERS_MAX];
	size_t headers_n;
};

void kin__request_init(struct kin__request *request, const char *method, struct kin__span host,
                       const char *path);
bool kin__request_add(struct kin__request *request, struct kin__span name,
                      struct kin__span value); /* false: full */
/* The first header of that name, case ignored; at NULL: none. */
struct kin__span kin__request_header(const struct kin__request *request, const char *name);
void kin__request_remove(struct kin__request *request, const char *name); /* all of that name */
#endif
