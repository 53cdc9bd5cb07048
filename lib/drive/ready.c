/* drive/ready - bodies that are ready at the same time are hashed side by side; see core_own.h
 *
 * What this turn of the loop makes ready is signed by the next, which begins before anything is sent or
 * waited for: nobody waits for company that may not come.
 */
#include "drive/core_own.h"

enum {
	BODY_BYTES = 16384, /* of smaller ones the hash costs less than a turn of the loop */
	TOGETHER_MAX = 8
};

static size_t take(struct kin__core *core, struct kin__attempt **attempts, struct kin__span *bodies)
{
	size_t most = kin__hash_lanes(core->own.hash), n = 0;

	while (n < most && n < TOGETHER_MAX && !kin__list_empty(&core->own.ready)) {
		attempts[n] = kin__container(core->own.ready.next, struct kin__attempt, waits);
		kin__list_remove(&attempts[n]->waits);
		bodies[n] = attempts[n]->http.body;
		n++;
	}
	return n;
}

/* To go on with one neither ends nor cancels another. */
static void on_ready(struct kin__loop_task *task)
{
	struct kin__core *core = kin__container(task, struct kin__core, own.hash_ready);
	struct kin__attempt *attempts[TOGETHER_MAX];
	struct kin__span bodies[TOGETHER_MAX];
	struct kin__sha256 sums[TOGETHER_MAX];
	size_t n;

	while ((n = take(core, attempts, bodies)) > 0) {
		bool hashed = kin__hash_sha256_each(core->own.hash, bodies, sums, n);

		for (size_t i = 0; i < n; i++)
			kin__attempt_hashed(attempts[i], hashed ? &sums[i] : NULL);
	}
}

void kin__ready_init(struct kin__core *core)
{
	kin__list_init(&core->own.ready);
	kin__loop_task_init(&core->own.hash_ready, on_ready);
}

/* With nothing else under way there is no company to be had. */
bool kin__ready_wait(struct kin__core *core, struct kin__attempt *attempt)
{
	if (attempt->http.body.n < BODY_BYTES || kin__hash_lanes(core->own.hash) == 1 ||
	    (!kin__http_busy(kin__loop_http(core->set.loop)) && kin__list_empty(&core->own.ready)))
		return false;
	kin__list_append(&core->own.ready, &attempt->waits);
	kin__loop_post(core->set.loop, &core->own.hash_ready);
	return true;
}
