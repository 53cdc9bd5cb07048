/* drive/attempt - one signed request and what its answer means; see core.h */
#include <string.h>
#include "config.h"
#include "drive/core_own.h"
#include "drive/fault.h"
#include "io/clock.h"
#include "kinesis/form.h"
#include "kinesis/operation.h"
#include "kinesis/verdict.h"

enum state { IDLE, READY, SENDING, PARKED, FAILED };

static void on_failed(struct kin__loop_task *task);
static void on_answer(struct kin__http_request *request);
static void on_place(struct kin__http_request *request, size_t length);
static void on_more(struct kin__http_request *request);

void kin__attempt_init(struct kin__attempt *attempt)
{
	*attempt = (struct kin__attempt){ .state = IDLE };
	kin__http_request_init(&attempt->http);
	kin__loop_task_init(&attempt->failed, on_failed);
	kin__list_init(&attempt->waits);
	kin__bytes_init(&attempt->lines);
	kin__bytes_init(&attempt->cbor);
}

void kin__attempt_fini(struct kin__attempt *attempt)
{
	kin__http_request_fini(&attempt->http);
	kin__bytes_fini(&attempt->lines);
	kin__bytes_fini(&attempt->cbor);
}

static const char *operation_name(const struct kin__attempt *attempt)
{
	return kin__operation_row(attempt->operation)->name;
}

/* --- sending ---------------------------------------------------------------------- */

static void refuse(struct kin__attempt *attempt, int code, const char *text)
{
	struct kin__outcome *outcome = &attempt->outcome;

	outcome->verdict = KIN__REFUSED;
	outcome->retry_class = KIN__RETRY_FINAL;
	kin__error(&outcome->error, code, "%s: %s", operation_name(attempt), text);
	attempt->state = FAILED;
	kin__loop_post(attempt->core->set.loop, &attempt->failed);
}

/* The core's own endpoint, or one for the ARN, made into `made`; NULL: refused. */
static const struct kin__endpoint *find_endpoint(struct kin__attempt *attempt, struct kin__endpoint *made)
{
	struct kin__core *core = attempt->core;
	const struct kin__chain *chain = &core->set.chain;
	bool control = kin__operation_row(attempt->operation)->control;
	struct kin__reason reason = { "" };
	struct kin__endpoint_input input = {
		.region = kin__span_text(chain->region),
		.fips = chain->use_fips,
		.dualstack = chain->use_dualstack,
		.url = kin__span_text(chain->endpoint_url),
		.arn = kin__span_text(attempt->stream_arn),
		.class_ = control ? KIN__ENDPOINT_CONTROL : KIN__ENDPOINT_DATA,
		.account_id = kin__span_text(core->own.credentials.account_id),
		.account_mode = chain->account_mode,
	};

	if (!attempt->stream_arn || chain->endpoint_url)
		return &core->set.endpoint[control];
	if (kin__endpoint_resolve(&input, made, &reason) == KIN__AWS_OK)
		return made;
	refuse(attempt, KIN_INVALID, reason.text);
	return NULL;
}

/* The body as it is to be sent; false: refused. */
static bool choose_form(struct kin__attempt *attempt)
{
	struct kin__reason reason = { "" };
	int code;

	attempt->http.body = attempt->body;
	if (!attempt->core->set.cbor || kin__cbor_is_map(attempt->body))
		return true;
	kin__bytes_clear(&attempt->cbor);
	code = kin__form_to_cbor(&attempt->cbor, attempt->body, "", &reason);
	attempt->http.body = kin__bytes_view(&attempt->cbor);
	if (code != KIN_OK)
		refuse(attempt, code, code == KIN_NOMEM ? "out of memory to write the request" : reason.text);
	return code == KIN_OK;
}

/* sum: of the body; NULL: not known yet. */
static bool sign(struct kin__attempt *attempt, const struct kin__endpoint *endpoint,
                 const struct kin__sha256 *sum)
{
	struct kin__core *core = attempt->core;
	struct kin__sigv4_json_input input = {
		.credentials = &core->own.credentials,
		.region = kin__span_text(endpoint->signing_region),
		.service = kin__span_text(endpoint->signing_name),
		.time_ms = kin__skew_signing_ms(&core->own.skew, kin__clock_wall_ms()),
		.host = kin__span_text(endpoint->host),
		.content_type = kin__span_text(kin__form_type(attempt->http.body)),
		.target = kin__span_text(kin__operation_row(attempt->operation)->target),
		.body = attempt->http.body,
		.body_sha256 = sum,
	};
	char path[sizeof endpoint->path + 1];
	size_t n = strlen(endpoint->path);

	memcpy(path, endpoint->path, n);
	path[n] = '/';
	input.path = kin__span(path, n + 1);
	attempt->credentials_number = core->own.credentials_number;
	attempt->signing_offset_ms = core->own.skew.signing_ms;
	return kin__sigv4_json_sign(core->own.hash, &core->own.key, &input, &core->own.signer) == KIN__AWS_OK;
}

/* URL and lines one after the other, each with its 0; the pointers come last, when the text moves no more. */
static bool write_lines(struct kin__attempt *attempt, const struct kin__endpoint *endpoint)
{
	const struct kin__sigv4_json *signer = &attempt->core->own.signer;
	struct kin__http_request *http = &attempt->http;
	struct kin__bytes *out = &attempt->lines;
	size_t starts[KIN__HTTP_LINES_MAX + 1], n = 0;

	kin__bytes_clear(out);
	starts[n++] = out->n;
	kin__bytes_text(out, endpoint->url);
	kin__bytes_char(out, 0);
	for (size_t i = 0; i < signer->lines_n; i++) {
		starts[n++] = out->n;
		kin__bytes_text(out, signer->lines[i]);
		kin__bytes_char(out, 0);
	}
	starts[n++] = out->n;
	kin__bytes_text(out, "X-Amz-Target: ");
	kin__bytes_text(out, kin__operation_row(attempt->operation)->target);
	kin__bytes_char(out, 0);
	starts[n++] = out->n;
	kin__bytes_text(out, "amz-sdk-invocation-id: ");
	kin__bytes_text(out, attempt->invocation);
	kin__bytes_char(out, 0);
	if (attempt->number > 0) {
		starts[n++] = out->n;
		kin__bytes_text(out, "amz-sdk-request: attempt=");
		kin__bytes_u64(out, attempt->number);
		kin__bytes_text(out, "; max=");
		kin__bytes_u64(out, attempt->number_max);
		kin__bytes_char(out, 0);
	}
	if (out->failed)
		return false;
	http->url = out->at + starts[0];
	http->lines_n = 0;
	for (size_t i = 1; i < n; i++)
		http->lines[http->lines_n++] = out->at + starts[i];
	http->lines[http->lines_n++] = kin__cbor_is_map(http->body) ? "Content-Type: " KIN__FORM_CBOR
	                                                            : "Content-Type: " KIN__FORM_JSON;
	http->lines[http->lines_n++] = "User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION;
	return true;
}

static void send_it(struct kin__attempt *attempt, const struct kin__sha256 *sum)
{
	struct kin__core *core = attempt->core;
	struct kin__http_request *http = &attempt->http;
	struct kin__endpoint made;
	const struct kin__endpoint *endpoint = find_endpoint(attempt, &made);

	if (!endpoint)
		return;
	if (!sign(attempt, endpoint, sum) || !write_lines(attempt, endpoint)) {
		refuse(attempt, KIN_NOMEM, "out of memory to sign the request");
		return;
	}
	http->method = "POST";
	http->timeout_ms = attempt->timeout_ms > 0 ? attempt->timeout_ms : core->set.request_timeout_ms;
	http->done = on_answer;
	http->place = attempt->place ? on_place : NULL;
	http->more = attempt->more ? on_more : NULL;
	http->user = attempt;
	attempt->state = SENDING;
	struct kin__log_about about = { .operation = operation_name(attempt) };
	KIN__LOG_ABOUT(core, KIN_LOG_TRACE, "http", &about, "%s: %zu bytes to %s", about.operation,
	               http->body.n, endpoint->host);
	kin__http_start(kin__loop_http(core->set.loop), http);
}

static void set_out(struct kin__attempt *attempt)
{
	if (!attempt->body.at) {
		refuse(attempt, KIN_NOMEM, "out of memory to write the request");
		return;
	}
	if (!choose_form(attempt))
		return;
	if (attempt->body_sum && attempt->http.body.at == attempt->body.at)
		send_it(attempt, attempt->body_sum);
	else if (kin__ready_wait(attempt->core, attempt))
		attempt->state = READY;
	else
		send_it(attempt, NULL);
}

/* While keys are read again: to sign by those that were just refused would be in vain. */
static bool park(struct kin__attempt *attempt)
{
	if (!attempt->core->own.refreshing)
		return false;
	attempt->state = PARKED;
	kin__refresh_park(attempt->core, attempt);
	return true;
}

void kin__attempt_hashed(struct kin__attempt *attempt, const struct kin__sha256 *sum)
{
	if (!sum) {
		refuse(attempt, KIN_NOMEM, "out of memory to sign the request");
		return;
	}
	if (!park(attempt)) /* since it became ready */
		send_it(attempt, sum);
}

void kin__core_attempt(struct kin__core *core, struct kin__attempt *attempt)
{
	attempt->core = core;
	attempt->started_us = kin__clock_us();
	attempt->outcome = (struct kin__outcome){ .verdict = KIN__REFUSED };
	if (attempt->number == 0) /* all there is of its call */
		kin__rng_uuid(&core->own.rng, attempt->invocation);
	if (!park(attempt))
		set_out(attempt);
}

/* --- ending ----------------------------------------------------------------------- */

/* The attempt may be gone when `done` returns: what it told lives on the stack. */
static void finish(struct kin__attempt *attempt)
{
	struct kin__outcome outcome = attempt->outcome;

	kin__bytes_init(&attempt->outcome.body);
	attempt->state = IDLE;
	outcome.elapsed_us = kin__clock_us() - attempt->started_us;
	attempt->done(attempt, &outcome);
	kin__bytes_fini(&outcome.body);
}

static void on_failed(struct kin__loop_task *task)
{
	finish(kin__container(task, struct kin__attempt, failed));
}

static void log_outcome(struct kin__attempt *attempt)
{
	const struct kin__http_answer *answer = &attempt->http.answer;
	const struct kin__outcome *outcome = &attempt->outcome;
	struct kin__core *core = attempt->core;
	struct kin__log_about about = { .operation = operation_name(attempt),
		                        .request_id = answer->request_id[0] ? answer->request_id : NULL };

	if (outcome->error.code == KIN_OK)
		KIN__LOG_ABOUT(core, KIN_LOG_TRACE, "http", &about,
		               "%s: %d, %zu bytes, %lld ms, request id %s", about.operation, answer->status,
		               answer->body_bytes, (long long)answer->elapsed_ms, answer->request_id);
	else
		KIN__LOG_ABOUT(core, KIN_LOG_DEBUG, "http", &about,
		               "%s (%s, attempt %u of %u, %lld ms, request id %s)", outcome->error.message,
		               kin__retry_class_name(outcome->retry_class), (unsigned)attempt->number,
		               (unsigned)attempt->number_max, (long long)answer->elapsed_ms,
		               answer->request_id);
}

static long long seconds(int64_t ms)
{
	return (long long)((ms < 0 ? -ms : ms) / 1000);
}

/* A signature was refused, and the clocks differ by more than the service forgives: say so. */
static void blame_clock(struct kin__attempt *attempt)
{
	const struct kin__skew *skew = &attempt->core->own.skew;
	struct kin_error *error = &attempt->outcome.error, was = *error;
	int64_t behind_ms = attempt->outcome.service_ms - attempt->http.answer.local_ms;

	if (attempt->outcome.service_ms == 0 || seconds(behind_ms) < KIN__SKEW_ADOPT_MS / 1000)
		return;
	kin__error(error, was.code, "%.230s; this host's clock is %lld s %s the service's%s", was.message,
	           seconds(behind_ms), behind_ms < 0 ? "ahead of" : "behind",
	           skew->signing_off ? ", and AWS_DISABLE_CLOCK_SKEW_CORRECTION is set" : "");
	error->http_status = was.http_status;
	memcpy(error->aws_code, was.aws_code, sizeof error->aws_code);
	memcpy(error->request_id, was.request_id, sizeof error->request_id);
}

/* The service's clock from its Date, or from the error body; true: signing by now would be by another time. */
static bool learn_time(struct kin__attempt *attempt, const struct kin__apierror *fault)
{
	const struct kin__http_answer *answer = &attempt->http.answer;
	struct kin__core *core = attempt->core;
	struct kin__skew *skew = &core->own.skew;
	struct kin__skew_sample sample = {
		.local_ms = answer->local_ms,
		.date_ms = fault->server_time_ms != 0 ? fault->server_time_ms : answer->date_ms,
		.elapsed_ms = answer->elapsed_ms,
		.has_age = answer->has_age,
	};

	if (answer->transport == KIN__TRANSPORT_OK && (answer->has_date || fault->server_time_ms != 0)) {
		if (kin__skew_take(skew, &sample))
			KIN__LOG(core, KIN_LOG_WARN, "client",
			         "this host's clock is %lld s %s the service's; requests are signed by the "
			         "service's",
			         seconds(skew->signing_ms), skew->signing_ms < 0 ? "ahead of" : "behind");
		pthread_mutex_lock(&core->lock);
		core->shared.skew = *skew;
		core->shared.host_ms = kin__clock_wall_ms();
		core->shared.host_us = kin__clock_us();
		pthread_mutex_unlock(&core->lock);
	}
	if (!kin__skew_service_ms(skew, answer->local_ms, &attempt->outcome.service_ms))
		attempt->outcome.service_ms = 0;
	return skew->signing_ms != attempt->signing_offset_ms;
}

static void take_hint(struct kin__attempt *attempt)
{
	const struct kin__http_answer *answer = &attempt->http.answer;
	int64_t now_ms = attempt->outcome.service_ms != 0 ? attempt->outcome.service_ms : answer->local_ms;

	if (answer->retry_name[0] != 0)
		attempt->outcome.has_hint = kin__retry_hint(kin__span_text(answer->retry_name),
		                                            kin__span_text(answer->retry_value), now_ms,
		                                            &attempt->outcome.hint_ms);
}

/* true: the credentials must be read again before anything can be said. */
static bool judge(struct kin__attempt *attempt)
{
	struct kin__http_answer *answer = &attempt->http.answer;
	struct kin__core *core = attempt->core;
	struct kin__outcome *outcome = &attempt->outcome;
	struct kin__apierror fault = { .code = "" };
	struct kin__retry_outcome told = { .transport = answer->transport, .status = answer->status };
	bool renewed, success = answer->status >= 200 && answer->status <= 299;

	if (answer->transport == KIN__TRANSPORT_OK && !success)
		kin__apierror_read(&fault, answer->status, kin__span_text(answer->errortype),
		                   kin__bytes_view(&answer->body));
	told.code = kin__span_text(fault.code);
	told.message = kin__span_text(fault.message);
	told.skew_corrected = learn_time(attempt, &fault);
	renewed = attempt->credentials_number != core->own.credentials_number;
	outcome->retry_class = kin__retry_classify(&told);
	outcome->verdict = kin__verdict_of(&told, renewed);
	outcome->maybe_done = answer->transport == KIN__TRANSPORT_OK
	                                      ? kin__retry_ambiguous(&told)
	                                      : answer->sent && kin__retry_ambiguous(&told);
	outcome->aborted = answer->transport == KIN__TRANSPORT_ABORTED;
	kin__fault_explain(&outcome->error, attempt->operation, &attempt->http, &fault, outcome->retry_class,
	                   &core->own.credentials);
	if (outcome->verdict != KIN__DONE && kin__skew_is_code(told.code))
		blame_clock(attempt);
	outcome->error.retryable = outcome->verdict == KIN__THROTTLED || outcome->verdict == KIN__TRANSIENT;
	take_hint(attempt);
	return outcome->retry_class == KIN__RETRY_EXPIRED && !renewed && core->set.can_refresh;
}

static void on_place(struct kin__http_request *request, size_t length)
{
	struct kin__attempt *attempt = request->user;

	attempt->place(attempt, length);
}

static void on_more(struct kin__http_request *request)
{
	struct kin__attempt *attempt = request->user;

	attempt->more(attempt);
}

/* A success in CBOR becomes JSON, but for those who read both. */
static void want_json(struct kin__attempt *attempt)
{
	struct kin__outcome *outcome = &attempt->outcome;
	struct kin__reason reason = { "" };
	struct kin__bytes json;
	int code;

	if (outcome->verdict != KIN__DONE || attempt->operation == KIN__PUT_RECORDS ||
	    attempt->operation == KIN__GET_RECORDS || !kin__cbor_is_map(kin__bytes_view(&outcome->body)))
		return;
	kin__bytes_init(&json);
	code = kin__form_to_json(&json, outcome->body.at, outcome->body.n, "", &reason);
	if (code == KIN_OK) {
		kin__bytes_fini(&outcome->body);
		outcome->body = json;
		return;
	}
	kin__bytes_fini(&json);
	kin__fault_misread(&outcome->error, attempt->operation, &attempt->http,
	                   code == KIN_NOMEM ? "out of memory" : reason.text);
	outcome->error.code = code;
	outcome->verdict = KIN__TRANSIENT;
	outcome->retry_class = KIN__RETRY_TRANSIENT;
	outcome->maybe_done = true;
}

static void on_answer(struct kin__http_request *request)
{
	struct kin__attempt *attempt = request->user;
	bool expired = judge(attempt);

	attempt->outcome.body = request->answer.body;
	kin__bytes_init(&request->answer.body);
	want_json(attempt);
	log_outcome(attempt);
	if (expired) {
		attempt->state = PARKED;
		kin__refresh_park(attempt->core, attempt);
		return;
	}
	finish(attempt);
}

void kin__attempt_refreshed(struct kin__attempt *attempt, bool changed)
{
	if (attempt->outcome.error.code == KIN_OK) { /* it was not sent yet */
		set_out(attempt);
		return;
	}
	if (changed) {
		attempt->outcome.verdict = KIN__TRANSIENT;
		attempt->outcome.error.retryable = 1;
	}
	finish(attempt);
}

void kin__core_cancel(struct kin__core *core, struct kin__attempt *attempt)
{
	switch ((enum state)attempt->state) {
	case IDLE:
		return;
	case SENDING:
		kin__http_cancel(kin__loop_http(core->set.loop), &attempt->http);
		return;
	case READY:
	case PARKED:
		kin__list_remove(&attempt->waits);
		break;
	case FAILED:
		kin__loop_unpost(core->set.loop, &attempt->failed);
		break;
	}
	attempt->outcome.verdict = KIN__REFUSED;
	attempt->outcome.retry_class = KIN__RETRY_FINAL;
	attempt->outcome.aborted = true;
	kin__error(&attempt->outcome.error, KIN_CLOSED, "%s: cancelled", operation_name(attempt));
	finish(attempt);
}
