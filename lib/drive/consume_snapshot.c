/* A snapshot of a consumer: written down by the loop between two steps, for a thread that waits. */
#include "base/mem.h"
#include "consumer/view.h"
#include "drive/consume.h"
#include "io/clock.h"
#include "io/thread.h"

enum { SNAPSHOT_WAIT_MS = 5000 };

struct request {
	struct kin__loop_task task;
	struct kin__consume *consumer;
	struct kin__snapshot *snapshot;
	bool done, left; /* under the consumer's lock; left: nobody waits any more */
};

/* Loop thread. */
static void write_down(struct kin__consume *consumer, struct kin__snapshot *snapshot)
{
	const struct kin__consumer *machine = consumer->own.machine;
	int64_t service_ms = kin__core_service_ms(consumer->set.core);
	uint64_t now_us = kin__loop_now_us(kin__core_loop(consumer->set.core));
	size_t n = kin__view_shards(machine);
	struct kin_shard_snapshot shard;
	struct kin__view_texts texts;

	kin__snapshot_begin(snapshot, consumer->set.stream, kin__consumer_stream_arn(machine),
	                    consumer->set.application, consumer->set.worker,
	                    service_ms > 0 ? service_ms : kin__clock_wall_ms(), n);
	for (size_t i = 0; i < n; i++)
		if (kin__view_shard(machine, (uint32_t)i, now_us, service_ms, &texts, &shard)) {
			shard.reason = kin__consume_shard_reason(consumer, (uint32_t)i);
			kin__snapshot_shard(snapshot, &shard);
		}
	snapshot->tally = consumer->own.tally;
	kin__consume_health(consumer, &snapshot->health);
	kin__snapshot_end(snapshot);
}

static void free_request(struct request *request)
{
	kin__snapshot_free(request->snapshot);
	kin__mem_free(request);
}

static void run(struct kin__loop_task *task)
{
	struct request *request = kin__container(task, struct request, task);
	struct kin__consume *consumer = request->consumer;
	bool left;

	write_down(consumer, request->snapshot);
	pthread_mutex_lock(&consumer->inbox.lock);
	left = request->left;
	request->done = true;
	pthread_cond_broadcast(&consumer->inbox.change);
	pthread_mutex_unlock(&consumer->inbox.lock);
	if (left)
		free_request(request);
}

static struct request *request_new(struct kin__consume *consumer)
{
	struct request *request = kin__mem_zalloc(sizeof *request);

	if (!request)
		return NULL;
	request->snapshot = kin__snapshot_new();
	if (!request->snapshot) {
		kin__mem_free(request);
		return NULL;
	}
	request->consumer = consumer;
	kin__loop_task_init(&request->task, run);
	return request;
}

/* true: it was written down. */
static bool wait_for(struct kin__consume *consumer, struct request *request)
{
	uint64_t until_us = kin__clock_until_us(SNAPSHOT_WAIT_MS);
	bool done;

	pthread_mutex_lock(&consumer->inbox.lock);
	while (!request->done &&
	       kin__thread_cond_wait(&consumer->inbox.change, &consumer->inbox.lock, until_us))
		;
	done = request->done;
	request->left = !done;
	pthread_mutex_unlock(&consumer->inbox.lock);
	return done;
}

int kin__consume_snapshot(struct kin__consume *consumer, struct kin__snapshot **out, struct kin_error *error)
{
	struct request *request;

	*out = NULL;
	if (kin__loop_is_mine(kin__core_loop(consumer->set.core)))
		return kin__error(error, KIN_WOULD_DEADLOCK,
		                  "a snapshot from the client's I/O thread would wait for itself: a log "
		                  "function "
		                  "must not call into the library");
	request = request_new(consumer);
	if (!request)
		return kin__error_nomem(error);
	kin__loop_post(kin__core_loop(consumer->set.core), &request->task);
	if (!wait_for(consumer, request))
		return kin__error(error, KIN_TIMEOUT,
		                  "the client's I/O thread gave no snapshot of the consumer of %s within %d "
		                  "ms: "
		                  "does a log function block it?",
		                  consumer->set.stream, SNAPSHOT_WAIT_MS);
	if (request->snapshot->failed) {
		free_request(request);
		return kin__error_nomem(error);
	}
	*out = request->snapshot;
	kin__mem_free(request);
	return KIN_OK;
}
