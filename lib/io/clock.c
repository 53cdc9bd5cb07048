/* io/clock - see clock.h */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include "base/rng.h"
#include "io/clock.h"

uint64_t kin__clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t kin__clock_until_us(int64_t timeout_ms)
{
	uint64_t now_us = kin__clock_us();

	if (timeout_ms < 0 || (uint64_t)timeout_ms > (UINT64_MAX - now_us) / 1000)
		return UINT64_MAX;
	return now_us + (uint64_t)timeout_ms * 1000;
}

int64_t kin__clock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t kin__clock_seed(void)
{
	struct kin__rng rng;
	uint64_t seed = 0;
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, &seed, sizeof seed) != (ssize_t)sizeof seed)
			seed = 0;
		close(fd);
	}
	/* Without the device: two processes and two moments still differ. */
	rng.state = seed ^ kin__clock_us() ^ ((uint64_t)getpid() << 40) ^
	            ((uint64_t)kin__clock_wall_ms() << 13);
	return kin__rng_next(&rng);
}
