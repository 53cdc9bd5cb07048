/* tools/stream - what the verbs of kinstream stream share. */
#ifndef KIN_TOOLS_STREAM_H
#define KIN_TOOLS_STREAM_H
#include "tool.h"

enum { STREAM_ARGUMENTS = 51 }; /* a name, and as many tags as a stream may have */

struct stream_request {
	struct tool *tool;
	struct kin_client *client;
	const char *name, *arguments[STREAM_ARGUMENTS]; /* the name is the first of them */
	size_t n;
	const char *shards, *at, *record_max, *retention, *key;
	struct tool_many tags;
	bool on_demand, distributed, wait;
};

/* An operation on the stream, which is named by a name or an ARN. */
int stream_begin(struct stream_request *r, const char *operation, struct kin_call **call,
                 struct kin_error *error);
/* Sends, waits, frees; says what failed. */
int stream_finish(struct kin_call *call, int code, struct kin_error *error);
/* Asks until the stream is ACTIVE, or for a deleted one: not there. */
int stream_wait_for(struct stream_request *r, bool gone);

/* stream_settings.c.  Those that read say what is wrong with the text. */
bool stream_read_record_max(struct stream_request *r, const char *text, int64_t *kib);
bool stream_read_retention(struct stream_request *r, const char *text, int64_t *hours);
int stream_set_retention(struct stream_request *r, const char *hours, bool wait);
int stream_set_encryption(struct stream_request *r, const char *key, bool wait);
int stream_set_tags(struct kin_call *call, const char *const *tags, size_t n,
                    struct kin_error *error); /* K=V */
int stream_scale(struct stream_request *r);
int stream_mode(struct stream_request *r);
int stream_distribution(struct stream_request *r);
int stream_retention(struct stream_request *r);
int stream_record_max(struct stream_request *r);
int stream_encrypt(struct stream_request *r);
int stream_decrypt(struct stream_request *r);
int stream_tag(struct stream_request *r);
int stream_untag(struct stream_request *r);
int stream_tags(struct stream_request *r);
#endif
