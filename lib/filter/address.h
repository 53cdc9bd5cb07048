/* filter/address - IP addresses as text, and the blocks "address/bits" of a pattern.  Pure. */
#ifndef KIN_FILTER_ADDRESS_H
#define KIN_FILTER_ADDRESS_H
#include "base/span.h"

struct kin__block {
	uint8_t at[16];
	uint8_t size, bits; /* size: 4 or 16 bytes */
};

/* false: no such block; IPv4 takes 0 to 31 bits, IPv6 0 to 127: a single host is no block. */
bool kin__block_read(struct kin__block *block, struct kin__span text);
bool kin__block_holds(const struct kin__block *block, struct kin__span text);
#endif
