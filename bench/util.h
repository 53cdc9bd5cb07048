/* bench/util - what all benchmark programs share: clocks, and an end with a message */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H
#include <stddef.h>
#include <stdint.h>

void bench_die(const char *format, ...)
		__attribute__((format(printf, 1, 2), noreturn)); /* one line, exit 1 */
void *bench_alloc(size_t n);                                     /* never NULL */
uint64_t bench_wall_ns(void);
void bench_nap_ms(uint32_t ms);
uint64_t bench_cpu_ns(void);   /* user and system time of this process, all its threads */
uint32_t bench_peak_kib(void); /* the largest resident size so far */
uint32_t bench_now_kib(void);  /* the resident size now */
uint64_t bench_faults(void);   /* page faults so far, without I/O */
uint32_t bench_threads(void);  /* that this process has now */
void bench_fill(void *out, size_t n, uint64_t seed); /* bytes that nothing compresses */
/* Sorts the values; the one at `percent` of the way. */
double bench_percentile(double *values, size_t n, double percent);
#endif
