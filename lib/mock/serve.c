#include "mock/serve.h"
#include <stdio.h>
#include <time.h>
#include "base/mem.h"
#include "base/timetext.h"
#include "io/clock.h"
#include "kinesis/form.h"
#include "kinesis/operation.h"
#include "mock/gate.h"
#include "mock/operations.h"
#include "wire/jsontext.h"

enum { BODY_MAX = 16777216, BLOCK = 65536 };

/* Called with the first line of a request, path and query still as they came: what is signed. */
void *kin__serve_begin(void *user, const char *uri, struct MHD_Connection *connection)
{
	struct kin__mock_exchange *x = kin__mem_zalloc(sizeof *x);
	struct kin_mock *mock = user;

	if (!x)
		return NULL;
	if (strcmp(uri, "/") != 0 && !(x->uri = kin__mem_text(uri))) {
		kin__mem_free(x);
		return NULL;
	}
	x->mock = mock;
	x->connection = connection;
	x->content_type = KIN__FORM_JSON;
	x->answer.status = 200;
	kin__bytes_init(&x->body);
	kin__bytes_init(&x->reply);
	return x;
}

void kin__serve_completed(void *user, struct MHD_Connection *connection, void **own,
                          enum MHD_RequestTerminationCode why)
{
	struct kin__mock_exchange *x = *own;
	(void)user;
	(void)connection;
	(void)why;
	if (!x)
		return;
	kin__bytes_fini(&x->body);
	kin__bytes_fini(&x->reply);
	kin__mem_free(x->uri);
	kin__mem_free(x);
	*own = NULL;
}

void kin__serve_connected(void *user, struct MHD_Connection *connection, void **own,
                          enum MHD_ConnectionNotificationCode what)
{
	struct kin_mock *mock = user;
	(void)connection;
	(void)own;
	if (what != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	pthread_mutex_lock(&mock->lock);
	mock->stats.connections++;
	pthread_mutex_unlock(&mock->lock);
}

static bool is_type(const char *type, const char *wanted)
{
	struct kin__span kind;

	kin__span_cut(kin__span_text(type), ';', &kind);
	return type && kin__span_same_nocase(kin__span_trim(kind), kin__span_text(wanted));
}

/* What is no POST of Kinesis's JSON or CBOR is answered by the service's front: XML, or what looks like it, untyped. */
static bool refuse_front(struct kin__mock_exchange *x, bool addressed)
{
	x->content_type = NULL;
	if (addressed) {
		x->answer.code = "UnknownOperationException";
		x->answer.status = 404;
		kin__bytes_text(&x->reply, "<UnknownOperationException/>\n");
		return false;
	}
	x->answer.code = "AccessDeniedException";
	x->answer.status = 403;
	kin__bytes_text(&x->reply, "<AccessDeniedException>\n  <Message>Unable to determine "
	                           "service/operation name to be "
	                           "authorized</Message>\n</AccessDeniedException>\n");
	return false;
}

static bool addressed(struct kin__mock_exchange *x, const char *method)
{
	const char *target = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "X-Amz-Target");
	const char *type = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Type");
	static const char prefix[] = "Kinesis_20131202.";

	if (strcmp(method, "POST") != 0)
		return refuse_front(x, false);
	x->cbor = is_type(type, KIN__FORM_CBOR);
	if (x->cbor)
		x->content_type = KIN__FORM_CBOR;
	else if (!is_type(type, KIN__FORM_JSON))
		return refuse_front(x, target && strchr(target, '.'));
	if (!target || strncmp(target, prefix, sizeof prefix - 1) ||
	    !kin__operation_find(kin__span_text(target + sizeof prefix - 1), &x->operation) ||
	    !kin__operations_knows(x->operation)) {
		kin__gate_refuse(x, "UnknownOperationException",
		                 "X-Amz-Target '%.60s' is no operation of this endpoint",
		                 target ? target : "");
		return false;
	}
	return true;
}

/* Asks gate and model.  The model's time does not go back; the clock the client is shown may be skewed. */
static void work(struct kin__mock_exchange *x, const char *method)
{
	struct kin_mock *mock = x->mock;
	bool ours = !x->oversize && addressed(x, method);

	if (x->oversize) {
		x->answer.status = 413; /* and not a word more */
		x->content_type = NULL;
	}
	pthread_mutex_lock(&mock->lock);
	mock->stats.requests++;
	if (ours)
		x->skew_ms = kin__faults_skew_ms(kin__model_faults(mock->model), x->operation,
		                                 kin__model_rng(mock->model));
	pthread_mutex_unlock(&mock->lock);
	x->now_ms = kin__clock_wall_ms() + x->skew_ms;
	if (!ours)
		return;
	bool passes = kin__gate_passes(x);
	pthread_mutex_lock(&mock->lock);
	if (passes) {
		int64_t now_ms = kin__clock_wall_ms();
		mock->last_ms = now_ms > mock->last_ms ? now_ms : mock->last_ms;
		kin__operations_run(x, mock->last_ms);
	} else {
		mock->stats.refused++;
	}
	mock->stats.faults += x->answer.strike.any || x->skew_ms != 0;
	pthread_mutex_unlock(&mock->lock);
}

/* In small pieces, so that a close does not wait. */
static void be_late(struct kin__mock_exchange *x)
{
	for (int64_t left = x->answer.strike.latency_ms; left > 0; left -= 20) {
		struct timespec pause = { .tv_nsec = (left < 20 ? left : 20) * 1000000 };
		pthread_mutex_lock(&x->mock->lock);
		bool closing = x->mock->closing;
		pthread_mutex_unlock(&x->mock->lock);
		if (closing)
			return;
		nanosleep(&pause, NULL);
	}
}

/* SerializationException spells its Message with a capital letter. */
static void write_error(struct kin__mock_exchange *x)
{
	if (!x->content_type)
		return; /* it has a text of its own */
	kin__bytes_clear(&x->reply);
	kin__bytes_text(&x->reply, "{\"__type\":");
	kin__jsontext_quote(&x->reply, kin__span_text(x->answer.code));
	kin__bytes_text(&x->reply,
	                strcmp(x->answer.code, "SerializationException") ? ",\"message\":" : ",\"Message\":");
	kin__jsontext_quote(&x->reply, kin__span_text(x->answer.message));
	kin__bytes_char(&x->reply, '}');
}

/* What was written as JSON, for who asked in CBOR. */
static void convert(struct kin__mock_exchange *x)
{
	struct kin__span json = kin__bytes_view(&x->reply);
	struct kin__bytes cbor;

	if (!x->cbor || !x->content_type || x->reply.failed || json.n == 0 || kin__cbor_is_map(json))
		return;
	kin__bytes_init(&cbor);
	if (kin__form_to_cbor(&cbor, json, "", NULL) != KIN_OK)
		cbor.failed = true;
	kin__bytes_fini(&x->reply);
	x->reply = cbor;
}

static void add_names(struct kin__mock_exchange *x, struct MHD_Response *response)
{
	char id[KIN__RNG_UUID], date[KIN__TIME_TEXT];

	pthread_mutex_lock(&x->mock->lock);
	kin__rng_uuid(&x->mock->names, id);
	pthread_mutex_unlock(&x->mock->lock);
	kin__time_http(x->now_ms, date);
	MHD_add_response_header(response, "x-amzn-RequestId", id);
	MHD_add_response_header(response, "x-amz-id-2", id);
	MHD_add_response_header(response, "Date", date);
	if (x->content_type)
		MHD_add_response_header(response, "Content-Type", x->content_type);
}

/* Gives half of what was announced, then breaks the connection. */
static ssize_t give_half(void *user, uint64_t at, char *to, size_t most)
{
	struct kin__mock_exchange *x = user;
	size_t half = x->reply.n / 2;

	if (at >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	size_t n = half - (size_t)at < most ? half - (size_t)at : most;
	memcpy(to, x->reply.at + at, n);
	return (ssize_t)n;
}

static enum MHD_Result reply(struct kin__mock_exchange *x)
{
	struct MHD_Response *response;
	enum MHD_Result done;

	if (x->answer.code)
		write_error(x);
	convert(x);
	bool cut = x->answer.strike.truncate, silent = x->answer.strike.drop || x->answer.strike.drop_after;
	if (silent || x->reply.failed || (cut && x->reply.n < 2))
		return MHD_NO; /* the connection closes without a word */
	if (cut)
		response = MHD_create_response_from_callback(x->reply.n, BLOCK, give_half, x, NULL);
	else
		response = MHD_create_response_from_buffer(x->reply.n,
		                                           x->reply.at ? x->reply.at : (void *)(uintptr_t) "",
		                                           MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	add_names(x, response);
	done = MHD_queue_response(x->connection, (unsigned)x->answer.status, response);
	MHD_destroy_response(response);
	return done;
}

/* All of a body is read, so that the client hears the answer; what is above the limit is not kept. */
static void take_body(struct kin__mock_exchange *x, const char *upload, size_t n)
{
	if (x->oversize || n > BODY_MAX - x->body.n) {
		x->oversize = true;
		kin__bytes_fini(&x->body);
		kin__bytes_init(&x->body);
		return;
	}
	kin__bytes_add(&x->body, upload, n);
}

enum MHD_Result kin__serve_handle(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **own)
{
	struct kin__mock_exchange *x = *own;

	(void)connection;
	(void)url;
	(void)version;
	(void)user;
	if (!x)
		return MHD_NO; /* out of memory */
	if (!x->begun) {
		x->begun = true;
		return MHD_YES;
	}
	if (*upload_n > 0) {
		take_body(x, upload, *upload_n);
		*upload_n = 0;
		return MHD_YES;
	}
	if (x->body.failed)
		return MHD_NO;
	work(x, method);
	be_late(x);
	return reply(x);
}
