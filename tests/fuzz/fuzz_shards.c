/* Answers of ListShards and GetShardIterator; what the list leads to: lineage and shard map. */
#include "fuzz.h"
#include "kinesis/lineage.h"
#include "kinesis/list_shards.h"
#include "kinesis/shard_iterator.h"
#include "kinesis/shard_map.h"
#include "kinstream.h"

static void use(const struct kin__shard_page *page)
{
	struct kin__lineage lineage;
	size_t roots = 0;

	for (size_t i = 0; i < page->n; i++)
		FUZZ_CHECK(page->shards[i].id && page->shards[i].id[0]);
	if (kin__lineage_build(&lineage, page->shards, page->n) != 0)
		return;
	FUZZ_CHECK(lineage.n == page->n);
	for (uint32_t i = 0; i < lineage.n; i++) {
		FUZZ_CHECK(lineage.order[i] < lineage.n);
		roots += lineage.nodes[i].parents[0] == KIN__LINEAGE_NONE;
	}
	FUZZ_CHECK(page->n == 0 || roots > 0);
	kin__lineage_fini(&lineage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *answer = fuzz_copy(data, size);
	struct kin__reason reason = { "" };
	struct kin__shard_page page;
	struct kin__arena arena;
	const char *iterator;

	kin__arena_init(&arena);
	int code = kin__list_shards_decode(&page, &arena, answer, size, &reason);
	FUZZ_CHECK(code == KIN_OK || (reason.text[0] && page.n == 0));
	if (code == KIN_OK)
		use(&page);
	kin__arena_fini(&arena);
	reason.text[0] = 0;
	if (kin__shard_iterator_decode(answer, size, &iterator, &reason) == KIN_OK)
		FUZZ_CHECK(iterator[0]);
	else
		FUZZ_CHECK(reason.text[0]);
	free(answer);
	return 0;
}
