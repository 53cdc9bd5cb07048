/* bench/peers/serve [--plain] - the benchmarks' server for programs of others: prints its address and the file of its
 * certificate, and ends when its standard input does */
#include <stdio.h>
#include <string.h>
#include "../server.h"

int main(int argc, char **argv)
{
	const struct bench_server_options options = { .tls = argc < 2 || strcmp(argv[1], "--plain") != 0,
		                                      .records = 1,
		                                      .record_bytes = 100,
		                                      .shards = 4 };
	struct bench_server server;

	bench_server_start(&server, &options);
	printf("%s %s\n", server.url, server.ca_file);
	fflush(stdout);
	while (getchar() != EOF)
		;
	bench_server_stop(&server);
	return 0;
}
