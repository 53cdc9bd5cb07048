/* Part of check_aws: URLs, ARNs and endpoints. */

static const struct {
	const char *url, *host, *path;
	int port;
	bool tls;
} good_urls[] = {
	{ "http://localhost:4567", "localhost", "", 4567, false },
	{ "http://localhost:4567/", "localhost", "", 4567, false },
	{ "HTTPS://kinesis.example.com", "kinesis.example.com", "", 443, true },
	{ "https://h:443/base/", "h", "/base", 443, true },
	{ "http://127.0.0.1/a/b", "127.0.0.1", "/a/b", 80, false },
	{ "http://[::1]:8080/x%20y", "[::1]", "/x%20y", 8080, false },
	{ "http://[fe80::1.2.3.4]", "[fe80::1.2.3.4]", "", 80, false },
	{ "http://my_host:65535", "my_host", "", 65535, false },
};
static const char *const bad_urls[] = {
	"",
	"http",
	"http:/",
	"http://",
	"https:///",
	"ftp://h",
	"localhost:4567",
	"http://h:",
	"http://h:0",
	"http://h:65536",
	"http://h:99999999999",
	"http://h:1x",
	"http://:80",
	"http://h h",
	"http://h\t",
	"http://h\n",
	"http://h\x01",
	"http://h\xc3\xa9",
	"http://u@h",
	"http://u:secret@h",
	"http://h?x",
	"http://h/#f",
	"http://h/?",
	"http://[::1",
	"http://[::1]x",
	"http://[::1]x:80",
	"http://[1]",
	"http://[fe80:1]",
	"http://[]",
	"http://[fe80::1%25eth0]",
	"http://::1",
	"http://a..b",
	"http://.a",
	"http://-a",
	"http://h/../x",
	"http://h/a/.",
	"http://h/%",
	"http://h/%2",
	"http://h/%zz",
	"http://h/\"",
	"http://h/\\",
	"http://a,b",
	"http://[::1]]:80",
	"http://h:80:90",
};

START_TEST(urls)
{
	struct kin__url url;

	for (size_t i = 0; i < KIN__ARRAY_LEN(good_urls); i++) {
		ck_assert_msg(kin__url_parse(T(good_urls[i].url), &url, &reason) == 0, "%s: %s",
		              good_urls[i].url, reason.text);
		ck_assert(kin__span_is(url.host, good_urls[i].host) &&
		          kin__span_is(url.path, good_urls[i].path));
		ck_assert_int_eq(url.port, good_urls[i].port);
		ck_assert_int_eq(url.tls, good_urls[i].tls);
	}
	for (size_t i = 0; i < KIN__ARRAY_LEN(bad_urls); i++) {
		ck_assert_msg(kin__url_parse(T(bad_urls[i]), &url, &reason) == KIN__AWS_REFUSED,
		              "accepted: %s", bad_urls[i]);
		ck_assert_ptr_null(strstr(reason.text, "secret"));
	}
}
END_TEST

START_TEST(url_truncations)
{
	static const char text[] = "https://user@[::1]:4567/base/x%20y";
	char host[300] = "http://";
	struct kin__url url;

	for (size_t from = 0; from < sizeof(text) - 1; from++) { /* each in a block of its own size */
		for (size_t n = 0; n <= sizeof(text) - 1 - from; n++) {
			char *copy = malloc(n ? n : 1);

			memcpy(copy, text + from, n);
			if (kin__url_parse(kin__span(copy, n), &url, &reason) == 0)
				ck_assert(url.host.n > 0 && url.port > 0);
			free(copy);
		}
	}
	memset(host + 7, 'a', 254);
	ck_assert_int_eq(kin__url_parse(kin__span(host, 7 + 253), &url, &reason), 0);
	ck_assert_int_eq(kin__url_parse(kin__span(host, 7 + 254), &url, &reason), KIN__AWS_REFUSED);
}
END_TEST

START_TEST(arns)
{
	static const char *const bad[] = { "",
		                           "arn",
		                           "arn:aws",
		                           "arn:aws:kinesis:us-east-1:1",
		                           "arn:aws:kinesis:us-east-1:1:",
		                           "xrn:aws:kinesis:us-east-1:1:stream/x",
		                           "::::" };
	struct kin__arn arn;

	ck_assert(kin__arn_parse(
			T("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/s/consumer/c:1700000000"),
			&arn));
	ck_assert(kin__span_is(arn.partition, "aws-cn") && kin__span_is(arn.service, "kinesis"));
	ck_assert(kin__span_is(arn.region, "cn-north-1") && kin__span_is(arn.account, "123456789012"));
	ck_assert(kin__span_is(arn.resource, "stream/s/consumer/c:1700000000"));
	for (size_t i = 0; i < KIN__ARRAY_LEN(bad); i++)
		ck_assert_msg(!kin__arn_parse(T(bad[i]), &arn), "%s", bad[i]);
}
END_TEST

enum { FIPS = 1, DUAL = 2, CONTROL = 4, DISABLED = 8, REQUIRED = 16 };
#define ACCOUNT "123456789012"
#define STREAM(partition, region) "arn:" partition ":kinesis:" region ":" ACCOUNT ":stream/s"

static const struct endpoint_row {
	const char *region;
	unsigned flags;
	const char *arn, *account, *url,
			*expect; /* URL without its last '/'; or ! and a part of the reason */
} endpoint_rows[] = {
	{ "us-east-1", 0, "", "", "", "https://kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", FIPS, "", "", "", "https://kinesis-fips.us-east-1.amazonaws.com" },
	{ "us-east-1", DUAL, "", "", "", "https://kinesis.us-east-1.api.aws" },
	{ "us-east-1", FIPS | DUAL, "", "", "", "https://kinesis-fips.us-east-1.api.aws" },
	{ "cn-north-1", FIPS, "", "", "", "https://kinesis-fips.cn-north-1.amazonaws.com.cn" },
	{ "cn-north-1", DUAL, "", "", "", "https://kinesis.cn-north-1.api.amazonwebservices.com.cn" },
	{ "us-gov-west-1", FIPS, "", "", "", "https://kinesis.us-gov-west-1.amazonaws.com" },
	{ "us-gov-west-1", FIPS | DUAL, "", "", "", "https://kinesis-fips.us-gov-west-1.api.aws" },
	{ "us-iso-east-1", 0, "", "", "", "https://kinesis.us-iso-east-1.c2s.ic.gov" },
	{ "us-isob-east-1", FIPS, "", "", "", "https://kinesis-fips.us-isob-east-1.sc2s.sgov.gov" },
	{ "eu-isoe-west-1", DUAL, "", "", "", "https://kinesis.eu-isoe-west-1.api.cloud-aws.adc-e.uk" },
	{ "us-isof-south-1", 0, "", "", "", "https://kinesis.us-isof-south-1.csp.hci.ic.gov" },
	{ "eusc-de-east-1", FIPS | DUAL, "", "", "",
	  "https://kinesis-fips.eusc-de-east-1.api.amazonwebservices.eu" },
	{ "us-east-1", 0, STREAM("aws", "us-east-1"), "", "",
	  "https://" ACCOUNT ".data-kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", CONTROL, STREAM("aws", "us-east-1"), "", "",
	  "https://" ACCOUNT ".control-kinesis.us-east-1.amazonaws.com" },
	{ "us-west-2", 0, STREAM("aws", "us-east-1"), "", "", "!not of the client's region \"us-west-2\"" },
	{ "us-east-1", FIPS, STREAM("aws", "us-east-1"), "", "",
	  "https://" ACCOUNT ".data-kinesis-fips.us-east-1.amazonaws.com" },
	{ "us-east-1", DUAL, STREAM("aws", "us-east-1"), "", "",
	  "https://" ACCOUNT ".data-kinesis.us-east-1.api.aws" },
	{ "us-gov-west-1", FIPS, STREAM("aws-us-gov", "us-gov-west-1"), "", "",
	  "https://" ACCOUNT ".data-kinesis-fips.us-gov-west-1.amazonaws.com" },
	{ "us-iso-east-1", 0, STREAM("aws-iso", "us-iso-east-1"), "", "",
	  "https://kinesis.us-iso-east-1.c2s.ic.gov" },
	{ "us-isof-south-1", 0, STREAM("aws-iso-f", "us-isof-south-1"), "", "",
	  "https://" ACCOUNT ".data-kinesis.us-isof-south-1.csp.hci.ic.gov" },
	{ "cn-north-1", 0, STREAM("aws-cn", "cn-north-1"), "", "",
	  "https://" ACCOUNT ".data-kinesis.cn-north-1.amazonaws.com.cn" },
	{ "us-east-1", 0, STREAM("aws", "us-east-1"), "", "http://localhost:4567", "http://localhost:4567" },
	{ "us-east-1", 0, "", ACCOUNT, "", "https://" ACCOUNT ".data-kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", CONTROL, "", ACCOUNT, "",
	  "https://" ACCOUNT ".control-kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", DISABLED, "", ACCOUNT, "", "https://kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", 0, STREAM("aws", "us-east-1"), "999999999999", "",
	  "https://" ACCOUNT ".data-kinesis.us-east-1.amazonaws.com" },
	{ "us-iso-east-1", 0, "", ACCOUNT, "", "https://kinesis.us-iso-east-1.c2s.ic.gov" },
	{ "us-east-1", FIPS, "", "", "http://localhost:4567", "!cannot be combined with FIPS" },
	{ "us-east-1", DUAL, "", "", "http://localhost:4567", "!cannot be combined with dual-stack" },
	{ "us-east-1", 0, "arn:aws:sqs:us-east-1:" ACCOUNT ":q", "", "", "!of service \"sqs\"" },
	/* beyond AWS's own table */
	{ "us-east-1", REQUIRED, "", "", "", "!AWS_ACCOUNT_ID" },
	{ "us-east-1", REQUIRED, "", ACCOUNT, "",
	  "https://" ACCOUNT ".data-kinesis.us-east-1.amazonaws.com" },
	{ "us-isob-east-1", REQUIRED, "", ACCOUNT, "", "!aws-iso-b has none" },
	{ "us-east-1", REQUIRED, "", "", "http://h", "http://h" },
	{ "us-east-1", 0, "", "evil.example/", "", "!not twelve digits" },
	{ "us-east-1", 0, "arn:aws:kinesis:us-east-1::stream/s", "", "", "!not twelve digits" },
	{ "us-east-1", 0, "arn:aws:kinesis:us-east-1:" ACCOUNT ":stream/", "", "", "!not a stream" },
	{ "us-east-1", 0, "arn:aws:kinesis:us-east-1:" ACCOUNT ":table/s", "", "", "!not a stream" },
	{ "us-east-1", 0, STREAM("aws-cn", "us-east-1"), "", "", "!not of partition \"aws\"" },
	{ "us-east-1", 0, "orders", "", "", "!is not an ARN" },
	{ "us-east-1", CONTROL, STREAM("aws", "us-east-1") "/consumer/c:17", "", "",
	  "https://" ACCOUNT ".control-kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", CONTROL, "arn:aws:kinesis:us-east-1:" ACCOUNT ":channel/c/x7", "", "",
	  "https://x7.control-kinesis.us-east-1.amazonaws.com" },
	{ "us-east-1", CONTROL, "arn:aws:kinesis:us-east-1:" ACCOUNT ":channel/x/a.b", "", "",
	  "!not a stream" },
	{ "us-iso-east-1", CONTROL, "arn:aws-iso:kinesis:us-iso-east-1:" ACCOUNT ":channel/x7", "", "",
	  "https://kinesis.us-iso-east-1.c2s.ic.gov" },
	{ "aws-cn-global", 0, "", "", "", "https://kinesis.aws-cn-global.amazonaws.com.cn" },
	{ "local", 0, "", "", "", "https://kinesis.local.amazonaws.com" },
	{ "mx-central-1", DUAL, "", "", "", "https://kinesis.mx-central-1.api.aws" },
	{ "", 0, "", "", "", "!AWS_REGION" },
	{ "us-east-1.evil.example", 0, "", "", "", "!not a region name" },
	{ "-us", 0, "", "", "http://h", "!not a region name" },
	{ "us-east-1", 0, "", "", "https://h:443/base/", "https://h/base" },
	{ "us-east-1", 0, "", "", "http://[::1]:443", "http://[::1]:443" },
};

START_TEST(endpoints)
{
	const struct endpoint_row *row = &endpoint_rows[_i];
	struct kin__endpoint_input input = { .region = T(row->region),
		                             .fips = row->flags & FIPS,
		                             .dualstack = row->flags & DUAL };
	struct kin__endpoint endpoint;
	int code;

	input.url = T(row->url);
	input.arn = T(row->arn);
	input.account_id = T(row->account);
	input.class_ = row->flags & CONTROL ? KIN__ENDPOINT_CONTROL : KIN__ENDPOINT_DATA;
	input.account_mode = row->flags & DISABLED   ? KIN__ACCOUNT_DISABLED
	                     : row->flags & REQUIRED ? KIN__ACCOUNT_REQUIRED
	                                             : KIN__ACCOUNT_PREFERRED;
	code = kin__endpoint_resolve(&input, &endpoint, &reason);
	if (row->expect[0] == '!') {
		ck_assert_msg(code == KIN__AWS_REFUSED, "accepted: %s", row->expect);
		ck_assert_msg(strstr(reason.text, row->expect + 1) != NULL, "%s", reason.text);
		ck_assert_str_eq(endpoint.host, "");
		return;
	}
	ck_assert_msg(code == 0, "%s", reason.text);
	ck_assert_int_eq(strncmp(endpoint.url, row->expect, strlen(row->expect)), 0);
	ck_assert_str_eq(endpoint.url + strlen(row->expect), "/");
	ck_assert_ptr_nonnull(strstr(endpoint.url, endpoint.host));
	ck_assert_str_eq(endpoint.signing_region, row->region);
	ck_assert_str_eq(endpoint.signing_name, "kinesis");
	ck_assert_int_eq(endpoint.tls, strncmp(row->expect, "https", 5) == 0);
}
END_TEST

START_TEST(endpoint_parts)
{
	struct kin__endpoint_input input = { .region = T("us-east-1"), .url = T("http://h:8080/base") };
	struct kin__endpoint endpoint;
	char url[400] = "http://h/";

	ck_assert_int_eq(kin__endpoint_resolve(&input, &endpoint, &reason), 0);
	ck_assert_str_eq(endpoint.host, "h:8080");
	ck_assert_str_eq(endpoint.path, "/base");
	ck_assert_uint_eq(endpoint.port, 8080);
	memset(url + 9, 'p', 300);
	input.url = kin__span(url, 8 + 255);
	ck_assert_int_eq(kin__endpoint_resolve(&input, &endpoint, &reason), 0);
	input.url = kin__span(url, 8 + 256);
	ck_assert_int_eq(kin__endpoint_resolve(&input, &endpoint, &reason), KIN__AWS_REFUSED);
	ck_assert(!kin__endpoint_region_valid(T("")));
	ck_assert(kin__endpoint_region_valid(kin__span(url + 9, 63)));
	ck_assert(!kin__endpoint_region_valid(kin__span(url + 9, 64)));
}
END_TEST
