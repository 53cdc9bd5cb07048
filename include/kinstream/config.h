/* kinstream/config.h - options as text: files, name=value pairs, and the table of all of them.  kin_config(3) */
#ifndef KINSTREAM_CONFIG_H
#define KINSTREAM_CONFIG_H

#include <kinstream/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_config; /* named values as text; owns its text; one thread at a time */

/* One row of the options tables; static, grows at the end only. */
struct kin_option {
	const char *object;   /* "client", "producer", "consumer", "command" */
	const char *name;     /* "batch_size" */
	const char *type;     /* "integer", "boolean", "text", "choice", "time" */
	const char *unit;     /* "ms", "bytes", "records", ... or "" */
	const char *fallback; /* the default, as text */
	const char *range;    /* "1..10000", "stop|continue", ... or "" */
	const char *meaning;  /* one sentence */
	bool live;            /* may change while its object runs: kin_consumer_set() */
};

/* yours, free with kin_config_free() */
KIN_API KIN_MUST_CHECK int kin_config_new(struct kin_config **out, struct kin_error *error);
KIN_API void kin_config_free(struct kin_config *config);
/* Name and value are copied; a later value wins.  CamelCase names (BatchSize) are taken as aliases.
 * KIN_INVALID: no such option (the message names the nearest), or the value is out of its range. */
KIN_API KIN_MUST_CHECK int kin_config_set(struct kin_config *config, const char *name, const char *value,
                                          struct kin_error *error);
/* Reads a file of `name = value` lines; '#' begins a comment.  Errors name file, line and cause. */
KIN_API KIN_MUST_CHECK int kin_config_read(struct kin_config *config, const char *path,
                                           struct kin_error *error);
/* NULL: not set; borrowed until the next set or free */
KIN_API const char *kin_config_get(const struct kin_config *config, const char *name);
/* all options of all objects in order; NULL past the end */
KIN_API const struct kin_option *kin_option_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
