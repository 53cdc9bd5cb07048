/* kinesis/list_shards - see list_shards.h */
#include "kinesis/limits.h"
#include "kinesis/list_shards.h"
#include "kinesis/members.h"
#include "kinstream.h"

void kin__list_shards_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span next_token,
                             uint32_t max, bool open)
{
	kin__bytes_char(out, '{');
	if (next_token.at)
		kin__members_add(out, "\"NextToken\":", next_token);
	else
		kin__members_stream(out, stream);
	if (open && !next_token.at)
		kin__bytes_text(out, ",\"ShardFilter\":{\"Type\":\"AT_LATEST\"}");
	if (max > 0) {
		kin__bytes_text(out, ",\"MaxResults\":");
		kin__bytes_u64(out, max);
	}
	kin__bytes_char(out, '}');
}

static struct kin__hashkey read_hash(struct kin__members_tree *tree, const struct kin__json *range,
                                     const char *name)
{
	struct kin__hashkey key = { 0, 0 };
	struct kin__span text = { NULL, 0 };

	if (!kin__json_text(kin__json_member(range, name), &text) || !kin__hashkey_parse(text, &key))
		kin__members_tree_fail(tree, "no hash key in", name);
	return key;
}

static void read_shard(struct kin__members_tree *tree, const struct kin__json *json,
                       struct kin__shard_info *shard)
{
	const struct kin__json *hashes = kin__json_member(json, "HashKeyRange");
	const struct kin__json *numbers = kin__json_member(json, "SequenceNumberRange");
	const size_t id_max = KIN__NAME_MAX, number_max = KIN__SEQUENCE_TEXT - 1;

	shard->id = kin__members_tree_text(tree, json, "ShardId", id_max, true);
	shard->parent = kin__members_tree_text(tree, json, "ParentShardId", id_max, false);
	shard->adjacent_parent = kin__members_tree_text(tree, json, "AdjacentParentShardId", id_max, false);
	shard->first_sequence =
			kin__members_tree_text(tree, numbers, "StartingSequenceNumber", number_max, true);
	shard->last_sequence =
			kin__members_tree_text(tree, numbers, "EndingSequenceNumber", number_max, false);
	shard->first_hash = read_hash(tree, hashes, "StartingHashKey");
	shard->last_hash = read_hash(tree, hashes, "EndingHashKey");
	if (kin__hashkey_compare(shard->first_hash, shard->last_hash) > 0)
		kin__members_tree_fail(tree, "a range that ends before it starts:", "HashKeyRange");
}

static void read_page(struct kin__members_tree *tree, const struct kin__json *root,
                      struct kin__shard_page *page)
{
	const struct kin__json *shards = kin__json_member(root, "Shards");
	size_t n = kin__json_count(shards);

	if (kin__json_type(shards) != KIN__JSON_ARRAY)
		kin__members_tree_fail(tree, "no list in", "Shards");
	page->next_token = kin__members_tree_text(tree, root, "NextToken", KIN__TOKEN_MAX, false);
	if (tree->code != KIN_OK || n == 0)
		return;
	page->shards = kin__arena_alloc(tree->arena, n * sizeof *page->shards);
	if (!page->shards) {
		tree->code = KIN_NOMEM;
		return;
	}
	for (; page->n < n && tree->code == KIN_OK; page->n++)
		read_shard(tree, kin__json_at(shards, page->n), &page->shards[page->n]);
}

int kin__list_shards_decode(struct kin__shard_page *page, struct kin__arena *arena, const char *answer,
                            size_t n, struct kin__reason *reason)
{
	struct kin__members_tree tree = { "ListShards", arena, reason, KIN_OK };
	struct kin__json *root = kin__members_parse(&tree, answer, n);

	*page = (struct kin__shard_page){ NULL };
	if (root)
		read_page(&tree, root, page);
	kin__json_free(root);
	if (tree.code != KIN_OK)
		*page = (struct kin__shard_page){ NULL };
	return tree.code;
}
