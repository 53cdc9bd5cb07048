/* consumer/verify - the machine's invariants, all of them, for tests: O(shards + records held).  Pure. */
#ifndef KIN_CONSUMER_VERIFY_H
#define KIN_CONSUMER_VERIFY_H
#include "consumer/inside.h"

const char *
kin__consumer_verify(const struct kin__consumer *consumer); /* NULL: all hold; else the first that does not */
#endif
