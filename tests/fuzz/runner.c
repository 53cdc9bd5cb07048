/* runner [--oom] FILE... - hands each file to the fuzz target it is linked with, without any fuzzing engine.
 * --oom: then once more for each allocation of ours that the file caused, with that one failing. */
#include "fuzz.h"

static unsigned long failed; /* allocations */

static void short_of_memory(const char *data, size_t n)
{
	uint64_t total;

	kin__mem_fail_at(0);
	LLVMFuzzerTestOneInput((const uint8_t *)data, n);
	total = kin__mem_count();
	fuzz_short = true;
	for (uint64_t i = 1; i <= total; i++, failed++) {
		kin__mem_fail_at(i);
		LLVMFuzzerTestOneInput((const uint8_t *)data, n);
	}
	fuzz_short = false;
	kin__mem_fail_at(0);
}

static int run(const char *path, bool oom)
{
	FILE *file = fopen(path, "rb");
	static char content[1 << 20];
	size_t n;
	char *data;

	if (!file) {
		perror(path);
		return 1;
	}
	n = fread(content, 1, sizeof content, file);
	fclose(file);
	data = fuzz_copy(content, n);
	if (oom)
		short_of_memory(data, n);
	else
		LLVMFuzzerTestOneInput((const uint8_t *)data, n);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	bool oom = argc > 1 && strcmp(argv[1], "--oom") == 0;
	int first = oom ? 2 : 1;

	if (argc <= first) {
		fprintf(stderr, "usage: %s [--oom] FILE...\n", argv[0]);
		return 2;
	}
	for (int i = first; i < argc; i++) {
		if (getenv("FUZZ_VERBOSE"))
			fprintf(stderr, "%s\n", argv[i]);
		if (run(argv[i], oom) != 0)
			return 1;
	}
	printf("%d inputs", argc - first);
	if (oom)
		printf(", %lu failed allocations", failed);
	puts("");
	return 0;
}
