/* mock/gate - lets a request in if its signature is right, and answers wrong ones as the service does. */
#ifndef KIN_MOCK_GATE_H
#define KIN_MOCK_GATE_H
#include "mock/state.h"

enum { KIN__MOCK_SKEW_MS = 300000 }; /* a signature may be this far off, either way */

bool kin__gate_passes(struct kin__mock_exchange *exchange); /* false: exchange->answer says why not */
void kin__gate_free(struct kin__mock_verifier *verifiers);
void kin__gate_refuse(struct kin__mock_exchange *exchange, const char *code, const char *format, ...)
		__attribute__((format(printf, 3, 4)));
void kin__gate_nomem(struct kin__mock_exchange *exchange);   /* 500 */
void kin__gate_dry_run(struct kin__mock_exchange *exchange); /* what DryRun is answered where all is well */
#endif
