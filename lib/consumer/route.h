/* consumer/route - which lane of its shard a record goes through.
 *
 * Pure.  The hash key of its partition key (MD5, 128 bits, big-endian), or, of a record that has none, of its sequence
 * number, modulo the number of lanes: the same each time it is read, and for all records of a key.
 */
#ifndef KIN_CONSUMER_ROUTE_H
#define KIN_CONSUMER_ROUTE_H
#include "base/md5.h"
#include "kinstream.h"

/* out[i]: the lane of records[i]; untouched where left_out[i].  left_out NULL: none is. */
void kin__route_lanes(const struct kin__md5_way *md5, const struct kin_record *records, size_t n,
                      const uint8_t *left_out, uint32_t lanes, uint8_t *out);
#endif
