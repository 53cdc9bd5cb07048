/* io/http_sockets - the sockets of the kept connections: has a server spoken on one although it was not asked?
 *
 * Loop thread.  A second answer to an old request, or bytes beyond its length, would else be taken for the answer
 * to the next one.  libcurl tells only the local port of the connection that it is about to use.
 */
#ifndef KIN_IO_HTTP_SOCKETS_H
#define KIN_IO_HTTP_SOCKETS_H
#include <stdbool.h>
#include <stddef.h>

struct kin__http_socket {
	int fd, port; /* port: local; 0: not looked at yet */
	bool used;    /* a request went over it */
};

struct kin__http_sockets { /* all zero: empty */
	struct kin__http_socket *at;
	size_t n, room;
};

void kin__http_sockets_fini(struct kin__http_sockets *sockets);
/* Without memory for it the socket is not watched, no more. */
void kin__http_sockets_add(struct kin__http_sockets *sockets, int fd);
void kin__http_sockets_drop(struct kin__http_sockets *sockets, int fd);
/* A request is about to go over the connection with that local port: is there something to read already? */
bool kin__http_sockets_spoke(struct kin__http_sockets *sockets, int port);
#endif
