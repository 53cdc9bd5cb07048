/* An on-failure file that others have written to before: a line is added behind it, and nothing else is touched but
 * the torn end of a line of ours. */
#include "fuzz.h"
#include <kinstream.h>
#include "sinks/sink.h"
#include <unistd.h>

static char path[64];

static void forget(void)
{
	unlink(path);
}

static void write_before(const uint8_t *data, size_t size)
{
	FILE *file;

	if (!path[0]) {
		snprintf(path, sizeof path, "%s/kin-fuzz-XXXXXX",
		         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		int fd = mkstemp(path);
		if (fd < 0)
			abort();
		close(fd);
		atexit(forget);
	}
	file = fopen(path, "wb");
	if (!file || (size > 0 && fwrite(data, 1, size, file) != size) || fclose(file) != 0)
		abort();
}

/* Where the last line begins of data[0..n). */
static size_t last_line(const uint8_t *data, size_t n)
{
	size_t at = n > 0 ? n - 1 : 0;

	while (at > 0 && data[at - 1] != '\n')
		at--;
	return at;
}

/* The file now: what was there, less its last line, and less lines before that if they hold bytes 0, then the new line. */
static void look(const uint8_t *data, size_t size, const char *line)
{
	size_t room = size + strlen(line) + 16, line_n = strlen(line), whole, n, kept;
	FILE *file = fopen(path, "rb");
	char *now = malloc(room);

	if (!file || !now)
		abort();
	n = fread(now, 1, room, file);
	FUZZ_CHECK(n > line_n && now[n - 1] == '\n' && memcmp(now + n - 1 - line_n, line, line_n) == 0);
	kept = n > line_n ? n - 1 - line_n : 0;
	FUZZ_CHECK(kept == 0 || now[kept - 1] == '\n');
	whole = last_line(data, size);
	while (whole > 0 && memchr(data + last_line(data, whole), 0, whole - last_line(data, whole)))
		whole = last_line(data, whole);
	FUZZ_CHECK(kept >= whole && (whole == 0 || memcmp(now, data, whole) == 0));
	free(now);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char line[] = "{\"requestContext\":{},\"payload\":{}}";
	static const struct kin_failure failure = { .condition = "RetryAttemptsExhausted",
		                                    .reason = "",
		                                    .application = "app",
		                                    .stream_arn = "arn:x",
		                                    .shard_id = "shardId-0",
		                                    .json = line,
		                                    .json_size = sizeof line - 1,
		                                    .json_payload = line,
		                                    .json_payload_size = sizeof line - 1 };
	struct kin_error error = { 0 };
	char uri[80];
	struct kin_sink sink;

	write_before(data, size);
	snprintf(uri, sizeof uri, "file:%s", path);
	if (kin__sink_open(&sink, uri, &error) != KIN_OK) {
		FUZZ_CHECK(error.message[0]);
		return 0;
	}
	if (sink.send(sink.user, &failure, &error) == KIN_OK)
		look(data, size, line);
	else
		FUZZ_CHECK(error.message[0]);
	sink.close(sink.user);
	return 0;
}
