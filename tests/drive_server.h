/* A server for one client: answers the n-th request with the n-th line of a script, and keeps what it was sent. */
#ifndef KIN_TEST_DRIVE_SERVER_H
#define KIN_TEST_DRIVE_SERVER_H
#include <arpa/inet.h>
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

enum { SCRIPT_MAX = 16, REQUEST_TEXT = 32768 };

/* status 0: resets the connection; -1: never answers. */
struct line {
	int status;
	const char *headers, *body;
};

static struct {
	int fd, port;
	pthread_t thread;
	const struct line *script; /* set while nothing is asked */
	atomic_int asked, stop;
	char requests[SCRIPT_MAX][REQUEST_TEXT];
} service;

static void service_say(int fd, const struct line *line)
{
	char text[4096];
	int n = snprintf(text, sizeof text,
	                 "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nx-amzn-RequestId: id-%d\r\n%s\r\n%s",
	                 line->status, strlen(line->body), (int)service.asked, line->headers, line->body);

	if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		abort();
}

static int service_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	while (!service.stop)
		if (poll(&poll_fd, 1, 10) > 0)
			return 1;
	return 0;
}

/* Head and body, both small, with a 0 behind; 0: the connection ended. */
static int service_read(int fd, char *text)
{
	size_t n = 0, whole = REQUEST_TEXT;
	const char *head_end, *length;

	text[0] = 0;
	while (n < whole) {
		ssize_t more;

		if (!service_readable(fd) || (more = recv(fd, text + n, REQUEST_TEXT - 1 - n, 0)) <= 0)
			return 0;
		n += (size_t)more;
		text[n] = 0;
		head_end = strstr(text, "\r\n\r\n");
		length = strstr(text, "Content-Length: ");
		if (head_end)
			whole = (size_t)(head_end + 4 - text) + (length ? (size_t)atol(length + 16) : 0);
	}
	return 1;
}

static void *service_run(void *user)
{
	(void)user;
	while (service_readable(service.fd)) {
		static char text[REQUEST_TEXT];
		int fd = accept(service.fd, NULL, NULL);

		while (service_read(fd, text) && service.asked < SCRIPT_MAX) {
			const struct line *line = &service.script[service.asked];

			memcpy(service.requests[service.asked++], text, sizeof text);
			if (line->status == -1)
				service_readable(fd);
			else if (line->status == 0)
				setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
				           sizeof(struct linger));
			if (line->status <= 0)
				break;
			service_say(fd, line);
		}
		close(fd);
	}
	return NULL;
}

static void service_start(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof address;

	memset(&service, 0, sizeof service);
	service.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(service.fd, (struct sockaddr *)&address, n) != 0 || listen(service.fd, 8) != 0 ||
	    getsockname(service.fd, (struct sockaddr *)&address, &n) != 0)
		abort();
	service.port = ntohs(address.sin_port);
	pthread_create(&service.thread, NULL, service_run, NULL);
}

static void service_stop(void)
{
	service.stop = 1;
	pthread_join(service.thread, NULL);
	close(service.fd);
}
#endif
