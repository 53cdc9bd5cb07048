/* api/consumer - a kin_consumer: the public handle around drive/consume. */
#ifndef KIN_API_CONSUMER_H
#define KIN_API_CONSUMER_H
#include "api/handle.h"
#include "drive/consume.h"

struct kin_consumer {
	struct kin__handle handle;
	struct kin__consume *consume;
};
#endif
