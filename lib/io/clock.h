/* io/clock - the only door to the clocks and to the system's randomness.  Any thread. */
#ifndef KIN_IO_CLOCK_H
#define KIN_IO_CLOCK_H
#include <stdint.h>

uint64_t kin__clock_us(void); /* monotonic: to wait and to measure */
uint64_t
kin__clock_until_us(int64_t timeout_ms); /* from now; negative, or more than it can say: UINT64_MAX */
int64_t kin__clock_wall_ms(void);        /* Unix time by this host, which may be wrong */
uint64_t kin__clock_seed(void);          /* unpredictable: for kin__rng and for names, not for secrets */
#endif
