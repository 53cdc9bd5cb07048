#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"
#include <sys/mman.h>
#include <unistd.h>

bool fuzz_short;

char *fuzz_copy(const void *data, size_t n)
{
	char *copy = malloc(n);

	if (!copy)
		abort();
	if (n > 0)
		memcpy(copy, data, n);
	return copy;
}

struct kin__span fuzz_part(struct kin__span *rest)
{
	struct kin__span head;

	*rest = kin__span_cut(*rest, 0, &head);
	return head;
}

char *fuzz_text(struct kin__span *rest)
{
	struct kin__span part = fuzz_part(rest);
	char *text = malloc(part.n + 1);

	if (!text)
		abort();
	if (part.n > 0)
		memcpy(text, part.at, part.n);
	text[part.n] = 0;
	return text;
}

static int file = -1;

const char *fuzz_file(const void *data, size_t n)
{
	static char path[64];

	fuzz_file_close();
	file = memfd_create("fuzz", 0);
	if (file < 0 || write(file, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	return path;
}

void fuzz_file_close(void)
{
	if (file >= 0)
		close(file);
	file = -1;
}
