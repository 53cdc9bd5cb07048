/* api/options_plain - the structs a program fills in that have no text form, by the same rule of growth. */
#include "api/options.h"
#include <kinstream/reader.h>
#include <kinstream/record.h>

static const struct kin_start start_defaults = { .size = sizeof start_defaults,
	                                         .position = KIN_LATEST,
	                                         .until = KIN_UNTIL_NEVER,
	                                         .decompressed_bytes_max = 33554432 };
static const struct kin_put_entry entry_defaults = { .size = sizeof entry_defaults };

static const struct kin__options_table start_table = { .defaults = &start_defaults,
	                                               .size = sizeof start_defaults };
static const struct kin__options_table entry_table = { .defaults = &entry_defaults,
	                                               .size = sizeof entry_defaults };

void kin_start_init_sized(struct kin_start *start, size_t size)
{
	kin__options_init(&start_table, start, size);
}

void kin_put_entry_init_sized(struct kin_put_entry *entry, size_t size)
{
	kin__options_init(&entry_table, entry, size);
}
