#include "tool.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int tool_usage(const struct tool *tool, const char *format, ...)
{
	va_list values;
	char text[4096];

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	tool_say(KIN_LOG_ERROR, "%s%s%s", tool->command ? tool->command : "", tool->command ? ": " : "",
	         text);
	return TOOL_USAGE;
}

static const struct tool_flag *find(const struct tool_flag *flags, const char *name, size_t n)
{
	for (; flags->name; flags++)
		if (strlen(flags->name) == n && memcmp(flags->name, name, n) == 0)
			return flags;
	return NULL;
}

static int take(const struct tool *tool, const struct tool_flag *flag, const char *value)
{
	if (flag->value)
		*flag->value = value;
	else if (flag->many->n < TOOL_MANY_MAX)
		flag->many->at[flag->many->n++] = value;
	else
		return tool_usage(tool, "%s: at most %d are taken", flag->name, TOOL_MANY_MAX);
	return TOOL_DONE;
}

int tool_parse(const struct tool *tool, int argc, char **argv, const struct tool_flag *flags,
               const char **positional, size_t most, size_t *count)
{
	bool plain = false;

	*count = 0;
	for (int i = 1; i < argc; i++) {
		if (!plain && strcmp(argv[i], "--") == 0) {
			plain = true;
			continue;
		}
		if (plain || argv[i][0] != '-' || argv[i][1] == 0) {
			if (*count == most)
				return tool_usage(tool, "too many arguments: '%s'", argv[i]);
			positional[(*count)++] = argv[i];
			continue;
		}
		size_t n = strcspn(argv[i], "=");
		const struct tool_flag *flag = find(flags, argv[i], n);
		if (!flag)
			return tool_usage(tool, "no option %.*s; --help lists them", (int)n, argv[i]);
		if (!flag->value && !flag->set && !flag->many)
			return tool_usage(tool, "%s is not supported by this version", flag->name);
		if (flag->set) {
			if (argv[i][n])
				return tool_usage(tool, "%s takes no value", flag->name);
			*flag->set = true;
			continue;
		}
		if (!argv[i][n] && i + 1 == argc)
			return tool_usage(tool, "%s needs a value", flag->name);
		int code = take(tool, flag, argv[i][n] ? argv[i] + n + 1 : argv[++i]);
		if (code != TOOL_DONE)
			return code;
	}
	return TOOL_DONE;
}

bool tool_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most)
		return false;
	*out = value;
	return true;
}

/* The options table reads times already: ask it. */
bool tool_time(const char *text, int64_t *unix_ms)
{
	struct kin_consumer_options options;
	struct kin_config *config;
	bool ok = false;

	if (kin_config_new(&config, NULL) != KIN_OK)
		return false;
	kin_consumer_options_init(&options);
	if (kin_config_set(config, "until_timestamp", text, NULL) == KIN_OK &&
	    kin_consumer_options_apply(&options, config, NULL) == KIN_OK) {
		*unix_ms = options.until_timestamp_ms;
		ok = true;
	}
	kin_config_free(config);
	return ok;
}

int tool_from(const struct tool *tool, const char *text, int32_t *position, int64_t *timestamp_ms)
{
	if (!text)
		return TOOL_DONE;
	if (strcmp(text, "trim-horizon") == 0)
		*position = KIN_TRIM_HORIZON;
	else if (strcmp(text, "latest") == 0)
		*position = KIN_LATEST;
	else if (tool_time(text, timestamp_ms))
		*position = KIN_AT_TIMESTAMP;
	else
		return tool_usage(tool,
		                  "--from %s: must be trim-horizon, latest, or a time such as "
		                  "2026-01-15T12:00:00Z or 1768478400",
		                  text);
	return TOOL_DONE;
}

int tool_until(const struct tool *tool, const char *text, int32_t *until, int64_t *timestamp_ms)
{
	if (!text)
		return TOOL_DONE;
	if (strcmp(text, "latest") == 0)
		*until = KIN_UNTIL_LATEST;
	else if (tool_time(text, timestamp_ms))
		*until = KIN_UNTIL_TIMESTAMP;
	else
		return tool_usage(tool,
		                  "--until %s: must be latest, or a time such as 2026-01-15T12:00:00Z or "
		                  "1768478400",
		                  text);
	return TOOL_DONE;
}

int tool_exit_code(const struct kin_error *error)
{
	switch (error->code) {
	case KIN_OK:
		return TOOL_DONE;
	case KIN_INVALID:
	case KIN_TOO_NEW:
	case KIN_UNSUPPORTED:
		return error->http_status ? TOOL_FAILED
		                          : TOOL_USAGE; /* the service's own refusal is no usage error */
	case KIN_DENIED:
	case KIN_CREDENTIALS:
		return TOOL_DENIED;
	case KIN_THROTTLED:
	case KIN_NETWORK:
	case KIN_EXPIRED:
		return TOOL_GAVE_UP;
	default:
		return error->retryable ? TOOL_GAVE_UP : TOOL_FAILED;
	}
}

/* The function that was called is of no use to whoever typed a command. */
static const char *without_function(const char *message)
{
	size_t n = strspn(message, "abcdefghijklmnopqrstuvwxyz_");

	return strncmp(message, "kin_", 4) == 0 && strncmp(message + n, "(): ", 4) == 0 ? message + n + 4
	                                                                                : message;
}

int tool_fail(const struct kin_error *error)
{
	tool_say(KIN_LOG_ERROR, "%s",
	         error->message[0] ? without_function(error->message) : kin_code_name(error->code));
	return tool_exit_code(error);
}

int tool_client(const struct tool *tool, struct kin_client **out)
{
	struct kin_client_options options;
	struct kin_error error;

	kin_client_options_init(&options);
	tool_say_for(&options);
	if (kin_client_options_apply(&options, tool->config, &error) != KIN_OK ||
	    kin_client_open(out, &options, &error) != KIN_OK)
		return tool_fail(&error);
	return TOOL_DONE;
}
