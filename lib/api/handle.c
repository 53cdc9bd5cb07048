/* api/handle - see handle.h */
#include "api/client.h"
#include "api/handle.h"
#include "api/options.h"
#include "io/fork.h"
#include "io/quit.h"

static const char *kind_name(enum kin__handle_kind kind)
{
	switch (kind) {
	case KIN__HANDLE_CLIENT:
		return "struct kin_client";
	case KIN__HANDLE_CALL:
		return "struct kin_call";
	case KIN__HANDLE_PRODUCER:
		return "struct kin_producer";
	case KIN__HANDLE_CONSUMER:
		return "struct kin_consumer";
	case KIN__HANDLE_READER:
		return "struct kin_reader";
	}
	return "handle";
}

void kin__handle_init(struct kin__handle *handle, enum kin__handle_kind kind)
{
	handle->magic = (uint32_t)kind;
	handle->fork_generation = kin__fork_generation();
}

void kin__handle_fini(struct kin__handle *handle)
{
	handle->magic = 0;
}

int kin__handle_check(const struct kin__handle *handle, enum kin__handle_kind kind, const char *call,
                      struct kin_error *error)
{
	if (!handle)
		return kin__error(error, KIN_INVALID, "%s: the %s is NULL", call, kind_name(kind));
	if (handle->magic != (uint32_t)kind)
		return kin__error(error, KIN_INVALID, "%s: not an open %s: freed already, or something else",
		                  call, kind_name(kind));
	if (handle->fork_generation == kin__fork_generation())
		return KIN_OK;
	if (kin__quit_begun())
		return kin__error(error, KIN_CLOSED, "%s: the process is ending: exit(3) has begun", call);
	return kin__error(error, KIN_FORKED,
	                  "%s: the %s was opened by the parent process; open one in this process", call,
	                  kind_name(kind));
}

int kin__handle_core(struct kin_client *client, const char *call, struct kin__core **out,
                     struct kin_error *error)
{
	struct kin_client_options options;
	int code;

	*out = NULL;
	if (client) {
		code = kin__handle_check(&client->handle, KIN__HANDLE_CLIENT, call, error);
		if (code == KIN_OK)
			*out = kin__core_ref(client->core);
		return code;
	}
	code = kin__options_read(&kin__options_client, &options, NULL, error);
	return code == KIN_OK ? kin__core_open(out, &options, error) : code;
}
