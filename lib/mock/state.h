/* mock/state - what the parts of the mock share.  lock guards everything below it. */
#ifndef KIN_MOCK_STATE_H
#define KIN_MOCK_STATE_H
#include <kinstream/mock.h>
#include <microhttpd.h>
#include <pthread.h>
#include "aws/sigv4.h"
#include "model/model.h"

struct kin_mock {
	struct kin_mock_options set; /* texts are our copies */
	char url[64];
	struct MHD_Daemon *daemon;
	struct kin__bytes tls_certificate, tls_key; /* PEM; empty: plain HTTP */
	pthread_mutex_t lock;
	struct kin__model *model;
	struct kin__rng names; /* request ids */
	int64_t last_ms;       /* the model's time does not go back */
	struct kin_mock_stats stats;
	struct kin__mock_verifier *idle; /* used again by the next request */
	bool closing;
	unsigned fork_generation; /* set at open */
};

/* One request at a time uses it. */
struct kin__mock_verifier {
	struct kin__mock_verifier *next;
	struct kin__hash *hash;
	struct kin__sigv4_key key;
	struct kin__sigv4 sigv4;
};

/* One request, from its head to its answer. */
struct kin__mock_exchange {
	struct kin_mock *mock;
	struct MHD_Connection *connection;
	char *uri; /* path and query as they came; NULL: just "/" */
	enum kin__operation operation;
	struct kin__bytes body, reply;
	struct kin__model_answer answer; /* code NULL: reply is the answer's body */
	const char *content_type;        /* NULL: none is told */
	bool cbor;                       /* asked and answered in that form */
	int64_t skew_ms, now_ms;         /* now_ms: the skewed clock that the client is shown */
	bool begun;                      /* its head is here */
	bool oversize;                   /* the body was above what the service reads, and was thrown away */
};
#endif
