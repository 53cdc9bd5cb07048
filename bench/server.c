/* bench/server - see server.h */
#define _GNU_SOURCE /* accept4, memmem */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "certificate.h"
#include "server.h"
#include "text.h"
#include "util.h"

enum {
	HEAD_MAX = 16384,
	INPUT = 1 << 18,
	AT_ONCE = 1 << 16,
	ENTRIES_MAX = 500,
	EVENTS = 256,
	SERVERS_MAX = 8
};

struct piece {
	const char *at;
	size_t n;
};

/* The hot answers as JSON, or as CBOR. */
struct form {
	struct bench_text put, get, next, last;
	size_t put_ends[ENTRIES_MAX + 1], *sequences;
	struct piece put_end;
	const char *type;
};

struct connection {
	int fd;
	SSL *ssl;
	char head[HEAD_MAX];
	size_t head_n, body_left;
	uint32_t entries; /* of the PutRecords that comes in */
	size_t key_n;     /* so much of a key's name has been read */
	bool open;        /* its list in CBOR has no number */
	bool in_body, put;
	const struct form *form; /* of the request, and so of the answer */
	const struct bench_text *answer;
	char first[AT_ONCE + HEAD_MAX]; /* head of the answer, and all of a short body but for its end */
	struct piece out[3];
	int out_n;
};

static struct {
	struct bench_server_options options;
	struct bench_tally *tally;
	SSL_CTX *tls;
	int listener, epoll;
	struct form json, cbor;
	struct bench_text shards, summary, iterator, nothing;
	uint64_t next_sequence;
	char input[INPUT];
} own;

/* --- answers --------------------------------------------------------------------------- */

static void prepare_hot(void)
{
	uint32_t records = own.options.records, bytes = own.options.record_bytes;

	own.json.type = "json";
	own.json.put_end = (struct piece){ "]}", 2 };
	own.json.sequences = bench_alloc((records + 1) * sizeof *own.json.sequences);
	bench_put_answer(&own.json.put, ENTRIES_MAX, own.json.put_ends);
	bench_get_answer(&own.json.get, records, bytes, own.json.sequences);
	bench_get_tail(&own.json.next, true, records);
	bench_get_tail(&own.json.last, false, records);
	own.cbor.type = "cbor";
	own.cbor.put_end = (struct piece){ "\xff\xff", 2 };
	own.cbor.sequences = bench_alloc((records + 1) * sizeof *own.cbor.sequences);
	bench_put_answer_cbor(&own.cbor.put, ENTRIES_MAX, own.cbor.put_ends);
	bench_get_answer_cbor(&own.cbor.get, records, bytes, own.cbor.sequences);
	bench_get_tail_cbor(&own.cbor.next, true, records);
	bench_get_tail_cbor(&own.cbor.last, false, records);
}

static void prepare(void)
{
	prepare_hot();
	bench_list_shards_answer(&own.shards, own.options.shards);
	bench_text_add(&own.iterator, "{\"ShardIterator\":\"%0224d\"}", 7);
	bench_text_add(&own.nothing, "{}");
	bench_text_add(&own.summary,
	               "{\"StreamDescriptionSummary\":{\"StreamName\":\"bench\",\"StreamARN\":"
	               "\"arn:aws:kinesis:us-east-1:123456789012:stream/bench\",\"StreamStatus\":\"ACTIVE\","
	               "\"StreamModeDetails\":{\"StreamMode\":\"PROVISIONED\"},\"RetentionPeriodHours\":24,"
	               "\"StreamCreationTimestamp\":1.6E9,\"EnhancedMonitoring\":[],\"EncryptionType\":"
	               "\"NONE\","
	               "\"OpenShardCount\":%u,\"ConsumerCount\":0}}",
	               own.options.shards);
}

/* All but the hot ones are JSON: an answer may be, whatever was asked. */
static const struct bench_text *find_answer(const char *target, const struct form *form, bool *put)
{
	const struct {
		const char *name;
		const struct bench_text *answer;
	} all[] = { { "PutRecords", &form->put },
		    { "GetRecords", &form->get },
		    { "ListShards", &own.shards },
		    { "GetShardIterator", &own.iterator },
		    { "DescribeStreamSummary", &own.summary } };

	*put = false;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strncmp(target, all[i].name, strlen(all[i].name)) == 0) {
			*put = all[i].answer == &form->put;
			return all[i].answer;
		}
	return &own.nothing;
}

/* A consumer wants numbers that grow: the next page's are written over the last one's. */
static void renumber(const struct form *form)
{
	char digits[24];

	for (uint32_t i = 0; i < own.options.records; i++) {
		snprintf(digits, sizeof digits, "%020llu", (unsigned long long)own.next_sequence++);
		memcpy(form->get.at + form->sequences[i] + BENCH_SEQUENCE - 20, digits, 20);
	}
}

/* What stands behind the records: of GetRecords, as long as the shard has not ended, the next iterator. */
static struct piece find_tail(const struct connection *c)
{
	if (c->put)
		return c->form->put_end;
	if (c->answer != &c->form->get)
		return (struct piece){ "", 0 };
	if (own.tally->pages_left > 0 && --own.tally->pages_left == 0)
		return (struct piece){ c->form->last.at, c->form->last.n };
	return (struct piece){ c->form->next.at, c->form->next.n };
}

static void answer(struct connection *c)
{
	const struct bench_text *body = c->answer;
	size_t n = c->put ? c->form->put_ends[c->entries < ENTRIES_MAX ? c->entries : ENTRIES_MAX] : body->n;
	struct piece tail = find_tail(c);
	size_t first;
	int head = snprintf(
			c->first, HEAD_MAX,
			"HTTP/1.1 200 OK\r\nx-amzn-RequestId: f9b5d7f4-29a1-c2bd-a1d4-6c0b7b0d9d37\r\n"
			"Date: Wed, 25 Nov 2026 12:00:00 GMT\r\nContent-Type: application/x-amz-%s-1.1\r\n"
			"Content-Length: %zu\r\n\r\n",
			c->form->type, n + tail.n);

	if (body == &c->form->get)
		renumber(c->form);
	first = n + tail.n < AT_ONCE ? n : n < AT_ONCE ? 0 : AT_ONCE;
	memcpy(c->first + head, body->at, first);
	c->out[0] = (struct piece){ c->first, (size_t)head + first };
	c->out[1] = (struct piece){ body->at + first, n - first };
	c->out[2] = tail;
	if (n + tail.n < AT_ONCE) { /* one write, one TLS record */
		memcpy(c->first + c->out[0].n, tail.at, tail.n);
		c->out[0].n += tail.n;
		c->out[2].n = 0;
	}
	c->out_n = 0;
	own.tally->requests++;
}

/* --- requests -------------------------------------------------------------------------- */

/* Behind a header's name, which every program writes in its own case; NULL: it is not there. */
static const char *header(const char *at, const char *end, const char *name)
{
	size_t n = strlen(name);

	while ((at = memchr(at, '\n', (size_t)(end - at))) && (size_t)(end - ++at) > n)
		if (strncasecmp(at, name, n) == 0)
			return at + n;
	return NULL;
}

static bool read_head(struct connection *c, const char *end)
{
	const char *target = header(c->head, end, "X-Amz-Target: Kinesis_20131202.");
	const char *length = header(c->head, end, "Content-Length:");

	c->form = header(c->head, end, "Content-Type: application/x-amz-cbor") ? &own.cbor : &own.json;
	c->answer = find_answer(target ? target : "", c->form, &c->put);
	c->body_left = length ? strtoul(length, NULL, 10) : 0;
	c->entries = 0;
	c->key_n = 0;
	c->open = false;
	c->in_body = true;
	own.tally->body_bytes += c->body_left;
	return length != NULL;
}

/* The head of the list says it, in the two bytes that our writer gives it; it stands near the begin of the body.
 * 0: the list has an end instead. */
static uint32_t entries_of_cbor(const char *at, size_t n)
{
	static const char list[] = "Records\x99";
	const char *found = memmem(at, n < 256 ? n : 256, list, sizeof list - 1);

	if (!found || (size_t)(at + n - found) < sizeof list + 1)
		return 0;
	found += sizeof list - 1;
	return (uint32_t)(unsigned char)found[0] << 8 | (unsigned char)found[1];
}

/* Each entry has this name, which may be cut in two by what is read at once; data that looks like it would count, too. */
static uint32_t count_keys(struct connection *c, const char *at, size_t n)
{
	static const char name[] = "\x6cPartitionKey";
	const char *end = at + n;
	uint32_t found = 0;

	while (at < end) {
		if (c->key_n == 0 && !(at = memchr(at, name[0], (size_t)(end - at))))
			break;
		if (*at == name[c->key_n]) {
			at++;
			c->key_n++;
		} else {
			c->key_n = 0;
		}
		if (c->key_n == sizeof name - 1) {
			found++;
			c->key_n = 0;
		}
	}
	return found;
}

/* Each entry ends in a '}', and so does the body; base64 and our keys have none. */
static void take_body(struct connection *c, const char *at, size_t n)
{
	const char *end = at + n;

	c->body_left -= n;
	if (c->put && c->form == &own.cbor && c->entries == 0 && !c->open)
		c->open = (c->entries = entries_of_cbor(at, n)) == 0;
	if (c->open)
		c->entries += count_keys(c, at, n);
	while (c->put && c->form == &own.json && (at = memchr(at, '}', (size_t)(end - at)))) {
		c->entries++;
		at++;
	}
	if (c->body_left > 0)
		return;
	c->entries -= c->put && c->form == &own.json;
	c->in_body = false;
	c->head_n = 0;
	answer(c);
}

/* One request at a time: nobody here sends the next before the answer.  false: not a request of ours. */
static bool take(struct connection *c, const char *at, size_t n)
{
	size_t more, before = c->head_n;
	const char *end;

	if (c->in_body) {
		if (n > c->body_left)
			return false;
		take_body(c, at, n);
		return true;
	}
	more = n < HEAD_MAX - 1 - before ? n : HEAD_MAX - 1 - before;
	memcpy(c->head + before, at, more);
	c->head_n += more;
	c->head[c->head_n] = 0;
	end = memmem(c->head, c->head_n, "\r\n\r\n", 4);
	if (!end)
		return c->head_n < HEAD_MAX - 1;
	if (!read_head(c, end))
		return false;
	more = (size_t)(end + 4 - c->head) - before; /* what of `at` was head */
	if (n - more > c->body_left)
		return false;
	take_body(c, at + more, n - more);
	return true;
}

/* --- sockets --------------------------------------------------------------------------- */

static void hang_up(struct connection *c)
{
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

/* Bytes read or written; 0: not now; -1: over. */
static long outcome(struct connection *c, long n)
{
	int why;

	if (n > 0)
		return n;
	if (!c->ssl)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	why = SSL_get_error(c->ssl, (int)n);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* false: the connection is over */
static bool send_out(struct connection *c)
{
	for (; c->out_n < 3; c->out_n++)
		while (c->out[c->out_n].n > 0) {
			struct piece *piece = &c->out[c->out_n];
			size_t n = piece->n < INPUT ? piece->n : INPUT;
			long done = outcome(c, c->ssl ? SSL_write(c->ssl, piece->at, (int)n)
			                              : send(c->fd, piece->at, n, MSG_NOSIGNAL));

			if (done <= 0)
				return done == 0;
			piece->at += done;
			piece->n -= (size_t)done;
		}
	return true;
}

static void serve(struct connection *c)
{
	long n;

	if (!send_out(c)) {
		hang_up(c);
		return;
	}
	while ((n = outcome(c, c->ssl ? SSL_read(c->ssl, own.input, INPUT)
	                              : recv(c->fd, own.input, INPUT, 0))) > 0)
		if (!take(c, own.input, (size_t)n) || !send_out(c)) {
			hang_up(c);
			return;
		}
	if (n < 0)
		hang_up(c);
}

static void accept_one(void)
{
	int fd = accept4(own.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
	struct connection *c;
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	if (fd < 0)
		return;
	c = bench_alloc(sizeof *c);
	own.tally->connections++;
	c->fd = fd;
	c->out_n = 3;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (own.tls) {
		c->ssl = SSL_new(own.tls);
		if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1)
			bench_die("the server is out of memory");
		SSL_set_accept_state(c->ssl);
	}
	event.data.ptr = c;
	epoll_ctl(own.epoll, EPOLL_CTL_ADD, fd, &event);
}

static void run(void)
{
	struct epoll_event events[EVENTS], event = { .events = EPOLLIN };

	own.epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(own.epoll, EPOLL_CTL_ADD, own.listener, &event);
	for (;;) {
		int n = epoll_wait(own.epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				serve(events[i].data.ptr);
			else
				accept_one();
		}
	}
}

/* --- start and stop -------------------------------------------------------------------- */

static void open_listener(struct bench_server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;

	own.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (own.listener < 0 || bind(own.listener, (struct sockaddr *)&address, n) < 0 ||
	    listen(own.listener, 1024) < 0 || getsockname(own.listener, (struct sockaddr *)&address, &n) < 0)
		bench_die("cannot listen on 127.0.0.1: %s", strerror(errno));
	snprintf(server->url, sizeof server->url, "http%s://127.0.0.1:%u", own.options.tls ? "s" : "",
	         (unsigned)ntohs(address.sin_port));
}

static void open_tls(const char *ca_file)
{
	own.tls = SSL_CTX_new(TLS_server_method());
	if (!own.tls || SSL_CTX_set_ciphersuites(own.tls, "TLS_AES_128_GCM_SHA256") != 1)
		bench_die("OpenSSL refuses TLS_AES_128_GCM_SHA256");
	SSL_CTX_set_mode(own.tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	bench_certificate_make(own.tls, ca_file);
}

/* Also when a benchmark gives up; not when one of its contestants ends. */
static struct {
	pid_t owner;
	uint32_t started;
	char ca_files[SERVERS_MAX][sizeof((struct bench_server *)0)->ca_file];
} left;

static void remove_left(void)
{
	for (uint32_t i = 0; left.owner == getpid() && i < left.started; i++)
		if (left.ca_files[i][0])
			unlink(left.ca_files[i]);
}

void bench_server_start(struct bench_server *server, const struct bench_server_options *options)
{
	const char *folder = getenv("TMPDIR");
	int ready[2];
	char byte;

	memset(&own, 0, sizeof own);
	memset(server, 0, sizeof *server);
	own.options = *options;
	if (options->tls)
		snprintf(server->ca_file, sizeof server->ca_file, "%s/kinstream-bench-%d-%u.pem",
		         folder ? folder : "/tmp", (int)getpid(), (unsigned)left.started);
	if (left.owner == 0)
		atexit(remove_left);
	left.owner = getpid();
	if (left.started == SERVERS_MAX)
		bench_die("a benchmark starts at most %d servers", (int)SERVERS_MAX);
	memcpy(left.ca_files[left.started++], server->ca_file, sizeof server->ca_file);
	server->tally = own.tally = mmap(NULL, sizeof *own.tally, PROT_READ | PROT_WRITE,
	                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	open_listener(server);
	if (own.tally == MAP_FAILED || pipe(ready) < 0 || (server->pid = fork()) < 0)
		bench_die("cannot start a server: %s", strerror(errno));
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		if (options->tls)
			open_tls(server->ca_file);
		prepare();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		run();
	}
	close(own.listener);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		bench_die("the server did not start");
	close(ready[0]);
}

void bench_server_stop(struct bench_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	munmap(server->tally, sizeof *server->tally);
	if (server->ca_file[0])
		unlink(server->ca_file);
}
