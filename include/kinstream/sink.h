/* kinstream/sink.h - where records go that could not be handled.  kin_sink(3) */
#ifndef KINSTREAM_SINK_H
#define KINSTREAM_SINK_H

#include <kinstream/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is told of a piece of a batch that is given up.  Borrowed until the call returns; grows at the end. */
struct kin_failure {
	const char *condition; /* "RetryAttemptsExhausted" or "RecordAgeExceeded" */
	const char *reason;    /* the handler's own words, or "" */
	const char *application, *stream_arn, *shard_id;
	uint32_t attempts; /* times the handler was called with it */
	uint32_t reserved;
	size_t count; /* records */
	const struct kin_record *const *records;
	const char *json; /* Lambda's on-failure JSON without payload, 0-ended */
	size_t json_size;
	/* the same with "payload": the event JSON as a string; NULL with on_failure_payload = false */
	const char *json_payload;
	size_t json_payload_size;
};

/* A destination.  KIN_OK: it has the records durably and they count as done.  Anything else: the shard
 * waits and the call is repeated.  Called on a storage thread, one at a time; may block. */
struct kin_sink {
	size_t size; /* sizeof the struct */
	void *user;
	int (*send)(void *user, const struct kin_failure *failure, struct kin_error *error);
	void (*close)(void *user); /* NULL is fine; once, after the last call; not if open fails */
};

#ifdef __cplusplus
}
#endif
#endif
