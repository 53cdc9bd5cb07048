/* base/md5 - see md5.h.  A message is hashed where it stands but for its last block or two, which are padded. */
#include <string.h>
#include "base/md5.h"
#include "base/md5_steps.h"
#include "base/md5_ways.h"

enum { BLOCK = KIN__MD5_BLOCK, LENGTH = 8 /* bytes of the length, at the end of the padding */ };

static uint32_t load(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void store(uint8_t *at, uint32_t word)
{
	at[0] = (uint8_t)word;
	at[1] = (uint8_t)(word >> 8);
	at[2] = (uint8_t)(word >> 16);
	at[3] = (uint8_t)(word >> 24);
}

/* --- one lane, everywhere ------------------------------------------------------------------ */

static void blocks(struct kin__md5_state *state, const uint8_t *const at[], size_t n)
{
	uint32_t a = state->word[0][0], b = state->word[1][0], c = state->word[2][0], d = state->word[3][0];
	uint32_t m[16];

	for (const uint8_t *from = at[0]; n > 0; n--, from += BLOCK) {
		const uint32_t a0 = a, b0 = b, c0 = c, d0 = d;

		for (int i = 0; i < 16; i++)
			m[i] = load(from + 4 * i);
		KIN__MD5_STEPS(KIN__MD5_STEP, a, b, c, d, m);
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	state->word[0][0] = a;
	state->word[1][0] = b;
	state->word[2][0] = c;
	state->word[3][0] = d;
}

const struct kin__md5_way kin__md5_portable = { "portable", 1, blocks };

/* --- messages in lanes ----------------------------------------------------------------------- */

struct lane {
	const uint8_t *at;
	size_t left;          /* blocks from there on */
	size_t last;          /* padded ones behind them */
	struct kin__md5 *out; /* NULL: nothing is in this lane */
	uint8_t pad[2 * BLOCK];
};

struct work {
	const struct kin__md5_way *way;
	const struct kin__span *messages;
	struct kin__md5 *out;
	size_t n; /* not yet in a lane */
	struct kin__md5_state state;
	struct lane lanes[KIN__MD5_LANES];
};

static void pad(struct lane *lane, const char *rest, size_t rest_n, uint64_t message_n)
{
	size_t end;

	lane->last = rest_n + 1 + LENGTH <= BLOCK ? 1 : 2;
	end = lane->last * BLOCK - LENGTH;
	memset(lane->pad, 0, BLOCK);
	if (lane->last == 2)
		memset(lane->pad + BLOCK, 0, BLOCK);
	if (rest_n > 0)
		memcpy(lane->pad, rest, rest_n);
	lane->pad[rest_n] = 0x80;
	store(lane->pad + end, (uint32_t)(message_n << 3));
	store(lane->pad + end + 4, (uint32_t)(message_n >> 29));
}

static void begin(struct work *work, uint32_t i)
{
	static const uint32_t first[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	struct lane *lane = &work->lanes[i];
	const struct kin__span *message = work->messages++;
	size_t rest_n = message->n % BLOCK;

	lane->at = (const uint8_t *)message->at;
	lane->left = message->n / BLOCK;
	lane->out = work->out++;
	work->n--;
	pad(lane, rest_n > 0 ? message->at + (message->n - rest_n) : NULL, rest_n, message->n);
	for (int k = 0; k < 4; k++)
		work->state.word[k][i] = first[k];
}

static void end(struct work *work, uint32_t i)
{
	struct lane *lane = &work->lanes[i];

	for (int k = 0; k < 4; k++)
		store(lane->out->at + 4 * k, work->state.word[k][i]);
	lane->out = NULL;
}

/* Sees to it that the lane has blocks, of the next message if need be; false: there is nothing left for it. */
static bool ready(struct work *work, uint32_t i)
{
	struct lane *lane = &work->lanes[i];

	while (!lane->out || lane->left == 0) {
		if (lane->out && lane->last > 0) {
			lane->at = lane->pad;
			lane->left = lane->last;
			lane->last = 0;
			continue;
		}
		if (lane->out)
			end(work, i);
		if (work->n == 0)
			return false;
		begin(work, i);
	}
	return true;
}

/* As many blocks as each lane has; 0: all is done.  A lane with nothing left does a neighbour's work again. */
static size_t ready_all(struct work *work, const uint8_t *at[static KIN__MD5_LANES])
{
	const uint8_t *any = NULL;
	size_t least = SIZE_MAX;

	for (uint32_t i = 0; i < work->way->lanes; i++) {
		at[i] = NULL;
		if (!ready(work, i))
			continue;
		at[i] = any = work->lanes[i].at;
		if (work->lanes[i].left < least)
			least = work->lanes[i].left;
	}
	for (uint32_t i = 0; i < work->way->lanes; i++)
		if (!at[i])
			at[i] = any;
	return any ? least : 0;
}

void kin__md5_many(const struct kin__md5_way *way, const struct kin__span *messages, size_t n,
                   struct kin__md5 *out)
{
	const uint8_t *at[KIN__MD5_LANES];
	struct work work;
	size_t blocks_n;

	work.way = way && n > 1 ? way : &kin__md5_portable;
	work.messages = messages;
	work.out = out;
	work.n = n;
	memset(&work.state, 0, sizeof work.state);
	for (uint32_t i = 0; i < work.way->lanes; i++)
		work.lanes[i].out = NULL;
	while ((blocks_n = ready_all(&work, at)) > 0) {
		work.way->blocks(&work.state, at, blocks_n);
		for (uint32_t i = 0; i < work.way->lanes; i++) {
			if (!work.lanes[i].out)
				continue;
			work.lanes[i].at += blocks_n * BLOCK;
			work.lanes[i].left -= blocks_n;
		}
	}
}
