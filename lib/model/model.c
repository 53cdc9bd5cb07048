#include "base/mem.h"
#include "model/state.h"

void kin__model_options_init(struct kin__model_options *options)
{
	*options = (struct kin__model_options){
		.iterator_ttl_ms = 300000,
		.retention_ms = 86400000,
		.record_bytes_max = 1048576,
		.request_bytes_max = 5242880,
	};
}

struct kin__model *kin__model_new(const struct kin__model_options *options)
{
	struct kin__model *model = kin__mem_zalloc(sizeof *model);

	if (!model)
		return NULL;
	model->set = *options;
	model->region = kin__mem_text(options->region ? options->region : "us-east-1");
	model->account = kin__mem_text(options->account ? options->account : "000000000000");
	model->set.region = model->region;
	model->set.account = model->account;
	model->rng.state = options->seed;
	model->secret = kin__rng_next(&model->rng);
	model->last_created_ms = -1;
	model->last_created_s = -1;
	kin__faults_init(&model->faults);
	if (!model->region || !model->account) {
		kin__model_free(model);
		return NULL;
	}
	return model;
}

void kin__model_free(struct kin__model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->streams_n; i++)
		kin__stream_free(model->streams[i]);
	kin__mem_free(model->streams);
	kin__faults_fini(&model->faults);
	kin__mem_free(model->region);
	kin__mem_free(model->account);
	kin__mem_free(model);
}

struct kin__faults *kin__model_faults(struct kin__model *model)
{
	return &model->faults;
}

struct kin__rng *kin__model_rng(struct kin__model *model)
{
	return &model->rng;
}

static struct kin__model_shard *find_aged(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                                          struct kin__span id)
{
	struct kin__model_stream *found = kin__stream_find(model, now_ms, stream);
	struct kin__model_shard *shard = found ? kin__shard_find(found, id) : NULL;

	if (shard)
		kin__shard_age(shard, now_ms);
	return shard;
}

size_t kin__model_trim(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                       struct kin__span shard, size_t n)
{
	struct kin__model_shard *found = find_aged(model, now_ms, stream, shard);

	return found ? kin__shard_drop(found, n) : 0;
}

bool kin__model_set_retention(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                              int64_t retention_ms)
{
	struct kin__model_stream *found = kin__stream_find(model, now_ms, stream);

	if (found)
		found->retention_ms = retention_ms;
	return found != NULL;
}

bool kin__model_set_on_demand(struct kin__model *model, int64_t now_ms, struct kin__span stream)
{
	struct kin__model_stream *found = kin__stream_find(model, now_ms, stream);

	if (found)
		found->on_demand = true;
	return found != NULL;
}

bool kin__model_set_distributed(struct kin__model *model, int64_t now_ms, struct kin__span stream)
{
	struct kin__model_stream *found = kin__stream_find(model, now_ms, stream);

	if (found)
		found->distributed = true;
	return found != NULL;
}

size_t kin__model_count(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                        struct kin__span shard)
{
	struct kin__model_shard *found = find_aged(model, now_ms, stream, shard);

	return found ? found->n : 0;
}

bool kin__model_peek(struct kin__model *model, struct kin__span stream, struct kin__span shard, size_t i,
                     struct kin__model_record *out)
{
	struct kin__model_page page = { 0 };

	for (size_t s = 0; s < model->streams_n; s++)
		if (kin__span_is(stream, model->streams[s]->name) ||
		    kin__span_is(stream, model->streams[s]->arn))
			page.shard = kin__shard_find(model->streams[s], shard);
	if (!page.shard || i >= page.shard->n)
		return false;
	kin__model_page_record(&page, i, out);
	return true;
}
