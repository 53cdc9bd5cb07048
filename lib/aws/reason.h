/* aws/reason - the one line that says what was wrong, with which value, and what would be right.
 *
 * Pure; fixed size, needs no memory, nothing to free.  Values put into it are cut to 64 bytes and control
 * characters become '?'.  Nobody puts a secret, a token or the text of a key file into it.
 */
#ifndef KIN_AWS_REASON_H
#define KIN_AWS_REASON_H
#include "base/span.h"

/* What fallible functions of this room return. */
enum {
	KIN__AWS_OK = 0,
	KIN__AWS_NOMEM = -1,          /* out of memory, or the hash context failed */
	KIN__AWS_REFUSED = -2,        /* the input is wrong: the reason says why */
	KIN__AWS_NO_CREDENTIALS = -3, /* none are configured, or only half of them */
	KIN__AWS_UNSUPPORTED = -4,    /* configured, but of a kind this version cannot use */
};

struct kin__reason {
	char text[352]; /* 0-ended; "" while nothing was said */
};

/* Replaces the text.  In `pattern`, %1 to %3 stand for the values; values that are not used may be empty. */
void kin__reason_say(struct kin__reason *reason, const char *pattern, struct kin__span one,
                     struct kin__span two, struct kin__span three);
void kin__reason_text(struct kin__reason *reason, const char *text);
#endif
