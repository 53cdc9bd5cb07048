/* drive/produce_outer - records put together: the entries of a request when records are placed; see produce.h */
#include "drive/produce.h"

enum {
	BYTES_KEPT = 256 * 1024,
	AT_ONCE = 64,               /* MD5s */
	BYTES_AT_ONCE = 1024 * 1024 /* of aggregates: they stay in the processor's caches */
};

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

/* --- where records go by their keys -------------------------------------------------------- */

static void place_some(const struct kin__produce *produce, struct kin__produce_record *const *records,
                       const struct kin__span *keys, size_t n)
{
	struct kin__md5 digests[AT_ONCE];

	kin__md5_many(kin__core_md5(produce->set.core), keys, n, digests);
	for (size_t i = 0; i < n; i++) {
		struct kin__produce_record *record = records[i];
		struct kin__placed *placed = kin__produce_record_placed(record);
		struct kin__hashkey of_key = kin__hashkey_of_md5(&digests[i]);

		*placed = (struct kin__placed){ .hash = of_key,
			                        .key_id = of_key.low,
			                        .key_n = record->key_n,
			                        .data_n = record->data_n,
			                        .hash_n = record->hash_n };
		if (record->hash_n)
			kin__hashkey_parse(kin__produce_record_hash(record), &placed->hash);
		record->machine.placed = placed;
	}
}

void kin__produce_place(const struct kin__produce *produce, struct kin__list *records)
{
	struct kin__produce_record *some[AT_ONCE];
	struct kin__span keys[AT_ONCE];
	size_t n = 0;

	for (struct kin__list *node = records->next; node != records; node = node->next) {
		some[n] = record_of(node);
		keys[n] = kin__produce_record_key(some[n]);
		if (++n < AT_ONCE && node->next != records)
			continue;
		place_some(produce, some, keys, n);
		n = 0;
	}
}

/* --- outer records in a request ------------------------------------------------------------ */

/* It was stored in an aggregate that went astray: what was said of that is of no use any more. */
static void forget(struct kin__produce *produce, struct kin__produce_record *record)
{
	if (!record->request)
		return;
	kin__produce_note(produce, record, &record->request->stored, record->machine.attempts - 1);
	pthread_mutex_lock(&produce->inbox.lock);
	if (--record->request->reports == 0)
		kin__produce_request_give(produce, record->request);
	pthread_mutex_unlock(&produce->inbox.lock);
	record->request = NULL;
	record->shard_id = record->sequence_number = NULL;
}

/* Behind the others; how many bytes it takes, 0: out of memory. */
static size_t write_aggregate(struct kin__produce *produce, const struct kin__outer *outer)
{
	struct kin__aggregate_write *write = &produce->own.write;

	kin__aggregate_write_clear(write);
	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next) {
		struct kin__aggregate_part part = part_of(record_of(node));

		forget(produce, record_of(node));
		if (kin__aggregate_write_add(write, &part) < 0)
			return 0;
	}
	if (kin__aggregate_write_end(write, &produce->own.aggregates) < 0)
		return 0;
	return (size_t)kin__aggregate_write_size(write);
}

/* An aggregate as the KPL does: the key of one letter, and the hash key of the first record. */
static void add_outer(struct kin__produce *produce, struct kin__put_records *put,
                      const struct kin__outer *outer, struct kin__span aggregate)
{
	const struct kin__produce_record *first = record_of(outer->members.next);
	char hash[KIN__HASHKEY_TEXT];

	if (outer->n == 1) {
		forget(produce, record_of(outer->members.next));
		kin__put_records_add(put, kin__produce_record_key(first), kin__produce_record_hash(first),
		                     kin__produce_record_data(first));
		return;
	}
	kin__hashkey_text(first->machine.placed->hash, hash);
	kin__put_records_add(put, kin__span("a", 1), kin__span_text(hash), aggregate);
}

/* Some in a row, so that the MD5s of their aggregates can be made side by side. */
static bool encode_some(struct kin__produce *produce, struct kin__put_records *put,
                        struct kin__outer *const *outers, size_t n)
{
	struct kin__bytes *aggregates = &produce->own.aggregates;
	size_t bytes[AT_ONCE], all = 0, from = 0;

	kin__bytes_clear(aggregates);
	for (size_t i = 0; i < n; i++) {
		if (outers[i]->n == 1)
			continue;
		bytes[all] = write_aggregate(produce, outers[i]);
		if (bytes[all++] == 0)
			return false;
	}
	kin__aggregate_write_seal(kin__core_md5(produce->set.core), aggregates->at, bytes, all);
	all = 0;
	for (size_t i = 0; i < n; i++) {
		size_t taken = outers[i]->n == 1 ? 0 : bytes[all++];

		add_outer(produce, put, outers[i], kin__span(taken ? aggregates->at + from : NULL, taken));
		from += taken;
	}
	return true;
}

void kin__produce_trim_outers(struct kin__produce *produce)
{
	kin__aggregate_write_trim(&produce->own.write);
	if (produce->own.aggregates.room > BYTES_KEPT)
		kin__bytes_fini(&produce->own.aggregates);
}

bool kin__produce_encode_outers(struct kin__produce *produce, struct kin__put_records *put,
                                const struct kin__produce_request *request)
{
	struct kin__outer *some[AT_ONCE];
	uint64_t bytes = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < request->n; i++) {
		struct kin__outer *outer = (struct kin__outer *)(void *)request->records[i];

		some[n++] = outer;
		bytes += outer->record.bytes;
		if (n < AT_ONCE && bytes < BYTES_AT_ONCE && i + 1 < request->n)
			continue;
		if (!encode_some(produce, put, some, n))
			return false;
		n = 0;
		bytes = 0;
	}
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

/* A member was counted once when it joined. */
void kin__produce_blame_outer(struct kin__produce *produce, struct kin__outer *outer,
                              struct kin__produce_fault *fault)
{
	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next)
		kin__produce_blame(produce, record_of(node), fault,
		                   record_of(node)->machine.attempts + outer->record.attempts - 1);
}
