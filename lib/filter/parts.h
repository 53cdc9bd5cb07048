/* filter/parts - the parts of a compiled filter, for the files of this room.
 *
 * Each condition of each rule has a bit of its own.  Nodes are the fields the conditions name, as a tree by the
 * steps of their paths ("a.b" and {"a":{"b":..}} are the same); while a record is walked, meeting a condition
 * sets its bit.  Invariant: masks are `words` words long, unused bits are 0.
 */
#ifndef KIN_FILTER_PARTS_H
#define KIN_FILTER_PARTS_H
#include "base/arena.h"
#include "base/bytes.h"
#include "filter/filter.h"
#include "filter/leaf.h"
#include "wire/jsonskip.h"

/* Alternatives of a field, and the conditions they stand for. */
struct kin__matcher {
	struct kin__matcher *next;
	const struct kin__leaf *alternatives;
	uint64_t *bits;
};

struct kin__node {
	struct kin__span name; /* one step */
	struct kin__node *parent, *first, *next;
	uint64_t initials;     /* of the names of those below, one bit each: all are set when one is empty */
	struct kin__span path; /* from the root, joined by dots */
	struct kin__matcher *matchers;
	uint64_t *absent; /* conditions that say: no value here */
	uint64_t *below;  /* conditions of the fields below this one */
	/* Of the "absent" ones below: those judged within one element of an array that stands here, since their
	 * rule has chosen that element by a condition that comes first in the order of paths. */
	uint64_t *within;
};

/* The bit of its first character, or of its first step's: that of a dotted name is "" if it begins with a dot. */
static inline uint64_t kin__node_initial(struct kin__span name)
{
	return kin__jsonskip_initial(name.at[0]);
}

struct kin__rule {
	uint64_t *need;   /* all of these must be set */
	uint64_t *absent; /* none of these */
	bool data;        /* has a condition on the data: that must be a JSON object */
};

struct kin__filter {
	struct kin__arena arena;
	char *text; /* the patterns; names and strings point into it */
	struct kin__node root;
	const struct kin__node *data, *key, *sequence, *version,
			*arrival; /* children of root; NULL: not asked for */
	struct kin__rule *rules;
	size_t rules_n, words;
	uint64_t *frames; /* scratch: a mask for each level of nesting */
	struct kin__bytes unescaped;
	bool nomem;
};

const struct kin__node *kin__node_step(const struct kin__node *node, struct kin__span name); /* NULL: none */
/* The node of a name that may hold dots. */
const struct kin__node *kin__node_find(const struct kin__node *node, struct kin__span name);

/* filter/walk: sets the bits that a record's data meets; false: no JSON object.  Out of memory sets filter->nomem. */
bool kin__walk_data(struct kin__filter *filter, struct kin__span data);
void kin__walk_value(struct kin__filter *filter, const struct kin__node *node,
                     const struct kin__scalar *scalar, size_t frame);
#endif
