/* consumer/position - see position.h */
#include <string.h>
#include "consumer/position.h"

static uint8_t digit(const char *text, size_t n, size_t i)
{
	return i < n ? (uint8_t)(text[i] - '0') : 0;
}

static bool all_digits(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] >= '0' && text[i] <= '9')
		i++;
	return i == n;
}

static void set(struct kin__position *to, const char *text, size_t n, uint64_t sub)
{
	to->sub = sub;
	if (n >= KIN__SEQUENCE_TEXT)
		n = KIN__SEQUENCE_TEXT - 1;
	if (all_digits(text, n)) {
		to->n = (uint8_t)n;
		for (size_t i = 0; i < n; i += 2)
			to->packed[i / 2] = (uint8_t)(digit(text, n, i) << 4 | digit(text, n, i + 1));
		return;
	}
	if (n >= sizeof to->packed)
		n = sizeof to->packed - 1;
	to->n = KIN__POSITION_WORD;
	memcpy(to->packed, text, n);
	to->packed[n] = 0;
}

void kin__position_set(struct kin__position *to, const char *text, uint64_t sub)
{
	set(to, text, strlen(text), sub);
}

void kin__position_of(struct kin__position *to, const struct kin_record *record)
{
	set(to, record->sequence_number, record->sequence_number_size, record->sub_sequence);
}

const char *kin__position_text(const struct kin__position *position, char text[static KIN__SEQUENCE_TEXT])
{
	if (position->n == KIN__POSITION_WORD) {
		memcpy(text, position->packed, sizeof position->packed);
		return text;
	}
	for (size_t i = 0; i < position->n; i++)
		text[i] = (char)('0' + (position->packed[i / 2] >> (i % 2 ? 0 : 4) & 15));
	text[position->n] = 0;
	return text;
}

bool kin__position_is_text(const struct kin__position *position, const char *text)
{
	char own[KIN__SEQUENCE_TEXT];

	return strcmp(kin__position_text(position, own), text) == 0;
}

static bool is_of(const struct kin__position *position, const struct kin_record *record)
{
	size_t n = record->sequence_number_size;

	if (n != position->n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((position->packed[i / 2] >> (i % 2 ? 0 : 4) & 15) !=
		    (uint8_t)(record->sequence_number[i] - '0'))
			return false;
	return true;
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

int kin__position_compare(const struct kin__position *a, const struct kin__position *b)
{
	size_t bytes = (a->n + 1u) / 2;
	int order = (a->n > b->n) - (a->n < b->n); /* the longer one is the larger one */

	if (order == 0)
		order = memcmp(a->packed, b->packed, bytes < sizeof a->packed ? bytes : sizeof a->packed);
	if (order != 0)
		return order;
	return (a->sub > b->sub) - (a->sub < b->sub);
}
