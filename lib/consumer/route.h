/* consumer/route - which lane of its shard a record goes through.
 *
 * Pure, with a context of base/hash.  The hash key of its partition key (MD5, 128 bits, big-endian), or, of a record
 * that has none, of its sequence number, modulo the number of lanes: the same each time it is read, and for all
 * records of a key.
 */
#ifndef KIN_CONSUMER_ROUTE_H
#define KIN_CONSUMER_ROUTE_H
#include "base/hash.h"
#include "kinstream.h"

/* false: out of memory inside the hash */
bool kin__route_lane(struct kin__hash *hash, const struct kin_record *record, uint32_t lanes, uint8_t *out);
#endif
