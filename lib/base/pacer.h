/* base/pacer - a token bucket in whole units with microsecond refill.  Pure.
 *
 * In any interval of t seconds at most burst + rate * t units pass.
 */
#ifndef KIN_BASE_PACER_H
#define KIN_BASE_PACER_H
#include <stdbool.h>
#include <stdint.h>

struct kin__pacer {
	uint64_t rate, burst; /* units a second; most units at once */
	uint64_t level_micro; /* tokens, in millionths of a unit */
	uint64_t at_us;
};

void kin__pacer_init(struct kin__pacer *pacer, uint64_t rate, uint64_t burst,
                     uint64_t now_us);                                              /* starts full */
bool kin__pacer_take(struct kin__pacer *pacer, uint64_t units, uint64_t now_us);    /* units > burst: never */
void kin__pacer_set_rate(struct kin__pacer *pacer, uint64_t rate, uint64_t now_us); /* from now on */
/* When `units` will be there (units > burst counts as burst); UINT64_MAX: never. */
uint64_t kin__pacer_ready_us(struct kin__pacer *pacer, uint64_t units, uint64_t now_us);
#endif
