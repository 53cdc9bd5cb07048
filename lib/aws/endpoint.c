#include "aws/endpoint.h"
#include "base/check.h"
#include "aws/arn.h"

enum { ACCOUNT_DIGITS = 12, REGION_MAX = 63 };

struct partition {
	const char *name, *prefixes; /* region = prefix-word-digits, or name-global */
	const char *suffix, *dual_suffix;
	bool account_hosts;
};

/* The first that matches counts; a region that none matches is in "aws". */
static const struct partition partitions[] = {
	{ "aws", "us eu ap sa ca me af il mx", "amazonaws.com", "api.aws", true },
	{ "aws-cn", "cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", true },
	{ "aws-eusc", "eusc-de", "amazonaws.eu", "api.amazonwebservices.eu", true },
	{ "aws-iso", "us-iso", "c2s.ic.gov", "api.aws.ic.gov", false },
	{ "aws-iso-b", "us-isob", "sc2s.sgov.gov", "api.aws.scloud", false },
	{ "aws-iso-e", "eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", true },
	{ "aws-iso-f", "us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov", true },
	{ "aws-us-gov", "us-gov", "amazonaws.com", "api.aws", true },
};

static const struct kin__span none = { NULL, 0 };

static bool digits(struct kin__span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.n > 0;
}

bool kin__endpoint_region_valid(struct kin__span region)
{
	if (region.n == 0 || region.n > REGION_MAX || region.at[0] == '-' || region.at[region.n - 1] == '-')
		return false;
	for (size_t i = 0; i < region.n; i++) {
		char c = region.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* prefix-word-digits */
static bool fits(struct kin__span region, struct kin__span prefix)
{
	struct kin__span word, number;

	if (region.n <= prefix.n || memcmp(region.at, prefix.at, prefix.n) != 0 || region.at[prefix.n] != '-')
		return false;
	number = kin__span_cut(kin__span(region.at + prefix.n + 1, region.n - prefix.n - 1), '-', &word);
	return word.n > 0 && digits(number);
}

static bool belongs(struct kin__span region, const struct partition *partition)
{
	struct kin__span prefixes = kin__span_text(partition->prefixes), prefix;
	size_t n = strlen(partition->name);

	if (region.n > n && memcmp(region.at, partition->name, n) == 0 &&
	    kin__span_is(kin__span(region.at + n, region.n - n), "-global"))
		return true;
	while (prefixes.n > 0) {
		prefixes = kin__span_cut(prefixes, ' ', &prefix);
		if (fits(region, prefix))
			return true;
	}
	return false;
}

static const struct partition *partition_of(struct kin__span region)
{
	for (size_t i = 0; i < KIN__ARRAY_LEN(partitions); i++)
		if (belongs(region, &partitions[i]))
			return &partitions[i];
	return &partitions[0];
}

/* A text in a fixed array; too long sets `full` and the answer is refused. */
struct line {
	char *at;
	size_t n, room;
	bool full;
};

static void add(struct line *line, struct kin__span text)
{
	if (line->room - line->n <= text.n) {
		line->full = true;
		return;
	}
	if (text.n)
		memcpy(line->at + line->n, text.at, text.n);
	line->n += text.n;
	line->at[line->n] = 0;
}

static void add_text(struct line *line, const char *text)
{
	add(line, kin__span_text(text));
}

static void add_number(struct line *line, uint32_t value)
{
	char text[10];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	add(line, kin__span(text + at, sizeof(text) - at));
}

/* Complete URL: scheme://host/path/ */
static bool finish(struct kin__endpoint *endpoint, const struct kin__endpoint_input *input, bool full,
                   struct kin__reason *reason)
{
	struct line url = { endpoint->url, 0, sizeof(endpoint->url), false };

	add_text(&url, endpoint->tls ? "https://" : "http://");
	add_text(&url, endpoint->host);
	add_text(&url, endpoint->path);
	add_text(&url, "/");
	memcpy(endpoint->signing_region, input->region.at, input->region.n);
	endpoint->signing_region[input->region.n] = 0;
	endpoint->signing_name = "kinesis";
	if (!full && !url.full)
		return true;
	kin__reason_say(reason, "endpoint \"%1\" is too long: host at most 253 bytes, path at most 255",
	                kin__span_text(endpoint->host), none, none);
	return false;
}

static bool own_url(const struct kin__endpoint_input *input, struct kin__endpoint *endpoint,
                    struct kin__reason *reason)
{
	struct line host = { endpoint->host, 0, sizeof(endpoint->host), false };
	struct line path = { endpoint->path, 0, sizeof(endpoint->path), false };
	struct kin__url url;

	if (input->fips || input->dualstack) {
		kin__reason_say(reason,
		                "endpoint URL \"%1\" cannot be combined with %2 endpoints: take one of them "
		                "away",
		                input->url, kin__span_text(input->fips ? "FIPS" : "dual-stack"), none);
		return false;
	}
	if (kin__url_parse(input->url, &url, reason) < 0)
		return false;
	endpoint->tls = url.tls;
	endpoint->port = url.port;
	add(&host, url.host);
	if (url.port != (url.tls ? 443 : 80)) {
		add_text(&host, ":");
		add_number(&host, url.port);
	}
	add(&path, url.path);
	return finish(endpoint, input, host.full || path.full, reason);
}

static bool refuse_arn(struct kin__reason *reason, struct kin__span arn, const char *why,
                       struct kin__span value)
{
	kin__reason_say(reason, why, arn, value, none);
	return false;
}

static bool is_stream(struct kin__span resource)
{
	size_t n = strlen("stream/");

	return resource.n > n && memcmp(resource.at, "stream/", n) == 0 && resource.at[n] != '/';
}

/* A channel's host begins with its id, which is the last part of its name. */
static bool channel_id(struct kin__span resource, struct kin__span *id)
{
	size_t n = strlen("channel/");

	if (resource.n <= n || memcmp(resource.at, "channel/", n) != 0)
		return false;
	for (size_t i = n; i < resource.n; i++)
		if (resource.at[i] == '/')
			n = i + 1;
	*id = kin__span(resource.at + n, resource.n - n);
	return kin__endpoint_region_valid(*id); /* a label of a host, as a region is */
}

static bool arn_account(const struct kin__endpoint_input *input, const struct partition *partition,
                        struct kin__span *account, struct kin__reason *reason)
{
	struct kin__arn arn;

	if (!kin__arn_parse(input->arn, &arn))
		return refuse_arn(reason, input->arn,
		                  "\"%1\" is not an ARN; a stream's is "
		                  "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME",
		                  none);
	if (!kin__span_is(arn.service, "kinesis"))
		return refuse_arn(reason, input->arn, "ARN \"%1\" is of service \"%2\", not kinesis",
		                  arn.service);
	if (!kin__span_same(arn.region, input->region))
		return refuse_arn(reason, input->arn,
		                  "ARN \"%1\" is not of the client's region \"%2\": use a client of the "
		                  "ARN's region",
		                  input->region);
	if (!kin__span_is(arn.partition, partition->name))
		return refuse_arn(reason, input->arn,
		                  "ARN \"%1\" is not of partition \"%2\", to which the region belongs",
		                  kin__span_text(partition->name));
	if (arn.account.n != ACCOUNT_DIGITS || !digits(arn.account))
		return refuse_arn(reason, input->arn,
		                  "ARN \"%1\" has account \"%2\", which is not twelve digits", arn.account);
	*account = arn.account;
	if (is_stream(arn.resource) || channel_id(arn.resource, account))
		return true;
	return refuse_arn(reason, input->arn, "ARN \"%1\" names \"%2\", not a stream: stream/NAME",
	                  arn.resource);
}

/* *account: the account, or a channel's id, to prefix the host with, or empty. */
static bool choose_account(const struct kin__endpoint_input *input, const struct partition *partition,
                           struct kin__span *account, struct kin__reason *reason)
{
	*account = none;
	if (input->arn.n > 0) {
		bool found = arn_account(input, partition, account, reason);

		if (!partition->account_hosts)
			*account = none;
		return found;
	} else if (input->account_mode == KIN__ACCOUNT_DISABLED) {
		return true;
	} else if (input->account_mode == KIN__ACCOUNT_REQUIRED && !partition->account_hosts) {
		kin__reason_say(reason,
		                "account endpoints are required, but region \"%1\" of partition %2 has none: "
		                "set the "
		                "account endpoint mode to preferred or disabled",
		                input->region, kin__span_text(partition->name), none);
		return false;
	} else if (input->account_id.n > 0) {
		*account = input->account_id;
	} else if (input->account_mode == KIN__ACCOUNT_REQUIRED) {
		kin__reason_text(reason,
		                 "account endpoints are required, but the credentials have no account id: "
		                 "set AWS_ACCOUNT_ID, or the account endpoint mode to preferred");
		return false;
	}
	if (!partition->account_hosts)
		*account = none;
	if (account->n == 0 || (account->n == ACCOUNT_DIGITS && digits(*account)))
		return true;
	kin__reason_say(reason, "account id \"%1\" is not twelve digits", *account, none, none);
	return false;
}

static bool own_host(const struct kin__endpoint_input *input, struct kin__endpoint *endpoint,
                     struct kin__reason *reason)
{
	const struct partition *partition = partition_of(input->region);
	struct line host = { endpoint->host, 0, sizeof(endpoint->host), false };
	struct kin__span account;
	bool fips = input->fips;

	if (!choose_account(input, partition, &account, reason))
		return false;
	/* In aws-us-gov the plain IPv4 host is the FIPS host. */
	if (account.n == 0 && !input->dualstack &&
	    kin__span_is(kin__span_text(partition->name), "aws-us-gov"))
		fips = false;
	if (account.n > 0) {
		add(&host, account);
		add_text(&host, input->class_ == KIN__ENDPOINT_DATA ? ".data-" : ".control-");
	}
	add_text(&host, fips ? "kinesis-fips." : "kinesis.");
	add(&host, input->region);
	add_text(&host, ".");
	add_text(&host, input->dualstack ? partition->dual_suffix : partition->suffix);
	endpoint->tls = true;
	endpoint->port = 443;
	return finish(endpoint, input, host.full, reason);
}

int kin__endpoint_resolve(const struct kin__endpoint_input *input, struct kin__endpoint *endpoint,
                          struct kin__reason *reason)
{
	bool found;

	memset(endpoint, 0, sizeof(*endpoint));
	if (input->region.n == 0) {
		kin__reason_text(reason,
		                 "no region: set AWS_REGION, `region` in the profile, or the region option");
		return KIN__AWS_REFUSED;
	}
	if (!kin__endpoint_region_valid(input->region)) {
		kin__reason_say(reason, "region \"%1\" is not a region name such as us-east-1", input->region,
		                none, none);
		return KIN__AWS_REFUSED;
	}
	found = input->url.n > 0 ? own_url(input, endpoint, reason) : own_host(input, endpoint, reason);
	if (!found)
		memset(endpoint, 0, sizeof(*endpoint));
	return found ? KIN__AWS_OK : KIN__AWS_REFUSED;
}
