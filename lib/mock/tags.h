/* mock/tags - the tags of streams, asked for by stream or by ARN: under the mock's lock. */
#ifndef KIN_MOCK_TAGS_H
#define KIN_MOCK_TAGS_H
#include "mock/state.h"
#include "wire/json.h"

enum { KIN__TAGS_CALL_MAX = 200 }; /* of one request */

struct kin__tags { /* spans are borrowed from the request */
	struct kin__model_tagging at[KIN__TAGS_CALL_MAX];
	size_t n;
};

/* Those of the member Tags; false: the exchange's answer says what is wrong. */
bool kin__tags_of(struct kin__mock_exchange *x, const struct kin__json *request, struct kin__tags *tags);
void kin__tags_add(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__tags_remove(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__tags_list(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
#endif
