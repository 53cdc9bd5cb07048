/* drive/produce_shards - the list of open shards, when the machine asks for it; see produce.h */
#include "drive/fault.h"
#include "drive/produce.h"

static void answer(struct kin__produce *produce, bool done)
{
	struct kin__produce_list *list = &produce->list;
	struct kin__producer_event event = {
		.type = KIN__PRODUCER_SHARDS,
		.shards = { .id = list->id, .done = done, .at = list->listing.shards, .n = list->listing.n }
	};

	if (produce->own.leaving)
		return;
	kin__produce_step(produce, &event);
	kin__listing_fini(&list->listing);
	kin__listing_init(&list->listing);
}

/* Told once, until it goes well again: without the list records are put as they are. */
static void complain(struct kin__produce *produce, const struct kin_error *error)
{
	if (!produce->list.failed)
		KIN__LOG(produce->set.core, KIN_LOG_WARN, "producer",
		         "the shards of %s cannot be listed, records are put without aggregation and pace "
		         "until they "
		         "can: %s",
		         produce->set.stream, error->message);
	produce->list.failed = true;
}

static void ask_page(struct kin__produce *produce, const char *token)
{
	struct kin__produce_list *list = &produce->list;

	kin__bytes_clear(&list->body);
	kin__list_shards_encode(&list->body, kin__span_text(produce->set.stream), kin__span_text(token), 0,
	                        true);
	list->attempt.body = kin__bytes_view(&list->body);
	if (list->body.failed)
		list->attempt.body.at = NULL;
	kin__core_attempt(produce->set.core, &list->attempt);
}

static void listed(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__produce *produce = attempt->user;
	struct kin__reason reason = { "" };
	const char *next = NULL;
	int code = KIN_OK;

	if (outcome->verdict == KIN__DONE)
		code = kin__listing_add(&produce->list.listing, &outcome->body, &next, &reason);
	if (code != KIN_OK) {
		kin__fault_misread(&outcome->error, KIN__LIST_SHARDS, &attempt->http,
		                   code == KIN_NOMEM ? "out of memory" : reason.text);
		outcome->verdict = KIN__TRANSIENT;
	}
	if (outcome->verdict == KIN__DONE && next) {
		ask_page(produce, next);
		return;
	}
	if (outcome->verdict == KIN__DONE)
		produce->list.failed = false;
	else if (!outcome->aborted)
		complain(produce, &outcome->error);
	answer(produce, outcome->verdict == KIN__DONE);
}

void kin__produce_list(struct kin__produce *produce, uint64_t id)
{
	struct kin__attempt *attempt = &produce->list.attempt;

	produce->list.id = id;
	attempt->operation = KIN__LIST_SHARDS;
	attempt->stream_arn = produce->set.arn;
	attempt->done = listed;
	attempt->user = produce;
	ask_page(produce, NULL);
}
