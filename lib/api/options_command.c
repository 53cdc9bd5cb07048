/* api/options_command - the options that only the command reads: they have a row, and no struct of a program. */
#include <kinstream/config.h>
#define OBJECT "command"
#define STRUCT struct command_options
#include "api/options_rows.h"

struct command_options {
	size_t size;
	int32_t log_format;
	const char *metrics_listen;
	bool metrics_shards;
};

static const char *const log_formats[] = { "text", "json", NULL };

static const struct command_options defaults = { .size = sizeof defaults, .metrics_shards = true };

static const struct kin__options_row rows[] = {
	ROW_CHOICE(log_format, "log_format", "text", "text|json", log_formats, NULL,
	           "How the command writes the lines of its log to standard error: as text, or each as a "
	           "JSON object."),
	ROW_TEXT(metrics_listen, "metrics_listen", NULL,
	         "Where consume and put answer GET /metrics and GET /healthz: ADDRESS:PORT, or PORT of "
	         "127.0.0.1; "
	         "0: a free one."),
	ROW_BOOL(metrics_shards, "metrics_shards", true, NULL,
	         "Whether these metrics have lines for each single shard."),
};

const struct kin__options_table kin__options_command = {
	.object = OBJECT,
	.rows = rows,
	.rows_n = KIN__ARRAY_LEN(rows),
	.defaults = &defaults,
	.size = sizeof defaults,
};
