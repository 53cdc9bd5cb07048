/* aws/endpoint - which host a Kinesis call goes to, and for which region and service it is signed.
 *
 * Pure; the answer is a plain struct without pointers.  A region becomes part of a host name only after
 * it was checked to be one host label, an account only when it is twelve digits.
 */
#ifndef KIN_AWS_ENDPOINT_H
#define KIN_AWS_ENDPOINT_H
#include "aws/url.h"

enum kin__endpoint_class { KIN__ENDPOINT_DATA, KIN__ENDPOINT_CONTROL };
enum kin__account_mode { KIN__ACCOUNT_PREFERRED, KIN__ACCOUNT_DISABLED, KIN__ACCOUNT_REQUIRED };

struct kin__endpoint_input {
	struct kin__span region;
	bool fips, dualstack;
	struct kin__span url; /* override; empty: none */
	struct kin__span arn; /* StreamARN, ConsumerARN or ResourceARN of the call; empty: none */
	enum kin__endpoint_class class_;
	struct kin__span account_id; /* of the credentials; empty: not known */
	enum kin__account_mode account_mode;
};

struct kin__endpoint {
	bool tls;
	uint16_t port;  /* effective */
	char host[264]; /* as the Host header has it: with the port when it is not the scheme's own */
	char path[256]; /* base path of an override, "" or "/x": stands before "/" of the request */
	char url[640];  /* scheme://host/path/ complete, for the HTTP library */
	char signing_region[64];
	const char *signing_name; /* static text: "kinesis" */
};

int kin__endpoint_resolve(const struct kin__endpoint_input *input, struct kin__endpoint *endpoint,
                          struct kin__reason *reason);
bool kin__endpoint_region_valid(struct kin__span region); /* one host label: letters, digits, '-', 1 to 63 */
#endif
