/* What the hostile server can do to one request: each deed is a function, and one row of the table. */
#ifndef KIN_TEST_DEEDS_H
#define KIN_TEST_DEEDS_H
#include "hostile.h"

/* --- connections that break --------------------------------------------------------------- */

static inline int reset_unread(struct visit *visit)
{
	return reset(visit);
}

static inline int close_unread(struct visit *visit)
{
	(void)visit;
	return 0;
}

static inline int reset_in_head(struct visit *visit)
{
	if (ask_mock(visit) && say_n(visit, visit->answer_head, strlen(visit->answer_head) / 2))
		nap_ms(5);
	return reset(visit);
}

static inline int reset_in_body(struct visit *visit)
{
	if (ask_mock(visit) && say(visit, visit->answer_head) &&
	    say_n(visit, visit->answer, visit->answer_n / 2))
		nap_ms(5); /* the client shall see what was sent before */
	return reset(visit);
}

static inline int close_in_head(struct visit *visit)
{
	if (ask_mock(visit))
		say_n(visit, visit->answer_head, strlen(visit->answer_head) / 2);
	return 0;
}

static inline int close_in_body(struct visit *visit)
{
	if (ask_mock(visit) && say(visit, visit->answer_head))
		say_n(visit, visit->answer, visit->answer_n / 2);
	return 0;
}

/* One byte in 100 ms, until the client has had enough. */
static inline int drip(struct visit *visit, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!say_n(visit, bytes + i, 1))
			return 0;
		for (int t = 0; t < 10; t++) {
			struct pollfd poll_fd = { .fd = visit->fd, .events = POLLIN };

			if (hostile.stop || poll(&poll_fd, 1, 10) > 0)
				return 0;
		}
	}
	return 1;
}

static inline int slow_head(struct visit *visit)
{
	return ask_mock(visit) && drip(visit, visit->answer_head, strlen(visit->answer_head));
}

static inline int slow_body(struct visit *visit)
{
	return ask_mock(visit) && say(visit, visit->answer_head) &&
	       drip(visit, visit->answer, visit->answer_n);
}

static inline int silent(struct visit *visit)
{
	return until_it_goes(visit);
}

static inline int silent_after(struct visit *visit)
{
	return ask_mock(visit) ? until_it_goes(visit) : 0;
}

/* The answer promises to stay, and the connection is closed behind it. */
static inline int goodbye(struct visit *visit)
{
	behave(visit);
	return 0;
}

/* --- answers that are odd, and fine ---------------------------------------------------------- */

static inline void close_head(struct visit *visit, const char *more)
{
	sayf(visit, "HTTP/1.1 %d OK\r\nx-amzn-RequestId: odd-1\r\n%s", visit->status, more);
}

static inline int chunked(struct visit *visit)
{
	if (!ask_mock(visit))
		return 0;
	close_head(visit, "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t at = 0, n; at < visit->answer_n; at += n) {
		n = at % 97 + 1 < visit->answer_n - at ? at % 97 + 1 : visit->answer_n - at;
		if (!sayf(visit, "%zX;name=value\r\n", n) || !say_n(visit, visit->answer + at, n) ||
		    !say(visit, "\r\n"))
			return 0;
	}
	return say(visit, "0\r\nx-amzn-RequestId: trailer\r\n\r\n");
}

static inline int odd_case(struct visit *visit)
{
	return ask_mock(visit) &&
	       sayf(visit, "HTTP/1.1 %d\r\nX-AMZN-REQUESTID:odd-2\r\ncONTENT-lENGTH: \t %zu \r\n\r\n",
	            visit->status, visit->answer_n) &&
	       say_n(visit, visit->answer, visit->answer_n);
}

static inline int interim(struct visit *visit)
{
	return say(visit, "HTTP/1.1 100 Continue\r\n\r\n"
	                  "HTTP/1.1 102 Processing\r\nx-amzn-RequestId: early\r\n\r\n"
	                  "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") &&
	       behave(visit);
}

static inline int http_1_0(struct visit *visit)
{
	if (ask_mock(visit) && sayf(visit, "HTTP/1.0 %d OK\r\nServer: old\r\n\r\n", visit->status))
		say_n(visit, visit->answer, visit->answer_n);
	return 0;
}

/* --- answers that are not what they say --------------------------------------------------------- */

static inline int http_1_0_cut(struct visit *visit)
{
	if (ask_mock(visit) && sayf(visit, "HTTP/1.0 %d OK\r\nServer: old\r\n\r\n", visit->status))
		say_n(visit, visit->answer, visit->answer_n / 2);
	return 0;
}

static inline int length_too_long(struct visit *visit)
{
	if (ask_mock(visit) &&
	    sayf(visit, "HTTP/1.1 %d OK\r\nContent-Length: %zu\r\n\r\n", visit->status, visit->answer_n + 10))
		say_n(visit, visit->answer, visit->answer_n);
	return 0;
}

/* The same, and the connection stays: only the time limit ends it. */
static inline int length_too_long_open(struct visit *visit)
{
	length_too_long(visit);
	return until_it_goes(visit);
}

/* Over TLS it is said in one piece: what is left of a piece that TLS has decrypted cannot be seen from outside, and
 * would be found out only by the next request, which then fails. */
static inline int length_too_short(struct visit *visit)
{
	if (!ask_mock(visit))
		return 0;
	if (visit->ssl)
		return sayf(visit, "HTTP/1.1 %d OK\r\nContent-Length: %zu\r\n\r\n%.4000s", visit->status,
		            visit->answer_n / 2, visit->answer);
	return sayf(visit, "HTTP/1.1 %d OK\r\nContent-Length: %zu\r\n\r\n", visit->status,
	            visit->answer_n / 2) &&
	       say_n(visit, visit->answer, visit->answer_n);
}

static inline int length_negative(struct visit *visit)
{
	return ask_mock(visit) &&
	       sayf(visit, "HTTP/1.1 %d OK\r\nContent-Length: -1\r\n\r\n", visit->status) &&
	       say_n(visit, visit->answer, visit->answer_n);
}

/* Two answers to one request: the second must never be taken for the answer to the next one. */
static inline int answered_twice(struct visit *visit)
{
	char *both;
	size_t head_n, n;
	int on;

	if (!ask_mock(visit))
		return 0;
	head_n = strlen(visit->answer_head);
	n = head_n + visit->answer_n;
	both = malloc(2 * n);
	if (!both)
		give_up("out of memory");
	for (int i = 0; i < 2; i++) {
		memcpy(both + (size_t)i * n, visit->answer_head, head_n);
		memcpy(both + (size_t)i * n + head_n, visit->answer, visit->answer_n);
	}
	on = say_n(visit, both, 2 * n);
	free(both);
	return on;
}

/* The second one comes when the connection is idle.  For single calls: one on its way meanwhile could not know. */
static inline int answered_twice_late(struct visit *visit)
{
	int on;

	if (!behave(visit))
		return 0;
	nap_ms(3);
	on = say(visit, visit->answer_head) && say_n(visit, visit->answer, visit->answer_n);
	hostile.late++;
	return on;
}

/* Says that it is compressed, and is not JSON. */
static inline int gzipped(struct visit *visit)
{
	static const char bytes[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\xab\xae\5\0\x43\xbf\xa6\xa3\2\0\0";

	return ask_mock(visit) &&
	       sayf(visit, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
	            sizeof bytes - 1) &&
	       say_n(visit, bytes, sizeof bytes - 1);
}

static inline int bad_chunks(struct visit *visit)
{
	if (ask_mock(visit))
		say(visit, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n");
	return until_it_goes(visit);
}

static inline int binary_garbage(struct visit *visit)
{
	char bytes[4096];
	uint64_t dice = 88172645463325252u;

	for (size_t i = 0; i < sizeof bytes; i++) {
		dice = dice * UINT64_C(6364136223846793005) + 1;
		bytes[i] = (char)(dice >> 56);
	}
	say_n(visit, bytes, sizeof bytes);
	return 0;
}

/* --- answers without an end ------------------------------------------------------------------- */

static inline int endless_body(struct visit *visit)
{
	static const char block[65536] = { 'x' };

	if (!say(visit, "HTTP/1.1 200 OK\r\nServer: endless\r\n\r\n"))
		return 0;
	while (say_n(visit, block, sizeof block))
		;
	return 0;
}

static inline int endless_chunks(struct visit *visit)
{
	static const char block[65536] = { 'x' };

	if (!say(visit, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
		return 0;
	while (say(visit, "10000\r\n") && say_n(visit, block, sizeof block) && say(visit, "\r\n"))
		;
	return 0;
}

static inline int endless_headers(struct visit *visit)
{
	if (!say(visit, "HTTP/1.1 200 OK\r\n"))
		return 0;
	while (say(visit,
	           "X-More: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n"))
		;
	return 0;
}

static inline int endless_header(struct visit *visit)
{
	static const char block[4096] = { 'x' };

	if (!say(visit, "HTTP/1.1 200 OK\r\nX-Long: "))
		return 0;
	while (say_n(visit, block, sizeof block))
		;
	return 0;
}

static inline int endless_interim(struct visit *visit)
{
	while (say(visit, "HTTP/1.1 102 Processing\r\nX-More: 01234567890123456789\r\n\r\n"))
		;
	return 0;
}

static inline int huge_length(struct visit *visit)
{
	say(visit, "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n{");
	return until_it_goes(visit);
}

/* --- answers by text: said as they stand ----------------------------------------------------- */

static inline int said(struct visit *visit)
{
	return say(visit, visit->deed->text);
}

static inline int said_and_closed(struct visit *visit)
{
	say(visit, visit->deed->text);
	return 0;
}

static inline int said_after(struct visit *visit) /* the effect */
{
	return ask_mock(visit) && say(visit, visit->deed->text);
}

#endif
