/* consumer/route - see route.h */
#include "consumer/route.h"
#include "kinesis/hashkey.h"

bool kin__route_lane(struct kin__hash *hash, const struct kin_record *record, uint32_t lanes, uint8_t *out)
{
	struct kin__span by =
			record->partition_key
					? kin__span(record->partition_key, record->partition_key_size)
					: kin__span(record->sequence_number, record->sequence_number_size);
	struct kin__hashkey key;

	if (!kin__hashkey_of(hash, by, &key))
		return false;
	*out = (uint8_t)kin__hashkey_modulo(key, lanes);
	return true;
}
