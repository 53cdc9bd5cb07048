/* event/state - the state of a tumbling window as a handler gives it: a JSON object, kept as text.
 *
 * Pure.  What is kept is the handler's own text without the blanks between its parts: numbers stay as they were
 * written, and it stands on one line.
 */
#ifndef KIN_EVENT_STATE_H
#define KIN_EVENT_STATE_H
#include "base/bytes.h"

enum {
	KIN__STATE_BYTES_MAX = 1048576,     /* Lambda's 1 MB; a window whose state is larger ends early */
	KIN__STATE_BYTES_REFUSED = 6291456, /* larger than any response may be: not taken at all */
	KIN__STATE_WHY = 160
};

enum kin__state_found {
	KIN__STATE_FOUND, /* appended to out; out->failed: out of memory */
	KIN__STATE_NONE,  /* the response has none, or is no object */
	KIN__STATE_WRONG  /* not a JSON object: `why` says what is wrong */
};

/* json: the object itself. */
enum kin__state_found kin__state_read(struct kin__bytes *out, const char *json, size_t n,
                                      char why[KIN__STATE_WHY]);
/* json: a response, {"state":{...}, ...}; of several the last one counts. */
enum kin__state_found kin__state_of_response(struct kin__bytes *out, const char *json, size_t n,
                                             char why[KIN__STATE_WHY]);
#endif
