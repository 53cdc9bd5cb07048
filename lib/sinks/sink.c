#include "sinks/sink.h"
#include "io/error.h"
#include <string.h>

static const struct {
	const char *scheme; /* with its colon */
	int (*open)(struct kin_sink *out, const char *rest, struct kin_error *error);
} schemes[] = { { "file:", kin__sinkfile_open } };
static const char *const later[] = { "sqs:", "sns:", "s3:" };

int kin__sink_open(struct kin_sink *out, const char *uri, struct kin_error *error)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t n = strlen(schemes[i].scheme);
		if (strncmp(uri, schemes[i].scheme, n) == 0)
			return schemes[i].open(out, uri + n, error);
	}
	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		if (strncmp(uri, later[i], strlen(later[i])) == 0)
			return kin__error(error, KIN_INVALID,
			                  "on_failure '%.100s': %s is not supported by this version; drop or "
			                  "file:PATH",
			                  uri, later[i]);
	return kin__error(error, KIN_INVALID, "on_failure '%.100s': unknown; drop or file:PATH", uri);
}
