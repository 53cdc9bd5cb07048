#include <kinstream/store.h>
#include "base/mem.h"
#include "io/error.h"
#include "stores/store.h"

int kin_store_open(struct kin_store **out, const char *uri, const char *application, struct kin_error *error)
{
	int code;

	if (!out || !uri || !application)
		return kin__error(error, KIN_INVALID,
		                  "kin_store_open(): out, uri and application must not be NULL");
	*out = kin__mem_zalloc(sizeof **out);
	if (!*out)
		return kin__error_nomem(error);
	code = kin__store_open(*out, uri, application, error);
	if (code != KIN_OK) {
		kin__mem_free(*out);
		*out = NULL;
	}
	return code;
}

void kin_store_free(struct kin_store *store)
{
	if (!store)
		return;
	if (store->close)
		store->close(store->user);
	kin__mem_free(store);
}
