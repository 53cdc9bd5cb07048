#include "aws/url.h"

static const struct kin__span none = { NULL, 0 };

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool hex_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool refuse(struct kin__reason *reason, struct kin__span text, const char *why)
{
	kin__reason_say(reason,
	                "endpoint URL \"%1\" %2; it should look like http://localhost:4567 or "
	                "https://kinesis.example.com/base",
	                text, kin__span_text(why), none);
	return false;
}

/* Takes "http://" or "https://" away. */
static bool cut_scheme(struct kin__span *text, bool *tls)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(schemes[i]);

		if (text->n >= n && kin__span_same_nocase(kin__span(text->at, n), kin__span(schemes[i], n))) {
			*tls = i == 1;
			*text = kin__span(text->at + n, text->n - n);
			return true;
		}
	}
	return false;
}

static bool bracketed(struct kin__span host)
{
	size_t colons = 0;

	if (host.n < 4 || host.n > 48 || host.at[host.n - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < host.n; i++) {
		if (!hex_digit(host.at[i]) && host.at[i] != ':' && host.at[i] != '.')
			return false;
		colons += host.at[i] == ':';
	}
	return colons >= 2;
}

static bool host_valid(struct kin__span host)
{
	if (host.n > 0 && host.at[0] == '[')
		return bracketed(host);
	if (host.n == 0 || host.n > 253 || host.at[0] == '.' || host.at[0] == '-')
		return false;
	for (size_t i = 0; i < host.n; i++) {
		if (!letter_or_digit(host.at[i]) && !strchr("-._", host.at[i]))
			return false;
		if (host.at[i] == '.' && i > 0 && host.at[i - 1] == '.')
			return false;
	}
	return true;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool cut_port(struct kin__span authority, struct kin__url *url)
{
	size_t n = authority.n, colon = n;
	uint64_t port;

	while (colon > 0 && authority.at[colon - 1] != ':' && authority.at[colon - 1] != ']')
		colon--;
	if (colon == 0 || authority.at[colon - 1] == ']') {
		url->host = authority;
		url->port = url->tls ? 443 : 80;
		return colon == 0 || colon == n;
	}
	url->host = kin__span(authority.at, colon - 1);
	if (n - colon > 5 || !kin__span_u64(kin__span(authority.at + colon, n - colon), &port) || port == 0 ||
	    port > 65535)
		return false;
	url->port = (uint16_t)port;
	return true;
}

static bool dots(struct kin__span segment)
{
	return kin__span_is(segment, ".") || kin__span_is(segment, "..");
}

/* Dot segments are refused: HTTP libraries resolve them, and the signature would be over another path. */
static bool path_valid(struct kin__span path)
{
	for (size_t i = 0; i < path.n; i++) {
		char c = path.at[i];

		if (c == '%') {
			if (path.n - i < 3 || !hex_digit(path.at[i + 1]) || !hex_digit(path.at[i + 2]))
				return false;
		} else if (!letter_or_digit(c) && !strchr("/-._~!$&'()*+,;=:@", c)) {
			return false;
		}
	}
	while (path.n > 0) {
		struct kin__span segment;

		path = kin__span_cut(path, '/', &segment);
		if (dots(segment))
			return false;
	}
	return true;
}

static bool parse(struct kin__span text, struct kin__url *url, struct kin__reason *reason)
{
	struct kin__span rest = text;
	size_t n = 0;

	if (text.n > KIN__URL_BYTES_MAX)
		return refuse(reason, text, "is longer than 2048 bytes");
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] <= 0x20 || text.at[i] >= 0x7f)
			return refuse(reason, text, "has a blank or a character that is not ASCII");
	if (!cut_scheme(&rest, &url->tls))
		return refuse(reason, text, "does not begin with http:// or https://");
	if (rest.n && (memchr(rest.at, '?', rest.n) || memchr(rest.at, '#', rest.n)))
		return refuse(reason, text, "has a query or fragment");
	while (n < rest.n && rest.at[n] != '/')
		n++;
	url->path = kin__span(rest.at + n, rest.n - n);
	if (n && memchr(rest.at, '@', n)) /* it may hold a password: not shown */
		return refuse(reason, none, "has a user name before the host");
	if (!cut_port(kin__span(rest.at, n), url))
		return refuse(reason, text, "has a port that is not 1 to 65535");
	if (!host_valid(url->host))
		return refuse(reason, text, "has no valid host name");
	if (!path_valid(url->path))
		return refuse(reason, text, "has a path with \".\" segments or characters to be encoded");
	while (url->path.n > 0 && url->path.at[url->path.n - 1] == '/')
		url->path.n--;
	return true;
}

int kin__url_parse(struct kin__span text, struct kin__url *url, struct kin__reason *reason)
{
	return parse(text, url, reason) ? KIN__AWS_OK : KIN__AWS_REFUSED;
}
