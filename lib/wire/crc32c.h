/* wire/crc32c - the checksum CRC-32C (Castagnoli) of bytes.
 *
 * Pure.  The tables are made once, by _init, and then only read: any thread.  x86-64 processors with SSE 4.2 have an
 * instruction for it.  Known answer: of "123456789" it is 0xe3069283.
 */
#ifndef KIN_WIRE_CRC32C_H
#define KIN_WIRE_CRC32C_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin__crc32c {
	uint32_t at[8][256];
	bool quick; /* by the processor; tests may clear it */
};

void kin__crc32c_init(struct kin__crc32c *crc);
/* before: 0, or the checksum of the bytes that stand before these. */
uint32_t kin__crc32c(const struct kin__crc32c *crc, uint32_t before, const void *data, size_t n);
#endif
