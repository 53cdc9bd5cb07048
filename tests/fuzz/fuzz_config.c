/* A configuration file, and the options that come of it. */
#include "fuzz.h"
#include <kinstream.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kin_consumer_options consumer;
	struct kin_producer_options producer;
	struct kin_client_options client;
	struct kin_config *config;
	struct kin_error error = { 0 };

	if (kin_config_new(&config, &error) != KIN_OK)
		return 0;
	int code = kin_config_read(config, fuzz_file(data, size), &error);
	FUZZ_CHECK(code == KIN_OK || error.message[0]);
	if (code == KIN_OK) {
		kin_consumer_options_init(&consumer);
		kin_producer_options_init(&producer);
		kin_client_options_init(&client);
		FUZZ_CHECK(kin_consumer_options_apply(&consumer, config, &error) == KIN_OK);
		FUZZ_CHECK(kin_producer_options_apply(&producer, config, &error) == KIN_OK);
		FUZZ_CHECK(kin_client_options_apply(&client, config, &error) == KIN_OK);
	}
	kin_config_free(config);
	fuzz_file_close();
	return 0;
}
