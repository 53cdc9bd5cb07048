/* mock/serve - HTTP around the mock: one thread a connection, each request from its head to its answer. */
#ifndef KIN_MOCK_SERVE_H
#define KIN_MOCK_SERVE_H
#include "mock/state.h"

struct MHD_Daemon *kin__serve_open(struct kin_mock *mock,
                                   uint16_t *port); /* NULL: the port is taken, or no resources */
#endif
