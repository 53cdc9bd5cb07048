/* The usual stage: a mock with the stream "s", of two shards, and the hostile server before it. */
#ifndef KIN_TEST_FAULTS_STAGE_H
#define KIN_TEST_FAULTS_STAGE_H
#include "traffic.h"

static inline void stage_set(const char *streams)
{
	begin_afresh(streams, 1);
	hostile_start(NULL);
}

static inline void setup(void)
{
	stage_set("s:2");
}

static inline void teardown(void)
{
	hostile_stop();
	end_mock();
}
#endif
