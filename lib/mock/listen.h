/* mock/listen - the mock's port on 127.0.0.1, in plain text or with TLS, and what its URL is. */
#ifndef KIN_MOCK_LISTEN_H
#define KIN_MOCK_LISTEN_H
#include "mock/state.h"

/* Reads the files; nothing to do where both are NULL. */
int kin__listen_read_tls(struct kin_mock *mock, const char *certificate, const char *key,
                         struct kin_error *error);
/* Sets mock->daemon and mock->url. */
int kin__listen_open(struct kin_mock *mock, struct kin_error *error);
void kin__listen_close(struct kin_mock *mock); /* ends all connections and threads */
#endif
