/* drive/listing - see listing.h */
#include <string.h>
#include "base/mem.h"
#include "drive/listing.h"
#include "kinstream.h"

enum {
	SHARDS_MAX = 1000000, /* of one stream */
	EMPTY_MAX = 100       /* pages without a shard in a row, each with a token of the next */
};

void kin__listing_init(struct kin__listing *listing)
{
	*listing = (struct kin__listing){ .shards = NULL };
	kin__arena_init(&listing->arena);
}

void kin__listing_fini(struct kin__listing *listing)
{
	kin__arena_fini(&listing->arena);
	kin__mem_free(listing->shards);
	listing->shards = NULL;
	listing->n = listing->room = 0;
}

/* Does the next page come before this one?  Of all tokens that of the page whose number is the last power of two is
 * looked for: in a circle it comes again (after R. P. Brent, 1980). */
static bool in_circle(struct kin__listing *listing, const char *token)
{
	if (listing->mark && token && strcmp(token, listing->mark) == 0)
		return true;
	listing->pages++;
	if ((listing->pages & (listing->pages - 1)) == 0)
		listing->mark = token;
	return false;
}

/* The shards of a page come to those before.  KIN_PROTOCOL: *reason says why that cannot go on. */
static int add_page(struct kin__listing *listing, const struct kin__shard_page *page,
                    struct kin__reason *reason)
{
	listing->empty = page->n > 0 ? 0 : listing->empty + 1;
	if (in_circle(listing, page->next_token))
		kin__reason_text(reason, "NextToken leads to a page that was there"); /* it would never end */
	else if (page->next_token && listing->empty >= EMPTY_MAX)
		kin__reason_text(reason, "100 pages in a row have a NextToken and no shard");
	else if (listing->n + page->n > SHARDS_MAX)
		kin__reason_text(reason, "it lists more than 1000000 shards");
	else if (page->n > 0 && kin__mem_room(&listing->shards, &listing->room, listing->n + page->n,
	                                      sizeof *page->shards) < 0)
		return KIN_NOMEM;
	else {
		if (page->n > 0)
			memcpy(listing->shards + listing->n, page->shards, page->n * sizeof *page->shards);
		listing->n += page->n;
		return KIN_OK;
	}
	return KIN_PROTOCOL;
}

int kin__listing_add(struct kin__listing *listing, const struct kin__bytes *answer, const char **next,
                     struct kin__reason *reason)
{
	struct kin__shard_page page = { 0 };
	int code = kin__list_shards_decode(&page, &listing->arena, answer->at, answer->n, reason);

	if (code == KIN_OK)
		code = add_page(listing, &page, reason);
	*next = code == KIN_OK ? page.next_token : NULL;
	return code;
}
