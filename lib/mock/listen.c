#include "mock/listen.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include "mock/serve.h"

enum { PEM_BYTES_MAX = 1048576, CONNECTIONS_MAX = 1000, HEAD_BYTES_MAX = 262144 };

int kin__listen_read_tls(struct kin_mock *mock, const char *certificate, const char *key,
                         struct kin_error *error)
{
	int code;

	if (!certificate && !key)
		return KIN_OK;
	if (!certificate || !key)
		return kin__error(error, KIN_INVALID,
		                  "kin_mock_open(): tls_certificate and tls_key go together; %s is NULL",
		                  key ? "tls_certificate" : "tls_key");
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return kin__error(error, KIN_UNSUPPORTED,
		                  "kin_mock_open(): this libmicrohttpd was built without TLS; leave "
		                  "tls_certificate and tls_key NULL, or install one with GnuTLS");
	code = kin__file_read(certificate, PEM_BYTES_MAX, &mock->tls_certificate, error);
	return code == KIN_OK ? kin__file_read(key, PEM_BYTES_MAX, &mock->tls_key, error) : code;
}

/* Its threads inherit the mask: signals are the program's. */
static struct MHD_Daemon *start(struct kin_mock *mock, bool tls)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(mock->set.port) };
	struct MHD_OptionItem secrets[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, mock->tls_certificate.at },
		                            { MHD_OPTION_HTTPS_MEM_KEY, 0, mock->tls_key.at },
		                            { MHD_OPTION_END, 0, NULL } };
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	sigset_t all, before;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	struct MHD_Daemon *daemon = MHD_start_daemon(
			MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
					MHD_USE_SUPPRESS_DATE_NO_CLOCK | (tls ? MHD_USE_TLS : 0),
			mock->set.port, NULL, NULL, kin__serve_handle, mock, MHD_OPTION_SOCK_ADDR, &address,
			MHD_OPTION_URI_LOG_CALLBACK, kin__serve_begin, mock, MHD_OPTION_NOTIFY_COMPLETED,
			kin__serve_completed, mock, MHD_OPTION_NOTIFY_CONNECTION, kin__serve_connected, mock,
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
			MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_ARRAY,
			tls ? secrets : none, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return daemon;
}

/* libmicrohttpd does not say why it did not start: if it can without TLS, the certificate was the reason. */
static int why_not(struct kin_mock *mock, bool tls, struct kin_error *error)
{
	struct MHD_Daemon *plain = tls ? start(mock, false) : NULL;

	if (plain) {
		MHD_stop_daemon(plain);
		return kin__error(error, KIN_INVALID,
		                  "kin_mock_open(): '%s' and '%s' are not a PEM certificate and the PEM key "
		                  "that belongs to it",
		                  mock->set.tls_certificate, mock->set.tls_key);
	}
	if (mock->set.port == 0)
		return kin__error(error, KIN_IO, "kin_mock_open(): no port of 127.0.0.1 can be opened");
	return kin__error(
			error, KIN_IN_USE,
			"kin_mock_open(): port %u of 127.0.0.1 cannot be opened: it is taken, or below 1024 "
			"and yours only as root; port = 0 takes a free one",
			(unsigned)mock->set.port);
}

int kin__listen_open(struct kin_mock *mock, struct kin_error *error)
{
	const union MHD_DaemonInfo *info;
	bool tls = mock->tls_certificate.at != NULL;

	mock->daemon = start(mock, tls);
	if (!mock->daemon)
		return why_not(mock, tls, error);
	info = MHD_get_daemon_info(mock->daemon, MHD_DAEMON_INFO_BIND_PORT);
	snprintf(mock->url, sizeof mock->url, "%s://127.0.0.1:%u", tls ? "https" : "http",
	         (unsigned)(info ? info->port : mock->set.port));
	return KIN_OK;
}

void kin__listen_close(struct kin_mock *mock)
{
	if (mock->daemon)
		MHD_stop_daemon(mock->daemon);
	kin__bytes_fini(&mock->tls_certificate);
	kin__mem_wipe_free(mock->tls_key.at, mock->tls_key.n);
}
