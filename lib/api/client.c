/* api/client - see client.h */
#include "api/client.h"
#include "api/options.h"
#include "base/mem.h"
#include "io/thread.h"

static void end_calls(struct kin__loop_task *task)
{
	struct kin_client *client = kin__container(task, struct kin_client, end_calls);
	bool orphan;

	while (kin__client_end_call(client))
		;
	pthread_mutex_lock(&client->lock);
	client->shared.ending = false;
	orphan = client->shared.orphan;
	pthread_cond_broadcast(&client->calls_gone);
	pthread_mutex_unlock(&client->lock);
	if (orphan)
		kin__client_unref(client);
}

static struct kin_client *client_new(void)
{
	struct kin_client *client = kin__mem_zalloc(sizeof *client);

	if (!client)
		return NULL;
	if (pthread_mutex_init(&client->lock, NULL) != 0) {
		kin__mem_free(client);
		return NULL;
	}
	if (kin__thread_cond_init(&client->calls_gone) != 0) {
		pthread_mutex_destroy(&client->lock);
		kin__mem_free(client);
		return NULL;
	}
	client->shared.references = 1;
	kin__list_init(&client->shared.calls);
	kin__loop_task_init(&client->end_calls, end_calls);
	return client;
}

int kin_client_open(struct kin_client **out, const struct kin_client_options *given, struct kin_error *error)
{
	struct kin_client_options options;
	struct kin_client *client;
	int code;

	if (!out)
		return kin__error(error, KIN_INVALID,
		                  "kin_client_open: out is NULL; it must point at a struct kin_client *");
	*out = NULL;
	code = kin__options_read(&kin__options_client, &options, given, error);
	if (code != KIN_OK)
		return code;
	if (options.log && options.log_line)
		return kin__error(error, KIN_INVALID,
		                  "kin_client_open: options log and log_line exclude each other");
	client = client_new();
	if (!client)
		return kin__error_nomem(error);
	code = kin__core_open(&client->core, &options, error);
	if (code != KIN_OK) {
		kin__client_unref(client);
		return code;
	}
	kin__handle_init(&client->handle, KIN__HANDLE_CLIENT);
	*out = client;
	return KIN_OK;
}

struct kin_client *kin__client_ref(struct kin_client *client)
{
	pthread_mutex_lock(&client->lock);
	client->shared.references++;
	pthread_mutex_unlock(&client->lock);
	return client;
}

void kin__client_unref(struct kin_client *client)
{
	uint32_t left;

	pthread_mutex_lock(&client->lock);
	left = --client->shared.references;
	pthread_mutex_unlock(&client->lock);
	if (left > 0)
		return;
	kin__core_unref(client->core);
	pthread_cond_destroy(&client->calls_gone);
	pthread_mutex_destroy(&client->lock);
	kin__mem_free(client);
}

/* Under lock.  On the callback thread it cannot wait: the callbacks to come need this very thread. */
static void end_and_wait(struct kin_client *client)
{
	client->shared.ending = true;
	client->shared.orphan = kin__core_on_callback(client->core);
	if (client->shared.orphan)
		client->shared.references++;
	kin__loop_post(kin__core_loop(client->core), &client->end_calls);
	while (!client->shared.orphan && (client->shared.ending || !kin__list_empty(&client->shared.calls)))
		kin__thread_cond_wait(&client->calls_gone, &client->lock, UINT64_MAX);
}

void kin_client_close(struct kin_client *client)
{
	if (!client ||
	    kin__handle_check(&client->handle, KIN__HANDLE_CLIENT, "kin_client_close", NULL) != KIN_OK)
		return;
	kin__handle_fini(&client->handle);
	pthread_mutex_lock(&client->lock);
	client->shared.closing = true;
	if (!kin__list_empty(&client->shared.calls))
		end_and_wait(client);
	pthread_mutex_unlock(&client->lock);
	kin__client_unref(client);
}
