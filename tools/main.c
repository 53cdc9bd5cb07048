#include "tool.h"
#include <errno.h>
#include <ctype.h>
#include <string.h>

extern char **environ;

static const struct command {
	const char *name;
	int (*run)(struct tool *tool, int argc, char **argv);
	const char *what;
} commands[] = {
	{ "stream", tool_stream,
	  "create, describe, list, delete streams, change their settings, tags and shards" },
	{ "put", tool_put, "put records from files or standard input" },
	{ "tail", tool_tail, "print records as they arrive" },
	{ "consume", tool_consume, "hand records to a command, with checkpoints, retries and on-failure" },
	{ "mock", tool_mock, "run an embedded Kinesis endpoint for tests" },
	{ "config", tool_config, "print all options as a configuration file" },
};

static int help(FILE *out, int code)
{
	fputs("usage: kinstream [--endpoint-url URL] [--region R] [--profile P] [-o name=value]... [-c FILE] "
	      "COMMAND ...\n\n",
	      out);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].what);
	fputs("  help      this text\n\n'kinstream help COMMAND' tells a command's arguments; kinstream(1) "
	      "tells all.\n",
	      out);
	return code;
}

/* KINSTREAM_BATCH_SIZE=10 is batch_size = 10. */
static int read_environment(struct tool *tool)
{
	static const char prefix[] = "KINSTREAM_";
	struct kin_error error;
	char name[128];

	for (char **at = environ; *at; at++) {
		char *equals = strchr(*at, '=');
		if (strncmp(*at, prefix, sizeof prefix - 1) || !equals)
			continue;
		size_t n = (size_t)(equals - *at) - (sizeof prefix - 1);
		if (n >= sizeof name)
			continue;
		for (size_t i = 0; i < n; i++)
			name[i] = (char)tolower((unsigned char)(*at)[sizeof prefix - 1 + i]);
		name[n] = 0;
		if (kin_config_set(tool->config, name, equals + 1, &error) != KIN_OK) {
			tool_say(KIN_LOG_ERROR, "environment variable %.*s: %s", (int)(equals - *at), *at,
			         error.message);
			return TOOL_USAGE;
		}
	}
	return TOOL_DONE;
}

static int set_pair(struct tool *tool, const char *pair)
{
	const char *equals = strchr(pair, '=');
	struct kin_error error;
	char name[128];

	if (!equals || equals == pair || (size_t)(equals - pair) >= sizeof name)
		return tool_usage(tool, "-o %s: must be name=value", pair);
	snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
	if (kin_config_set(tool->config, name, equals + 1, &error) != KIN_OK)
		return tool_usage(tool, "-o %s: %s", pair, error.message);
	return TOOL_DONE;
}

/* A flag that may stand before the command, and -o, which may stand after it too. */
static const char *global_name(const char *flag)
{
	return strcmp(flag, "--endpoint-url") == 0 ? "endpoint_url"
	       : strcmp(flag, "--region") == 0     ? "region"
	       : strcmp(flag, "--profile") == 0    ? "profile"
	                                           : NULL;
}

static int set_global(struct tool *tool, const char *flag, const char *value)
{
	struct kin_error error;
	const char *name = global_name(flag);

	if (strcmp(flag, "-o") == 0)
		return set_pair(tool, value);
	if (name && kin_config_set(tool->config, name, value, &error) != KIN_OK)
		return tool_usage(tool, "%s %s: %s", flag, value, error.message);
	return TOOL_DONE;
}

/* Takes the global flags out of argv, in two passes: -c first, since files yield to all else. */
static int read_globals(struct tool *tool, int *argc, char **argv)
{
	struct kin_error error;
	int kept = 1, code = TOOL_DONE;

	for (int i = 1; i < *argc && strcmp(argv[i], "--"); i++)
		if (strcmp(argv[i], "-c") == 0 && i + 1 < *argc &&
		    kin_config_read(tool->config, argv[i + 1], &error) != KIN_OK)
			return tool_usage(tool, "%s", error.message);
	code = read_environment(tool);
	bool plain = false; /* after "--" nothing is a flag */
	for (int i = 1; i < *argc && code == TOOL_DONE; i++) {
		plain = plain || strcmp(argv[i], "--") == 0;
		bool file = strcmp(argv[i], "-c") == 0;
		if (plain || !(file || strcmp(argv[i], "-o") == 0 || global_name(argv[i]))) {
			argv[kept++] = argv[i];
			continue;
		}
		if (i + 1 == *argc)
			return tool_usage(tool, "%s needs a value", argv[i]);
		if (!file)
			code = set_global(tool, argv[i], argv[i + 1]);
		i++;
	}
	*argc = kept;
	argv[kept] = NULL;
	return code;
}

int main(int argc, char **argv)
{
	static char help_flag[] = "--help";
	struct tool tool = { .command = NULL };
	struct kin_error error;
	int code;

	signal(SIGPIPE, SIG_IGN); /* a closed standard output is an error of write, with a message */
	if (argc < 2)
		return help(stderr, TOOL_USAGE);
	if (strcmp(argv[1], "--version") == 0)
		return printf("kinstream %s\n", kin_version()) < 0;
	if (kin_config_new(&tool.config, &error) != KIN_OK)
		return tool_fail(&error);
	code = read_globals(&tool, &argc, argv);
	tool_say_as(&tool);
	if (argc > 2 && strcmp(argv[1], "help") == 0) { /* help COMMAND: as COMMAND --help */
		argv[1] = argv[2];
		argv[2] = help_flag;
		argc = 3;
	}
	if (code == TOOL_DONE && argc < 2)
		code = help(stderr, TOOL_USAGE);
	else if (code == TOOL_DONE && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
		code = help(stdout, TOOL_DONE);
	else if (code == TOOL_DONE) {
		const struct command *command = NULL;
		for (size_t i = 0; i < sizeof commands / sizeof commands[0] && !command; i++)
			command = strcmp(argv[1], commands[i].name) == 0 ? &commands[i] : NULL;
		tool.command = command ? command->name : NULL;
		code = command ? command->run(&tool, argc - 1, argv + 1)
		               : tool_usage(&tool, "no command '%s'; 'kinstream help' lists them", argv[1]);
	}
	kin_config_free(tool.config);
	if (fflush(stdout) == EOF && errno != EPIPE &&
	    code == TOOL_DONE) { /* who closed the pipe has seen enough */
		tool_say(KIN_LOG_ERROR, "cannot write to standard output: %s", strerror(errno));
		code = TOOL_FAILED;
	}
	return code;
}
