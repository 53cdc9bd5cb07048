/* bench/util - see util.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "util.h"

void bench_die(const char *format, ...)
{
	va_list values;

	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	exit(1);
}

void *bench_alloc(size_t n)
{
	void *block = calloc(1, n > 0 ? n : 1);

	if (!block)
		bench_die("out of memory for %zu bytes", n);
	return block;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t bench_wall_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void bench_nap_ms(uint32_t ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

uint64_t bench_cpu_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static uint32_t status_number(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	unsigned long number = 0;

	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0)
			number = strtoul(line + strlen(name), NULL, 10);
	if (!file || number == 0)
		bench_die("/proc/self/status does not tell %s", name);
	fclose(file);
	return (uint32_t)number;
}

uint32_t bench_peak_kib(void)
{
	return status_number("VmHWM:");
}

uint32_t bench_now_kib(void)
{
	return status_number("VmRSS:");
}

uint64_t bench_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt;
}

uint32_t bench_threads(void)
{
	return status_number("Threads:");
}

void bench_fill(void *out, size_t n, uint64_t seed)
{
	unsigned char *at = out;
	uint64_t state = seed * 2654435761u + 88172645463325252u;

	for (size_t i = 0; i < n; i++) { /* xorshift64 */
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		at[i] = (unsigned char)(state >> 24);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t n, double percent)
{
	double at = percent / 100 * (double)(n - 1);
	size_t low = (size_t)at;

	qsort(values, n, sizeof *values, compare);
	return low + 1 < n ? values[low] + (at - (double)low) * (values[low + 1] - values[low]) : values[low];
}
