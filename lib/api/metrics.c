/* api/metrics - snapshots of a consumer, and Prometheus' text of many handles. */
#include <kinstream/metrics.h>
#include "api/consumer.h"
#include "api/producer.h"
#include "base/mem.h"
#include "io/error.h"

static struct kin__snapshot *inside(const struct kin_consumer_snapshot *snapshot)
{
	return kin__container((struct kin_consumer_snapshot *)(uintptr_t)snapshot, struct kin__snapshot,
	                      shown);
}

int kin_consumer_snapshot(struct kin_consumer *consumer, struct kin_consumer_snapshot **out,
                          struct kin_error *error)
{
	struct kin__snapshot *snapshot;
	int code;

	if (!out)
		return kin__error(error, KIN_INVALID, "kin_consumer_snapshot(): out must not be NULL");
	*out = NULL;
	code = kin__handle_check(consumer ? &consumer->handle : NULL, KIN__HANDLE_CONSUMER,
	                         "kin_consumer_snapshot()", error);
	if (code == KIN_OK)
		code = kin__consume_snapshot(consumer->consume, &snapshot, error);
	if (code == KIN_OK)
		*out = &snapshot->shown;
	return code;
}

const struct kin_shard_snapshot *kin_consumer_snapshot_shard(const struct kin_consumer_snapshot *snapshot,
                                                             size_t i)
{
	return i < snapshot->shards_n ? &inside(snapshot)->shards[i] : NULL;
}

const char *kin_consumer_snapshot_json(struct kin_consumer_snapshot *snapshot, size_t *size)
{
	return kin__snapshot_json(inside(snapshot), size);
}

void kin_consumer_snapshot_free(struct kin_consumer_snapshot *snapshot)
{
	if (snapshot)
		kin__snapshot_free(inside(snapshot));
}

/* ---- a producer ---- */

int kin_producer_snapshot(struct kin_producer *producer, struct kin_producer_snapshot **out,
                          struct kin_error *error)
{
	struct kin__produced *produced;
	int code;

	if (!out)
		return kin__error(error, KIN_INVALID, "kin_producer_snapshot(): out must not be NULL");
	*out = NULL;
	code = kin__handle_check(producer ? &producer->handle : NULL, KIN__HANDLE_PRODUCER,
	                         "kin_producer_snapshot()", error);
	if (code == KIN_OK)
		code = kin__produce_snapshot(producer->produce, &produced, error);
	if (code == KIN_OK)
		*out = &produced->shown;
	return code;
}

const struct kin_producer_shard *kin_producer_snapshot_shard(const struct kin_producer_snapshot *snapshot,
                                                             size_t i)
{
	return i < snapshot->shards_n
	                       ? &kin__container(snapshot, const struct kin__produced, shown)->shards[i]
	                       : NULL;
}

const char *kin_producer_snapshot_json(struct kin_producer_snapshot *snapshot, size_t *size)
{
	return kin__produced_json(kin__container(snapshot, struct kin__produced, shown), size);
}

void kin_producer_snapshot_free(struct kin_producer_snapshot *snapshot)
{
	if (snapshot)
		kin__produced_free(kin__container(snapshot, struct kin__produced, shown));
}

/* ---- Prometheus ---- */

struct gathered {
	struct kin__snapshot **snapshots; /* snapshots_n are filled */
	size_t snapshots_n;
	struct kin__produced **produced; /* and produced_n */
	size_t produced_n;
};

static void free_gathered(struct gathered *all)
{
	for (size_t i = 0; i < all->snapshots_n; i++)
		kin__snapshot_free(all->snapshots[i]);
	for (size_t i = 0; i < all->produced_n; i++)
		kin__produced_free(all->produced[i]);
	kin__mem_free(all->snapshots);
	kin__mem_free(all->produced);
}

static int gather_consumer(struct gathered *all, struct kin_consumer *consumer, struct kin_error *error)
{
	int code = kin__handle_check(consumer ? &consumer->handle : NULL, KIN__HANDLE_CONSUMER,
	                             "kin_metrics_write()", error);

	if (code == KIN_OK)
		code = kin__consume_snapshot(consumer->consume, &all->snapshots[all->snapshots_n], error);
	all->snapshots_n += code == KIN_OK;
	return code;
}

static int gather_producer(struct gathered *all, struct kin_producer *producer, struct kin_error *error)
{
	int code = kin__handle_check(producer ? &producer->handle : NULL, KIN__HANDLE_PRODUCER,
	                             "kin_metrics_write()", error);

	if (code == KIN_OK)
		code = kin__produce_snapshot(producer->produce, &all->produced[all->produced_n], error);
	all->produced_n += code == KIN_OK;
	return code;
}

static int gather(struct gathered *all, const struct kin_metrics_handles *handles, struct kin_error *error)
{
	int code = KIN_OK;

	all->snapshots = kin__mem_array(handles->consumers_n + 1, sizeof(void *));
	all->produced = kin__mem_array(handles->producers_n + 1, sizeof(void *));
	if (!all->snapshots || !all->produced)
		return kin__error_nomem(error);
	for (size_t i = 0; code == KIN_OK && i < handles->consumers_n; i++)
		code = gather_consumer(all, handles->consumers[i], error);
	for (size_t i = 0; code == KIN_OK && i < handles->producers_n; i++)
		code = gather_producer(all, handles->producers[i], error);
	return code;
}

int kin_metrics_write(const struct kin_metrics_handles *handles, kin_metrics_fn *write, void *user,
                      struct kin_error *error)
{
	struct gathered all = { 0 };
	struct kin__bytes text;
	int code;

	if (!handles || !write)
		return kin__error(error, KIN_INVALID, "kin_metrics_write(): %s must not be NULL",
		                  handles ? "write" : "handles");
	if (handles->size < offsetof(struct kin_metrics_handles, without_shards))
		return kin__error(
				error, KIN_INVALID,
				"kin_metrics_write(): set handles->size to sizeof *handles before the call");
	kin__bytes_init(&text);
	code = gather(&all, handles, error);
	if (code == KIN_OK) {
		kin__snapshot_prometheus(&text, all.snapshots, all.snapshots_n, all.produced, all.produced_n,
		                         handles->size >= sizeof *handles && handles->without_shards);
		code = text.failed ? kin__error_nomem(error) : KIN_OK;
	}
	free_gathered(&all);
	if (code == KIN_OK && text.n > 0) {
		code = write(user, text.at, text.n);
		if (code != KIN_OK)
			kin__error(error, code, "kin_metrics_write(): the program's own function answered %s",
			           kin_code_name(code));
	}
	kin__bytes_fini(&text);
	return code;
}
