/* A part of consumer_scene.h: tumbling windows on the stage.  States count records; what the store keeps of them stands
 * beside its items. */
#ifndef CONSUMER_SCENE_WINDOWS_H
#define CONSUMER_SCENE_WINDOWS_H

static void take_kept(struct scene *s, struct waiting *w, const struct kin__consumer_effect *fx)
{
	w->kept.there = fx->store.kept != NULL;
	if (!w->kept.there)
		return;
	w->kept.at = *fx->store.kept;
	w->kept.counted = fx->store.fresh ? 0 : s->states[fx->shard].counted;
	w->kept.bytes = fx->store.fresh ? 2 : s->states[fx->shard].bytes;
	if (s->log_store && w->kept.at.open)
		say(s, " %s+{%u}", fx->store.lease.shard_id, w->kept.counted);
	else if (s->log_store)
		say(s, " %s+closed", fx->store.lease.shard_id);
}

/* Of a call with a window: where the window begins, in seconds, and how many records its state has counted. */
static void say_window(struct scene *s, struct waiting *w, const struct kin__call_window *window)
{
	w->window = *window;
	if (!window->there)
		return;
	MUST(window->start_ms % 1000 == 0, "a window that begins at %ld", (long)window->start_ms);
	if (window->final)
		say(s, "%s", window->terminated_early ? "early" : "final");
	say(s, " @%d ", (int)((window->start_ms - NOW_MS) / 1000));
	w->kept.counted = window->fresh ? 0 : s->states[w->shard].counted;
	say(s, window->fresh ? "{}" : "{%u}", w->kept.counted);
}

/* half: only what is kept beside the item. */
static int store_write(struct scene *s, const struct waiting *w, bool half)
{
	struct item *item = scene_item_of(s, w->item.shard, w->item.created_ms);

	if (w->type == KIN__CONSUMER_STORE_CREATE) {
		if (item)
			return KIN_EXISTS;
		ck_assert_uint_lt(s->items_n, ITEMS);
		item = &s->items[s->items_n++];
		item->kept.there = false;
	} else if (!item || item->counter != w->expected) {
		return KIN_LOST;
	}
	if (w->type == KIN__CONSUMER_STORE_REMOVE) {
		*item = s->items[--s->items_n];
		return KIN_OK;
	}
	struct kept kept = w->kept.there ? w->kept : item->kept;
	if (half)
		item->kept = kept;
	else
		*item = w->item;
	item->kept = kept;
	return KIN_OK;
}

static void answer_state(struct scene *s, const struct waiting *w, struct kin__consumer_event *event)
{
	static char text[4096];
	static struct kin__kept kept;
	const struct item *item = scene_item_of(s, w->item.shard, w->item.created_ms);

	event->type = KIN__CONSUMER_STATE_READ;
	event->store_code = s->stores < KIN__ARRAY_LEN(s->store_codes) ? s->store_codes[s->stores++] : KIN_OK;
	if (event->store_code == KIN_OK && !item->kept.there)
		event->store_code = KIN_NOT_FOUND;
	if (event->store_code != KIN_OK)
		return;
	kept = item->kept.at;
	kept.state = kin__span(text, (size_t)item->kept.bytes);
	event->kept.at = &kept;
	s->states[w->shard].counted = item->kept.counted;
	s->states[w->shard].bytes = item->kept.bytes;
}

/* The state counts the records that are done. */
static void answer_window(struct scene *s, const struct waiting *w, uint32_t turn,
                          struct kin__consumer_event *event)
{
	const struct verdict *v =
			s->script_n > 0 ? &s->script[turn < s->script_n ? turn : s->script_n - 1] : NULL;
	uint32_t done = event->handled.fail_at < w->count ? event->handled.fail_at : w->count;

	if (event->handled.code != KIN_OK || (v && v->no_state))
		return;
	event->handled.state_bytes = v && v->state_bytes ? v->state_bytes : 10;
	if (w->window.final || done == 0)
		return;
	s->states[w->shard].counted = w->kept.counted + done;
	s->states[w->shard].bytes = event->handled.state_bytes;
}
#endif
