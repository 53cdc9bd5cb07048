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

KIN_API const char *kin_log_level_name(int level); /* "error"; "?" when unknown; static */
/* A ready kin_log_fn: "TIME LEVEL ROOM LINE" on stderr, one write a line; user is not used. */
KIN_API void kin_log_stderr(void *user, int level, const char *room, const char *line);

#ifdef __cplusplus
}
#endif
#endif
