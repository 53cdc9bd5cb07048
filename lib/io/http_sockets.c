/* io/http_sockets - see http_sockets.h */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include "base/mem.h"
#include "io/http_sockets.h"

void kin__http_sockets_fini(struct kin__http_sockets *sockets)
{
	kin__mem_free(sockets->at);
	*sockets = (struct kin__http_sockets){ NULL, 0, 0 };
}

void kin__http_sockets_add(struct kin__http_sockets *sockets, int fd)
{
	if (kin__mem_room(&sockets->at, &sockets->room, sockets->n + 1, sizeof *sockets->at) == 0)
		sockets->at[sockets->n++] = (struct kin__http_socket){ .fd = fd };
}

void kin__http_sockets_drop(struct kin__http_sockets *sockets, int fd)
{
	for (size_t i = 0; i < sockets->n; i++)
		if (sockets->at[i].fd == fd) {
			sockets->at[i] = sockets->at[--sockets->n];
			return;
		}
}

static int port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t n = sizeof address;

	if (getsockname(fd, &address.any, &n) != 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static bool readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0;
}

bool kin__http_sockets_spoke(struct kin__http_sockets *sockets, int port)
{
	bool spoke = false;

	for (size_t i = 0; i < sockets->n; i++) {
		struct kin__http_socket *socket = &sockets->at[i];

		if (socket->port == 0)
			socket->port = port_of(socket->fd);
		if (socket->port != port)
			continue;
		spoke = spoke || (socket->used && readable(socket->fd));
		socket->used = true;
	}
	return spoke;
}
