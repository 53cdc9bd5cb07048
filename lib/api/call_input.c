/* api/call_input - the members of a call, each checked by the operation's table when it is set */
#include <string.h>
#include "api/call.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "kinesis/form.h"
#include "kinesis/limits.h"
#include "wire/jsonscan.h"

enum kin__call_state kin__call_state(const struct kin_call *call)
{
	enum kin__call_state state;

	pthread_mutex_lock(&call->client->lock);
	state = call->state;
	pthread_mutex_unlock(&call->client->lock);
	return state;
}

int kin__call_check(const struct kin_call *call, const char *function, struct kin_error *error)
{
	int code = kin__handle_check(call ? &call->handle : NULL, KIN__HANDLE_CALL, function, error);

	if (code == KIN_OK && call->started)
		return kin__error(error, KIN_INVALID,
		                  "%s: this %s was started already; make a new call with kin_call_new()",
		                  function, call->row->name);
	return code;
}

int kin__call_deadlock(struct kin_error *error)
{
	return kin__error(error, KIN_WOULD_DEADLOCK,
	                  "kin_call_wait: called from a callback, which other calls wait for; use "
	                  "kin_call_start() with a "
	                  "function");
}

/* The place for the member's value, empty; NULL: refused, *code says how. */
static struct kin__bytes *find(struct kin_call *call, const char *name, enum kin__member_type type,
                               const struct kin__member **member, int *code, struct kin_error *error)
{
	struct kin__reason reason = { "" };
	struct kin__bytes *value;

	*code = kin__call_check(call, "kin_call_set", error);
	if (*code != KIN_OK)
		return NULL;
	if (!name) {
		*code = kin__error(error, KIN_INVALID, "%s: the member's name is NULL", call->row->name);
		return NULL;
	}
	*member = kin__operation_member(call->row, kin__span_text(name), &reason);
	if (!*member || !kin__member_check_type(*member, type, &reason)) {
		*code = kin__error(error, KIN_INVALID, "%s", reason.text);
		return NULL;
	}
	value = &call->values[*member - call->row->members];
	if (type == KIN__MEMBER_JSON) { /* of PutRecords that is Records: it takes the place of those added */
		call->records_end = call->records.entries = 0;
		call->hashing = NULL;
	}
	kin__bytes_clear(value);
	return value;
}

static int refuse(struct kin__bytes *value, const struct kin__reason *reason, struct kin_error *error)
{
	kin__bytes_clear(value);
	return kin__error(error, KIN_INVALID, "%s", reason->text);
}

static int close_value(struct kin__bytes *value, struct kin_error *error)
{
	if (!value->failed)
		return KIN_OK;
	kin__bytes_clear(value);
	return kin__error_nomem(error);
}

static int null_value(const char *member, struct kin_error *error)
{
	return kin__error(error, KIN_INVALID, "%s: the value is NULL; to leave a member out, do not set it",
	                  member);
}

int kin_call_set_text(struct kin_call *call, const char *name, const char *text, struct kin_error *error)
{
	struct kin__reason reason = { "" };
	const struct kin__member *member;
	int code;
	struct kin__bytes *value = find(call, name, KIN__MEMBER_TEXT, &member, &code, error);

	if (!value)
		return code;
	if (kin__member_is_arn(member)) {
		kin__mem_free(call->host_arn);
		call->host_arn = NULL;
	}
	if (!text)
		return null_value(name, error);
	if (!kin__member_check_text(member, kin__span_text(text), &reason))
		return refuse(value, &reason, error);
	if (call->cbor)
		kin__cbor_put_text(value, kin__span_text(text));
	else
		kin__jsontext_quote(value, kin__span_text(text));
	if (kin__member_is_arn(member)) {
		call->host_arn = kin__mem_text(text);
		value->failed = value->failed || !call->host_arn;
	}
	return close_value(value, error);
}

int kin_call_set_integer(struct kin_call *call, const char *name, int64_t number, struct kin_error *error)
{
	struct kin__reason reason = { "" };
	const struct kin__member *member;
	int code;
	struct kin__bytes *value = find(call, name, KIN__MEMBER_INTEGER, &member, &code, error);

	if (!value)
		return code;
	if (!kin__member_check_integer(member, number, &reason))
		return refuse(value, &reason, error);
	if (call->cbor)
		kin__cbor_put_i64(value, number);
	else
		kin__bytes_i64(value, number);
	return close_value(value, error);
}

int kin_call_set_boolean(struct kin_call *call, const char *name, bool yes, struct kin_error *error)
{
	const struct kin__member *member;
	int code;
	struct kin__bytes *value = find(call, name, KIN__MEMBER_BOOLEAN, &member, &code, error);

	if (!value)
		return code;
	if (call->cbor)
		kin__cbor_put_bool(value, yes);
	else
		kin__bytes_text(value, yes ? "true" : "false");
	return close_value(value, error);
}

int kin_call_set_time(struct kin_call *call, const char *name, int64_t unix_ms, struct kin_error *error)
{
	const struct kin__member *member;
	char text[KIN__TIME_TEXT];
	int code;
	struct kin__bytes *value = find(call, name, KIN__MEMBER_TIME, &member, &code, error);

	if (!value)
		return code;
	kin__time_epoch(unix_ms, text);
	if (call->cbor)
		kin__cbor_put_time_ms(value, unix_ms);
	else
		kin__bytes_text(value, text);
	return close_value(value, error);
}

int kin_call_set_data(struct kin_call *call, const char *name, const void *data, size_t size,
                      struct kin_error *error)
{
	struct kin__reason reason = { "" };
	const struct kin__member *member;
	int code;
	struct kin__bytes *value = find(call, name, KIN__MEMBER_DATA, &member, &code, error);

	if (!value)
		return code;
	if (!data && size > 0)
		return null_value(name, error);
	if (!kin__member_check_data(member, size, &reason))
		return refuse(value, &reason, error);
	if (call->cbor)
		kin__cbor_put_bytes(value, kin__span(data ? data : "", size));
	else
		kin__jsontext_quote_base64(value, kin__core_base64(call->client->core), data ? data : "",
		                           size);
	return close_value(value, error);
}

int kin_call_set_json(struct kin_call *call, const char *name, const char *json, struct kin_error *error)
{
	struct kin__reason reason = { "" };
	const struct kin__member *member;
	struct kin__jsonscan scan;
	int code;
	struct kin__bytes *value = find(call, name, KIN__MEMBER_JSON, &member, &code, error);

	if (!value)
		return code;
	if (!json)
		return null_value(name, error);
	kin__jsonscan_init_readonly(&scan, json, strlen(json));
	if (!kin__jsonscan_skip(&scan) || !kin__jsonscan_finish(&scan))
		return kin__error(error, KIN_INVALID, "%s: not JSON: %s at byte %zu", name,
		                  scan.error ? scan.error : "incomplete", scan.error_at);
	if (!call->cbor)
		kin__bytes_span(value, kin__span_trim(kin__span_text(json)));
	else if (kin__form_to_cbor(value, kin__span_text(json), name, &reason) == KIN_INVALID)
		return refuse(value, &reason, error);
	return close_value(value, error);
}

/* --- records ---------------------------------------------------------------------- */

/* An entry of a newer program may be longer, as long as it says nothing there.  It is read where it is: a copy would
 * wait for what the program has just written into it. */
static int check_size(const struct kin_put_entry *entry, struct kin_error *error)
{
	if (!entry || entry->size < sizeof *entry)
		return kin__error(error, KIN_INVALID, "kin_call_add_record: the entry is %s",
		                  entry ? "not cleared; use kin_put_entry_init()" : "NULL");
	for (size_t i = sizeof *entry; i < entry->size; i++)
		if (((const unsigned char *)entry)[i] != 0)
			return kin__error(error, KIN_TOO_NEW,
			                  "kin_call_add_record: the entry uses a member this library does "
			                  "not know");
	return KIN_OK;
}

/* usual: it has a key that is written as it is, and nothing else. */
static int check_entry(const struct kin_put_entry *entry, bool *usual, struct kin_error *error)
{
	struct kin__reason
			reason; /* filled by who refuses; to clear it for each record would cost more than the checks */

	if (!entry->data && entry->data_size > 0)
		return kin__error(error, KIN_INVALID, "kin_call_add_record: data is NULL, data_size is %zu",
		                  entry->data_size);
	if (entry->release)
		return kin__error(error, KIN_INVALID,
		                  "kin_call_add_record: a call copies data; release is for a producer");
	*usual = entry->key && !entry->hash_key && entry->key_size >= 1 &&
	         entry->key_size <= KIN__KEY_CHARACTERS_MAX &&
	         kin__jsontext_plain(kin__span(entry->key, entry->key_size));
	if ((entry->key && !*usual &&
	     !kin__limits_partition_key(kin__span(entry->key, entry->key_size), &reason)) ||
	    (entry->hash_key && !kin__limits_hash_key(kin__span_text(entry->hash_key), &reason)) ||
	    !kin__limits_record_bytes(entry->data_size, entry->key ? entry->key_size : 0,
	                              KIN__RECORD_BYTES_MAX, &reason))
		return kin__error(error, KIN_INVALID, "%s", reason.text);
	return KIN_OK;
}

static int check_place(const struct kin_call *call, struct kin_error *error)
{
	bool json = false;

	if (call->operation != KIN__PUT_RECORDS)
		return kin__error(error, KIN_INVALID, "kin_call_add_record: only PutRecords takes records");
	for (size_t i = 0; call->records.entries == 0 && i < call->row->members_n; i++)
		json = json || (call->values[i].n > 0 && strcmp(call->row->members[i].name, "Records") == 0);
	if (json)
		return kin__error(error, KIN_INVALID, "kin_call_add_record: Records was set as JSON already");
	if (call->records.entries >= KIN__PUT_ENTRIES_MAX)
		return kin__error(error, KIN_INVALID,
		                  "kin_call_add_record: a PutRecords takes at most %d records",
		                  KIN__PUT_ENTRIES_MAX);
	return KIN_OK;
}

/* With nothing else under way there is no company to hash the body with when it is sent: then it costs least to hash it
 * while it is written, for what one waits for leaves room for the other. */
static const struct kin__sha256_lanes *choose_hashing(struct kin_call *call)
{
	struct kin_client *client = call->client;
	bool alone;

	pthread_mutex_lock(&client->lock);
	alone = kin__list_empty(&client->shared.calls);
	pthread_mutex_unlock(&client->lock);
	return alone ? kin__core_sha256(client->core) : NULL;
}

static void begin_records(struct kin_call *call)
{
	struct kin__put_records *put = &call->records;

	(call->cbor ? kin__put_records_begin_cbor : kin__put_records_begin)(put, &call->body,
	                                                                    kin__span(NULL, 0));
	put->base64 = kin__core_base64(call->client->core);
	call->hashing = choose_hashing(call);
	call->hashed = (struct kin__sha256_part){ .taken = 0 };
}

static void write_entry(struct kin__put_records *put, const struct kin_put_entry *entry, bool usual)
{
	struct kin__span key = kin__span(entry->key, entry->key_size);
	struct kin__span data = kin__span(entry->data ? entry->data : "", entry->data_size);

	if (usual)
		kin__put_records_add_plain(put, key, data);
	else
		kin__put_records_add(
				put, key,
				kin__span(entry->hash_key, entry->hash_key ? strlen(entry->hash_key) : 0),
				data);
}

int kin_call_add_record(struct kin_call *call, const struct kin_put_entry *entry, struct kin_error *error)
{
	struct kin__put_records *put;
	struct kin__bytes *body;
	bool usual;
	int code = kin__call_check(call, "kin_call_add_record", error);

	if (code == KIN_OK)
		code = check_size(entry, error);
	if (code == KIN_OK)
		code = check_entry(entry, &usual, error);
	if (code == KIN_OK)
		code = check_place(call, error);
	if (code != KIN_OK)
		return code;
	put = &call->records;
	body = &call->body;
	body->n = call->records_end;
	if (put->entries == 0)
		begin_records(call);
	write_entry(put, entry, usual);
	if (body->failed) {
		body->failed = false;
		put->entries--;
		return kin__error_nomem(error);
	}
	if (call->hashing) /* but not this record: the hash would wait until its bytes have left the store buffer */
		call->hashing->take(&call->hashed, body->at, call->records_end);
	call->records_end = body->n;
	return KIN_OK;
}
