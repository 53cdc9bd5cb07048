#include "stores/store.h"
#include "base/mem.h"
#include "io/error.h"
#include "kinesis/limits.h"
#include <string.h>

static const struct {
	const char *scheme; /* with its colon */
	int (*open)(struct kin_store *out, const char *rest, const char *application,
	            struct kin_error *error);
} schemes[] = { { "memory:", kin__memory_open }, { "file:", kin__storefile_open } };
static const char *const later[] = { "sqlite:", "dynamodb:" };

int kin__store_open(struct kin_store *out, const char *uri, const char *application, struct kin_error *error)
{
	struct kin__reason reason;

	if (!kin__limits_application(kin__span_text(application), &reason))
		return kin__error(error, KIN_INVALID, "%s", reason.text);
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t n = strlen(schemes[i].scheme);
		if (strncmp(uri, schemes[i].scheme, n) == 0)
			return schemes[i].open(out, uri + n, application, error);
	}
	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		if (strncmp(uri, later[i], strlen(later[i])) == 0)
			return kin__error(error, KIN_INVALID,
			                  "store '%.100s': %s is not supported by this version; memory: or "
			                  "file:PATH",
			                  uri, later[i]);
	return kin__error(error, KIN_INVALID, "store '%.100s': unknown; memory: or file:PATH", uri);
}
