/* tools/metrics - the little HTTP server of -o metrics_listen: GET /metrics and /healthz.  With the mock, the only door to
 * libmicrohttpd. */
#ifndef KINSTREAM_TOOL_METRICS_H
#define KINSTREAM_TOOL_METRICS_H
#include "tool.h"

struct tool_metrics; /* one thread of its own */

/* TOOL_DONE, and *out is yours, or NULL where metrics_listen is not set; or an exit code, having said why. */
int tool_metrics_open(struct tool_metrics **out, const struct tool *tool);
/* What it tells of, one of the two; both NULL: nothing any more, and nobody is inside of one when this returns. */
void tool_metrics_watch(struct tool_metrics *metrics, struct kin_consumer *consumer,
                        struct kin_producer *producer);
void tool_metrics_close(struct tool_metrics *metrics); /* NULL is fine, here and above */
#endif
