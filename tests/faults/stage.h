/* The usual stage: a mock with the stream "s", of two shards, and the hostile server before it. */
#ifndef KIN_TEST_FAULTS_STAGE_H
#define KIN_TEST_FAULTS_STAGE_H
#include "traffic.h"

static inline void stage_set(const char *streams)
{
	clean_environment();
	forget_journal();
	forget_seats();
	forget_seen();
	mock_start(streams, 1);
	hostile_start(NULL);
}

static inline void setup(void)
{
	stage_set("s:2");
}

static inline void teardown(void)
{
	hostile_stop();
	kin_mock_close(mock);
	mock = NULL;
	alarm(0);
}
#endif
