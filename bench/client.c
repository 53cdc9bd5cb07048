/* bench/client - a client of the library for the server of a benchmark */
#include <kinstream.h>
#include "round.h"
#include "util.h"

static struct kin_client *open_client(const struct bench_case *what, int32_t wire)
{
	struct kin_client_options options;
	struct kin_client *client;
	struct kin_error error = { 0 };

	kin_client_options_init(&options);
	options.endpoint_url = what->url;
	options.region = "us-east-1";
	options.wire = wire;
	options.access_key_id = "AKIDEXAMPLEAKIDEXAMP";
	options.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
	if (what->ca_file[0])
		options.ca_bundle = what->ca_file;
	if (kin_client_open(&client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
	return client;
}

struct kin_client *bench_client(const struct bench_case *what)
{
	return open_client(what, KIN_WIRE_JSON);
}

struct kin_client *bench_client_cbor(const struct bench_case *what)
{
	return open_client(what, KIN_WIRE_CBOR);
}
