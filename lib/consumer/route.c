/* consumer/route - see route.h */
#include "consumer/route.h"
#include "kinesis/hashkey.h"

enum { AT_ONCE = 64 };

static struct kin__span key_of(const struct kin_record *record)
{
	if (record->partition_key)
		return kin__span(record->partition_key, record->partition_key_size);
	return kin__span(record->sequence_number, record->sequence_number_size);
}

void kin__route_lanes(const struct kin__md5_way *md5, const struct kin_record *records, size_t n,
                      const uint8_t *left_out, uint32_t lanes, uint8_t *out)
{
	struct kin__span keys[AT_ONCE];
	struct kin__md5 digests[AT_ONCE];
	uint8_t *to[AT_ONCE];
	size_t some = 0;

	for (size_t i = 0; i < n; i++) {
		if (!left_out || !left_out[i]) {
			keys[some] = key_of(&records[i]);
			to[some++] = &out[i];
		}
		if (some < AT_ONCE && i + 1 < n)
			continue;
		if (some > 0)
			kin__md5_many(md5, keys, some, digests);
		while (some > 0) {
			some--;
			*to[some] = (uint8_t)kin__hashkey_modulo(kin__hashkey_of_md5(&digests[some]), lanes);
		}
	}
}
