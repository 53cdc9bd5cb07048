/* mock/serve - HTTP around the mock: one thread a connection, each request from its head to its answer. */
#ifndef KIN_MOCK_SERVE_H
#define KIN_MOCK_SERVE_H
#include "mock/state.h"

/* The callbacks of libmicrohttpd, user: the mock. */
void *kin__serve_begin(void *user, const char *uri, struct MHD_Connection *connection);
enum MHD_Result kin__serve_handle(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **own);
void kin__serve_completed(void *user, struct MHD_Connection *connection, void **own,
                          enum MHD_RequestTerminationCode why);
void kin__serve_connected(void *user, struct MHD_Connection *connection, void **own,
                          enum MHD_ConnectionNotificationCode what);
#endif
