/* consumer/overdue - calls of the handler that take longer than handler_timeout_us: told of, counted, worked around.
 *
 * Pure.  Such a call cannot be ended, so its lane waits for it; but it gives its place among handlers_max away, to at
 * most overdue_max others in all.  The lane's work_timer, which nothing else uses during a call, says when.
 * Invariant: the lanes that are overdue are those counted in health.handlers_overdue, those that lend in lent_n.
 */
#ifndef KIN_CONSUMER_OVERDUE_H
#define KIN_CONSUMER_OVERDUE_H
#include "consumer/inside.h"

void kin__overdue_called(struct kin__consumer *consumer, struct kin__lane *lane, uint32_t records);
void kin__overdue_answered(struct kin__consumer *consumer, struct kin__lane *lane);
void kin__overdue_due(struct kin__consumer *consumer, struct kin__lane *lane); /* its timer, during a call */
/* No place is free for another call. */
static inline bool kin__overdue_full(const struct kin__consumer *consumer)
{
	return consumer->works_flying - consumer->lent_n >= consumer->set.handlers_max;
}
#endif
