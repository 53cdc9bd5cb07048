/* io/http_slot - one libcurl handle and the request it carries; kept and used again.  Loop thread.
 *
 * Of io/http alone.  A slot sends a request once: when libcurl goes to send it a second time, because a
 * kept connection had died, the slot refuses.
 */
#ifndef KIN_IO_HTTP_SLOT_H
#define KIN_IO_HTTP_SLOT_H
#include "io/http.h"
#include "io/http_sockets.h"

struct kin__http_slot;

/* sockets: borrowed until the last connection is gone.  share: a CURLSH, borrowed until _free; NULL: none.
 * NULL: out of memory. */
struct kin__http_slot *kin__http_slot_new(const struct kin__http_options *options,
                                          struct kin__http_sockets *sockets, void *share);
void kin__http_slot_free(struct kin__http_slot *slot);
/* Takes the request's members over; timeout_ms is what is left of its time.  false: out of memory or a bad URL. */
bool kin__http_slot_load(struct kin__http_slot *slot, struct kin__http_request *request, uint32_t timeout_ms);
/* Fills request->answer from what came; result: a CURLcode.  Then the slot is free again. */
void kin__http_slot_unload(struct kin__http_slot *slot, int result);
/* Nothing was sent, for the kept connection had something to say unasked: it is closed, take another one. */
bool kin__http_slot_again(const struct kin__http_slot *slot);
/* More of a large body has gone since the last time, and more is left: there is no need to wait for anything. */
bool kin__http_slot_sends(struct kin__http_slot *slot);
void *kin__http_slot_easy(struct kin__http_slot *slot); /* its CURL */
struct kin__http_slot *kin__http_slot_of(void *easy);
struct kin__http_request *kin__http_slot_request(struct kin__http_slot *slot);
struct kin__list *kin__http_slot_node(struct kin__http_slot *slot); /* for the list of free slots */
struct kin__http_slot *kin__http_slot_at(struct kin__list *node);
#endif
