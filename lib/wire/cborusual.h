/* wire/cborusual - CBOR as a service that is known usually writes it, taken item by item or not at all.
 *
 * Pure, and all inline: it stands in the hottest loops.  A cursor moves over what is expected; what is not is false,
 * and the general reader takes the same item from its start.  It writes nothing, so that this is always possible.
 */
#ifndef KIN_WIRE_CBORUSUAL_H
#define KIN_WIRE_CBORUSUAL_H
#include "base/span.h"

struct kin__cborusual {
	const char *at, *end;
};

enum {
	KIN__CBORUSUAL_BYTES = 0x40,
	KIN__CBORUSUAL_TEXT = 0x60,
	KIN__CBORUSUAL_ARRAY = 0x80,
	KIN__CBORUSUAL_MAP = 0xa0
};

/* literal: a string constant. */
#define kin__cborusual_take(usual, literal) kin__cborusual_take_n((usual), (literal), sizeof(literal) - 1)
static inline bool kin__cborusual_take_n(struct kin__cborusual *usual, const char *bytes, size_t n)
{
	if ((size_t)(usual->end - usual->at) < n || memcmp(usual->at, bytes, n) != 0)
		return false;
	usual->at += n;
	return true;
}

/* A head of this kind and its number, of at most two bytes. */
static inline bool kin__cborusual_head(struct kin__cborusual *usual, unsigned char kind, size_t *n)
{
	const unsigned char *at = (const unsigned char *)usual->at;
	size_t left = (size_t)(usual->end - usual->at), head = 1;

	if (left < 1 || (at[0] & 0xe0) != kind)
		return false;
	*n = at[0] & 0x1f;
	if (*n >= 24) {
		head = *n == 24 ? 2 : 3;
		if (*n > 25 || left < head)
			return false;
		*n = *n == 24 ? at[1] : (size_t)at[1] << 8 | at[2];
	}
	usual->at += head;
	return true;
}

/* A whole text or bytes. */
static inline bool kin__cborusual_string(struct kin__cborusual *usual, unsigned char kind,
                                         struct kin__span *out)
{
	const char *begin = usual->at;
	size_t n;

	if (!kin__cborusual_head(usual, kind, &n))
		return false;
	if ((size_t)(usual->end - usual->at) < n) {
		usual->at = begin;
		return false;
	}
	*out = kin__span(usual->at, n);
	usual->at += n;
	return true;
}

/* Into a map of so many members, or into one up to a break: then *open is set. */
static inline bool kin__cborusual_map(struct kin__cborusual *usual, unsigned char members, bool *open)
{
	unsigned char first = usual->at < usual->end ? (unsigned char)*usual->at : 0;

	*open = first == 0xbf;
	usual->at += *open || first == KIN__CBORUSUAL_MAP + members;
	return *open || first == KIN__CBORUSUAL_MAP + members;
}
static inline bool kin__cborusual_leave(struct kin__cborusual *usual, bool open)
{
	return !open || kin__cborusual_take(usual, "\xff");
}
#endif
