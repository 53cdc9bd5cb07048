/* event/window - what a tumbling window adds to the Lambda event: "window", "state" and the rest; size and text.
 *
 * Pure.  Sizes are exact.  The state is a JSON object as text, which the caller has checked (event/state).
 */
#ifndef KIN_EVENT_WINDOW_H
#define KIN_EVENT_WINDOW_H
#include "event/lambda_event.h"

struct kin__event_window {
	int64_t start_ms, end_ms; /* [start, end) of arrival times; written in whole seconds */
	struct kin__span state;
	const char *shard_id;
	bool final, terminated_early;
};

/* How much longer than kin__event_bytes() the event is with this window. */
size_t kin__event_window_bytes(const struct kin__event_source *source,
                               const struct kin__event_window *window);
/* The whole event; the final one of a window has no records. */
void kin__event_window_write(struct kin__bytes *out, const struct kin__event_source *source,
                             const struct kin_record *const *records, size_t n,
                             const struct kin__event_window *window);
#endif
