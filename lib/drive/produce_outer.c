/* drive/produce_outer - records put together: the entries of a request when records are placed; see produce.h */
#include "drive/produce.h"

static struct kin__produce_record *record_of(struct kin__list *node)
{
	return (struct kin__produce_record *)(void *)kin__container(node, struct kin__producer_record, queue);
}

static struct kin__aggregate_part part_of(const struct kin__produce_record *record)
{
	const struct kin__placed *placed = record->machine.placed;

	return (struct kin__aggregate_part){ .key = kin__produce_record_key(record),
		                             .hash_key = kin__produce_record_hash(record),
		                             .data = kin__produce_record_data(record),
		                             .key_id = placed->key_id,
		                             .hash_id = kin__placed_hash_id(placed) };
}

/* As the KPL does: the key of one letter, and the hash key of the first record. */
static bool encode_aggregate(struct kin__produce *produce, struct kin__put_records *put,
                             struct kin__outer *outer)
{
	const struct kin__produce_record *first = record_of(outer->members.next);
	struct kin__aggregate_write *write = &produce->own.write;
	char hash[KIN__HASHKEY_TEXT];

	kin__aggregate_write_clear(write);
	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next) {
		struct kin__aggregate_part part = part_of(record_of(node));

		if (kin__aggregate_write_add(write, &part) < 0)
			return false;
	}
	kin__bytes_clear(&produce->own.aggregate);
	if (kin__aggregate_write_end(write, kin__core_hash(produce->set.core), &produce->own.aggregate) < 0)
		return false;
	kin__hashkey_text(first->machine.placed->hash, hash);
	kin__put_records_add(put, kin__span("a", 1), kin__span_text(hash),
	                     kin__bytes_view(&produce->own.aggregate));
	return true;
}

/* It was stored in an aggregate that went astray: what was said of that is of no use any more. */
static void forget(struct kin__produce *produce, struct kin__produce_record *record)
{
	if (!record->request)
		return;
	pthread_mutex_lock(&produce->inbox.lock);
	if (--record->request->reports == 0)
		kin__produce_request_give(produce, record->request);
	pthread_mutex_unlock(&produce->inbox.lock);
	record->request = NULL;
	record->shard_id = record->sequence_number = NULL;
}

bool kin__produce_encode_outer(struct kin__produce *produce, struct kin__put_records *put,
                               struct kin__outer *outer)
{
	const struct kin__produce_record *first = record_of(outer->members.next);

	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next)
		forget(produce, record_of(node));
	if (outer->n > 1)
		return encode_aggregate(produce, put, outer);
	kin__put_records_add(put, kin__produce_record_key(first), kin__produce_record_hash(first),
	                     kin__produce_record_data(first));
	return true;
}

void kin__produce_stored_outer(struct kin__produce_request *request, const struct kin__outer *outer,
                               const struct kin__put_result *result)
{
	uint32_t sub_sequence = 0;

	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next) {
		struct kin__produce_record *record = record_of(node);

		record->shard_id = result->shard_id;
		record->sequence_number = result->sequence_number;
		record->sub_sequence = sub_sequence++;
		record->request = request;
		request->reports++; /* nobody else knows it before the step */
	}
}

void kin__produce_blame_outer(struct kin__outer *outer, struct kin__produce_fault *fault)
{
	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next)
		kin__produce_blame(record_of(node), fault);
}
