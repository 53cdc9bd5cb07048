/* api/client - the inside of a kin_client: its core, and the calls under way on it.
 *
 * A counted object: each call keeps it.  One lock guards the states of all its calls; it is never held while
 * user code runs.
 */
#ifndef KIN_API_CLIENT_H
#define KIN_API_CLIENT_H
#include <pthread.h>
#include "api/handle.h"

struct kin_client {
	struct kin__handle handle;
	struct kin__core *core;
	struct { /* under lock */
		uint32_t references;
		struct kin__list calls; /* started, and their function has not yet returned */
		bool closing;
		bool ending; /* the task end_calls is queued or runs */
		bool orphan; /* and holds a reference, for the one who closed could not wait */
	} shared;
	pthread_mutex_t lock;
	pthread_cond_t calls_gone;
	struct kin__loop_task end_calls;
};

struct kin_client *kin__client_ref(struct kin_client *client);
void kin__client_unref(struct kin_client *client);
/* api/call: loop thread.  Ends the first call that is under way; false: there is none. */
bool kin__client_end_call(struct kin_client *client);
#endif
