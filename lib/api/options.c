/* api/options - see options.h */
#include "api/options.h"
#include "base/check.h"
#include "base/timetext.h"
#include "io/error.h"
#include "kinesis/limits.h"
#include <inttypes.h>
#include <stdio.h>

enum { ROOM_FOR_GROWTH = 4096 }; /* a struct this much larger than ours was never initialised */

static const struct kin__options_table *const tables[] = { &kin__options_client, &kin__options_producer,
	                                                   &kin__options_consumer, &kin__options_command };

/* ---- the tables as one list ------------------------------------------------------------ */

static const struct kin__options_row *row_of(size_t k, const struct kin__options_table **table)
{
	for (size_t t = 0; t < KIN__ARRAY_LEN(tables); t++) {
		if (k < tables[t]->rows_n) {
			if (table)
				*table = tables[t];
			return &tables[t]->rows[k];
		}
		k -= tables[t]->rows_n;
	}
	return NULL;
}

const struct kin_option *kin_option_at(size_t index)
{
	const struct kin__options_row *row = row_of(index, NULL);

	return row ? &row->show : NULL;
}

const struct kin__options_row *kin__options_find(struct kin__span name,
                                                 const struct kin__options_table **table)
{
	const struct kin__options_row *row;

	for (size_t k = 0; (row = row_of(k, table)) != NULL; k++)
		if (kin__span_is(name, row->show.name) || (row->alias && kin__span_is(name, row->alias)))
			return row;
	return NULL;
}

/* ---- members --------------------------------------------------------------------------- */

static size_t member_size(enum kin__options_type type)
{
	switch (type) {
	case KIN__OPTIONS_TEXT:
		return sizeof(const char *);
	case KIN__OPTIONS_U16:
		return 2;
	case KIN__OPTIONS_U32:
	case KIN__OPTIONS_I32:
	case KIN__OPTIONS_CHOICE:
		return 4;
	case KIN__OPTIONS_U64:
	case KIN__OPTIONS_I64:
	case KIN__OPTIONS_TIME:
		return 8;
	case KIN__OPTIONS_BOOL:
	case KIN__OPTIONS_FLAG:
		return sizeof(bool);
	}
	return 0;
}

/* Any member but text as a number; of a u64 above INT64_MAX: the bits, negative. */
static int64_t load(const struct kin__options_row *row, const void *member)
{
	union {
		uint8_t byte;
		uint16_t u16;
		uint32_t u32;
		int32_t i32;
		int64_t i64;
	} value = { .i64 = 0 };

	memcpy(&value, member, member_size(row->type));
	switch (row->type) {
	case KIN__OPTIONS_U16:
		return value.u16;
	case KIN__OPTIONS_U32:
		return value.u32;
	case KIN__OPTIONS_I32:
	case KIN__OPTIONS_CHOICE:
		return value.i32;
	case KIN__OPTIONS_BOOL:
	case KIN__OPTIONS_FLAG:
		return value.byte; /* not as bool: an uninitialised one may hold anything */
	default:
		return value.i64;
	}
}

static void save(enum kin__options_type type, void *member, int64_t value)
{
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	bool yes = value != 0;

	switch (member_size(type)) {
	case 2:
		memcpy(member, &u16, sizeof u16);
		break;
	case 4:
		memcpy(member, &u32, sizeof u32);
		break;
	case 8:
		memcpy(member, &value, sizeof value);
		break;
	default:
		memcpy(member, &yes, sizeof yes);
		break;
	}
}

static bool word_fits(const char *text)
{
	struct kin__reason reason;

	return kin__limits_application(kin__span_text(text), &reason);
}

/* ---- ranges ---------------------------------------------------------------------------- */

static int wrong_text(const struct kin__options_row *row, const char *value, struct kin_error *error)
{
	const char *unit = row->show.unit, *range = row->show.range;

	if (row->type == KIN__OPTIONS_BOOL)
		range = "true|false";
	return kin__error(error, KIN_INVALID, "%s option %s is '%s'; it must be %s%s%s%s", row->show.object,
	                  row->show.name, value, row->type == KIN__OPTIONS_FLAG ? "empty or " : "", range,
	                  unit[0] ? " " : "", unit);
}

static int wrong_number(const struct kin__options_row *row, int64_t value, struct kin_error *error)
{
	char text[24];

	if (row->type == KIN__OPTIONS_U64)
		snprintf(text, sizeof text, "%" PRIu64, (uint64_t)value);
	else
		snprintf(text, sizeof text, "%" PRId64, value);
	return wrong_text(row, text, error);
}

static int check_number(const struct kin__options_row *row, int64_t value, struct kin_error *error)
{
	if (row->minus_one && value == -1)
		return KIN_OK;
	/* Limits of a u64 are far below INT64_MAX: larger values have come as negative ones. */
	if (value < row->least || value > row->most)
		return wrong_number(row, value, error);
	return KIN_OK;
}

static int check_choice(const struct kin__options_row *row, int64_t value, struct kin_error *error)
{
	for (int64_t k = 0; row->choices[k]; k++)
		if (k == value)
			return KIN_OK;
	return wrong_number(row, value, error);
}

static int check_member(const struct kin__options_row *row, const void *own, struct kin_error *error)
{
	const char *member = (const char *)own + row->at, *text;

	switch (row->type) {
	case KIN__OPTIONS_TEXT:
		memcpy(&text, member, sizeof text);
		return row->word && text && !word_fits(text) ? wrong_text(row, text, error) : KIN_OK;
	case KIN__OPTIONS_CHOICE:
		return check_choice(row, load(row, member), error);
	case KIN__OPTIONS_BOOL:
	case KIN__OPTIONS_FLAG:
		return load(row, member) > 1 ? wrong_number(row, load(row, member), error) : KIN_OK;
	default:
		return check_number(row, load(row, member), error);
	}
}

/* ---- a struct of the program ------------------------------------------------------------- */

static bool has_bits(const void *data, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (((const unsigned char *)data)[i])
			return true;
	return false;
}

static int read_size(const struct kin__options_table *table, const void *given, size_t *size,
                     struct kin_error *error)
{
	memcpy(size, given, sizeof *size);
	if (*size >= table->size_first && *size <= table->size + ROOM_FOR_GROWTH)
		return KIN_OK;
	return kin__error(error, KIN_INVALID,
	                  "the %s options say they have %zu bytes: not initialised by %s()", table->object,
	                  *size, table->init);
}

void kin__options_init(const struct kin__options_table *table, void *given, size_t size)
{
	size_t both = size < table->size ? size : table->size;

	if (size < sizeof size)
		return;
	memcpy(given, table->defaults, both);
	memset((char *)given + both, 0, size - both);
	memcpy(given, &size, sizeof size);
}

static int too_new(const struct kin__options_table *table, struct kin_error *error)
{
	return kin__error(error, KIN_TOO_NEW,
	                  "the %s options use a member this library is too old for: update libkinstream, "
	                  "or leave the member as %s() set it",
	                  table->object, table->init);
}

int kin__options_read(const struct kin__options_table *table, void *own, const void *given,
                      struct kin_error *error)
{
	size_t size, both;
	int code = KIN_OK;

	memcpy(own, table->defaults, table->size);
	if (!given)
		return KIN_OK;
	code = read_size(table, given, &size, error);
	if (code != KIN_OK)
		return code;
	both = size < table->size ? size : table->size;
	if (has_bits(given, both, size))
		return too_new(table, error);
	memcpy(own, given, both);
	memcpy(own, &table->size, sizeof table->size);
	if (has_bits(own, table->reserved_at, table->reserved_at + table->reserved_n))
		return too_new(table, error);
	for (size_t i = 0; code == KIN_OK && i < table->rows_n; i++)
		code = check_member(&table->rows[i], own, error);
	return code;
}

int kin__options_apply(const struct kin__options_table *table, void *given, const struct kin_config *config,
                       struct kin_error *error)
{
	size_t size;
	int code = read_size(table, given, &size, error);

	for (size_t i = 0; code == KIN_OK && i < table->rows_n; i++) {
		const struct kin__options_row *row = &table->rows[i];
		const char *text = kin_config_get(config, row->show.name);

		if (!text)
			continue;
		if (row->at + member_size(row->type) > size)
			return kin__error(error, KIN_UNSUPPORTED,
			                  "%s option %s is set, but the program was built before there was "
			                  "such an option",
			                  table->object, row->show.name);
		code = kin__options_parse(row, text, 1, (char *)given + row->at, error);
	}
	return code;
}

/* ---- text ---------------------------------------------------------------------------------- */

static bool parse_bool(struct kin__span text, int64_t *value)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t i = 0; i < KIN__ARRAY_LEN(words); i++)
		if (kin__span_same_nocase(text, kin__span_text(words[i]))) {
			*value = i % 2;
			return true;
		}
	return false;
}

static bool parse_choice(const struct kin__options_row *row, struct kin__span text, int64_t *value)
{
	for (*value = 0; row->choices[*value]; ++*value)
		if (kin__span_same_nocase(text, kin__span_text(row->choices[*value])))
			return true;
	return false;
}

static bool parse_value(const struct kin__options_row *row, struct kin__span text, uint32_t scale,
                        int64_t *value)
{
	switch (row->type) {
	case KIN__OPTIONS_BOOL:
		return parse_bool(text, value);
	case KIN__OPTIONS_CHOICE:
		return parse_choice(row, text, value);
	case KIN__OPTIONS_FLAG:
		if (text.n > 0 && !parse_choice(row, text, value))
			return false;
		*value = text.n > 0;
		return true;
	case KIN__OPTIONS_TIME:
		return kin__time_from_iso(text, value) || kin__time_from_epoch(text, value);
	default:
		if (!kin__span_i64(text, value))
			return false;
		if (row->minus_one && *value == -1)
			return true;
		if (*value > INT64_MAX / scale || *value < INT64_MIN / scale)
			return false;
		*value *= scale;
		return true;
	}
}

int kin__options_parse(const struct kin__options_row *row, const char *text, uint32_t scale, void *member,
                       struct kin_error *error)
{
	int64_t value;
	int code = KIN_OK;

	if (row->type == KIN__OPTIONS_TEXT) {
		if (row->word && !word_fits(text))
			return wrong_text(row, text, error);
		text = text[0] ? text : NULL; /* empty: as if never set */
		memcpy(member, &text, sizeof text);
		return KIN_OK;
	}
	if (!parse_value(row, kin__span_trim(kin__span_text(text)), scale, &value))
		return wrong_text(row, text, error);
	if (row->type < KIN__OPTIONS_BOOL || row->type == KIN__OPTIONS_TIME)
		code = check_number(row, value, error);
	if (code == KIN_OK)
		save(row->type, member, value);
	return code;
}

/* ---- the nearest name ------------------------------------------------------------------------ */

enum { NEAREST_MAX = 64 };

/* Edit distance without regard to case and '_', so that batchsize and BatchSizes are near batch_size. */
static size_t bare(struct kin__span name, char out[NEAREST_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < NEAREST_MAX; i++) {
		char c = name.at[i];

		if (c != '_' && c != '-')
			out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return n;
}

static size_t distance(const char *a, size_t a_n, const char *b, size_t b_n)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= b_n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_n; j++) {
			size_t above = row[j], change = corner + (a[i - 1] != b[j - 1]);

			row[j] = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
			row[j] = change < row[j] ? change : row[j];
			corner = above;
		}
	}
	return row[b_n];
}

static size_t distance_to(const char *given, size_t given_n, const char *name)
{
	char other[NEAREST_MAX];
	size_t n = name ? bare(kin__span_text(name), other) : 0;

	if (!name)
		return SIZE_MAX;
	/* The end of a name, as buffer_bytes_max of producer_buffer_bytes_max. */
	if (given_n >= 6 && n > given_n && memcmp(other + n - given_n, given, given_n) == 0)
		return 1;
	return distance(given, given_n, other, n);
}

const char *kin__options_nearest(struct kin__span name)
{
	char given[NEAREST_MAX];
	size_t n = bare(name, given), best = 1 + n / 3;
	const struct kin__options_row *row;
	const char *nearest = NULL;

	for (size_t k = 0; (row = row_of(k, NULL)) != NULL; k++) {
		size_t d = distance_to(given, n, row->show.name), d_alias = distance_to(given, n, row->alias);

		d = d_alias < d ? d_alias : d;
		if (d < best || (d == best && !nearest)) {
			best = d;
			nearest = row->show.name;
		}
	}
	return nearest;
}
