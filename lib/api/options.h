/* api/options - one table of members per options struct, and all that follows from it: defaults, the growth of
 * the structs, checks at open, option text.
 *
 * Tables are constant; any thread.  A struct from a program may be older or newer than the library: only what
 * both know is used, and what only the program knows must be 0.  Invariant: a row's name is in no other table.
 */
#ifndef KIN_API_OPTIONS_H
#define KIN_API_OPTIONS_H
#include <kinstream/config.h>
#include "base/span.h"

/*
 * How the api files use it:
 *
 *	struct kin_consumer_options own;
 *	code = kin__options_read(&kin__options_consumer, &own, given, error);   // given NULL: all defaults
 *
 * own is then whole, checked and this library's size; text members still point at the caller's text.  What no
 * table can say (stream required, store or store_interface, a known URI) is checked by the reader of `own`.
 *
 * The public kin_{client,producer,consumer}_options_{init_sized,apply} stand in options_{client,producer,consumer}.c,
 * kin_start_init_sized and kin_put_entry_init_sized in options_plain.c, kin_option_at in options.c.
 */

enum kin__options_type {
	KIN__OPTIONS_TEXT, /* const char * */
	KIN__OPTIONS_U16,
	KIN__OPTIONS_U32,
	KIN__OPTIONS_I32,
	KIN__OPTIONS_U64,
	KIN__OPTIONS_I64,
	KIN__OPTIONS_BOOL,   /* true, false, yes, no, on, off, 1, 0 */
	KIN__OPTIONS_CHOICE, /* int32_t, an index into choices */
	KIN__OPTIONS_TIME,   /* int64_t Unix ms; text: ISO 8601 or Unix seconds */
	KIN__OPTIONS_FLAG    /* bool; text: the one word in choices, or nothing */
};

struct kin__options_row {
	struct kin_option show; /* what kin_option_at() gives; show.name is the name in text */
	enum kin__options_type type;
	size_t at;                  /* offset of the member */
	int64_t least, most;        /* numbers and times */
	bool minus_one;             /* -1 is allowed though below least: no limit */
	const char *const *choices; /* NULL-ended, lower case */
	const char *alias;          /* CamelCase word of Lambda or the KPL; NULL: none */
	uint32_t alias_scale;       /* an alias's number is multiplied by this; 1 */
	bool word;                  /* text: an application's name, 1..128 of A-Z a-z 0-9 _ . - */
};

struct kin__options_table {
	const char *object; /* "client", "producer", "consumer", "command" */
	const char *init;   /* "kin_client_options_init", for messages */
	const struct kin__options_row *rows;
	size_t rows_n;
	const void *defaults;           /* a whole struct */
	size_t size;                    /* of this library's struct */
	size_t size_first;              /* of the first version's: smaller was never initialised */
	size_t reserved_at, reserved_n; /* bytes that must be 0 */
};

extern const struct kin__options_table kin__options_client, kin__options_producer, kin__options_consumer,
		kin__options_command;

/* Fills given[0..size): our defaults where both sides know the member, 0 in what only the program knows. */
void kin__options_init(const struct kin__options_table *table, void *given, size_t size);

/* own (table->size bytes) := defaults, overlaid with what the program filled in, then checked.  given NULL: defaults.
 * KIN_INVALID: not initialised, or out of range; KIN_TOO_NEW: a member is set that this library does not know. */
int kin__options_read(const struct kin__options_table *table, void *own, const void *given,
                      struct kin_error *error);

/* Sets in `given` (the program's struct, its size first) each option of the table that config has a value for.
 * Text members point into config. */
int kin__options_apply(const struct kin__options_table *table, void *given, const struct kin_config *config,
                       struct kin_error *error);

/* The row of a name or an alias, over all tables; NULL: none.  *table: NULL is fine. */
const struct kin__options_row *kin__options_find(struct kin__span name,
                                                 const struct kin__options_table **table);
/* The name nearest to a wrong one, for messages; NULL: nothing is near. */
const char *kin__options_nearest(struct kin__span name);

/* Reads an option's text into a member of the row's type (room for 8 bytes, any alignment); `scale` multiplies
 * numbers.  KIN_INVALID: the message names option, value and range. */
int kin__options_parse(const struct kin__options_row *row, const char *text, uint32_t scale, void *member,
                       struct kin_error *error);
#endif
