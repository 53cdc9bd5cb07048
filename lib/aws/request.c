#include "aws/request.h"

void kin__request_init(struct kin__request *request, const char *method, struct kin__span host,
                       const char *path)
{
	struct kin__span none = { NULL, 0 };

	request->method = kin__span_text(method);
	request->host = host;
	request->path = kin__span_text(path);
	request->query = none;
	request->body = none;
	request->headers_n = 0;
}

bool kin__request_add(struct kin__request *request, struct kin__span name, struct kin__span value)
{
	if (request->headers_n == KIN__REQUEST_HEADERS_MAX)
		return false;
	request->headers[request->headers_n].name = name;
	request->headers[request->headers_n++].value = value;
	return true;
}

struct kin__span kin__request_header(const struct kin__request *request, const char *name)
{
	for (size_t i = 0; i < request->headers_n; i++)
		if (kin__span_same_nocase(request->headers[i].name, kin__span_text(name)))
			return request->headers[i].value;
	return kin__span(NULL, 0);
}

void kin__request_remove(struct kin__request *request, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < request->headers_n; i++)
		if (!kin__span_same_nocase(request->headers[i].name, kin__span_text(name)))
			request->headers[kept++] = request->headers[i];
	request->headers_n = kept;
}
