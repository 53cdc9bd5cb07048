/* io/http - HTTP/1.1 requests over a bounded pool of kept connections: the only door to libcurl.
 *
 * Loop thread only, after open.  A request is the caller's memory from `start` until its `done` ran, and is
 * sent at most once: a connection that died is reported, never silently tried again.  No redirects, cookies
 * or netrc; proxies as the environment says.
 */
#ifndef KIN_IO_HTTP_H
#define KIN_IO_HTTP_H
#include "aws/retry.h"
#include "base/bytes.h"
#include "base/heap.h"
#include "base/list.h"
#include <kinstream/error.h>

enum {
	KIN__HTTP_LINES_MAX = 12,
	KIN__HTTP_ANSWER_BYTES_MAX = 32 << 20,
	KIN__HTTP_HEAD_BYTES_MAX = 256 << 10 /* of an answer, interim ones included */
};

struct kin__http_options {
	uint32_t connections_max;    /* in all, also requests at once; more wait their turn */
	uint32_t connect_timeout_ms; /* name, connection and TLS together */
	const char *ca_bundle;       /* copied; PEM file; NULL: the system's */
	bool tls_verify;
};

struct kin__http_answer {
	enum kin__transport transport; /* KIN__TRANSPORT_OK: a whole answer came, whatever its status */
	int status;                    /* 0: none */
	int32_t code;                  /* failures: enum kin_code; KIN_OK else */
	bool sent;                     /* a byte of the request may have reached the server */
	bool too_large;                /* the body passed answer_bytes_max, or the head its limit */
	bool has_age;                  /* an Age header: a cache spoke */
	bool has_date;
	int64_t date_ms;        /* the Date header */
	int64_t local_ms;       /* wall clock when the headers were there */
	int64_t elapsed_ms;     /* from the hand-over to libcurl until then, or until the failure */
	struct kin__bytes body; /* the program may write into it, and kin__bytes_take() it */
	size_t body_bytes;      /* that came in */
	char request_id[80];    /* x-amzn-requestid (or x-amz-request-id); "" none */
	char errortype[160];    /* x-amzn-errortype; "" none */
	char content_type[64];
	char encoding[16];                    /* Content-Encoding, which nobody asked for; "" none */
	char location[128];                   /* where a redirect points, which is not followed; "" none */
	char retry_name[24], retry_value[40]; /* the first of x-amz-retry-after and Retry-After; "" none */
	char text[352];                       /* failures: names host and cause; "" else */
};

struct kin__http_request {
	/* Set by the caller after _init; all borrowed until `done`. */
	const char *method; /* "POST", "GET", "PUT" */
	const char *url;
	const char *lines[KIN__HTTP_LINES_MAX]; /* "Name: value" */
	size_t lines_n;
	struct kin__span body;
	uint32_t timeout_ms;     /* all of it, waiting for a connection included; 0: none */
	size_t answer_bytes_max; /* _init: KIN__HTTP_ANSWER_BYTES_MAX */
	void (*done)(struct kin__http_request *request); /* loop thread, never inside kin__http_start() */
	/* NULL, or: the answer will bring a body of `length` bytes; memory for it may be put into answer.body. */
	void (*place)(struct kin__http_request *request, size_t length);
	/* NULL: nobody wants to know.  Loop thread: answer.body, of an answer with status 200 whose length was told, has
	 * grown; it stays where it is until `done`, may be written into, and may be made shorter. */
	void (*more)(struct kin__http_request *request);
	void *user;

	struct kin__http_answer answer; /* valid from `done` until _fini or the next start */

	/* Of io/http. */
	struct kin__list node;
	struct kin__heap_node due;
	struct kin__http_slot *slot;
	uint64_t started_us;
	uint8_t state;
};

struct kin__http;

int kin__http_open(struct kin__http **out, const struct kin__http_options *options, struct kin_error *error);
void kin__http_close(struct kin__http *http); /* nothing is under way; NULL is fine */

void kin__http_request_init(struct kin__http_request *request); /* GET, nothing else set */
void kin__http_request_fini(
		struct kin__http_request *request); /* frees what is left of the body; not under way */
/* Never fails here: what goes wrong comes with `done`.  A body buffer left from before is used again. */
void kin__http_start(struct kin__http *http, struct kin__http_request *request);
/* Ends it now: `done` runs before this returns, with KIN__TRANSPORT_ABORTED.  Not under way: nothing. */
void kin__http_cancel(struct kin__http *http, struct kin__http_request *request);
void kin__http_cancel_all(struct kin__http *http);
bool kin__http_busy(const struct kin__http *http); /* something is under way */

/* For io/loop, in turn: carries the requests on, running `done`; then waits for sockets or a wake-up, at most until due_us. */
void kin__http_move(struct kin__http *http);
void kin__http_wait(struct kin__http *http, uint64_t due_us);
void kin__http_wake(struct kin__http *http); /* any thread */
#endif
