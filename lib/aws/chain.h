/* aws/chain - where credentials, region, endpoint and the other settings of a client come from.
 *
 * Pure: the caller hands in what the code says, the environment's values and the files' texts.
 * Order for each setting: code, environment, profile, default.  The first source of credentials that is
 * configured decides; a configured source that cannot be used is an error, never skipped.
 */
#ifndef KIN_AWS_CHAIN_H
#define KIN_AWS_CHAIN_H
#include "aws/credentials.h"
#include "aws/endpoint.h"

enum { KIN__CHAIN_ATTEMPTS_DEFAULT = 3, KIN__CHAIN_ATTEMPTS_MAX = 1000 };

/* Said by the program.  Empty spans, 0 and -1 mean not said. */
struct kin__chain_code {
	struct kin__span access_key_id, secret_access_key, session_token, account_id;
	struct kin__span profile, region, endpoint_url, ca_bundle;
	uint32_t attempts_max;
	int use_fips, use_dualstack; /* -1 not said, 0, 1 */
	int account_mode;            /* -1 not said, or enum kin__account_mode */
};

/* The environment's values; an empty span is unset, for an empty variable counts as unset. */
struct kin__chain_environment {
	struct kin__span access_key_id, secret_access_key, session_token, account_id;
	struct kin__span profile, default_profile;
	struct kin__span region, default_region;
	struct kin__span endpoint_url_kinesis, endpoint_url, ignore_configured_endpoint_urls;
	struct kin__span max_attempts, ca_bundle, disable_clock_skew_correction;
	struct kin__span account_id_endpoint_mode, use_fips_endpoint, use_dualstack_endpoint;
	/* Sources that this version only names in its errors. */
	struct kin__span web_identity_token_file, container_relative_uri, container_full_uri;
};

/* A variable's name and where its value goes: the shell reads each row's variable into the struct. */
struct kin__chain_variable {
	const char *name;
	size_t offset; /* of a struct kin__span in struct kin__chain_environment */
};
extern const struct kin__chain_variable kin__chain_variables[];
extern const size_t kin__chain_variables_n;

struct kin__chain_input {
	struct kin__chain_code code;
	struct kin__chain_environment environment;
	struct kin__span config, credentials; /* the files' texts; empty when there is no such file */
};

struct kin__chain {
	struct kin__credentials credentials;
	char *region;       /* a valid host label */
	char *endpoint_url; /* NULL: the service's own; else it parses */
	char *ca_bundle;    /* NULL: the system's */
	uint32_t attempts_max;
	bool use_fips, use_dualstack, skew_correction;
	enum kin__account_mode account_mode;
};

void kin__chain_init(struct kin__chain *chain);
void kin__chain_fini(struct kin__chain *chain);
void kin__chain_code_init(struct kin__chain_code *code); /* nothing said */
/* Fills an _init-ed chain; on failure it holds nothing and the reason names what is missing and what to set.
 */
int kin__chain_resolve(const struct kin__chain_input *input, struct kin__chain *chain,
                       struct kin__reason *reason);
#endif
