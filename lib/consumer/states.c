/* consumer/states - the tables of allowed moves: the consumer's, those of a shard's three parts, a lane's */
#include "consumer/inside.h"

#define TO(state) KIN__TO(state)

const struct kin__state_row kin__consumer_states[] = {
	[KIN_CONSUMER_STARTING] = { "starting", TO(KIN_CONSUMER_RUNNING) | TO(KIN_CONSUMER_STOPPING) |
	                                                        TO(KIN_CONSUMER_FATAL) },
	[KIN_CONSUMER_RUNNING] = { "running", TO(KIN_CONSUMER_STOPPING) | TO(KIN_CONSUMER_FATAL) },
	[KIN_CONSUMER_STOPPING] = { "stopping", TO(KIN_CONSUMER_ENDED) | TO(KIN_CONSUMER_FATAL) },
	[KIN_CONSUMER_ENDED] = { "ended", 0 },
	[KIN_CONSUMER_FATAL] = { "fatal", 0 },
};

const struct kin__state_row kin__shard_lives[] = {
	[LIFE_NEW] = { "new", TO(LIFE_LEASING) | TO(LIFE_ENDED) | TO(LIFE_IGNORED) | TO(LIFE_DROPPED) },
	[LIFE_LEASING] = { "leasing", TO(LIFE_ACTIVE) | TO(LIFE_LOST) | TO(LIFE_DROPPED) },
	[LIFE_ACTIVE] = { "active", TO(LIFE_ENDING) | TO(LIFE_LOST) | TO(LIFE_DROPPED) },
	[LIFE_ENDING] = { "ending", TO(LIFE_ENDED) | TO(LIFE_LOST) | TO(LIFE_DROPPED) },
	[LIFE_ENDED] = { "ended", TO(LIFE_DROPPED) },
	[LIFE_IGNORED] = { "ignored", TO(LIFE_DROPPED) },
	[LIFE_LOST] = { "lost", 0 },
	[LIFE_DROPPED] = { "dropped", 0 },
};

const struct kin__state_row kin__shard_readings[] = {
	[READ_OFF] = { "off", TO(READ_QUEUED) | TO(READ_DONE) },
	[READ_WAITING] = { "waiting", TO(READ_QUEUED) | TO(READ_AWAY) | TO(READ_DONE) },
	[READ_FULL] = { "full", TO(READ_QUEUED) | TO(READ_WAITING) | TO(READ_AWAY) | TO(READ_DONE) },
	[READ_AWAY] = { "away", TO(READ_QUEUED) | TO(READ_WAITING) | TO(READ_DONE) },
	[READ_QUEUED] = { "queued", TO(READ_FLYING) | TO(READ_AWAY) | TO(READ_DONE) },
	[READ_FLYING] = { "flying", TO(READ_QUEUED) | TO(READ_WAITING) | TO(READ_FULL) | TO(READ_MISSING) |
	                                            TO(READ_DONE) },
	[READ_MISSING] = { "missing", TO(READ_WAITING) | TO(READ_DONE) },
	[READ_DONE] = { "done", TO(READ_AWAY) },
};

#define AFTER_A_CALL (TO(WORK_REST) | TO(WORK_GATHERING) | TO(WORK_HELD) | TO(WORK_READY) | TO(WORK_WAITING))

const struct kin__state_row kin__lane_workings[] = {
	[WORK_REST] = { "rest", TO(WORK_GATHERING) | TO(WORK_HELD) | TO(WORK_READY) },
	[WORK_GATHERING] = { "gathering", TO(WORK_REST) | TO(WORK_HELD) | TO(WORK_READY) },
	[WORK_HELD] = { "held", TO(WORK_REST) | TO(WORK_GATHERING) | TO(WORK_READY) | TO(WORK_WAITING) },
	[WORK_READY] = { "ready", TO(WORK_REST) | TO(WORK_HELD) | TO(WORK_INVOKING) | TO(WORK_SINKING) },
	[WORK_INVOKING] = { "invoking", AFTER_A_CALL },
	[WORK_SINKING] = { "sinking", AFTER_A_CALL },
	[WORK_WAITING] = { "waiting", TO(WORK_REST) | TO(WORK_GATHERING) | TO(WORK_HELD) | TO(WORK_READY) },
};

const struct kin__state_row kin__shard_writings[] = {
	[WRITE_REST] = { "rest", TO(WRITE_QUEUED) },
	[WRITE_QUEUED] = { "queued", TO(WRITE_FLYING) | TO(WRITE_REST) },
	[WRITE_FLYING] = { "flying", TO(WRITE_REST) | TO(WRITE_WAITING) | TO(WRITE_DOUBT) },
	[WRITE_WAITING] = { "waiting", TO(WRITE_QUEUED) | TO(WRITE_REST) },
	[WRITE_DOUBT] = { "doubt", TO(WRITE_REST) },
};
