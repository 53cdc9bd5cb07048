/* api/producer - a kin_producer: the public handle around drive/produce. */
#ifndef KIN_API_PRODUCER_H
#define KIN_API_PRODUCER_H
#include "api/handle.h"
#include "drive/produce.h"

struct kin_producer {
	struct kin__handle handle;
	struct kin__produce *produce;
};
#endif
