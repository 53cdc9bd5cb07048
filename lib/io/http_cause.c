/* io/http_cause - see http_cause.h */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/check.h"
#include "io/http_cause.h"

enum { HOST_SHOWN_MAX = 100, TEXT_SHOWN_MAX = 130 };

struct kin__span kin__http_cause_host(const char *url)
{
	const char *begin = strstr(url, "://");
	const char *at;

	begin = begin ? begin + 3 : url;
	at = begin + strcspn(begin, "/?#");
	for (const char *user = at; user > begin; user--)
		if (user[-1] == '@')
			return kin__span(user, (size_t)(at - user));
	return kin__span(begin, (size_t)(at - begin));
}

static int shown(struct kin__span host)
{
	return host.n < HOST_SHOWN_MAX ? (int)host.n : HOST_SHOWN_MAX;
}

void kin__http_cause_plain(char *out, size_t room, const char *url, const char *what)
{
	struct kin__span host = kin__http_cause_host(url);

	snprintf(out, room, "%.*s: %s", shown(host), host.at, what);
}

/* --- the proxy ------------------------------------------------------------------------ */

const char *kin__http_cause_proxy(const char *url) /* in libcurl's order */
{
	static const char *const secure[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	static const char *const plain[] = { "http_proxy", "all_proxy", "ALL_PROXY" };
	bool tls = strncmp(url, "https:", 6) == 0;
	const char *const *names = tls ? secure : plain;

	for (size_t i = 0; i < (tls ? KIN__ARRAY_LEN(secure) : KIN__ARRAY_LEN(plain)); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return names[i];
	}
	return NULL;
}

/* Do libcurl's words, "Failed to connect to HOST port PORT", name the proxy and not the host itself? */
static bool names_proxy(const char *text, struct kin__span proxy, const char *url)
{
	struct kin__span own = kin__http_cause_host(url);
	char words[160];

	if (strstr(text, "proxy") || strstr(text, "CONNECT tunnel") || strstr(text, "SOCKS"))
		return true;
	for (size_t i = proxy.n; i-- > 0;)
		if (proxy.at[i] == ':') {
			snprintf(words, sizeof words, "%.*s port %.*s ", (int)(i < 100 ? i : 100), proxy.at,
			         (int)(proxy.n - i - 1 < 6 ? proxy.n - i - 1 : 6), proxy.at + i + 1);
			return strstr(text, words) &&
			       (own.n != proxy.n || memcmp(own.at, proxy.at, own.n) != 0);
		}
	return false;
}

/* " by way of the proxy HOST:PORT (https_proxy)", or "". */
static void say_proxy(char *out, size_t room, const struct kin__http_cause *cause)
{
	const char *variable = kin__http_cause_proxy(cause->url);
	struct kin__span proxy;

	out[0] = 0;
	if (!variable || cause->sent)
		return;
	proxy = kin__http_cause_host(getenv(variable));
	if (names_proxy(cause->text, proxy, cause->url))
		snprintf(out, room, " by way of the proxy %.*s (%s)", shown(proxy), proxy.at, variable);
}

/* --- what to look at ------------------------------------------------------------------- */

/* The first row whose words are among libcurl's counts; "" fits all. */
static const struct {
	int result; /* a CURLcode */
	const char *words, *advice;
} advices[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "", "check the region or endpoint_url, and this host's name service" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "", "check the variable that names the proxy" },
	{ CURLE_COULDNT_CONNECT, "CONNECT tunnel", "the proxy refused; it may want credentials" },
	{ CURLE_RECV_ERROR, "CONNECT tunnel", "the proxy refused; it may want credentials" },
	{ CURLE_COULDNT_CONNECT, "", "is a server listening there? endpoint_url says where to go" },
	{ CURLE_OPERATION_TIMEDOUT, "SSL", "does the server speak TLS there? else raise connect_timeout_ms" },
	{ CURLE_OPERATION_TIMEDOUT, "", "check the network, or raise connect_timeout_ms" },
	{ CURLE_SSL_CONNECT_ERROR, "wrong version",
	  "no TLS is spoken there: should endpoint_url begin with http://?" },
	{ CURLE_SSL_CONNECT_ERROR, "packet length",
	  "no TLS is spoken there: should endpoint_url begin with http://?" },
	{ CURLE_SSL_CONNECT_ERROR, "http request",
	  "no TLS is spoken there: should endpoint_url begin with http://?" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "HTTP/0.9", "no HTTP is spoken there: wrong port, or https://?" },
	{ CURLE_WEIRD_SERVER_REPLY, "", "no HTTP is spoken there: wrong port, or https://?" },
	{ CURLE_PEER_FAILED_VERIFICATION, "expired",
	  "the server must renew it, if this host's clock is right" },
	{ CURLE_PEER_FAILED_VERIFICATION, "not yet valid", "is this host's clock right?" },
	{ CURLE_PEER_FAILED_VERIFICATION, "subject name",
	  "the certificate is for another name than endpoint_url's" },
	{ CURLE_PEER_FAILED_VERIFICATION, "does not match",
	  "the certificate is for another name than endpoint_url's" },
	{ CURLE_PEER_FAILED_VERIFICATION, "", "set ca_bundle to a PEM file of the authority that signed it" },
	{ CURLE_SSL_CACERT_BADFILE, "", "ca_bundle must be a PEM file of certificates" },
};

static const char *advice_for(const struct kin__http_cause *cause, bool by_proxy)
{
	bool plain = strncmp(cause->url, "http:", 5) == 0;

	if (by_proxy && cause->result == CURLE_COULDNT_CONNECT && !strstr(cause->text, "tunnel"))
		return "is that proxy running?";
	for (size_t i = 0; i < KIN__ARRAY_LEN(advices); i++)
		if (advices[i].result == cause->result && strstr(cause->text, advices[i].words))
			return advices[i].advice;
	if (plain && cause->sent && cause->head_bytes == 0)
		return "if it speaks TLS, endpoint_url must begin with https://";
	return NULL;
}

static void say_timeout(char *out, size_t room, const struct kin__http_cause *cause)
{
	if (cause->head_bytes == 0)
		snprintf(out, room,
		         "no answer within %u ms; a slow or silent server, or request_timeout_ms is too "
		         "short",
		         (unsigned)cause->timeout_ms);
	else
		snprintf(out, room,
		         "no whole answer within %u ms, only %zu bytes of head and %zu of body; a slow "
		         "server, or request_timeout_ms is too short",
		         (unsigned)cause->timeout_ms, cause->head_bytes, cause->body_bytes);
}

/* After the request was sent: how far the answer came. */
static bool say_answer(char *out, size_t room, const struct kin__http_cause *cause)
{
	if (cause->closed_kept)
		snprintf(out, room, "the kept connection had been closed when the request was sent");
	else if (cause->result == CURLE_OPERATION_TIMEDOUT && cause->sent)
		say_timeout(out, room, cause);
	else if (cause->result == CURLE_GOT_NOTHING && cause->sent)
		snprintf(out, room, "the connection was closed %s",
		         cause->head_bytes > 0 ? "within the head of the answer" : "before any answer");
	else if (cause->status != 0 && cause->sent)
		snprintf(out, room, "the answer was cut short: %.*s", TEXT_SHOWN_MAX, cause->text);
	else
		return false;
	return true;
}

void kin__http_cause_say(char *out, size_t room, const struct kin__http_cause *cause)
{
	const char *advice = NULL;
	struct kin__span host = kin__http_cause_host(cause->url);
	char proxy[160], what[220];

	say_proxy(proxy, sizeof proxy, cause);
	if (!say_answer(what, sizeof what, cause)) {
		advice = advice_for(cause, proxy[0] != 0);
		snprintf(what, sizeof what, "%.*s", TEXT_SHOWN_MAX, cause->text);
	}
	snprintf(out, room, "%.*s%s: %s%s%s", shown(host), host.at, proxy, what, advice ? "; " : "",
	         advice ? advice : "");
}
