/* io/http - see http.h */
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include "base/mem.h"
#include "io/clock.h"
#include "io/error.h"
#include "io/http.h"
#include "io/http_cause.h"
#include "io/http_slot.h"
#include "io/quit.h"

enum { PERFORMS_MAX = 32 }; /* in a turn: 2 MiB of a body, a millisecond or two */

enum state { IDLE, WAITING, ACTIVE, FAILED };

struct kin__http { /* loop thread, but for `multi` in kin__http_wake() */
	CURLM *multi;
	CURLSH *share;
	struct kin__http_options options;
	char *ca_bundle;
	struct kin__list waiting; /* for a connection, in order */
	struct kin__list failed;  /* before they began; `done` is due */
	struct kin__heap due;     /* of the waiting ones that have a time limit */
	struct kin__list active;
	struct kin__list slots; /* free ones */
	struct kin__http_sockets sockets;
	uint32_t active_n;
	bool fresh; /* something waits that could begin */
};

/* --- open and close -------------------------------------------------------------- */

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
	kin__quit_watch();
}

static int check_libcurl(struct kin_error *error)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	pthread_once(&global_once, global_init);
	if (global_result != CURLE_OK)
		return kin__error(error, KIN_IO, "libcurl cannot start: %s",
		                  curl_easy_strerror(global_result));
	if (info->version_num < 0x075400)
		return kin__error(error, KIN_UNSUPPORTED,
		                  "the libcurl found is %s; 7.84.0 or newer is needed", info->version);
	if (!(info->features & CURL_VERSION_SSL))
		return kin__error(error, KIN_UNSUPPORTED, "the libcurl found, %s, was built without TLS",
		                  info->version);
	return KIN_OK;
}

/* TLS sessions are kept by name and port: a reconnect costs less.  Without memory for it: no matter. */
static CURLSH *share_sessions(void)
{
	CURLSH *share = curl_share_init();

	if (share)
		curl_share_setopt(share, CURLSHOPT_SHARE, (int)CURL_LOCK_DATA_SSL_SESSION);
	return share;
}

static int begin(struct kin__http *http, const struct kin__http_options *options, struct kin_error *error)
{
	struct kin__http_slot *slot;
	long most = options->connections_max;

	http->options = *options;
	http->ca_bundle = kin__mem_text(options->ca_bundle);
	http->options.ca_bundle = http->ca_bundle;
	http->multi = curl_multi_init();
	http->share = share_sessions();
	if (!http->multi || (options->ca_bundle && !http->ca_bundle))
		return kin__error_nomem(error);
	if (curl_multi_wakeup(http->multi) !=
	    CURLM_OK) /* libcurl says nothing when it has no descriptors for it */
		return kin__error(
				error, KIN_IO,
				"cannot make a pair of sockets to wake the I/O thread: too many open files?");
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, most);
	slot = kin__http_slot_new(&http->options, &http->sockets, http->share); /* fails here or never */
	if (!slot)
		return kin__error(error, KIN_NOMEM,
		                  "cannot make a libcurl handle: out of memory, or libcurl lacks an option");
	kin__list_append(&http->slots, kin__http_slot_node(slot));
	return KIN_OK;
}

int kin__http_open(struct kin__http **out, const struct kin__http_options *options, struct kin_error *error)
{
	struct kin__http *http;
	int code = check_libcurl(error);

	*out = NULL;
	if (code != KIN_OK)
		return code;
	if (options->ca_bundle && access(options->ca_bundle, R_OK) != 0)
		return kin__error_errno(error, KIN_INVALID, errno, "ca_bundle: cannot read the file %s",
		                        options->ca_bundle);
	http = kin__mem_zalloc(sizeof *http);
	if (!http)
		return kin__error_nomem(error);
	kin__list_init(&http->waiting);
	kin__list_init(&http->failed);
	kin__list_init(&http->active);
	kin__list_init(&http->slots);
	kin__heap_init(&http->due);
	code = begin(http, options, error);
	if (code != KIN_OK) {
		kin__http_close(http);
		return code;
	}
	*out = http;
	return KIN_OK;
}

void kin__http_close(struct kin__http *http)
{
	if (!http)
		return;
	while (!kin__list_empty(&http->slots)) {
		struct kin__list *node = http->slots.next;

		kin__list_remove(node);
		kin__http_slot_free(kin__http_slot_at(node));
	}
	curl_multi_cleanup(http->multi);
	curl_share_cleanup(http->share);
	kin__http_sockets_fini(&http->sockets);
	kin__heap_fini(&http->due);
	kin__mem_free(http->ca_bundle);
	kin__mem_free(http);
}

/* --- requests -------------------------------------------------------------------- */

void kin__http_request_init(struct kin__http_request *request)
{
	*request = (struct kin__http_request){ .method = "GET",
		                               .answer_bytes_max = KIN__HTTP_ANSWER_BYTES_MAX };
	kin__list_init(&request->node);
	kin__bytes_init(&request->answer.body);
}

void kin__http_request_fini(struct kin__http_request *request)
{
	kin__bytes_fini(&request->answer.body);
}

static int code_of(enum kin__transport transport)
{
	if (transport == KIN__TRANSPORT_ABORTED)
		return KIN_CLOSED;
	return transport == KIN__TRANSPORT_LOCAL ? KIN_NOMEM : KIN_NETWORK;
}

static void fail(struct kin__http *http, struct kin__http_request *request, enum kin__transport transport,
                 const char *cause)
{
	struct kin__http_answer *answer = &request->answer;
	struct kin__bytes body = answer->body;

	kin__bytes_clear(&body);
	*answer = (struct kin__http_answer){ .body = body,
		                             .transport = transport,
		                             .code = code_of(transport),
		                             .local_ms = kin__clock_wall_ms() };
	kin__http_cause_plain(answer->text, sizeof answer->text, request->url, cause);
	kin__heap_remove(&http->due, &request->due);
	kin__list_remove(&request->node);
	request->state = IDLE;
}

/* To be told of by the next move. */
static void fail_later(struct kin__http *http, struct kin__http_request *request,
                       enum kin__transport transport, const char *cause)
{
	fail(http, request, transport, cause);
	request->state = FAILED;
	kin__list_append(&http->failed, &request->node);
	http->fresh = true;
}

void kin__http_start(struct kin__http *http, struct kin__http_request *request)
{
	uint64_t now_us = kin__clock_us();

	request->slot = NULL;
	request->due.index = 0;
	request->started_us = now_us;
	request->state = WAITING;
	kin__list_init(&request->node);
	if (request->timeout_ms > 0 &&
	    kin__heap_set(&http->due, &request->due, now_us + request->timeout_ms * UINT64_C(1000)) < 0) {
		fail_later(http, request, KIN__TRANSPORT_LOCAL, "out of memory");
		return;
	}
	kin__list_append(&http->waiting, &request->node);
	http->fresh = http->fresh || http->active_n < http->options.connections_max;
}

static void put_slot(struct kin__http *http, struct kin__http_slot *slot)
{
	kin__list_prepend(&http->slots, kin__http_slot_node(slot));
}

static struct kin__http_slot *get_slot(struct kin__http *http)
{
	struct kin__list *node = http->slots.next;

	if (kin__list_empty(&http->slots))
		return kin__http_slot_new(&http->options, &http->sockets, http->share);
	kin__list_remove(node);
	return kin__http_slot_at(node);
}

/* What is left of its time; 0: it has no limit.  At least 1, for libcurl's 0 means none. */
static uint32_t time_left_ms(const struct kin__http_request *request)
{
	uint64_t now_us = kin__clock_us();

	if (request->timeout_ms == 0)
		return 0;
	return request->due.due > now_us + 1000 ? (uint32_t)((request->due.due - now_us) / 1000) : 1;
}

static void launch(struct kin__http *http, struct kin__http_request *request)
{
	struct kin__http_slot *slot = get_slot(http);

	if (!slot) {
		fail_later(http, request, KIN__TRANSPORT_LOCAL, "out of memory");
		return;
	}
	if (!kin__http_slot_load(slot, request, time_left_ms(request)) ||
	    curl_multi_add_handle(http->multi, kin__http_slot_easy(slot)) != CURLM_OK) {
		kin__http_slot_unload(slot, CURLE_OUT_OF_MEMORY);
		put_slot(http, slot);
		fail_later(http, request, KIN__TRANSPORT_LOCAL, "out of memory, or not a URL");
		return;
	}
	kin__heap_remove(&http->due, &request->due);
	kin__list_remove(&request->node);
	kin__list_append(&http->active, &request->node);
	http->active_n++;
	request->slot = slot;
	request->state = ACTIVE;
}

/* Takes an active request off libcurl; `done` is the caller's business. */
static void land(struct kin__http *http, struct kin__http_request *request, CURLcode result)
{
	struct kin__http_slot *slot = request->slot;

	curl_multi_remove_handle(http->multi, kin__http_slot_easy(slot));
	kin__http_slot_unload(slot, (int)result);
	put_slot(http, slot);
	kin__list_remove(&request->node);
	http->active_n--;
	request->slot = NULL;
	request->state = IDLE;
}

/* To the head of those that wait, with what is left of its time: it was not sent. */
static void again(struct kin__http *http, struct kin__http_request *request)
{
	land(http, request, CURLE_ABORTED_BY_CALLBACK);
	request->state = WAITING;
	kin__list_prepend(&http->waiting, &request->node);
	if (request->timeout_ms > 0 &&
	    kin__heap_set(&http->due, &request->due,
	                  request->started_us + request->timeout_ms * UINT64_C(1000)) < 0)
		fail_later(http, request, KIN__TRANSPORT_LOCAL, "out of memory");
}

void kin__http_cancel(struct kin__http *http, struct kin__http_request *request)
{
	bool sent = false;

	if (request->state == IDLE)
		return;
	if (request->state == ACTIVE) {
		land(http, request, CURLE_ABORTED_BY_CALLBACK);
		sent = request->answer.sent;
	}
	fail(http, request, KIN__TRANSPORT_ABORTED, "the request was cancelled");
	request->answer.sent = sent;
	http->fresh = http->fresh || !kin__list_empty(&http->waiting);
	request->done(request);
}

static void cancel_list(struct kin__http *http, struct kin__list *list)
{
	while (!kin__list_empty(list))
		kin__http_cancel(http, kin__container(list->next, struct kin__http_request, node));
}

void kin__http_cancel_all(struct kin__http *http)
{
	cancel_list(http, &http->waiting);
	cancel_list(http, &http->failed);
	cancel_list(http, &http->active);
}

bool kin__http_busy(const struct kin__http *http)
{
	return http->active_n > 0 || !kin__list_empty(&http->waiting) || !kin__list_empty(&http->failed);
}

/* --- for io/loop ----------------------------------------------------------------- */

static void launch_waiting(struct kin__http *http)
{
	while (http->active_n < http->options.connections_max && !kin__list_empty(&http->waiting))
		launch(http, kin__container(http->waiting.next, struct kin__http_request, node));
}

static void expire_waiting(struct kin__http *http)
{
	struct kin__heap_node *first;
	uint64_t now_us = kin__heap_first(&http->due) ? kin__clock_us() : 0;
	char cause[128];

	while ((first = kin__heap_first(&http->due)) && first->due <= now_us) {
		struct kin__http_request *request = kin__container(first, struct kin__http_request, due);

		snprintf(cause, sizeof cause,
		         "all %u connections were in use for %u ms; raise connections_max?",
		         (unsigned)http->options.connections_max, (unsigned)request->timeout_ms);
		fail_later(http, request, KIN__TRANSPORT_CONNECT_TIMEOUT, cause);
	}
}

static void report_failed(struct kin__http *http)
{
	while (!kin__list_empty(&http->failed)) {
		struct kin__http_request *request =
				kin__container(http->failed.next, struct kin__http_request, node);

		kin__list_remove(&request->node);
		request->state = IDLE;
		request->done(request);
	}
}

static void report_landed(struct kin__http *http)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct kin__http_request *request;
		struct kin__http_slot *slot;

		if (message->msg != CURLMSG_DONE)
			continue;
		slot = kin__http_slot_of(message->easy_handle);
		request = kin__http_slot_request(slot);
		if (kin__http_slot_again(slot)) {
			again(http, request);
			continue;
		}
		land(http, request, message->data.result);
		request->done(request);
	}
}

static bool any_sends(const struct kin__http *http)
{
	bool any = false;

	for (const struct kin__list *at = http->active.next; at != &http->active; at = at->next)
		any |= kin__http_slot_sends(kin__container(at, struct kin__http_request, node)->slot);
	return any;
}

/* libcurl sends one buffer a time and then wants the sockets to be asked: as long as a body moves, the answer is known. */
static void perform(struct kin__http *http)
{
	uint32_t times = 0;
	int running;

	do
		curl_multi_perform(http->multi, &running);
	while (++times < PERFORMS_MAX && any_sends(http));
}

void kin__http_move(struct kin__http *http)
{
	http->fresh = false;
	expire_waiting(http);
	launch_waiting(http);
	perform(http);
	report_landed(http);
	report_failed(http);
	http->fresh = http->fresh || !kin__list_empty(&http->failed) ||
	              (!kin__list_empty(&http->waiting) && http->active_n < http->options.connections_max);
}

void kin__http_wait(struct kin__http *http, uint64_t due_us)
{
	enum { WAIT_MS_MAX = 60000 };
	const struct kin__heap_node *first = kin__heap_first(&http->due);
	uint64_t now_us = kin__clock_us(), wait_ms = 0;

	if (first && first->due < due_us)
		due_us = first->due;
	if (!http->fresh && due_us > now_us)
		wait_ms = (due_us - now_us + 999) / 1000;
	if (due_us == UINT64_MAX || wait_ms > WAIT_MS_MAX)
		wait_ms = http->fresh ? 0 : WAIT_MS_MAX;
	curl_multi_poll(http->multi, NULL, 0, (int)wait_ms, NULL);
}

void kin__http_wake(struct kin__http *http)
{
	curl_multi_wakeup(http->multi);
}
