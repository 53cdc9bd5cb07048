/* producer/room - the bounded buffer of a producer, as two sums and two limits.
 *
 * Pure; under the owner's lock.  A record takes its room when it is accepted and gives it back once it
 * was reported.  Invariant: bytes <= bytes_max and records <= records_max.
 */
#ifndef KIN_PRODUCER_ROOM_H
#define KIN_PRODUCER_ROOM_H
#include <stdbool.h>
#include <stdint.h>

struct kin__room {
	uint64_t bytes_max, records_max;
	uint64_t bytes, records;
};

static inline bool kin__room_has(const struct kin__room *room, uint64_t bytes)
{
	return room->records < room->records_max && bytes <= room->bytes_max - room->bytes;
}
static inline void kin__room_take(struct kin__room *room, uint64_t bytes)
{
	room->bytes += bytes;
	room->records++;
}
static inline void kin__room_give(struct kin__room *room, uint64_t bytes, uint64_t records)
{
	room->bytes -= bytes;
	room->records -= records;
}
#endif
