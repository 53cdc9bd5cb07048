#include "tool.h"
#include <kinstream/mock.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
		"usage: kinstream mock [--port N] [--stream NAME:SHARDS]... [--fault FAULT]...\n"
		"                      [--rate-limits] [--seed N] [--tls-cert FILE --tls-key FILE]\n\n"
		"Runs a Kinesis endpoint on 127.0.0.1 until SIGINT or SIGTERM; its records are gone then.\n"
		"Prints a JSON line with its URL, region and keys, and at the end one with its counts.\n\n"
		"  --port N             0, the default, is any free port\n"
		"  --stream NAME:SHARDS a stream that is there from the start\n"
		"  --fault FAULT        OPERATION:KIND[:name=value]..., as PutRecords:throttle:share=0.1\n"
		"     OPERATION         of the Kinesis API, such as GetRecords; * is any\n"
		"     KIND              throttle error500 error503 partial latency drop drop_after\n"
		"                       truncate expired_iterator skew\n"
		"     name=value        nth=N, every=N or share=0..1: which requests; count=N: how many at\n"
		"                       most; shard=ID: of one shard; ms=N: of latency and skew\n"
		"  --rate-limits        as the service limits each shard; the default is no limit\n"
		"  --seed N             of the faults that strike a share\n"
		"  --tls-cert FILE      serve HTTPS by this certificate for 127.0.0.1, and\n"
		"  --tls-key FILE       its private key, both PEM\n\n"
		"More: kin_mock(3).\n";

static int stop_pipe[2];

static void stop(void *user)
{
	(void)user;
	if (write(stop_pipe[1], "", 1) != 1)
		_exit(TOOL_INTERRUPTED);
}

static int serve(struct tool *tool, const struct kin_mock_options *options, const struct tool_many *faults)
{
	struct kin_mock_stats stats = { .size = sizeof stats };
	struct kin_mock *mock;
	struct kin_error error;
	char byte;

	if (kin_mock_open(&mock, options, &error) != KIN_OK)
		return tool_fail(&error);
	for (size_t i = 0; i < faults->n; i++)
		if (kin_mock_fault(mock, faults->at[i], &error) != KIN_OK) {
			kin_mock_close(mock);
			return tool_usage(tool, "--fault %s: %s", faults->at[i], error.message);
		}
	if (pipe(stop_pipe) < 0) {
		kin_mock_close(mock);
		return tool_say(KIN_LOG_ERROR, "mock: cannot make a pipe"), TOOL_FAILED;
	}
	tool_signals(stop, NULL);
	printf("{\"url\":\"%s\",\"region\":\"%s\",\"accessKeyId\":\"%s\",\"secretAccessKey\":\"%s\"}\n",
	       kin_mock_url(mock), options->region, options->access_key_id, options->secret_access_key);
	fflush(stdout);
	if (isatty(STDERR_FILENO))
		fprintf(stderr,
		        "export AWS_ENDPOINT_URL=%s AWS_REGION=%s AWS_ACCESS_KEY_ID=%s "
		        "AWS_SECRET_ACCESS_KEY=%s%s%s\n",
		        kin_mock_url(mock), options->region, options->access_key_id,
		        options->secret_access_key, options->tls_certificate ? " AWS_CA_BUNDLE=" : "",
		        options->tls_certificate ? options->tls_certificate : "");
	while (read(stop_pipe[0], &byte, 1) < 0)
		;
	if (kin_mock_stats(mock, &stats, &error) == KIN_OK)
		printf("{\"requests\":%llu,\"refused\":%llu,\"faults\":%llu,\"recordsStored\":%llu,"
		       "\"recordsRead\":%llu}\n",
		       (unsigned long long)stats.requests, (unsigned long long)stats.refused,
		       (unsigned long long)stats.faults, (unsigned long long)stats.records_stored,
		       (unsigned long long)stats.records_read);
	kin_mock_close(mock);
	return TOOL_DONE;
}

int tool_mock(struct tool *tool, int argc, char **argv)
{
	struct tool_many streams = { .n = 0 }, faults = { .n = 0 };
	const char *port = NULL, *seed = NULL, *certificate = NULL, *key = NULL, *none[1];
	bool help = false, rate_limits = false;
	const struct tool_flag flags[] = { { .name = "--help", .set = &help },
		                           { .name = "--port", .value = &port },
		                           { .name = "--stream", .many = &streams },
		                           { .name = "--fault", .many = &faults },
		                           { .name = "--rate-limits", .set = &rate_limits },
		                           { .name = "--seed", .value = &seed },
		                           { .name = "--tls-cert", .value = &certificate },
		                           { .name = "--tls-key", .value = &key },
		                           { 0 } };
	struct kin_mock_options options;
	char joined[8192] = "";
	size_t n, used = 0;
	int64_t number;

	if (tool_parse(tool, argc, argv, flags, none, 0, &n) != TOOL_DONE)
		return TOOL_USAGE;
	if (help)
		return fputs(usage, stdout) < 0;
	kin_mock_options_init(&options);
	if (kin_config_get(tool->config, "region"))
		options.region = kin_config_get(tool->config, "region");
	if (port && !tool_number(port, 0, 65535, &number))
		return tool_usage(tool, "--port %s: must be 0..65535; 0 is any free port", port);
	options.port = port ? (uint16_t)number : 0;
	if (seed && !tool_number(seed, 0, INT64_MAX, &number))
		return tool_usage(tool, "--seed %s: must be a number from 0", seed);
	options.seed = seed ? (uint64_t)number : options.seed;
	options.rate_limits = rate_limits;
	if (!certificate != !key)
		return tool_usage(tool, "--tls-cert and --tls-key go together");
	options.tls_certificate = certificate;
	options.tls_key = key;
	for (size_t i = 0; i < streams.n; i++) {
		int more = snprintf(joined + used, sizeof joined - used, "%s%s", i ? "," : "", streams.at[i]);
		used += (size_t)more;
		if (used >= sizeof joined)
			return tool_usage(tool, "--stream: the names take more than %zu bytes together",
			                  sizeof joined);
	}
	options.streams = streams.n ? joined : NULL;
	return serve(tool, &options, &faults);
}
