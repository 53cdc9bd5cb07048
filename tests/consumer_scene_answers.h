/* Part of consumer_scene.h: what the shards, the store, the handler and the sink of a scene answer. */

static void answer_store(struct scene *s, const struct waiting *w, struct kin__consumer_event *event)
{
	static struct kin_lease leases[ITEMS];

	event->type = KIN__CONSUMER_WRITTEN;
	event->store_code = s->stores < KIN__ARRAY_LEN(s->store_codes) ? s->store_codes[s->stores++] : KIN_OK;
	if (w->type != KIN__CONSUMER_STORE_LIST) {
		if (event->store_code == KIN_OK)
			event->store_code = store_write(s, w, false);
		else if (s->store_after || s->store_half)
			store_write(s, w, s->store_half);
		return;
	}
	event->type = KIN__CONSUMER_LEASES;
	for (uint32_t i = 0; i < s->items_n; i++)
		leases[i] = (struct kin_lease){ .size = sizeof leases[i],
			                        .stream_arn = "arn:aws:kinesis:x:1:stream/s",
			                        .stream_created_ms = s->items[i].created_ms,
			                        .shard_id = s->items[i].shard,
			                        .owner = s->items[i].owner,
			                        .counter = s->items[i].counter,
			                        .checkpoint = s->items[i].checkpoint,
			                        .sub_sequence = s->items[i].sub,
			                        .timestamp_ms = s->items[i].timestamp_ms,
			                        .covered_ms = s->items[i].covered_ms,
			                        .parents = s->items[i].parents };
	event->leases.at = leases;
	event->leases.n = s->items_n;
}

static void answer_list(struct scene *s, struct kin__consumer_event *event)
{
	static struct kin__shard_info infos[SHARDS];

	event->type = KIN__CONSUMER_SHARDS;
	event->shards.at = infos;
	for (uint32_t i = 0; i < s->shards_n; i++)
		if (!s->shards[i].gone)
			infos[event->shards.n++] = (struct kin__shard_info){
				.id = s->shards[i].id,
				.parent = s->shards[i].parent,
				.adjacent_parent = s->shards[i].adjacent,
				.first_sequence = "1",
				.first_hash = { 0, i * 1000 },
				.last_hash = { 0, i * 1000 + 100 },
				.last_sequence = s->shards[i].closed ? "9" : NULL
			};
}

static void answer_iterator(struct scene *s, const struct waiting *w, struct kin__consumer_event *event)
{
	struct shard *shard = scene_find(s, kin__consumer_shard_id(s->consumer, w->shard));
	uint32_t at = shard->horizon;

	event->type = KIN__CONSUMER_ITERATOR;
	if (shard->gone)
		event->verdict = KIN__NOT_FOUND;
	if (w->position == KIN__AFTER_SEQUENCE_NUMBER && (uint32_t)atoi(w->sequence + 1) + 1 > at)
		at = (uint32_t)atoi(w->sequence + 1) + 1;
	while (at > 0 && at < shard->n && shard->records[at].sub_sequence > 0)
		at++; /* the service knows no records in records */
	if (w->position == KIN__AT_SEQUENCE_NUMBER && (uint32_t)atoi(w->sequence + 1) > at)
		at = (uint32_t)atoi(w->sequence + 1);
	if (w->position <= KIN__AFTER_SEQUENCE_NUMBER && w->sequence[0] != '1')
		event->verdict = KIN__INVALID_ARGUMENT;
	if (w->position == KIN__ITERATOR_LATEST)
		at = shard->n;
	while (w->position == KIN__ITERATOR_AT_TIMESTAMP && at < shard->n &&
	       shard->records[at].arrival_ms < w->timestamp_ms)
		at++;
	if (event->verdict == KIN__DONE)
		s->at[w->shard] = at;
}

static void answer_page(struct scene *s, const struct waiting *w, struct kin__consumer_event *event)
{
	struct shard *shard = scene_find(s, kin__consumer_shard_id(s->consumer, w->shard));
	uint32_t at = s->at[w->shard] < shard->horizon ? shard->horizon : s->at[w->shard], n = 0, numbers = 0,
		 page = 0;

	event->type = KIN__CONSUMER_PAGE;
	if (shard->gone)
		event->verdict = KIN__NOT_FOUND;
	if (event->verdict != KIN__DONE)
		return;
	/* What arrives later is not there yet; an aggregate counts as one, and comes as a whole. */
	while (at + n < shard->n &&
	       (shard->records[at + n].sub_sequence > 0 ||
	        (numbers < shard->page_max && numbers < w->limit &&
	         shard->records[at + n].arrival_ms <= NOW_MS + (int64_t)(s->now_us / 1000))))
		numbers += shard->records[at + n++].sub_sequence == 0;
	while (s->pages[page].id)
		MUST(++page < PAGES, "too many pages are held for a scene");
	s->pages[page].id = event->page.id = ++s->page_serial;
	s->pages[page].first = at;
	s->pages[page].n = n;
	s->pages_held++;
	memcpy(s->pages[page].records, shard->records + at, n * sizeof *shard->records);
	event->page.records = s->pages[page].records;
	event->page.left_out = shard->left_out + at;
	event->page.lanes = s->set.parallelization_factor > 1 && !s->no_lanes ? shard->lanes + at : NULL;
	event->page.count = n;
	event->page.bytes = 100 + 100 * n;
	event->page.payload_bytes = 1000 * n;
	event->page.array_bytes = 10 * n;
	s->at[w->shard] = at + n;
	event->page.ended = shard->closed && at + n == shard->n && !(s->late_end && n > 0);
	if (at + n < shard->n && shard->records[at + n].arrival_ms <= NOW_MS + (int64_t)(s->now_us / 1000))
		event->page.behind_ms =
				NOW_MS + (int64_t)(s->now_us / 1000) - shard->records[at + n].arrival_ms + 1;
	if (s->no_behind)
		event->page.behind_ms = -1;
}

static void answer_call(struct scene *s, const struct waiting *w, struct kin__consumer_event *event)
{
	uint32_t turn = s->calls++;

	event->type = KIN__CONSUMER_HANDLED;
	event->handled.fail_at = UINT32_MAX;
	if (s->script_n > 0) {
		const struct verdict *v = &s->script[turn < s->script_n ? turn : s->script_n - 1];

		event->handled.code = v->code;
		event->handled.fail_at = v->code == KIN_OK && v->fail_at == 0 ? UINT32_MAX : v->fail_at;
		if (v->fail_at == 999)
			event->handled.fail_at = 0;
		event->handled.answered = v->answered;
		event->handled.stop = v->stop;
	}
	for (uint32_t i = w->count; i-- > 0;)
		if (s->poison >> w->which[i] & 1) {
			event->handled.code = s->report ? KIN_OK : KIN_FAILED;
			event->handled.fail_at = i;
		}
	if (scene_find(s, kin__consumer_shard_id(s->consumer, w->shard))->sick)
		event->handled.code = KIN_FAILED;
	if (w->window.there)
		answer_window(s, w, turn, event);
	if (event->handled.code != KIN_OK)
		say(s, event->handled.code == KIN_BUSY ? "B" : event->handled.answered ? "A" : "E");
	else if (event->handled.fail_at < w->count)
		say(s, "P%u", event->handled.fail_at);
	else if (w->window.there && !w->window.final && event->handled.state_bytes == 0)
		say(s, "N");
}

static void scene_answer(struct scene *s, struct waiting *w)
{
	struct kin__consumer_event event = { .id = w->id };
	struct waiting asked = *w;
	bool api = w->type == KIN__CONSUMER_DESCRIBE || w->type == KIN__CONSUMER_LIST_SHARDS ||
	           w->type == KIN__CONSUMER_GET_ITERATOR || w->type == KIN__CONSUMER_FETCH;

	w->used = false;
	if (api && s->requests < KIN__ARRAY_LEN(s->verdicts))
		event.verdict = s->verdicts[s->requests++];
	if (w->type == KIN__CONSUMER_DESCRIBE) {
		event.type = KIN__CONSUMER_DESCRIBED;
		event.summary = (struct kin__stream_summary){ .name = "s",
			                                      .arn = "arn:aws:kinesis:x:1:stream/s",
			                                      .created_ms = s->created_ms,
			                                      .retention_ms = s->retention_ms,
			                                      .status = s->status };
	} else if (w->type == KIN__CONSUMER_LIST_SHARDS) {
		answer_list(s, &event);
	} else if (w->type == KIN__CONSUMER_GET_ITERATOR) {
		answer_iterator(s, &asked, &event);
	} else if (w->type == KIN__CONSUMER_FETCH) {
		s->no_clock = s->no_clock && (s->date_us == 0 || s->now_us < s->date_us);
		answer_page(s, &asked, &event);
	} else if (w->type == KIN__CONSUMER_INVOKE) {
		answer_call(s, &asked, &event);
	} else if (w->type == KIN__CONSUMER_SINK) {
		event.type = KIN__CONSUMER_SUNK;
		event.store_code =
				s->sinks < KIN__ARRAY_LEN(s->sink_codes) ? s->sink_codes[s->sinks++] : KIN_OK;
		if (event.store_code != KIN_OK)
			say(s, "!");
	} else if (w->type == KIN__CONSUMER_STORE_STATE) {
		answer_state(s, &asked, &event);
	} else {
		answer_store(s, &asked, &event);
	}
	if (event.verdict != KIN__DONE || event.store_code != KIN_OK)
		event.error = s->why;
	scene_step(s, &event);
}
