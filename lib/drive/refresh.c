/* drive/refresh - reads the credentials again, on the storage thread; see core_own.h */
#include <string.h>
#include "drive/core_own.h"

static void read_again(struct kin__pool_job *job)
{
	struct kin__core *core = kin__container(job, struct kin__core, refresh.job);

	kin__chain_init(&core->refresh.chain);
	core->refresh.code = kin__settings_again(core, &core->refresh.chain, &core->refresh.reason);
	kin__loop_post(core->set.loop, &core->refresh.task);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool keys_differ(const struct kin__credentials *a, const struct kin__credentials *b)
{
	return !same(a->access_key_id, b->access_key_id) ||
	       !same(a->secret_access_key, b->secret_access_key) || !same(a->session_token, b->session_token);
}

static bool take_keys(struct kin__core *core)
{
	struct kin__credentials *found = &core->refresh.chain.credentials;

	if (core->refresh.code != KIN__AWS_OK) {
		KIN__LOG(core, KIN_LOG_WARN, "client", "credentials could not be read again: %s",
		         core->refresh.reason.text);
		return false;
	}
	if (!keys_differ(&core->own.credentials, found)) {
		KIN__LOG(core, KIN_LOG_WARN, "client",
		         "credentials read again from %s: still the same, refused ones", found->source);
		return false;
	}
	if (kin__credentials_copy(&core->own.credentials, found) != KIN__AWS_OK)
		return false;
	core->own.credentials_number++;
	KIN__LOG(core, KIN_LOG_INFO, "client", "new credentials read from %s", found->source);
	return true;
}

static void taken(struct kin__loop_task *task)
{
	struct kin__core *core = kin__container(task, struct kin__core, refresh.task);
	bool changed = take_keys(core);

	kin__chain_fini(&core->refresh.chain);
	core->own.refreshing = false;
	while (!kin__list_empty(&core->own.parked)) {
		struct kin__attempt *attempt =
				kin__container(core->own.parked.next, struct kin__attempt, waits);

		kin__list_remove(&attempt->waits);
		kin__attempt_refreshed(attempt, changed);
	}
}

void kin__refresh_init(struct kin__core *core)
{
	kin__list_init(&core->own.parked);
	kin__pool_job_init(&core->refresh.job, read_again);
	kin__loop_task_init(&core->refresh.task, taken);
	kin__chain_init(&core->refresh.chain);
}

void kin__refresh_park(struct kin__core *core, struct kin__attempt *attempt)
{
	kin__list_append(&core->own.parked, &attempt->waits);
	if (core->own.refreshing)
		return;
	core->own.refreshing = true;
	kin__pool_post(core->set.storage, &core->refresh.job);
}
