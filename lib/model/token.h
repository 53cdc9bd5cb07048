/* model/token - opaque texts that only their maker can read: shard iterators and next tokens.
 *
 * Pure.  The secret is the model's; a changed, made-up or foreign text does not read.  Not a defence against
 * attackers: it finds mistakes.
 */
#ifndef KIN_MODEL_TOKEN_H
#define KIN_MODEL_TOKEN_H
#include "model/model.h"

enum kin__token_kind { KIN__TOKEN_ITERATOR = 1, KIN__TOKEN_LIST };

struct kin__token {
	uint8_t kind, filter;   /* enum kin__token_kind, enum kin__model_filter */
	uint32_t stream, shard; /* the stream's serial, unique per creation; the shard's index */
	uint64_t position;      /* ITERATOR: the counter of the next record may not be less */
	int64_t issued_ms;
	int64_t filter_ms; /* LIST */
};

void kin__token_text(const struct kin__token *token, uint64_t secret, char out[static KIN__MODEL_TOKEN]);
bool kin__token_parse(struct kin__span text, uint64_t secret, struct kin__token *out);
#endif
