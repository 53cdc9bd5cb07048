/* api/call - one operation of the Kinesis API, from its members to its answer */
#include <stdio.h>
#include <string.h>
#include "api/call.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "drive/fault.h"
#include "io/clock.h"
#include "io/thread.h"
#include "kinesis/limits.h"
#include "wire/jsonscan.h"

/* --- new and free ----------------------------------------------------------------- */

static void on_start(struct kin__loop_task *task);
static void on_cancel(struct kin__loop_task *task);
static void on_callback(struct kin__pool_job *job);
static void on_done(struct kin__call *inner, struct kin__outcome *outcome);
static bool on_check(struct kin__call *inner, struct kin__outcome *outcome);

static int call_init(struct kin_call *call)
{
	if (kin__thread_cond_init(&call->changed) != 0)
		return KIN_NOMEM;
	call->values = kin__mem_array(call->row->members_n + 1, sizeof *call->values); /* some have none */
	if (!call->values || kin__call_init(&call->inner, call->client->core) != KIN_OK) {
		kin__mem_free(call->values);
		pthread_cond_destroy(&call->changed);
		return KIN_NOMEM;
	}
	kin__list_init(&call->node);
	kin__loop_task_init(&call->start, on_start);
	kin__loop_task_init(&call->cancel, on_cancel);
	kin__pool_job_init(&call->callback, on_callback);
	kin__bytes_init(&call->body);
	kin__bytes_init(&call->answer);
	kin__bytes_init(&call->rest);
	kin__get_page_init(&call->page);
	call->page.base64 = kin__core_base64(call->client->core);
	call->cbor = kin__core_cbor(call->client->core);
	return KIN_OK;
}

int kin_call_new(struct kin_call **out, struct kin_client *client, const char *operation,
                 struct kin_error *error)
{
	struct kin__reason reason = { "" };
	struct kin_call *call;
	int code;

	if (!out || !operation)
		return kin__error(error, KIN_INVALID, "kin_call_new: %s is NULL", out ? "operation" : "out");
	*out = NULL;
	code = kin__handle_check(client ? &client->handle : NULL, KIN__HANDLE_CLIENT, "kin_call_new", error);
	if (code != KIN_OK)
		return code;
	call = kin__mem_zalloc(sizeof *call);
	if (!call)
		return kin__error_nomem(error);
	call->row = kin__operation_named(kin__span_text(operation), &reason);
	if (!call->row) {
		kin__mem_free(call);
		return kin__error(error, KIN_INVALID, "%s", reason.text);
	}
	kin__operation_find(kin__span_text(operation), &call->operation);
	call->client = kin__client_ref(client);
	if (call_init(call) != KIN_OK) {
		kin__client_unref(client);
		kin__mem_free(call);
		return kin__error_nomem(error);
	}
	kin__handle_init(&call->handle, KIN__HANDLE_CALL);
	*out = call;
	return KIN_OK;
}

static void call_destroy(struct kin_call *call)
{
	kin__handle_fini(&call->handle);
	kin__call_fini(&call->inner);
	for (size_t i = 0; i < call->row->members_n; i++)
		kin__bytes_fini(&call->values[i]);
	kin__mem_free(call->values);
	kin__mem_free(call->host_arn);
	kin__bytes_fini(&call->body);
	kin__bytes_fini(&call->answer);
	kin__bytes_fini(&call->rest);
	kin__get_page_fini(&call->page);
	kin__json_free(call->json);
	pthread_cond_destroy(&call->changed);
	kin__client_unref(call->client);
	kin__mem_free(call);
}

/* Under the client's lock: until neither the loop nor the callback thread knows the call any more. */
static void detach(struct kin_call *call)
{
	struct kin_client *client = call->client;
	bool here = kin__core_on_callback(client->core);

	call->function = NULL;
	if (call->state == KIN__CALL_UNDER_WAY) {
		call->cancelling = true;
		kin__loop_post(kin__core_loop(client->core), &call->cancel);
	}
	while (call->cancelling)
		kin__thread_cond_wait(&call->changed, &client->lock, UINT64_MAX);
	if (kin__pool_unpost(kin__core_callbacks(client->core), &call->callback))
		call->running = false;
	if (here && call->gone) {
		*call->gone = true; /* freed by its own function */
		call->running = false;
	}
	while (call->running && !here)
		kin__thread_cond_wait(&call->changed, &client->lock, UINT64_MAX);
	kin__list_remove(&call->node);
	pthread_cond_broadcast(&client->calls_gone);
}

void kin_call_free(struct kin_call *call)
{
	if (!call || kin__handle_check(&call->handle, KIN__HANDLE_CALL, "kin_call_free", NULL) != KIN_OK)
		return;
	pthread_mutex_lock(&call->client->lock);
	detach(call);
	pthread_mutex_unlock(&call->client->lock);
	call_destroy(call);
}

/* --- start ------------------------------------------------------------------------ */

/* Records put by kin_call_add_record() are in the body already, and not among the values. */
static bool has_value(const struct kin_call *call, size_t member)
{
	return call->values[member].n > 0 ||
	       (call->records.entries > 0 && strcmp(call->row->members[member].name, "Records") == 0);
}

static bool given(const struct kin_call *call, const char *name)
{
	for (size_t i = 0; i < call->row->members_n; i++)
		if (strcmp(call->row->members[i].name, name) == 0)
			return has_value(call, i);
	return false;
}

static int check_members(const struct kin_call *call, struct kin_error *error)
{
	const struct kin__operation_row *row = call->row;

	for (size_t i = 0; i < row->members_n; i++)
		if (row->members[i].required && !has_value(call, i))
			return kin__error(error, KIN_INVALID, "%s needs the member %s", row->name,
			                  row->members[i].name);
	if (row->by_stream && !given(call, "StreamName") && !given(call, "StreamARN"))
		return kin__error(error, KIN_INVALID, "%s needs the member StreamName or StreamARN",
		                  row->name);
	return KIN_OK;
}

static void write_cbor(struct kin_call *call)
{
	uint32_t given = 0;

	for (size_t i = 0; i < call->row->members_n; i++)
		given += call->values[i].n > 0;
	if (call->records.entries == 0)
		kin__cbor_put_map(&call->body, given);
	else
		kin__put_records_end_list(&call->records);
	for (size_t i = 0; i < call->row->members_n; i++) {
		if (call->values[i].n == 0)
			continue;
		kin__cbor_put_name(&call->body, call->row->members[i].name);
		kin__bytes_span(&call->body, kin__bytes_view(&call->values[i]));
	}
	if (call->records.entries > 0)
		kin__cbor_put_break(&call->body);
}

static void write_json(struct kin_call *call)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, &call->body);
	if (call->records.entries == 0) {
		kin__jsontext_object(&json);
	} else { /* they opened it */
		kin__bytes_char(&call->body, ']');
		json.depth = 1;
		json.comma = true;
	}
	for (size_t i = 0; i < call->row->members_n; i++) {
		if (call->values[i].n == 0)
			continue;
		kin__jsontext_name(&json, call->row->members[i].name);
		kin__jsontext_raw(&json, kin__bytes_view(&call->values[i]));
	}
	kin__jsontext_object_end(&json);
}

static int write_body(struct kin_call *call, struct kin_error *error)
{
	call->body.failed = false;
	call->body.n = call->records_end;
	if (call->cbor)
		write_cbor(call);
	else
		write_json(call);
	if (call->body.failed)
		return kin__error_nomem(error);
	if (call->hashing)
		call->hashing->end(&call->hashed, kin__bytes_view(&call->body), &call->body_sum);
	return KIN_OK;
}

static int begin(struct kin_call *call, kin_call_fn *function, void *user, struct kin_error *error)
{
	struct kin_client *client = call->client;
	int code = KIN_OK;

	call->inner.operation = call->operation;
	call->inner.body = kin__bytes_view(&call->body);
	call->inner.body_sum = call->hashing ? &call->body_sum : NULL;
	call->inner.stream_arn = call->host_arn;
	call->inner.done = on_done;
	call->inner.check = on_check;
	pthread_mutex_lock(&client->lock);
	if (client->shared.closing) {
		code = kin__error(error, KIN_CLOSED, "%s: the client is closed", call->row->name);
	} else {
		call->function = function;
		call->user = user;
		call->state = KIN__CALL_UNDER_WAY;
		call->started = true;
		kin__list_append(&client->shared.calls, &call->node);
		kin__loop_post(kin__core_loop(client->core), &call->start);
	}
	pthread_mutex_unlock(&client->lock);
	return code;
}

int kin_call_start(struct kin_call *call, kin_call_fn *done, void *user, struct kin_error *error)
{
	int code = kin__call_check(call, "kin_call_start", error);

	if (code == KIN_OK)
		code = check_members(call, error);
	if (code == KIN_OK)
		code = write_body(call, error);
	return code == KIN_OK ? begin(call, done, user, error) : code;
}

static void on_start(struct kin__loop_task *task)
{
	struct kin_call *call = kin__container(task, struct kin_call, start);

	kin__call_start(&call->inner);
}

/* Posted after `start`, so the call has begun; it may have ended, then there is nothing to cancel. */
static void on_cancel(struct kin__loop_task *task)
{
	struct kin_call *call = kin__container(task, struct kin_call, cancel);
	struct kin_client *client = call->client;

	kin__call_cancel(&call->inner);
	pthread_mutex_lock(&client->lock);
	call->cancelling = false;
	pthread_cond_broadcast(&call->changed);
	pthread_mutex_unlock(&client->lock);
}

/* Only this thread, the loop's, ends a state of UNDER_WAY: the call cannot go between unlock and cancel. */
bool kin__client_end_call(struct kin_client *client)
{
	struct kin_call *found = NULL;

	pthread_mutex_lock(&client->lock);
	for (struct kin__list *at = client->shared.calls.next; !found && at != &client->shared.calls;
	     at = at->next) {
		struct kin_call *call = kin__container(at, struct kin_call, node);

		if (call->state == KIN__CALL_UNDER_WAY)
			found = call;
	}
	pthread_mutex_unlock(&client->lock);
	if (found)
		kin__call_cancel(&found->inner);
	return found != NULL;
}

/* --- the end ---------------------------------------------------------------------- */

static bool check_page(struct kin_call *call, struct kin__bytes *body, struct kin__reason *reason)
{
	call->page_read = kin__get_records_decode(&call->page, body->at, body->n, "", reason) == KIN_OK;
	return call->page_read;
}

static bool check_json(const struct kin__bytes *body, struct kin__reason *reason)
{
	struct kin__jsonscan scan;

	kin__jsonscan_init_readonly(&scan, body->at, body->n);
	if (kin__jsonscan_type(&scan) == KIN__JSONSCAN_OBJECT && kin__jsonscan_skip(&scan) &&
	    kin__jsonscan_finish(&scan))
		return true;
	kin__reason_text(reason, scan.error ? scan.error : "no JSON object");
	return false;
}

/* What is in it is looked at when it is asked for. */
static bool check_cbor(const struct kin__bytes *body, struct kin__reason *reason)
{
	struct kin__cbor cbor;

	kin__cbor_init_readonly(&cbor, body->at, body->n);
	if (kin__cbor_finish(&cbor))
		return true;
	kin__reason_text(reason, cbor.error);
	return false;
}

static bool check_answer(struct kin_call *call, struct kin__bytes *body, struct kin__reason *reason)
{
	if (call->operation == KIN__GET_RECORDS)
		return check_page(call, body, reason);
	if (call->operation == KIN__PUT_RECORDS && kin__put_records_all_stored(body->at, body->n))
		return true;
	if (kin__cbor_is_map(kin__bytes_view(body)))
		return kin__put_records_all_stored_cbor(body->at, body->n) || check_cbor(body, reason);
	return check_json(body, reason);
}

/* Loop thread.  What is no answer of this operation must be known before anybody is told of a success. */
static bool on_check(struct kin__call *inner, struct kin__outcome *outcome)
{
	struct kin_call *call = kin__container(inner, struct kin_call, inner);
	struct kin__reason reason = { "" };
	bool good;

	if (outcome->body.n == 0 && call->row->empty_answer)
		return true;
	if (outcome->body.n == 0)
		kin__reason_text(&reason, "it is empty");
	good = outcome->body.n > 0 && check_answer(call, &outcome->body, &reason);
	if (good)
		return true;
	kin__fault_misread(&outcome->error, call->operation, &inner->attempt.http, reason.text);
	return false;
}

/* Loop thread.  After the unlock the call may be freed by who waited for it. */
static void on_done(struct kin__call *inner, struct kin__outcome *outcome)
{
	struct kin_call *call = kin__container(inner, struct kin_call, inner);
	struct kin_client *client = call->client;

	call->error = outcome->error;
	call->answer = outcome->body;
	kin__bytes_init(&outcome->body);
	pthread_mutex_lock(&client->lock);
	call->state = KIN__CALL_ENDED;
	if (call->function) {
		call->running = true;
		kin__pool_post(kin__core_callbacks(client->core), &call->callback);
	} else {
		kin__list_remove(&call->node);
		pthread_cond_broadcast(&client->calls_gone);
	}
	pthread_cond_broadcast(&call->changed);
	pthread_mutex_unlock(&client->lock);
}

/* Callback thread.  The function may free its call: `gone` says so. */
static void on_callback(struct kin__pool_job *job)
{
	struct kin_call *call = kin__container(job, struct kin_call, callback);
	struct kin_client *client = call->client;
	kin_call_fn *function;
	bool gone = false;

	pthread_mutex_lock(&client->lock);
	function = call->function; /* NULL: kin_call_free() came between, and waits */
	call->gone = &gone;
	pthread_mutex_unlock(&client->lock);
	if (function)
		function(call->user, call, call->error.code);
	if (gone)
		return;
	pthread_mutex_lock(&client->lock);
	call->gone = NULL;
	call->running = false;
	kin__list_remove(&call->node);
	pthread_cond_broadcast(&client->calls_gone);
	pthread_cond_broadcast(&call->changed);
	pthread_mutex_unlock(&client->lock);
}

static bool has_ended(void *user)
{
	const struct kin_call *call = user;

	return call->state == KIN__CALL_ENDED; /* this thread drives the loop, which alone ends it */
}

/* Starts it; if the loop is at rest, runs the loop here: no other thread has to be woken for it, nor for its end. */
static int start_here(struct kin_call *call, uint64_t until_us, struct kin_error *error)
{
	struct kin__loop *loop = kin__core_loop(call->client->core);
	struct kin__thread_guest guest;
	bool borrowed = kin__loop_borrow(loop, &guest);
	int code = kin_call_start(call, NULL, NULL, error);

	if (borrowed && code == KIN_OK)
		kin__loop_drive(loop, has_ended, call, until_us);
	if (borrowed)
		kin__loop_return(loop, &guest);
	return code;
}

int kin_call_wait(struct kin_call *call, int64_t timeout_ms, struct kin_error *error)
{
	uint64_t until_us = kin__clock_until_us(timeout_ms);
	int code = kin__handle_check(call ? &call->handle : NULL, KIN__HANDLE_CALL, "kin_call_wait", error);
	struct kin_client *client;
	enum kin__call_state state;
	bool ended, awake = true;

	if (code != KIN_OK)
		return code;
	client = call->client;
	state = kin__call_state(call);
	if (state != KIN__CALL_ENDED && kin__core_on_callback(client->core))
		return kin__call_deadlock(error);
	if (state == KIN__CALL_NEW)
		code = start_here(call, until_us, error);
	if (code != KIN_OK)
		return code;
	pthread_mutex_lock(&client->lock);
	while (!(ended = call->state == KIN__CALL_ENDED) && awake)
		awake = kin__thread_cond_wait(&call->changed, &client->lock, until_us);
	pthread_mutex_unlock(&client->lock);
	if (!ended)
		return kin__error(
				error, KIN_TIMEOUT,
				"%s: no answer within %lld ms; it is still under way, wait again or free it",
				call->row->name, (long long)timeout_ms);
	return call->error.code == KIN_OK ? KIN_OK : kin__error_copy(error, &call->error);
}
