/* api/options_client - the options of kin_client. */
#include <kinstream/client.h>
#define OBJECT "client"
#define STRUCT struct kin_client_options
#include "api/options_rows.h"

static const char *const log_levels[] = { "none", "error", "warn", "info", "debug", "trace", NULL };

static const char *const wires[] = { "json", "cbor", NULL };

static const struct kin_client_options defaults = {
	.size = sizeof defaults,
	.connections_max = 32,
	.connect_timeout_ms = 3100,
	.request_timeout_ms = 30000,
	.call_timeout_ms = 120000,
	.log_level = KIN_LOG_WARN,
	.tls_verify = true,
	.wire = KIN_WIRE_JSON,
};

static const struct kin__options_row rows[] = {
	ROW_TEXT(region, "region", "Region",
	         "The AWS region; unset: AWS_REGION, AWS_DEFAULT_REGION, the profile's."),
	ROW_TEXT(endpoint_url, "endpoint_url", NULL,
	         "The URL all requests go to; unset: AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, the "
	         "profile's, "
	         "the region's own."),
	ROW_TEXT(profile, "profile", NULL,
	         "The section of the shared AWS files to take settings and credentials from; unset: "
	         "AWS_PROFILE, "
	         "\"default\"."),
	ROW_TEXT(access_key_id, "access_key_id", NULL,
	         "The access key; unset: the environment's, then the shared AWS files'."),
	ROW_TEXT(secret_access_key, "secret_access_key", NULL, "The secret that belongs to access_key_id."),
	ROW_TEXT(session_token, "session_token", NULL,
	         "The session token that belongs to temporary credentials; unset: none."),
	ROW_TEXT(ca_bundle, "ca_bundle", NULL,
	         "A PEM file of certificate authorities to trust; unset: AWS_CA_BUNDLE, the system's."),
	ROW_NUMBER(U32, connections_max, "connections_max", "connections", 32, 1, 1000, "MaxConnections", 1,
	           "Connections the client keeps and uses at once."),
	ROW_NUMBER(U32, connect_timeout_ms, "connect_timeout_ms", "ms", 3100, 1, 600000, "ConnectTimeout", 1,
	           "The longest wait for a connection, name look-up and TLS included."),
	ROW_NUMBER(U32, request_timeout_ms, "request_timeout_ms", "ms", 30000, 1, 600000, "RequestTimeout", 1,
	           "The longest wait for the answer to one attempt, connecting included."),
	ROW_NUMBER(U32, call_timeout_ms, "call_timeout_ms", "ms", 120000, 1, 3600000, NULL, 1,
	           "The longest a call may take with all its attempts."),
	ROW_NUMBER(U32, max_attempts, "max_attempts", "attempts", 0, 0, 100, NULL, 1,
	           "Attempts of one call, the first included; 0: AWS_MAX_ATTEMPTS, the profile's, 3."),
	ROW_CHOICE(log_level, "log_level", "warn", "none|error|warn|info|debug|trace", log_levels, NULL,
	           "How much is told to the log function."),
	ROW_BOOL(tls_verify, "tls_verify", true, NULL,
	         "Whether certificates are verified; false accepts any, and is for tests only."),
	ROW_BOOL(use_fips_endpoint, "use_fips_endpoint", false, NULL,
	         "Whether to use the region's FIPS endpoint; false leaves it to AWS_USE_FIPS_ENDPOINT and "
	         "the profile."),
	ROW_BOOL(use_dualstack_endpoint, "use_dualstack_endpoint", false, NULL,
	         "Whether to use the region's endpoint with IPv6; false leaves it to "
	         "AWS_USE_DUALSTACK_ENDPOINT and "
	         "the profile."),
	ROW_CHOICE(wire, "wire", "json", "json|cbor", wires, NULL,
	           "How requests are written: JSON, which every endpoint takes, or CBOR, a quarter less."),
};

const struct kin__options_table kin__options_client = ROWS_TABLE("kin_client_options_init", log_user);

void kin_client_options_init_sized(struct kin_client_options *options, size_t size)
{
	kin__options_init(&kin__options_client, options, size);
}

int kin_client_options_apply(struct kin_client_options *options, const struct kin_config *config,
                             struct kin_error *error)
{
	return kin__options_apply(&kin__options_client, options, config, error);
}
