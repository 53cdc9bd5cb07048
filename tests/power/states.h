/* The state of a window and the checkpoint behind it, on a disk that fails or loses power: the state is never older
 * than the checkpoint, and never torn. */
#define STATE_ROOM 6000

struct stating {
	struct kin_store store;
	bool open;
	unsigned put, stored; /* answered: the states and the checkpoints of turns up to here */
};

static size_t state_of(unsigned turn, char out[STATE_ROOM])
{
	size_t n = (size_t)snprintf(out, STATE_ROOM, "%u {", turn), room = 40 + turn * 1700 % 5000;

	for (; n < room; n++)
		out[n] = (char)('a' + (n + turn) % 26);
	return n;
}

static struct kin_lease state_item(unsigned turn, char number[32])
{
	snprintf(number, 32, "%u", turn);
	return (struct kin_lease){ .size = sizeof(struct kin_lease),
		                   .stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s",
		                   .shard_id = "x",
		                   .owner = "worker",
		                   .counter = turn,
		                   .checkpoint = number };
}

static int put_state(struct kin_store *store, unsigned turn)
{
	char state[STATE_ROOM], number[32];
	struct kin_lease item = state_item(turn, number);
	size_t n = state_of(turn, state);

	return store->put_state(store->user, "app", &item, turn - 1, state, n, &e);
}

/* As the consumer does it: the state, then the checkpoint; both again when one failed.  Turn 1 makes the item. */
static void state_turn(struct stating *stating, unsigned turn)
{
	char number[32];
	struct kin_lease item = state_item(turn, number);
	struct kin_store *store = &stating->store;
	int code = KIN_IO;

	for (int tries = 0; code != KIN_OK && !disk_is_cut() && tries < 100; tries++) {
		code = turn == 1 ? KIN_OK : put_state(store, turn);
		if (code == KIN_OK) {
			stating->put = turn;
			code = turn == 1 ? store->create(store->user, "app", &item, &e)
			                 : store->update(store->user, "app", &item, turn - 1, &e);
		}
		if (code != KIN_OK)
			failed_well(code, folder);
	}
	if (code == KIN_OK)
		stating->stored = turn;
	ck_assert_msg(code == KIN_OK || disk_is_cut(), "never written: %s", e.message);
}

enum { STATE_TURNS = 5 };

static void state_act(struct stating *stating, const struct wrong *wrong)
{
	char uri[128];
	struct play play = { .open = false };

	make_empty(folder);
	disk_watch(folder);
	snprintf(uri, sizeof uri, "file:%s/deep", folder);
	open_until(&play, uri);
	*stating = (struct stating){ .store = play.store, .open = play.open };
	arm(wrong);
	for (unsigned turn = 1; stating->open && turn <= STATE_TURNS && !disk_is_cut(); turn++)
		state_turn(stating, turn);
	if (stating->open)
		stating->store.close(stating->store.user);
}

struct state_seen {
	unsigned turn; /* 0: none */
};

static int see_state(void *into, const void *state, size_t n)
{
	struct state_seen *seen = into;
	char wanted[STATE_ROOM];

	for (seen->turn = 1; seen->turn <= STATE_TURNS + 1; seen->turn++)
		if (state_of(seen->turn, wanted) == n && memcmp(wanted, state, n) == 0)
			return 0;
	return KIN_BUG;
}

static unsigned look_state(struct kin_store *store, const char *when)
{
	struct state_seen seen = { 0 };
	char number[32];
	struct kin_lease item = state_item(1, number);
	int code = store->get_state(store->user, "app", &item, see_state, &seen, &e);

	ck_assert_msg(code == KIN_OK || code == KIN_NOT_FOUND, "%s: %s", when, e.message);
	return code == KIN_OK ? seen.turn : 0;
}

static void check_state_found(const struct stating *before, const char *path, const char *when)
{
	struct stating now = *before;
	char uri[128];
	unsigned state, item;

	snprintf(uri, sizeof uri, "file:%s/deep", path);
	ck_assert_msg(kin__store_open(&now.store, uri, "app", &e) == KIN_OK, "%s: %s", when, e.message);
	item = (unsigned)look(&now.store).of[0];
	state = look_state(&now.store, when);
	ck_assert_msg(item >= before->stored, "%s: item %u, answered %u", when, item, before->stored);
	ck_assert_msg(item <= 1 || state >= item, "%s: state %u is older than checkpoint %u", when, state,
	              item);
	ck_assert_msg(state >= (before->put > 1 ? before->put : 0), "%s: state %u, answered %u", when, state,
	              before->put);
	ck_assert_msg(state <= before->stored + 1 && item <= before->stored + 1, "%s: %u %u of the future",
	              when, state, item);
	if (item > 0) { /* and it goes on */
		ck_assert_msg(put_state(&now.store, item + 1) == KIN_OK, "%s: %s", when, e.message);
		ck_assert_uint_eq(look_state(&now.store, when), item + 1);
	}
	now.store.close(now.store.user);
	checked++;
}

static void check_states_found(const struct stating *stating, unsigned every)
{
	unsigned outcomes = disk_outcomes();

	disk_stop();
	for (unsigned i = checked % every; i < outcomes; i += every) {
		char when[80];

		make_empty(found);
		disk_restore(i, found);
		snprintf(when, sizeof when, "after '%.40s', outcome %u", disk_step_name(), i);
		check_state_found(stating, found, when);
	}
}

START_TEST(state_loses_power)
{
	struct stating stating;

	state_act(&stating, &(struct wrong){ 0 });
	unsigned steps = disk_steps();
	ck_assert_uint_ge(steps, 7 * STATE_TURNS);
	for (unsigned at = 1; at <= steps; at++) {
		state_act(&stating, &(struct wrong){ .cut = at });
		ck_assert(disk_is_cut());
		check_states_found(&stating, 1);
	}
	ck_assert_uint_ge(checked, 4 * steps);
	printf("state: %u steps, %u states found after a loss of power\n", steps, checked);
}
END_TEST

START_TEST(state_on_a_failing_disk)
{
	struct stating stating;

	state_act(&stating, &(struct wrong){ 0 });
	unsigned steps = disk_steps();
	for (unsigned at = 1; at <= steps; at++)
		for (int length = 0; length < LENGTHS; length++) {
			struct wrong wrong = { at, at + lengths[length] - 1, (enum disk_fault)_i, 0 };
			state_act(&stating, &wrong);
			disk_stop();
			ck_assert_uint_eq(stating.stored, STATE_TURNS);
			check_state_found(&stating, folder, disk_step_name());
			for (unsigned cut = at + 1 + at % 3; cut <= at + lengths[length] + 12; cut += 3) {
				wrong.cut = cut;
				state_act(&stating, &wrong);
				if (disk_is_cut())
					check_states_found(&stating, 8);
			}
		}
	ck_assert_uint_ge(checked, 10 * steps);
	printf("state, fault %d: %u states found after faults and a loss of power\n", _i, checked);
}
END_TEST
