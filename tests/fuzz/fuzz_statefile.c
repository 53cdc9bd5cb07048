/* The file of a window's state beside a file store.  An input that begins with '+' is given its checksum; any other is the
 * whole file.  It is read, or refused by name; and what is written over it is read. */
#define _GNU_SOURCE
#include "base/hash.h"
#include "fuzz.h"
#include "stores/filestate.h"
#include <kinstream.h>
#include <stdio.h>
#include <unistd.h>

static char path[64];
static struct kin__hash *hash;

static void forget(void)
{
	kin__hash_free(hash);
	unlink(path);
}

static void make_path(void)
{
	int fd;

	if (path[0])
		return;
	snprintf(path, sizeof path, "%s/kin-fuzz-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	fd = mkstemp(path);
	hash = kin__hash_new();
	if (fd < 0 || !hash)
		abort();
	close(fd);
	atexit(forget);
}

static void write_file(const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "wb");
	struct kin__sha256 sum;

	if (!file)
		abort();
	if (size > 0 && data[0] == '+') {
		data++;
		size--;
		if (!kin__hash_sha256(hash, data, size, &sum))
			abort();
		for (int i = 0; i < 16; i++)
			fprintf(file, "%02x", sum.at[i]);
		fputc(' ', file);
	}
	fwrite(data, 1, size, file);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kin_lease lease = { .size = sizeof lease,
		                                .stream_arn = "arn:x",
		                                .shard_id = "fuzz" };
	struct kin_error error = { 0 };
	struct kin__span state = { NULL, 0 };
	struct kin__bytes content;
	int code;

	make_path();
	write_file(data, size);
	kin__bytes_init(&content);
	code = kin__filestate_read(path, hash, &lease, &content, &state, &error);
	FUZZ_CHECK(code == KIN_OK || code == KIN_CORRUPT || code == KIN_NOMEM);
	FUZZ_CHECK(code == KIN_OK ? state.at && state.n < size : error.message[0] != 0);
	kin__bytes_fini(&content);
	kin__bytes_init(&content);
	state = kin__span((const char *)data, size < 100 ? size : 100);
	if (kin__filestate_write(path, hash, &lease, state, &error) == KIN_OK &&
	    kin__filestate_read(path, hash, &lease, &content, &state, &error) != KIN_NOMEM)
		FUZZ_CHECK(state.n == (size < 100 ? size : 100) &&
		           (size == 0 || memcmp(state.at, data, state.n) == 0));
	kin__bytes_fini(&content);
	return 0;
}
