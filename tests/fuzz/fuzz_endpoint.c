/* URL, region, ARN and account, divided by bytes 0: the endpoint of a call. */
#include "aws/arn.h"
#include "aws/endpoint.h"
#include "fuzz.h"
#include "kinesis/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct kin__span rest = { copy, size };
	struct kin__endpoint_input input = { .url = fuzz_part(&rest),
		                             .region = fuzz_part(&rest),
		                             .arn = fuzz_part(&rest),
		                             .account_id = fuzz_part(&rest),
		                             .fips = rest.n & 1,
		                             .dualstack = rest.n & 2,
		                             .account_mode = (enum kin__account_mode)(rest.n % 3) };
	struct kin__reason reason = { "" };
	struct kin__endpoint endpoint;
	struct kin__url url, again;
	struct kin__arn arn;

	if (kin__url_parse(input.url, &url, &reason) == KIN__AWS_OK)
		FUZZ_CHECK(url.host.n > 0 && url.port > 0);
	kin__arn_parse(input.arn, &arn);
	kin__limits_stream(input.arn, &reason);
	if (kin__endpoint_resolve(&input, &endpoint, &reason) == KIN__AWS_OK) {
		FUZZ_CHECK(strlen(endpoint.host) > 0 && strlen(endpoint.signing_region) > 0);
		size_t n = strlen(endpoint.url);
		FUZZ_CHECK(n > 0 && endpoint.url[n - 1] == '/');
		FUZZ_CHECK(kin__url_parse(kin__span(endpoint.url, n - 1), &again, &reason) == KIN__AWS_OK);
		FUZZ_CHECK(again.port == endpoint.port && again.tls == endpoint.tls);
	} else {
		FUZZ_CHECK(reason.text[0]);
	}
	free(copy);
	return 0;
}
