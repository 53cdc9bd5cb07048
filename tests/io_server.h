/* A tiny HTTP server inside the test: the path of a request says how it misbehaves.  A thread a connection. */
#ifndef KIN_TEST_IO_SERVER_H
#define KIN_TEST_IO_SERVER_H
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SERVER_CONNECTIONS_MAX = 64, SERVER_REQUEST_MAX = 4 << 20 };

static struct {
	int fd, port;
	pthread_t thread, threads[SERVER_CONNECTIONS_MAX];
	atomic_int connections, ended, requests,
			stop; /* connections: made in all, and those of them that ended */
	pthread_mutex_t lock; /* of what follows, about the last request */
	size_t body_n;
	char head[8192];
} server;

static void nap_us(long us)
{
	nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

static void say(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		text += sent;
		n -= (size_t)sent;
	}
}

static void say_body(int fd, int status, const char *headers, const char *body)
{
	char head[512];

	snprintf(head, sizeof head, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n", status,
	         strlen(body), headers);
	say(fd, head);
	say(fd, body);
}

static void reset(int fd)
{
	struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Until the client goes, or the server stops. */
static void idle(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	while (!server.stop && poll(&poll_fd, 1, 20) == 0)
		;
}

/* false: the connection ends. */
static int answer(int fd, const char *path, int nth)
{
	char chunk[65] = "40\r\n";

	if (strcmp(path, "/ok") == 0) {
		say_body(fd, 200, "Date: Thu, 15 Jan 2026 12:34:56 GMT\r\nx-amzn-RequestId: abc-1\r\n",
		         "hello");
	} else if (strncmp(path, "/status/", 8) == 0) {
		say_body(fd, atoi(path + 8),
		         "x-amzn-ErrorType: Foo:http://x\r\nRetry-After: 2\r\nx-amz-retry-after: 9\r\n",
		         "{}");
	} else if (strcmp(path, "/odd") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:   5  \r\nX-AMZN-REQUESTID:odd-2\r\ndate:Thu, 15 "
		        "Jan 2026 12:34:56 GMT\r\n"
		        "AGE: 3\r\nContent-TYPE: text/x\r\nX-AMZ-RETRY-AFTER:\t77\r\n\r\nhello");
	} else if (strcmp(path, "/bad-header") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\n{}");
	} else if (strcmp(path, "/chunked") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		        "chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nx-amzn-RequestId: no\r\n\r\n");
	} else if (strcmp(path, "/interim") == 0) {
		say(fd, "HTTP/1.1 102 Processing\r\nx-amzn-RequestId: early\r\n\r\n");
		say_body(fd, 200, "", "hello");
	} else if (strcmp(path, "/cut") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
		return 0;
	} else if (strcmp(path, "/cut-head") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Le");
		return 0;
	} else if (strcmp(path, "/garbage") == 0) {
		say(fd, "SSH-2.0-OpenSSH_9.2p1\r\n\r\n");
		return 0;
	} else if (strcmp(path, "/huge") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\nhello");
		idle(fd);
		return 0;
	} else if (strcmp(path, "/huge-chunked") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		memset(chunk + 4, 'x', 60);
		for (int i = 0; i < 4000; i++)
			say(fd, "10\r\n0123456789abcdef\r\n");
		idle(fd);
		return 0;
	} else if (strcmp(path, "/reset") == 0 || (strcmp(path, "/stale") == 0 && nth > 1)) {
		reset(fd);
		return 0;
	} else if (strcmp(path, "/stale") == 0) {
		say_body(fd, 200, "", "fresh");
	} else if (strcmp(path, "/goodbye") == 0) { /* promises to stay, and goes */
		say_body(fd, 200, "", "hello");
		return 0;
	} else if (strcmp(path, "/slow") == 0) {
		nap_us(100000);
		say_body(fd, 200, "", "slow");
	} else if (strcmp(path, "/silent") == 0) {
		idle(fd);
		return 0;
	} else if (strcmp(path, "/redirect") == 0) {
		say_body(fd, 301, "Location: /ok\r\n", "moved");
	} else if (strcmp(path, "/empty") != 0) {
		say_body(fd, 404, "", "");
	} else {
		return 0;
	}
	return 1;
}

/* Head and body of the next request; 0: the connection ended. */
static int take_request(int fd, char *path)
{
	static const char key[] = "content-length:";
	char head[sizeof server.head];
	size_t n = 0, length = 0, got = 0;
	char block[65536];

	while (n < sizeof head - 1 && (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0)) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		if (server.stop || (poll(&poll_fd, 1, 20) > 0 && recv(fd, head + n++, 1, 0) <= 0))
			return 0;
		n = poll_fd.revents ? n : n;
	}
	head[n] = 0;
	if (sscanf(head, "%*s %63s", path) != 1)
		return 0;
	for (char *at = head; *at; at++)
		if (strncasecmp(at, key, sizeof key - 1) == 0)
			length = (size_t)atol(at + sizeof key - 1);
	while (got < length) {
		ssize_t more = recv(fd, block, length - got < sizeof block ? length - got : sizeof block, 0);

		if (more <= 0)
			return 0;
		got += (size_t)more;
	}
	pthread_mutex_lock(&server.lock);
	server.body_n = got;
	memcpy(server.head, head, n + 1);
	pthread_mutex_unlock(&server.lock);
	return 1;
}

static void *serve_one(void *user)
{
	int fd = (int)(intptr_t)user, nth = 0;
	char path[64];

	while (!server.stop && take_request(fd, path)) {
		server.requests++;
		if (!answer(fd, path, ++nth))
			break;
	}
	close(fd);
	server.ended++;
	return NULL;
}

static void *serve(void *user)
{
	(void)user;
	while (!server.stop) {
		struct pollfd poll_fd = { .fd = server.fd, .events = POLLIN };
		int fd;

		if (poll(&poll_fd, 1, 20) <= 0 || server.connections >= SERVER_CONNECTIONS_MAX)
			continue;
		fd = accept(server.fd, NULL, NULL);
		if (fd >= 0)
			pthread_create(&server.threads[server.connections++], NULL, serve_one,
			               (void *)(intptr_t)fd);
	}
	return NULL;
}

/* Until it is closed nobody listens there, nor comes to. */
static int bind_somewhere(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) != 0)
		abort();
	*port = ntohs(address.sin_port);
	return fd;
}

static int listen_somewhere(int *port)
{
	int fd = bind_somewhere(port);

	if (listen(fd, 64) != 0)
		abort();
	return fd;
}

static size_t last_body_n(void)
{
	size_t n;

	pthread_mutex_lock(&server.lock);
	n = server.body_n;
	pthread_mutex_unlock(&server.lock);
	return n;
}

/* Is the text, in any case, in the last request's head? */
static int last_head_has(const char *text)
{
	size_t n = strlen(text);
	int found = 0;

	pthread_mutex_lock(&server.lock);
	for (const char *at = server.head; *at && !found; at++)
		found = strncasecmp(at, text, n) == 0;
	pthread_mutex_unlock(&server.lock);
	return found;
}

static void server_start(void)
{
	memset(&server, 0, sizeof server);
	pthread_mutex_init(&server.lock, NULL);
	server.fd = listen_somewhere(&server.port);
	pthread_create(&server.thread, NULL, serve, NULL);
}

static void server_stop(void)
{
	server.stop = 1;
	pthread_join(server.thread, NULL);
	for (int i = 0; i < server.connections; i++)
		pthread_join(server.threads[i], NULL);
	close(server.fd);
	pthread_mutex_destroy(&server.lock);
}
#endif
