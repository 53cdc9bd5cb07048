/* mock/asked - the members of a request whose shape was checked; spans are borrowed from it. */
#ifndef KIN_MOCK_ASKED_H
#define KIN_MOCK_ASKED_H
#include "mock/state.h"
#include "wire/json.h"

struct kin__span kin__asked_text(const struct kin__json *request, const char *name); /* at NULL: absent */
/* `otherwise` when it is absent; the service cuts fractions off. */
int64_t kin__asked_number(const struct kin__json *request, const char *name, int64_t otherwise);
bool kin__asked_dry(const struct kin__json *request);
/* StreamARN wins over StreamName; neither: false, and the exchange's answer says so. */
bool kin__asked_stream(struct kin__mock_exchange *exchange, const struct kin__json *request,
                       struct kin__span *stream);
/* A hash key that has the right shape, but may be above 2^128 - 1: then false. */
bool kin__asked_hash(struct kin__mock_exchange *exchange, const char *name, struct kin__span text,
                     struct kin__hashkey *out);
#endif
