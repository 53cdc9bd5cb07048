/* wire/cbor - the reader; see cbor.h */
#include "wire/cbor.h"

enum {
	DUE, /* an item comes next */
	DONE /* just behind one, or behind the head of a map or array */
};

enum { BREAK = 0xff };
#define OPEN UINT64_MAX /* as a length: up to a break */

bool kin__cbor_is_map(struct kin__span body)
{
	unsigned char first = body.n > 0 ? (unsigned char)body.at[0] : 0;

	/* Tag 55799 says "this is CBOR" (RFC 8949, 3.4.6). */
	if (body.n > 3 && first == 0xd9 && (unsigned char)body.at[1] == 0xd9 &&
	    (unsigned char)body.at[2] == 0xf7)
		first = (unsigned char)body.at[3];
	return first >> 5 == KIN__CBOR_MAJOR_MAP;
}

void kin__cbor_init(struct kin__cbor *cbor, char *data, size_t n)
{
	cbor->at = cbor->begin = data;
	cbor->end = data + n;
	cbor->error = NULL;
	cbor->error_at = 0;
	cbor->tag = KIN__CBOR_NO_TAG;
	cbor->maps = 0;
	cbor->depth = 0;
	cbor->state = DUE;
	cbor->readonly = false;
}

void kin__cbor_init_readonly(struct kin__cbor *cbor, const char *data, size_t n)
{
	union {
		const char *given;
		char *kept; /* one struct serves both kinds; `readonly` guards every write */
	} data_of = { data };

	kin__cbor_init(cbor, data_of.kept, n);
	cbor->readonly = true;
}

static bool fail_at(struct kin__cbor *cbor, const char *at, const char *reason)
{
	if (!cbor->error) {
		cbor->error = reason;
		cbor->error_at = (size_t)(at - cbor->begin);
	}
	return false;
}

bool kin__cbor_fail(struct kin__cbor *cbor, const char *reason)
{
	return fail_at(cbor, cbor->at, reason);
}

/* --- heads ----------------------------------------------------------------------------- */

struct head {
	char *next; /* behind the head */
	uint64_t value;
	uint8_t major, info; /* info 31: up to a break, or the break itself */
};

static uint64_t number_at(const char *at, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | (unsigned char)at[i];
	return value;
}

/* NULL, or why there is none at `at`. */
static inline const char *read_head(char *at, const char *end, struct head *head)
{
	unsigned char first;
	size_t n;

	if (at == end)
		return "the data ends where an item is due";
	first = (unsigned char)*at++;
	head->major = first >> 5;
	head->info = first & 31;
	head->value = head->info;
	if (head->info >= 24) {
		if (head->info > 27) {
			if (head->info != 31 || head->major < 2 || head->major == KIN__CBOR_MAJOR_TAG)
				return "an item with a reserved length";
			head->value = OPEN;
			n = 0;
		} else {
			n = (size_t)1 << (head->info - 24);
			if ((size_t)(end - at) < n)
				return "the data ends within the head of an item";
			head->value = number_at(at, n);
		}
		at += n;
		if (head->major == KIN__CBOR_MAJOR_SIMPLE && head->info == 24 && head->value < 32)
			return "a simple value in two bytes that needs one";
	}
	head->next = at;
	return NULL;
}

static bool is_break(const struct head *head)
{
	return head->major == KIN__CBOR_MAJOR_SIMPLE && head->info == 31;
}

/* The head of an item behind its tags; NULL, or why there is none, then *at is where. */
static inline const char *read_item(char **at, const char *end, struct head *head, uint64_t *tag)
{
	const char *reason = read_head(*at, end, head);

	*tag = KIN__CBOR_NO_TAG;
	while (!reason && head->major == KIN__CBOR_MAJOR_TAG) {
		*at = head->next;
		*tag = head->value;
		reason = read_head(*at, end, head);
	}
	if (!reason && is_break(head))
		return "a break where an item is due";
	return reason;
}

/* The head of the item that is due; false: the error is set. */
static inline bool begin_item(struct kin__cbor *cbor, struct head *head, uint64_t *tag)
{
	const char *reason;
	char *at = cbor->at;

	if (cbor->error)
		return false;
	if (cbor->state != DUE)
		return kin__cbor_fail(cbor, "no item is due here");
	reason = read_item(&at, cbor->end, head, tag);
	return !reason || fail_at(cbor, at, reason);
}

static inline bool done(struct kin__cbor *cbor, char *at)
{
	cbor->at = at;
	cbor->state = DONE;
	return true;
}

/* --- strings ----------------------------------------------------------------------------- */

/* Steps over the chunks of a string from *at; NULL, or why they are none, then *at is where.  to: they are put
 * together there, *n bytes; NULL: only looked at. */
static const char *chunks(char **at, const char *end, uint8_t major, char *to, size_t *n)
{
	struct head head;
	const char *reason;

	for (*n = 0;; *at = head.next + head.value) {
		reason = read_head(*at, end, &head);
		if (reason)
			return reason;
		if (is_break(&head))
			break;
		if (head.major != major || head.info == 31)
			return "a chunk of a string that is of another kind";
		if (head.value > (size_t)(end - head.next))
			return "a string longer than the data";
		if (to)
			memmove(to + *n, head.next, (size_t)head.value);
		*n += (size_t)head.value;
	}
	*at = head.next;
	return NULL;
}

static bool join(struct kin__cbor *cbor, const struct head *head, struct kin__span *text)
{
	char *at = head->next;
	const char *reason;

	if (cbor->readonly)
		return kin__cbor_fail(cbor, "a string in chunks in a read-only buffer");
	*text = kin__span(at, 0);
	reason = chunks(&at, cbor->end, head->major, at, &text->n);
	return reason ? fail_at(cbor, at, reason) : done(cbor, at);
}

/* What stands behind a head of the right kind. */
static inline bool read_string(struct kin__cbor *cbor, const struct head *head, struct kin__span *text)
{
	if (head->info == 31)
		return join(cbor, head, text);
	if (head->value > (size_t)(cbor->end - head->next))
		return kin__cbor_fail(cbor, "a string longer than the data");
	*text = kin__span(head->next, (size_t)head->value);
	return done(cbor, head->next + head->value);
}

static bool is_null(const struct head *head)
{
	return head->major == KIN__CBOR_MAJOR_SIMPLE && (head->info == 22 || head->info == 23);
}

static inline bool string_of(struct kin__cbor *cbor, enum kin__cbor_major major, bool or_null,
                             struct kin__span *text)
{
	struct head head;
	uint64_t tag;

	if (!begin_item(cbor, &head, &tag))
		return false;
	if (head.major == major)
		return read_string(cbor, &head, text);
	if (!or_null || !is_null(&head))
		return kin__cbor_fail(cbor,
		                      major == KIN__CBOR_MAJOR_TEXT ? "a text is due" : "bytes are due");
	*text = kin__span(NULL, 0);
	return done(cbor, head.next);
}

bool kin__cbor_over(struct kin__cbor *cbor, const char *at)
{
	if (cbor->error || cbor->state != DUE)
		return false;
	return done(cbor, cbor->begin + (at - cbor->begin));
}

bool kin__cbor_text(struct kin__cbor *cbor, struct kin__span *text)
{
	return string_of(cbor, KIN__CBOR_MAJOR_TEXT, false, text);
}

bool kin__cbor_bytes(struct kin__cbor *cbor, struct kin__span *data)
{
	return string_of(cbor, KIN__CBOR_MAJOR_BYTES, false, data);
}

bool kin__cbor_text_null(struct kin__cbor *cbor, struct kin__span *text)
{
	return string_of(cbor, KIN__CBOR_MAJOR_TEXT, true, text);
}

bool kin__cbor_bytes_null(struct kin__cbor *cbor, struct kin__span *data)
{
	return string_of(cbor, KIN__CBOR_MAJOR_BYTES, true, data);
}

struct kin__span kin__cbor_end_text(struct kin__cbor *cbor, struct kin__span text)
{
	char *to = cbor->begin + (text.at - 1 - cbor->begin);

	memmove(to, text.at, text.n);
	to[text.n] = 0;
	return kin__span(to, text.n);
}

struct kin__span kin__cbor_end_within(struct kin__cbor *cbor, struct kin__span text, const char *end)
{
	if (text.at + text.n == end)
		return kin__cbor_end_text(cbor, text);
	cbor->begin[text.at + text.n - cbor->begin] = 0;
	return text;
}

/* --- levels ------------------------------------------------------------------------------- */

/* least: the bytes that each member or item needs. */
static bool open_level(struct kin__cbor *cbor, enum kin__cbor_major major, size_t least, const char *reason)
{
	struct head head;
	uint64_t tag, bit;

	if (!begin_item(cbor, &head, &tag))
		return false;
	if (head.major != major)
		return kin__cbor_fail(cbor, reason);
	if (head.info != 31 && head.value > (size_t)(cbor->end - head.next) / least)
		return kin__cbor_fail(cbor, "more items than the data can hold");
	if (cbor->depth == KIN__CBOR_DEPTH)
		return kin__cbor_fail(cbor, "nested more than 64 deep");
	bit = UINT64_C(1) << cbor->depth;
	cbor->left[cbor->depth++] = head.value;
	cbor->maps = major == KIN__CBOR_MAJOR_MAP ? cbor->maps | bit : cbor->maps & ~bit;
	return done(cbor, head.next);
}

bool kin__cbor_map(struct kin__cbor *cbor)
{
	return open_level(cbor, KIN__CBOR_MAJOR_MAP, 2, "a map is due");
}

bool kin__cbor_array(struct kin__cbor *cbor)
{
	return open_level(cbor, KIN__CBOR_MAJOR_ARRAY, 1, "an array is due");
}

static bool in_map(const struct kin__cbor *cbor)
{
	return cbor->maps >> (cbor->depth - 1) & 1;
}

/* To the next member or item of this level; false at its end (read). */
static inline bool next_of_level(struct kin__cbor *cbor)
{
	uint64_t *left = &cbor->left[cbor->depth - 1];
	bool open = *left == OPEN;

	if (open ? cbor->at < cbor->end && (unsigned char)*cbor->at == BREAK : *left == 0) {
		cbor->at += open;
		cbor->depth--;
		return false;
	}
	*left -= !open;
	cbor->state = DUE;
	return true;
}

bool kin__cbor_name(struct kin__cbor *cbor, struct kin__span *name)
{
	if (cbor->error || (cbor->state == DUE && !kin__cbor_skip(cbor)))
		return false;
	if (cbor->depth == 0 || !in_map(cbor))
		return kin__cbor_fail(cbor, "a name is asked for outside a map");
	if (!next_of_level(cbor))
		return false;
	if (!kin__cbor_text(cbor, name))
		return false;
	cbor->state = DUE;
	return true;
}

bool kin__cbor_item(struct kin__cbor *cbor)
{
	if (cbor->error || (cbor->state == DUE && !kin__cbor_skip(cbor)))
		return false;
	if (cbor->depth == 0 || in_map(cbor))
		return kin__cbor_fail(cbor, "an item is asked for outside an array");
	return next_of_level(cbor);
}

bool kin__cbor_finish(struct kin__cbor *cbor)
{
	if (cbor->error || (cbor->depth == 0 && cbor->state == DUE && !kin__cbor_skip(cbor)))
		return false;
	if (cbor->depth > 0)
		return kin__cbor_fail(cbor, "a map or an array is still open");
	if (cbor->at < cbor->end)
		return kin__cbor_fail(cbor, "something stands behind the end of the item");
	return true;
}

/* --- single items --------------------------------------------------------------------------- */

static enum kin__cbor_type simple_type(const struct head *head)
{
	if (head->info >= 25)
		return KIN__CBOR_FLOAT;
	if (head->value == 20 || head->value == 21)
		return KIN__CBOR_BOOL;
	return is_null(head) ? KIN__CBOR_NULL : KIN__CBOR_SIMPLE;
}

enum kin__cbor_type kin__cbor_type(struct kin__cbor *cbor)
{
	static const enum kin__cbor_type types[] = {
		[KIN__CBOR_MAJOR_UNSIGNED] = KIN__CBOR_INTEGER,
		[KIN__CBOR_MAJOR_NEGATIVE] = KIN__CBOR_INTEGER,
		[KIN__CBOR_MAJOR_BYTES] = KIN__CBOR_BYTES,
		[KIN__CBOR_MAJOR_TEXT] = KIN__CBOR_TEXT,
		[KIN__CBOR_MAJOR_ARRAY] = KIN__CBOR_ARRAY,
		[KIN__CBOR_MAJOR_MAP] = KIN__CBOR_MAP,
	};
	struct head head;

	if (cbor->error || cbor->state != DUE || !begin_item(cbor, &head, &cbor->tag))
		return KIN__CBOR_NONE;
	return head.major == KIN__CBOR_MAJOR_SIMPLE ? simple_type(&head) : types[head.major];
}

static double double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

/* Half precision (IEEE 754 binary16): 1 bit sign, 5 exponent, 10 fraction. */
static double half_of(uint64_t bits)
{
	uint64_t sign = (bits & 0x8000) << 48, exponent = bits >> 10 & 31, fraction = bits & 1023;

	if (exponent == 0) /* below the smallest normal number: in units of 2 to the power of -24 */
		return (double)fraction * (sign ? -1.0 / 16777216 : 1.0 / 16777216);
	exponent = exponent == 31 ? 2047 : exponent + 1008;
	return double_of(sign | exponent << 52 | fraction << 42);
}

static double float_of(const struct head *head)
{
	uint32_t bits = (uint32_t)head->value;
	float value;

	if (head->info == 25)
		return half_of(head->value);
	if (head->info == 27)
		return double_of(head->value);
	memcpy(&value, &bits, sizeof value);
	return value;
}

static bool is_float(const struct head *head)
{
	return head->major == KIN__CBOR_MAJOR_SIMPLE && simple_type(head) == KIN__CBOR_FLOAT;
}

static bool is_integer(const struct head *head)
{
	return head->major == KIN__CBOR_MAJOR_UNSIGNED || head->major == KIN__CBOR_MAJOR_NEGATIVE;
}

/* A whole number within 64 bits; false: it is none. */
static bool whole(const struct head *head, int64_t *value)
{
	double real;

	if (is_integer(head)) {
		if (head->value > INT64_MAX)
			return false;
		*value = (int64_t)head->value;
		if (head->major == KIN__CBOR_MAJOR_NEGATIVE)
			*value = -1 - *value;
		return true;
	}
	if (!is_float(head))
		return false;
	real = float_of(head);
	if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0) ||
	    (double)(int64_t)real != real)
		return false;
	*value = (int64_t)real;
	return true;
}

bool kin__cbor_i64(struct kin__cbor *cbor, int64_t *value)
{
	struct head head;
	uint64_t tag;

	if (!begin_item(cbor, &head, &tag))
		return false;
	if (!whole(&head, value))
		return kin__cbor_fail(cbor, "a whole number of 64 bits is due");
	return done(cbor, head.next);
}

static double real_of(const struct head *head)
{
	if (is_float(head))
		return float_of(head);
	return head->major == KIN__CBOR_MAJOR_NEGATIVE ? -1.0 - (double)head->value : (double)head->value;
}

bool kin__cbor_real(struct kin__cbor *cbor, double *value)
{
	struct head head;
	uint64_t tag;

	if (!begin_item(cbor, &head, &tag))
		return false;
	if (!is_integer(&head) && !is_float(&head))
		return kin__cbor_fail(cbor, "a number is due");
	*value = real_of(&head);
	return done(cbor, head.next);
}

bool kin__cbor_time_ms(struct kin__cbor *cbor, int64_t *ms)
{
	const int64_t limit = KIN__CBOR_SECONDS_BELOW;
	struct head head;
	uint64_t tag;
	double real;

	if (!begin_item(cbor, &head, &tag))
		return false;
	if (is_integer(&head) && whole(&head, ms)) {
		if (*ms > -limit && *ms < limit)
			*ms *= 1000;
		return done(cbor, head.next);
	}
	if (!is_float(&head))
		return kin__cbor_fail(cbor, "a time is due");
	real = float_of(&head);
	if (real > (double)-limit && real < (double)limit)
		real *= 1000;
	if (!(real > -9e18 && real < 9e18))
		return kin__cbor_fail(cbor, "a time out of range");
	*ms = (int64_t)(real < 0 ? real - 0.5 : real + 0.5);
	return done(cbor, head.next);
}

bool kin__cbor_bool(struct kin__cbor *cbor, bool *value)
{
	struct head head;
	uint64_t tag;

	if (!begin_item(cbor, &head, &tag))
		return false;
	if (head.major != KIN__CBOR_MAJOR_SIMPLE || simple_type(&head) != KIN__CBOR_BOOL)
		return kin__cbor_fail(cbor, "true or false is due");
	*value = head.value == 21;
	return done(cbor, head.next);
}

bool kin__cbor_null(struct kin__cbor *cbor)
{
	struct head head;
	uint64_t tag;

	return begin_item(cbor, &head, &tag) && is_null(&head) && done(cbor, head.next);
}

/* --- items of no interest --------------------------------------------------------------------- */

struct skip {
	char *at;
	const char *end, *reason; /* reason: why it is no CBOR, at `at` */
	uint64_t *left;           /* items still to come at each level, names counted as well */
	uint64_t odd;             /* one bit a level: of a map up to a break, a value is due */
	uint64_t maps;
	uint8_t depth;
};

static void skip_open(struct skip *skip, const struct head *head)
{
	bool map = head->major == KIN__CBOR_MAJOR_MAP;
	uint64_t bit = UINT64_C(1) << (skip->depth & 63);

	if (head->info != 31 && head->value > (size_t)(skip->end - head->next) / (map ? 2 : 1))
		skip->reason = "more items than the data can hold";
	else if (skip->depth == KIN__CBOR_DEPTH)
		skip->reason = "nested more than 64 deep";
	if (skip->reason)
		return;
	skip->left[skip->depth++] = head->info == 31 ? OPEN : map ? head->value * 2 : head->value;
	skip->maps = map ? skip->maps | bit : skip->maps & ~bit;
	skip->odd &= ~bit;
	skip->at = head->next;
}

static void skip_string(struct skip *skip, const struct head *head)
{
	size_t n;

	if (head->info == 31) {
		skip->at = head->next;
		skip->reason = chunks(&skip->at, skip->end, head->major, NULL, &n);
	} else if (head->value > (size_t)(skip->end - head->next)) {
		skip->reason = "a string longer than the data";
	} else {
		skip->at = head->next + head->value;
	}
}

/* Closes what ends here, down to `depth`; true: another item is due. */
static bool skip_next(struct skip *skip, uint8_t depth)
{
	while (!skip->reason && skip->depth > depth) {
		uint64_t *left = &skip->left[skip->depth - 1], bit = UINT64_C(1) << (skip->depth - 1);

		if (*left != OPEN && *left > 0) {
			--*left;
			return true;
		}
		if (*left == OPEN && (skip->at == skip->end || (unsigned char)*skip->at != BREAK)) {
			skip->odd ^= skip->maps & bit;
			return true;
		}
		if (*left == OPEN && skip->odd & bit)
			skip->reason = "a break where an item is due";
		else
			skip->at += *left == OPEN;
		skip->depth -= !skip->reason;
	}
	return false;
}

static void skip_item(struct skip *skip)
{
	uint8_t depth = skip->depth;
	struct head head = { 0 }; /* gcc for i386 does not see that read_item() fills it */
	uint64_t tag;

	do {
		skip->reason = read_item(&skip->at, skip->end, &head, &tag);
		if (skip->reason)
			return;
		switch (head.major) {
		case KIN__CBOR_MAJOR_ARRAY:
		case KIN__CBOR_MAJOR_MAP:
			skip_open(skip, &head);
			break;
		case KIN__CBOR_MAJOR_BYTES:
		case KIN__CBOR_MAJOR_TEXT:
			skip_string(skip, &head);
			break;
		default:
			skip->at = head.next;
		}
	} while (skip_next(skip, depth));
}

bool kin__cbor_skip(struct kin__cbor *cbor)
{
	struct skip skip = { cbor->at, cbor->end, NULL, cbor->left, 0, 0, cbor->depth };

	if (cbor->error)
		return false;
	if (cbor->state != DUE)
		return kin__cbor_fail(cbor, "no item is due here");
	skip_item(&skip);
	return skip.reason ? fail_at(cbor, skip.at, skip.reason) : done(cbor, skip.at);
}

bool kin__cbor_raw(struct kin__cbor *cbor, struct kin__span *item)
{
	char *begin = cbor->at;

	if (!kin__cbor_skip(cbor))
		return false;
	*item = kin__span(begin, (size_t)(cbor->at - begin));
	return true;
}
