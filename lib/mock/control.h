/* mock/control - the operations on streams and shards: under the mock's lock, request in, exchange's answer out. */
#ifndef KIN_MOCK_CONTROL_H
#define KIN_MOCK_CONTROL_H
#include "mock/state.h"
#include "wire/json.h"

void kin__control_create(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__control_describe(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__control_list_streams(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__control_list_shards(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__control_split(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__control_merge(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
void kin__control_describe_stream(struct kin__mock_exchange *x, int64_t now_ms,
                                  const struct kin__json *request);
void kin__control_delete(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request);
/* Writes a ChildShard. */
void kin__control_child(struct kin__bytes *out, const struct kin__shard_info *child);
#endif
