/* A server between a client and the mock that misbehaves by plan: the mock has the truth, the client gets what the
 * deed of the hour makes of it.  A thread a connection; plain text, or TLS once hostile.tls is set. */
#ifndef KIN_TEST_HOSTILE_H
#define KIN_TEST_HOSTILE_H
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include "faults.h"

enum { VISITORS_MAX = 512, HEAD_MAX = 16384, BODY_MAX = 8 << 20 };

struct visit;

struct deed {
	const char *name;
	int (*play)(struct visit *visit); /* false: the connection ends */
	const char *text;                 /* for those that take one */
};

/* One request and what the mock says to it. */
struct visit {
	int fd;
	SSL *ssl;                /* NULL: plain */
	int nth;                 /* of its connection */
	const struct deed *deed; /* what is done to it; NULL: nothing */
	struct deed chosen;      /* that is */
	char head[HEAD_MAX], operation[40];
	size_t head_n;
	char *body; /* of the request */
	size_t body_n;
	int status; /* of the mock's answer, once asked */
	char answer_head[HEAD_MAX];
	char *answer; /* its body, 0-ended */
	size_t answer_n;
};

static struct {
	int fd, port, upstream;
	char url[64];
	SSL_CTX *tls;
	const char *greets; /* said to who connects; NULL: nothing */
	pthread_t thread, threads[VISITORS_MAX];
	atomic_int visitors, stop;
	/* The plan: the next `left` requests of the operation (NULL: any) are answered by the deed; under lock. */
	pthread_mutex_t lock;
	struct deed deed; /* a copy: a test's own may be gone when its last request is served.  Without play: none */
	const char *operation;
	int left;
	uint64_t dice;                                  /* state of the share's random numbers */
	unsigned share;                                 /* per mille of the requests that match; 1000: all */
	atomic_int requests, struck, connections, late; /* late: what was said to idle connections */
} hostile;

/* --- bytes ---------------------------------------------------------------------------- */

static inline bool readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	while (!hostile.stop)
		if (poll(&poll_fd, 1, 10) > 0)
			return true;
	return false;
}

/* false: the client is gone, or the server stops. */
static inline bool say_n(struct visit *visit, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0 && !hostile.stop) {
		struct pollfd poll_fd = { .fd = visit->fd, .events = POLLOUT };
		ssize_t sent;

		if (poll(&poll_fd, 1, 20) == 0)
			continue;
		sent = visit->ssl ? SSL_write(visit->ssl, at, n > 65536 ? 65536 : (int)n)
		                  : send(visit->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent <= 0 && (visit->ssl || (errno != EAGAIN && errno != EINTR)))
			return false;
		at += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return n == 0;
}

static inline bool say(struct visit *visit, const char *text)
{
	return say_n(visit, text, strlen(text));
}

static inline bool sayf(struct visit *visit, const char *format, ...)
{
	char text[HEAD_MAX + 512];
	va_list values;
	int n;

	va_start(values, format);
	n = vsnprintf(text, sizeof text, format, values);
	va_end(values);
	return n > 0 && n < (int)sizeof text && say_n(visit, text, (size_t)n);
}

/* The close that follows is a reset. */
static inline int reset(struct visit *visit)
{
	setsockopt(visit->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	return 0;
}

/* Until the client goes or the server stops; false: the connection ends. */
static inline int until_it_goes(struct visit *visit)
{
	readable(visit->fd);
	return 0;
}

/* --- requests --------------------------------------------------------------------------- */

static inline ssize_t hear(struct visit *visit, char *to, size_t n)
{
	if (!(visit->ssl && SSL_pending(visit->ssl) > 0) && !readable(visit->fd))
		return 0;
	return visit->ssl ? SSL_read(visit->ssl, to, (int)n) : recv(visit->fd, to, n, 0);
}

static inline size_t length_of(const char *head)
{
	static const char key[] = "\ncontent-length:";

	for (const char *at = head; *at; at++)
		if (strncasecmp(at, key, sizeof key - 1) == 0)
			return (size_t)atol(at + sizeof key - 1);
	return 0;
}

/* Head up to the blank line with what came behind it; the number of bytes, 0: ended. */
static inline size_t hear_head(struct visit *visit, char *head, size_t *head_n)
{
	size_t n = 0;
	char *end;

	for (head[0] = 0; !(end = strstr(head, "\r\n\r\n")); head[n] = 0) {
		ssize_t more = n < HEAD_MAX - 1 ? hear(visit, head + n, HEAD_MAX - 1 - n) : 0;

		if (more <= 0)
			return 0;
		n += (size_t)more;
	}
	*head_n = (size_t)(end + 4 - head);
	return n;
}

static inline bool hear_rest(struct visit *visit, char *head, size_t n, size_t head_n, char **body,
                             size_t *body_n)
{
	size_t length = length_of(head), got = n - head_n;

	if (length > BODY_MAX || got > length || !(*body = malloc(length + 1)))
		return false;
	memcpy(*body, head + head_n, got);
	head[head_n] = 0;
	while (got < length) {
		ssize_t more = hear(visit, *body + got, length - got);

		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	(*body)[length] = 0;
	*body_n = length;
	return true;
}

static inline bool take_request(struct visit *visit)
{
	static const char key[] = "Kinesis_20131202.";
	size_t n = hear_head(visit, visit->head, &visit->head_n);
	const char *at;

	if (n == 0 || !hear_rest(visit, visit->head, n, visit->head_n, &visit->body, &visit->body_n))
		return false;
	visit->operation[0] = 0;
	at = strstr(visit->head, key);
	if (at)
		sscanf(at + sizeof key - 1, "%39[A-Za-z]", visit->operation);
	return true;
}

static inline int connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons((uint16_t)port),
		                       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The mock does what was asked: from here on there is an effect, and an answer to spoil. */
static inline bool ask_mock(struct visit *visit)
{
	struct visit up = { .fd = connect_to(hostile.upstream) };
	size_t n, head_n = 0;
	bool done = up.fd >= 0 && say_n(&up, visit->head, visit->head_n) &&
	            say_n(&up, visit->body, visit->body_n);

	free(visit->answer);
	visit->answer = NULL;
	n = done ? hear_head(&up, visit->answer_head, &head_n) : 0;
	done = n > 0 && hear_rest(&up, visit->answer_head, n, head_n, &visit->answer, &visit->answer_n);
	if (done)
		visit->status = atoi(visit->answer_head + 9);
	if (up.fd >= 0)
		close(up.fd);
	return done;
}

/* Until the server has said that many things late: then they are there to be read. */
static inline void until_late(int n)
{
	for (int i = 0; i < 5000 && hostile.late < n; i++)
		nap_ms(1);
	ck_assert_int_eq(hostile.late, n);
}

/* The truth, unspoiled. */
static inline int behave(struct visit *visit)
{
	return ask_mock(visit) && say(visit, visit->answer_head) &&
	       say_n(visit, visit->answer, visit->answer_n);
}

/* Is it this request's turn to be ill-treated? */
static inline const struct deed *choose(struct visit *visit)
{
	const struct deed *deed = NULL;

	pthread_mutex_lock(&hostile.lock);
	if (hostile.deed.play && hostile.left != 0 &&
	    (!hostile.operation || strcmp(hostile.operation, visit->operation) == 0)) {
		hostile.dice = hostile.dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if ((hostile.dice >> 33) % 1000 < hostile.share) {
			visit->chosen = hostile.deed;
			deed = &visit->chosen;
			hostile.left -= hostile.left > 0;
			hostile.struck++;
		}
	}
	pthread_mutex_unlock(&hostile.lock);
	return deed;
}

/* --- connections ------------------------------------------------------------------------ */

static inline void serve_requests(struct visit *visit)
{
	bool on = true;

	while (on && !hostile.stop && take_request(visit)) {
		visit->deed = choose(visit);
		hostile.requests++;
		visit->nth++;
		on = visit->deed ? visit->deed->play(visit) : behave(visit);
		free(visit->body);
		visit->body = NULL;
	}
}

static inline void *serve_one(void *user)
{
	struct visit *visit = user;

	if (hostile.tls) {
		visit->ssl = SSL_new(hostile.tls);
		SSL_set_fd(visit->ssl, visit->fd);
	}
	if (hostile.greets)
		say(visit, hostile.greets);
	if (!visit->ssl || (readable(visit->fd) && SSL_accept(visit->ssl) == 1))
		serve_requests(visit);
	if (visit->ssl)
		SSL_free(visit->ssl);
	close(visit->fd);
	free(visit->body);
	free(visit->answer);
	free(visit);
	return NULL;
}

static inline void *serve(void *user)
{
	sigset_t all;

	(void)user;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all,
	                NULL); /* a broken pipe is an error here; the watchdog's alarm is main's */
	while (readable(hostile.fd)) {
		struct visit *visit;
		int fd = accept(hostile.fd, NULL, NULL);

		if (fd < 0)
			continue;
		if (hostile.visitors == VISITORS_MAX)
			give_up("more connections than any client of these tests needs");
		visit = calloc(1, sizeof *visit);
		if (!visit)
			give_up("out of memory");
		visit->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		hostile.connections++;
		if (pthread_create(&hostile.threads[hostile.visitors], NULL, serve_one, visit) != 0)
			give_up("no thread for a connection");
		hostile.visitors++;
	}
	return NULL;
}

/* port 0: any free one. */
static inline void hostile_listen(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons((uint16_t)port),
		                       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) != 0 || listen(fd, 128) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) != 0) {
		perror("the hostile server cannot listen on 127.0.0.1");
		give_up("no socket");
	}
	hostile.fd = fd;
	hostile.port = ntohs(address.sin_port);
	hostile.stop = 0;
	hostile.visitors = 0;
	snprintf(hostile.url, sizeof hostile.url, "%s://127.0.0.1:%d", hostile.tls ? "https" : "http",
	         hostile.port);
	if (pthread_create(&hostile.thread, NULL, serve, NULL) != 0)
		give_up("no thread for the hostile server");
}

static inline void hostile_start(SSL_CTX *tls)
{
	memset(&hostile, 0, sizeof hostile);
	pthread_mutex_init(&hostile.lock, NULL);
	hostile.tls = tls;
	hostile.upstream = mock ? mock_port() : 0;
	hostile_listen(0);
}

/* It dies: all connections with it.  hostile_listen(hostile.port) brings it back. */
static inline void hostile_die(void)
{
	hostile.stop = 1;
	pthread_join(hostile.thread, NULL);
	for (int i = 0; i < hostile.visitors; i++)
		pthread_join(hostile.threads[i], NULL);
	close(hostile.fd);
}

static inline void hostile_stop(void)
{
	hostile_die();
	pthread_mutex_destroy(&hostile.lock);
}

/* deed NULL: none any more.  times < 0: from now on always. */
static inline void plan(const struct deed *deed, const char *operation, int times)
{
	pthread_mutex_lock(&hostile.lock);
	hostile.deed = deed ? *deed : (struct deed){ 0 };
	hostile.operation = operation;
	hostile.left = times;
	hostile.share = 1000;
	hostile.struck = 0;
	pthread_mutex_unlock(&hostile.lock);
}

static inline void plan_share(const struct deed *deed, const char *operation, unsigned per_mille,
                              uint64_t seed)
{
	plan(deed, operation, -1);
	pthread_mutex_lock(&hostile.lock);
	hostile.share = per_mille;
	hostile.dice = seed;
	pthread_mutex_unlock(&hostile.lock);
}
#endif
