/* A small HTTPS server for the tests: answers each POST with the same JSON, and closes as badly as it is told.
 * Its certificate, for 127.0.0.1, is made at start and is its own CA: PEM in a file.  It is a process of its own,
 * so that its OpenSSL is not ours; the struct is memory of all of them. */
#ifndef KIN_TEST_TLS_SERVER_H
#define KIN_TEST_TLS_SERVER_H
#include <arpa/inet.h>
#include <check.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TLS_BUFFER = 1 << 16 };

enum tls_end {
	TLS_KEEPS,        /* the connection */
	TLS_RESETS_LATER, /* an answer, then RST when `resets` grows */
	TLS_RESETS        /* RST in the middle of the request */
};

struct tls_server {
	SSL_CTX *context;
	int fd;
	_Atomic enum tls_end end;
	atomic_int answers, threads, resets;
	atomic_bool ready;
	pid_t process;
	char url[64], ca[64];
};

struct tls_connection {
	struct tls_server *server;
	int fd;
};

static void tls_certify(struct tls_server *server)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509V3_CTX v3;
	X509_EXTENSION *names;
	FILE *file;

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), getpid());
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	X509V3_set_ctx(&v3, cert, cert, NULL, NULL, 0);
	names = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	if (X509_sign(cert, key, EVP_sha256()) <= 0 || SSL_CTX_use_certificate(server->context, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(server->context, key) != 1)
		_exit(1);
	strcpy(server->ca, "/tmp/kin-check-XXXXXX");
	file = fdopen(mkstemp(server->ca), "w");
	if (!file)
		_exit(1);
	PEM_write_X509(file, cert);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* A request with its body; false: the client is gone, or was cut off half-way. */
static bool tls_request(struct tls_server *server, SSL *ssl, char text[TLS_BUFFER])
{
	size_t n = 0, length = 0;
	char *end = NULL;

	while (!end) {
		int got = SSL_read(ssl, text + n, (int)(TLS_BUFFER - 1 - n));

		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = 0;
		end = strstr(text, "\r\n\r\n");
	}
	for (char *line = text; line < end; line = strchr(line, '\n') + 1)
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			length = strtoul(line + 15, NULL, 10);
	if (server->end == TLS_RESETS)
		return false;
	for (n -= (size_t)(end + 4 - text); n < length;) {
		int got = SSL_read(ssl, text, TLS_BUFFER);

		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

static void *tls_converse(void *user)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
				     "x-amzn-RequestId: r\r\nContent-Length: 43\r\n\r\n"
				     "{\"StreamNames\":[],\"HasMoreStreams\":false}  ";
	struct tls_connection connection = *(struct tls_connection *)user;
	struct tls_server *server = connection.server;
	SSL *ssl = SSL_new(server->context);
	enum tls_end end = TLS_RESETS;
	char *text = malloc(TLS_BUFFER); /* no static of the thread: that would be part of every stack */

	free(user);
	SSL_set_fd(ssl, connection.fd);
	if (SSL_accept(ssl) == 1)
		while (tls_request(server, ssl, text)) {
			end = server->end;
			if (SSL_write(ssl, answer, sizeof answer - 1) <= 0)
				break;
			server->answers++;
			if (end != TLS_KEEPS) {
				for (int before = server->resets; server->resets == before;)
					usleep(1000);
				break;
			}
		}
	if (server->end != TLS_KEEPS)
		setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		           sizeof(struct linger));
	SSL_free(ssl);
	free(text);
	close(connection.fd);
	server->threads--;
	return NULL;
}

static void tls_serve(struct tls_server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	server->context = SSL_CTX_new(TLS_server_method());
	tls_certify(server);
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server->fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(server->fd, 64) < 0)
		_exit(1);
	getsockname(server->fd, (struct sockaddr *)&address, &n);
	snprintf(server->url, sizeof server->url, "https://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
	server->ready = true;
	for (;;) {
		struct tls_connection *connection = malloc(sizeof *connection);
		pthread_t thread;

		*connection = (struct tls_connection){ server, accept(server->fd, NULL, NULL) };
		server->threads++;
		if (connection->fd < 0 || pthread_create(&thread, NULL, tls_converse, connection) != 0)
			_exit(1);
		pthread_detach(thread);
	}
}

static struct tls_server *tls_open(void)
{
	struct tls_server *server =
			mmap(NULL, sizeof *server, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t process;

	ck_assert_ptr_ne(server, MAP_FAILED);
	process = fork();
	if (process == 0)
		tls_serve(server);
	server->process = process;
	for (int i = 0; i < 10000 && !server->ready; i++)
		usleep(1000);
	ck_assert(server->ready);
	return server;
}

static void tls_close(struct tls_server *server)
{
	kill(server->process, SIGKILL);
	waitpid(server->process, NULL, 0);
	unlink(server->ca);
	munmap(server, sizeof *server);
}
#endif
