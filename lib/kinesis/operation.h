/* kinesis/operation - the operations of the Kinesis API: one table row each, with their input members.
 *
 * Pure; constant data.  A new operation is one value of enum kin__operation and one row.
 */
#ifndef KIN_KINESIS_OPERATION_H
#define KIN_KINESIS_OPERATION_H
#include "aws/reason.h"
#include "kinesis/types.h"

enum kin__member_type {
	KIN__MEMBER_TEXT,
	KIN__MEMBER_INTEGER,
	KIN__MEMBER_BOOLEAN,
	KIN__MEMBER_TIME,
	KIN__MEMBER_DATA,
	KIN__MEMBER_JSON, /* structures, lists, maps */
};

struct kin__member {
	const char *name;
	uint8_t type; /* enum kin__member_type */
	bool required;
	int64_t min, max; /* text: characters; integer: value; data: bytes */
	bool (*check)(struct kin__span text,
	              struct kin__reason *reason); /* text: its form; NULL: length only */
};

struct kin__operation_row {
	const char *name;   /* "PutRecords" */
	const char *target; /* "Kinesis_20131202.PutRecords" */
	bool control;       /* control-plane endpoint; else data plane */
	bool by_stream;     /* StreamName or StreamARN must be given */
	bool empty_answer;  /* success has no body */
	const struct kin__member *members;
	size_t members_n;
};

const struct kin__operation_row *kin__operation_row(enum kin__operation operation);
bool kin__operation_find(struct kin__span name, enum kin__operation *out);
/* NULL and the reason names the nearest name, when there is no such operation or member. */
const struct kin__operation_row *kin__operation_named(struct kin__span name, struct kin__reason *reason);
const struct kin__member *kin__operation_member(const struct kin__operation_row *row, struct kin__span name,
                                                struct kin__reason *reason);
/* May a value of this type be given for the member, and is it in its range? */
bool kin__member_check_type(const struct kin__member *member, enum kin__member_type type,
                            struct kin__reason *reason);
bool kin__member_check_text(const struct kin__member *member, struct kin__span text,
                            struct kin__reason *reason);
bool kin__member_check_integer(const struct kin__member *member, int64_t value, struct kin__reason *reason);
bool kin__member_check_data(const struct kin__member *member, size_t n, struct kin__reason *reason);
bool kin__member_is_arn(
		const struct kin__member *member); /* of what is asked about: it decides about the host */
const char *kin__member_type_name(enum kin__member_type type); /* "text" */
#endif
