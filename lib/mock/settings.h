/* mock/settings - what is set of a stream once it is there: under the mock's lock, request in, exchange's answer out. */
#ifndef KIN_MOCK_SETTINGS_H
#define KIN_MOCK_SETTINGS_H
#include "mock/state.h"
#include "wire/json.h"

void kin__settings_record_max(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__settings_mode(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__settings_distribution(struct kin__mock_exchange *x, int64_t now_ms,
                                const struct kin__json *request);
void kin__settings_retention(struct kin__mock_exchange *x, int64_t now_ms,
                             const struct kin__json *request); /* longer or shorter */
void kin__settings_encryption(struct kin__mock_exchange *x, int64_t now_ms,
                              const struct kin__json *request); /* start or stop */
void kin__settings_scale(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__settings_limits(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
#endif
