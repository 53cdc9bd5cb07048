/* kinesis/operation - see operation.h */
#include "base/check.h"
#include "kinesis/limits.h"
#include "kinesis/operation.h"

/* --- the nearest name ------------------------------------------------------------- */

enum { NAME_MAX_COMPARED = 48 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters must be changed, added or left out; case does not count. */
static unsigned distance(struct kin__span a, struct kin__span b)
{
	unsigned row[NAME_MAX_COMPARED + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < b.n; j++) {
			unsigned best = corner + (lower(a.at[i]) != lower(b.at[j]));

			corner = row[j + 1];
			if (corner + 1 < best)
				best = corner + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	return row[b.n];
}

struct nearest {
	struct kin__span name;
	const char *found;
	unsigned distance;
};

static void compare(struct nearest *nearest, const char *name)
{
	unsigned found;

	if (nearest->name.n > NAME_MAX_COMPARED)
		return;
	found = distance(nearest->name, kin__span_text(name));
	if (!nearest->found || found < nearest->distance) {
		nearest->found = name;
		nearest->distance = found;
	}
}

/* More than half of its letters wrong: then it is no misspelling. */
static bool is_near(const struct nearest *nearest)
{
	return nearest->found && nearest->distance * 2 <= strlen(nearest->found);
}

static void say(struct kin__reason *reason, const char *pattern, struct kin__span one, const char *two,
                const char *three)
{
	if (reason)
		kin__reason_say(reason, pattern, one, kin__span_text(two), kin__span_text(three));
}

const struct kin__operation_row *kin__operation_named(struct kin__span name, struct kin__reason *reason)
{
	struct nearest nearest = { name };
	enum kin__operation operation;

	if (kin__operation_find(name, &operation))
		return kin__operation_row(operation);
	for (unsigned i = 0; i < KIN__OPERATIONS; i++)
		compare(&nearest, kin__operation_row((enum kin__operation)i)->name);
	if (kin__span_is(name, "SubscribeToShard"))
		say(reason,
		    "operation '%1': its answer is a stream of events, which no call reads; poll with '%2'",
		    name, kin__operation_row(KIN__GET_RECORDS)->name, NULL);
	else if (is_near(&nearest))
		say(reason, "operation '%1': unknown; is it '%2'?", name, nearest.found, NULL);
	else
		say(reason, "operation '%1': unknown; names are written as in the Kinesis API, such as '%2'",
		    name, kin__operation_row(KIN__LIST_SHARDS)->name, NULL);
	return NULL;
}

const struct kin__member *kin__operation_member(const struct kin__operation_row *row, struct kin__span name,
                                                struct kin__reason *reason)
{
	struct nearest nearest = { name };

	for (size_t i = 0; i < row->members_n; i++)
		if (kin__span_is(name, row->members[i].name))
			return &row->members[i];
	for (size_t i = 0; i < row->members_n; i++)
		compare(&nearest, row->members[i].name);
	if (is_near(&nearest))
		say(reason, "member '%1': %2 has none of that name; is it '%3'?", name, row->name,
		    nearest.found);
	else
		say(reason, "member '%1': %2 has none of that name", name, row->name, NULL);
	return NULL;
}

/* --- values ------------------------------------------------------------------------ */

const char *kin__member_type_name(enum kin__member_type type)
{
	static const char *const names[] = {
		[KIN__MEMBER_TEXT] = "text",       [KIN__MEMBER_INTEGER] = "integer",
		[KIN__MEMBER_BOOLEAN] = "boolean", [KIN__MEMBER_TIME] = "time",
		[KIN__MEMBER_DATA] = "data",       [KIN__MEMBER_JSON] = "json",
	};

	return (unsigned)type < KIN__ARRAY_LEN(names) ? names[type] : "unknown";
}

bool kin__member_is_arn(const struct kin__member *member)
{
	return member->check == kin__limits_stream_arn || member->check == kin__limits_kinesis_arn;
}

bool kin__member_check_type(const struct kin__member *member, enum kin__member_type type,
                            struct kin__reason *reason)
{
	if (member->type == type)
		return true;
	say(reason, "member '%1': set as %2, but it is of type %3", kin__span_text(member->name),
	    kin__member_type_name(type), kin__member_type_name((enum kin__member_type)member->type));
	return false;
}

struct number {
	char text[21];
};

/* Behind the sign there are at most 19 digits. */
static const char *number_text(int64_t value, struct number *number)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char *at = number->text + sizeof number->text - 1;

	*at = 0;
	do
		*--at = (char)('0' + size % 10);
	while ((size /= 10) != 0);
	if (value < 0)
		*--at = '-';
	return at;
}

static void say_range(const struct kin__member *member, struct kin__reason *reason, const char *below,
                      const char *above, int64_t value)
{
	struct number given, limit;

	say(reason, value < member->min ? below : above, kin__span_text(member->name),
	    number_text(value, &given), number_text(value < member->min ? member->min : member->max, &limit));
}

static bool in_range(const struct kin__member *member, int64_t value)
{
	return value >= member->min && value <= member->max;
}

bool kin__member_check_text(const struct kin__member *member, struct kin__span text,
                            struct kin__reason *reason)
{
	int64_t n = text.n > INT32_MAX ? INT32_MAX : (int64_t)text.n;

	if (member->check)
		return member->check(text, reason);
	if (in_range(member, n))
		return true;
	say_range(member, reason, "member '%1': text of %2 bytes, needs at least %3",
	          "member '%1': text of %2 bytes, at most %3 are allowed", n);
	return false;
}

bool kin__member_check_integer(const struct kin__member *member, int64_t value, struct kin__reason *reason)
{
	if (in_range(member, value))
		return true;
	say_range(member, reason, "member '%1': %2 is too small, must be at least %3",
	          "member '%1': %2 is too large, must be at most %3", value);
	return false;
}

bool kin__member_check_data(const struct kin__member *member, size_t n, struct kin__reason *reason)
{
	int64_t size = n > INT32_MAX ? INT32_MAX : (int64_t)n;

	if (in_range(member, size))
		return true;
	say_range(member, reason, "member '%1': data of %2 bytes, at least %3 are due",
	          "member '%1': data of %2 bytes, at most %3 are allowed", size);
	return false;
}
