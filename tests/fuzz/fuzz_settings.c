/* The config file, the credentials file and the name of a profile, divided by a byte 0: what a client would use. */
#include "aws/chain.h"
#include "aws/profile.h"
#include "fuzz.h"
#include "wire/ini.h"

/* Each section is opened before its keys. */
static bool opened(const struct kin__ini_entry *first, const struct kin__ini_entry *entry)
{
	for (; first != entry; first = first->next)
		if (first->key.n == 0 && kin__span_same(first->section, entry->section))
			return true;
	return entry->key.n == 0;
}

static void all_entries(struct kin__span file)
{
	struct kin__ini_entry *first;
	struct kin__arena arena;

	kin__arena_init(&arena);
	if (kin__ini_parse(&arena, file.at, file.n, &first) == 0)
		for (const struct kin__ini_entry *entry = first; entry; entry = entry->next) {
			FUZZ_CHECK(!entry->value.at || entry->value.at[entry->value.n] == 0);
			FUZZ_CHECK(opened(first, entry));
		}
	kin__arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct kin__span rest = { copy, size };
	struct kin__chain_input input = { .config = fuzz_part(&rest), .credentials = fuzz_part(&rest) };
	struct kin__profile profile;
	struct kin__reason reason = { "" };
	struct kin__chain chain;

	all_entries(input.config);
	kin__profile_init(&profile);
	if (kin__profile_load(&profile, input.config, input.credentials, rest, &reason) == KIN__AWS_OK) {
		kin__profile_get(&profile, "region");
		kin__profile_nested(&profile, "s3", "addressing_style");
		kin__profile_service(&profile, "kinesis", "endpoint_url");
	} else {
		FUZZ_CHECK(reason.text[0]);
	}
	kin__profile_fini(&profile);

	reason.text[0] = 0;
	kin__chain_code_init(&input.code);
	input.code.profile = rest;
	kin__chain_init(&chain);
	int code = kin__chain_resolve(&input, &chain, &reason);
	FUZZ_CHECK(code == KIN__AWS_OK ? kin__credentials_present(&chain.credentials) && chain.region
	                               : reason.text[0] && !kin__credentials_present(&chain.credentials));
	if (code != KIN__AWS_OK && kin__span_trim(input.credentials).n > 0)
		FUZZ_CHECK(!chain.region);
	kin__chain_fini(&chain);
	free(copy);
	return 0;
}
