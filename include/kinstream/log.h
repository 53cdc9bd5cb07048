/* kinstream/log.h - where a client's log lines go.  kin_log(3) */
#ifndef KINSTREAM_LOG_H
#define KINSTREAM_LOG_H

#include <kinstream/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kin_log_level { KIN_LOG_NONE, KIN_LOG_ERROR, KIN_LOG_WARN, KIN_LOG_INFO, KIN_LOG_DEBUG, KIN_LOG_TRACE };

/* Called on any thread, even two at once, never under one of our locks; must not call into the
 * library.  `line` has no newline and no secret; borrowed until return. */
typedef void kin_log_fn(void *user, int level, const char *room, const char *line);

/* The same line with its parts.  Its texts are borrowed until return; grows at the end. */
struct kin_log_line {
	size_t size;         /* set by who makes the line: sizeof the struct */
	int64_t time_ms;     /* Unix ms, by this host's clock */
	int32_t level;       /* enum kin_log_level */
	const char *room;    /* "consumer" */
	const char *message; /* without the stream and the shard; no newline, no secret */
	/* what it is about; NULL: not about one */
	const char *stream, *application, *shard_id;
	const char *operation, *request_id; /* of a request to the service */
};
/* As kin_log_fn, for whoever wants the parts. */
typedef void kin_log_line_fn(void *user, const struct kin_log_line *line);

KIN_API const char *kin_log_level_name(int level); /* "error"; "?" when unknown; static */
/* A ready kin_log_fn: "TIME LEVEL ROOM LINE" on stderr, one write a line; user is not used. */
KIN_API void kin_log_stderr(void *user, int level, const char *room, const char *line);
/* A ready kin_log_line_fn: a JSON object and a newline on stderr, one write a line; user is not used. */
KIN_API void kin_log_json_stderr(void *user, const struct kin_log_line *line);
/* Writes that object, without a newline, 0-ended; gives its length.  out has room bytes, at least 128: a longer line
 * is cut in its message, and is JSON still.  Without memory it says so instead. */
KIN_API size_t kin_log_json(const struct kin_log_line *line, char *out, size_t room);

#ifdef __cplusplus
}
#endif
#endif
