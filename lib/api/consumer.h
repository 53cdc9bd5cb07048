/* api/consumer - a kin_consumer: the public handle around drive/consume. */
#ifndef KIN_API_CONSUMER_H
#define KIN_API_CONSUMER_H
#include "api/handle.h"
#include "drive/consume.h"
#include <kinstream/consumer.h>
#include <pthread.h>

struct kin_consumer {
	struct kin__handle handle;
	struct kin__consume *consume;
	struct {
		pthread_mutex_t lock;
		struct kin_consumer_options
				options; /* numbers, and whether there is a sink; no text of the program */
	} live;                          /* for kin_consumer_set() */
};
#endif
