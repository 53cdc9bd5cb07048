/* consumer/live - the settings that may change while a consumer runs.
 *
 * Pure.  What is out, waits for a retry or was cut stays as it is; batches not yet taken are made up anew.
 * Invariant: a batch that is taken later is within the settings of that moment.
 */
#ifndef KIN_CONSUMER_LIVE_H
#define KIN_CONSUMER_LIVE_H
#include "consumer/inside.h"

void kin__live_set(struct kin__consumer *consumer, const struct kin__consumer_settings *settings);
#endif
