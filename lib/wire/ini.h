/* wire/ini - the text of AWS shared configuration files as a list of entries.
 *
 * Pure.  Entries and their text live in the arena.  Any bytes parse: what is no section, key or comment is
 * ignored.  A (section, sub, key) appears once, where it first stood; the last value wins.
 */
#ifndef KIN_WIRE_INI_H
#define KIN_WIRE_INI_H
#include "base/arena.h"
#include "base/span.h"

struct kin__ini_entry {
	struct kin__ini_entry *next;
	struct kin__span section; /* between the brackets, trimmed: profile dev */
	struct kin__span sub;     /* lower case; empty: a key of the section itself */
	struct kin__span key;     /* lower case; empty: the section was opened (once each) */
	struct kin__span value;   /* trimmed, comment cut; its text is 0-ended */
};

/* 0, or -1 out of memory.  *first: NULL when there is nothing. */
int kin__ini_parse(struct kin__arena *arena, const char *text, size_t n, struct kin__ini_entry **first);
#endif
