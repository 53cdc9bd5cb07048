/* producer/outage - when to tell that nothing of what is sent is stored.
 *
 * Pure.  Requests that fail are everyday, and are sent again; that all of them fail for a while is for somebody to
 * look at.  An outage begins with the first failure behind a success and ends with the next success, or unnoticed when
 * no answer comes for twelve minutes.  It is told once it lasts ten seconds, then whenever it lasts twice as long as when it
 * was told last, or five minutes longer.
 */
#ifndef KIN_PRODUCER_OUTAGE_H
#define KIN_PRODUCER_OUTAGE_H
#include <stdbool.h>
#include <stdint.h>

enum kin__outage_word { KIN__OUTAGE_QUIET, KIN__OUTAGE_LASTS, KIN__OUTAGE_OVER };

struct kin__outage {                /* zero to begin with */
	uint64_t since_us, last_us; /* its first failure, and the last answer */
	uint64_t tell_us;           /* how long it must last to be told */
	uint64_t failures;          /* 0: there is none */
	bool told;
};

/* An answer came: was anything stored?  LASTS and OVER are to be logged; how long: kin__outage_s(), `failures`; they
 * stand until the next note. */
enum kin__outage_word kin__outage_note(struct kin__outage *outage, uint64_t now_us, bool stored);
/* From its first failure to its last answer, in whole seconds. */
uint64_t kin__outage_s(const struct kin__outage *outage);
#endif
