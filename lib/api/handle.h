/* api/handle - what every public handle begins with, and how the others get at a client's core.  Any thread. */
#ifndef KIN_API_HANDLE_H
#define KIN_API_HANDLE_H
#include "drive/core.h"

enum kin__handle_kind { /* the magic is this word, 0 once freed */
	                KIN__HANDLE_CLIENT = 0x4b434c31,
	                KIN__HANDLE_CALL = 0x4b434131,
	                KIN__HANDLE_PRODUCER = 0x4b505231,
	                KIN__HANDLE_CONSUMER = 0x4b434f31,
	                KIN__HANDLE_READER = 0x4b524431
};

struct kin__handle {
	uint32_t magic;
	unsigned fork_generation;
};

void kin__handle_init(struct kin__handle *handle, enum kin__handle_kind kind);
void kin__handle_fini(struct kin__handle *handle);
/* KIN_INVALID: NULL, or not an open handle of that kind.  KIN_FORKED: of the parent process.
 * `call`: the public function's name. */
int kin__handle_check(const struct kin__handle *handle, enum kin__handle_kind kind, const char *call,
                      struct kin_error *error);

/* A counted reference to the client's core; client NULL: a private one with the defaults.  Give back with kin__core_unref(). */
int kin__handle_core(struct kin_client *client, const char *call, struct kin__core **out,
                     struct kin_error *error);
#endif
