/* mock/operations - a request's JSON in, the model asked, the answer's JSON out: one function an operation. */
#ifndef KIN_MOCK_OPERATIONS_H
#define KIN_MOCK_OPERATIONS_H
#include "mock/state.h"

bool kin__operations_knows(enum kin__operation operation);
/* Under the mock's lock, one that it knows.  now_ms: the model's time.  Fills exchange->answer, and reply when there
 * is a body. */
void kin__operations_run(struct kin__mock_exchange *exchange, int64_t now_ms);
/* The hot pieces, in mock/records.c: a whole PutRecords, the answer of a GetRecords. */
void kin__records_put(struct kin__mock_exchange *exchange, int64_t now_ms);
void kin__records_write(struct kin__mock_exchange *exchange, const struct kin__model_page *page);
#endif
