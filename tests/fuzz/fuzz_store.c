/* The journal of a file store.  An input that begins with '+' is lines without checksums, which are added; any other
 * is the whole file.  What opens is listed, changed, and opens again with the same items. */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/hash.h"
#include "fuzz.h"
#include "stores/store.h"
#include <ftw.h>
#include <kinstream.h>
#include <unistd.h>

static char folder[64], journal[96], uri[80];
static struct kin__hash *hash; /* of the checksums: made once, while memory is there */

static int forget(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about, (void)kind, (void)where;
	return remove(path);
}

static void forget_all(void)
{
	kin__hash_free(hash);
	nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
	if (folder[0])
		return;
	snprintf(folder, sizeof folder, "%s/kin-fuzz-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder))
		abort();
	snprintf(uri, sizeof uri, "file:%s", folder);
	snprintf(journal, sizeof journal, "%s/app.leases", folder);
	atexit(forget_all);
	hash = kin__hash_new();
	if (!hash)
		abort();
}

static void seal(struct kin__span line, FILE *file)
{
	struct kin__sha256 sum;

	if (!kin__hash_sha256(hash, line.at ? line.at : "", line.n, &sum))
		abort();
	for (int i = 0; i < 8; i++)
		fprintf(file, "%02x", sum.at[i]);
	fprintf(file, " %.*s\n", (int)line.n, line.at ? line.at : "");
}

static void write_journal(const uint8_t *data, size_t size)
{
	struct kin__span rest = { (const char *)data, size }, line;
	FILE *file = fopen(journal, "wb");

	if (!file)
		abort();
	if (size > 0 && data[0] == '+') {
		seal(kin__span_text("{\"kinstream\":\"leases\",\"version\":1}"), file);
		for (rest = kin__span(rest.at + 1, rest.n - 1); rest.n > 0;) {
			rest = kin__span_cut(rest, '\n', &line);
			seal(line, file);
		}
	} else if (size > 0) {
		fwrite(data, 1, size, file);
	}
	fclose(file);
}

static int count(void *into, const struct kin_lease *lease)
{
	size_t *n = into;

	++*n;
	return lease->shard_id[0] && lease->stream_arn[0] ? 0 : KIN_BUG;
}

static size_t items(struct kin_store *store)
{
	struct kin_error error;
	size_t n = 0;

	FUZZ_CHECK(store->list(store->user, "app", count, &n, &error) == KIN_OK);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kin_lease lease = { .size = sizeof lease,
		                                .stream_arn = "arn:x",
		                                .shard_id = "fuzz",
		                                .owner = "o",
		                                .counter = 1,
		                                .checkpoint = "LATEST",
		                                .parents = "" };
	struct kin_error error = { 0 };
	struct kin_store store;
	size_t n;

	make_folder();
	write_journal(data, size);
	if (kin__store_open(&store, uri, "app", &error) != KIN_OK) {
		FUZZ_CHECK(error.message[0] && error.code != KIN_NOMEM);
		return 0;
	}
	n = items(&store);
	if (store.create(store.user, "app", &lease, &error) == KIN_OK)
		n++;
	store.close(store.user);
	int code = kin__store_open(&store, uri, "app", &error);
	FUZZ_CHECK(code == KIN_OK);
	if (code != KIN_OK)
		return 0;
	FUZZ_CHECK(items(&store) == n);
	store.close(store.user);
	return 0;
}
