/* bench/server - a process that answers Kinesis requests from memory, over TLS or plain, on 127.0.0.1.
 *
 * One thread and epoll; the answers and the certificate are made before the first request.  It looks only at
 * X-Amz-Target and at how many records a PutRecords holds, and checks nothing: it must never be what is
 * measured.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_server_options {
	bool tls;
	uint32_t records, record_bytes; /* of one GetRecords answer */
	uint32_t shards;                /* that ListShards tells of */
};

struct bench_tally {                   /* shared memory */
	uint64_t requests, body_bytes; /* what came in so far */
	/* GetRecords answers until the shard ends, set by who asks; the last one has no next iterator.  0: no end. */
	uint64_t pages_left;
	uint32_t connections; /* that were made so far */
};

struct bench_server {
	pid_t pid;
	char url[64], ca_file[96]; /* ca_file: PEM, "" without TLS; removed by stop */
	struct bench_tally *tally;
};

void bench_server_start(struct bench_server *server, const struct bench_server_options *options);
void bench_server_stop(struct bench_server *server);
#endif
