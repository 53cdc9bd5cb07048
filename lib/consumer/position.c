/* consumer/position - see position.h */
#include <string.h>
#include "consumer/position.h"

static void set(struct kin__position *to, const char *number, size_t n, uint64_t sub)
{
	if (n >= sizeof to->number)
		n = sizeof to->number - 1;
	memmove(to->number, number, n);
	to->number[n] = 0;
	to->sub = sub;
}

void kin__position_set(struct kin__position *to, const char *number, uint64_t sub)
{
	set(to, number, strlen(number), sub);
}

void kin__position_of(struct kin__position *to, const struct kin_record *record)
{
	set(to, record->sequence_number, record->sequence_number_size, record->sub_sequence);
}

static bool is_of(const struct kin__position *position, const struct kin_record *record)
{
	size_t n = record->sequence_number_size;

	return n < sizeof position->number && memcmp(position->number, record->sequence_number, n) == 0 &&
	       position->number[n] == 0;
}

bool kin__position_is(const struct kin__position *position, const struct kin_record *record)
{
	return is_of(position, record) && position->sub == record->sub_sequence;
}

uint32_t kin__position_skip(const struct kin__position *position, const struct kin_record *records,
                            uint32_t n, bool through)
{
	uint32_t i = 0;

	while (i < n && records[i].sub_sequence < position->sub && is_of(position, &records[i]))
		i++;
	return i + (through && i < n && kin__position_is(position, &records[i]));
}
