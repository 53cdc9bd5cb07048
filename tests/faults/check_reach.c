/* Ways on which a server is not reached, or must not be trusted: names, ports, proxies, certificates, wrong clocks.
 * Each is refused or overcome, and the error says what to look at. */
#include "certs.h"
#include "deeds.h"
#include "main.h"
#include "stage.h"
#include "traffic.h"

/* One attempt to put; says: parts of what the error must say, "" for none expected. */
static void expect_put(struct kin_client_options *options, int code, const char *says)
{
	struct kin_client *client;
	int got;

	options->max_attempts = 1;
	client = client_with(options);
	IN_TIME(got, (int)options->connect_timeout_ms, put_one(client));
	ck_assert_msg(got == code, "%s: %s, not %s: %s", watched, kin_code_name(got), kin_code_name(code),
	              error.message);
	if (code != KIN_OK)
		expect_parts(error.message, says, "the error");
	ck_assert_msg(!strstr(error.message, "topsecret") && !journal_has("topsecret"),
	              "%s: a proxy's password is told: %s", watched, error.message);
	kin_client_close(client);
}

/* A producer gives up in time and a consumer says why it waits: the same cause in each. */
static void expect_all_say(const struct kin_client_options *options, const char *says)
{
	struct kin_producer_options produce = producer_options();
	struct kin_consumer_options consume = consumer_options("memory:");
	struct kin_client *client = client_with(options);
	struct kin_producer *producer;
	struct kin_consumer *consumer;
	int code;

	produce.record_ttl_ms = 1000;
	producer = producer_with(client, &produce);
	put_all(producer, 0, 3);
	flush_in_vain(producer, 100, says);
	IN_TIME(code, 1000 + (int)options->connect_timeout_ms, kin_producer_close(producer, 20000, &error));
	if (code != KIN_OK) /* else all was told before the flush */
		expect_parts(error.message, says, "the close");
	expect_parts(last_failure.message, says, "the report");
	ck_assert_int_eq(seats[0].status, KIN_NOT_SENT);
	consume.handler = NULL;
	OK(kin_consumer_open(&consumer, client, &consume, &error));
	wait_in_vain(consumer, 100, says);
	IN_TIME(code, 5000, kin_consumer_close(consumer, 5000, &error));
	ck_assert_int_ne(code, KIN_TIMEOUT);
	kin_client_close(client);
	clean_environment(); /* the mock is asked without a proxy */
	expect_true_reports(0, 3);
}

/* --- names and ports ------------------------------------------------------------------------------ */

/* A port of this machine that nobody listens on, nor comes to: it is bound until the process ends. */
static int closed_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, n) == 0 &&
	          getsockname(fd, (struct sockaddr *)&address, &n) == 0);
	return ntohs(address.sin_port);
}

START_TEST(no_such_name)
{
	struct kin_client_options options = client_options("https://kinesis.nowhere.invalid:4443");

	watch(60, "a name that does not exist");
	options.connect_timeout_ms = 20000; /* a name service may be slow to say no */
	expect_put(&options, KIN_NETWORK, "PutRecord: kinesis.nowhere.invalid:4443: |resolve|endpoint_url");
	ck_assert_int_eq(error.retryable, 1);
}
END_TEST

START_TEST(nobody_listens)
{
	char url[64], says[128];
	int port = closed_port();
	struct kin_client_options options;

	watch(30, "a closed port");
	snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
	snprintf(says, sizeof says, "127.0.0.1:%d: |Failed to connect|endpoint_url", port);
	options = client_options(url);
	expect_put(&options, KIN_NETWORK, says);
	ck_assert_int_eq(error.retryable, 1);
	expect_all_say(&options, "Failed to connect|endpoint_url");
}
END_TEST

/* --- proxies -------------------------------------------------------------------------------------- */

static const char named_proxy[] = "by way of the proxy 127.0.0.1:";

START_TEST(closed_proxy)
{
	static const char *const variables[] = { "http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY",
		                                 "https_proxy" };
	static const char *const urls[] = { "http://kinesis.nowhere.invalid",
		                            "https://kinesis.nowhere.invalid",
		                            "http://kinesis.nowhere.invalid",
		                            "https://kinesis.nowhere.invalid",
		                            "https://kinesis.nowhere.invalid" };
	struct kin_client_options options = client_options(urls[_i]);
	char proxy[80];

	watch(30, "a proxy that is not there, by %s", variables[_i]);
	snprintf(proxy, sizeof proxy, "%s://user:topsecret@127.0.0.1:%d", _i == 4 ? "socks5h" : "http",
	         closed_port());
	setenv(variables[_i], proxy, 1);
	expect_put(&options, KIN_NETWORK, "PutRecord: kinesis.nowhere.invalid |proxy running");
	expect_parts(error.message, named_proxy, "the error");
	expect_parts(error.message, variables[_i], "the error");
	expect_all_say(&options, "proxy running");
}
END_TEST

START_TEST(proxy_without_name)
{
	struct kin_client_options options = client_options("https://127.0.0.1:1");

	watch(60, "a proxy whose name does not exist");
	options.connect_timeout_ms = 20000;
	setenv("https_proxy", "http://user:topsecret@proxy.nowhere.invalid:3128", 1);
	expect_put(&options, KIN_NETWORK,
	           "127.0.0.1:1 |proxy.nowhere.invalid:3128 (https_proxy)|resolve proxy|variable");
}
END_TEST

/* A proxy for https is asked for a tunnel, one for http for the thing itself. */
START_TEST(proxy_refuses)
{
	static const struct {
		struct deed deed;
		const char *variable, *url;
		int code;
		const char *says;
	} refusals[] = {
		{ { "403", said, "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!" },
		  "https_proxy",
		  "https://kinesis.nowhere.invalid",
		  KIN_NETWORK,
		  "by way of the proxy 127.0.0.1:|(https_proxy)|403|the proxy refused" },
		{ { "407", said,
		    "HTTP/1.1 407 Say who\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
		    "3\r\n\r\nno!" },
		  "https_proxy",
		  "https://kinesis.nowhere.invalid",
		  KIN_NETWORK,
		  "by way of the proxy 127.0.0.1:|(https_proxy)|407|credentials" },
		{ { "403", said, "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!" },
		  "http_proxy",
		  "http://kinesis.nowhere.invalid",
		  KIN_REFUSED,
		  "Forbidden|403|the proxy that http_proxy names" },
		{ { "407", said,
		    "HTTP/1.1 407 Say who\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
		    "3\r\n\r\nno!" },
		  "http_proxy",
		  "http://kinesis.nowhere.invalid",
		  KIN_REFUSED,
		  "407|the proxy that http_proxy names" },
	};
	struct kin_client_options options = client_options(refusals[_i].url);
	char proxy[80];

	watch(30, "the proxy of %s answers %s", refusals[_i].variable, refusals[_i].deed.name);
	snprintf(proxy, sizeof proxy, "http://user:topsecret@127.0.0.1:%d", hostile.port);
	setenv(refusals[_i].variable, proxy, 1);
	plan(&refusals[_i].deed, NULL, -1);
	expect_put(&options, refusals[_i].code, refusals[_i].says);
	expect_all_say(&options, refusals[_i].says);
}
END_TEST

/* --- TLS -------------------------------------------------------------------------------------------- */

static char folder[64], bundle[80];

static void tls_setup(void)
{
	begin_afresh("s:2", 1);
	snprintf(folder, sizeof folder, "/tmp/kin-faults-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(bundle, sizeof bundle, "%s/ca.pem", folder);
}

static void tls_teardown(void)
{
	unlink(bundle);
	ck_assert_int_eq(rmdir(folder), 0);
	end_mock();
}

enum trust { OUR_AUTHORITY, SYSTEM, ANY };

static const struct {
	const char *name, *names; /* of the certificate; names NULL: 127.0.0.1 */
	enum { BY_OURS, BY_ANOTHER, BY_ITSELF } by;
	long begins_s, ends_s;
	enum trust trust;
	int code;
	const char *says;
} certificates[] = {
	{ "right", NULL, BY_OURS, -3600, 3600, OUR_AUTHORITY, KIN_OK, "" },
	{ "another authority's", NULL, BY_ANOTHER, -3600, 3600, OUR_AUTHORITY, KIN_NETWORK,
	  "unable to get local issuer|set ca_bundle" },
	{ "unknown to the system", NULL, BY_OURS, -3600, 3600, SYSTEM, KIN_NETWORK,
	  "unable to get local issuer|set ca_bundle" },
	{ "expired", NULL, BY_OURS, -7200, -3600, OUR_AUTHORITY, KIN_NETWORK, "expired|must renew it|clock" },
	{ "not yet valid", NULL, BY_OURS, 3600, 7200, OUR_AUTHORITY, KIN_NETWORK, "not yet valid|clock" },
	{ "another host's", "DNS:example.com,IP:127.0.0.2", BY_OURS, -3600, 3600, OUR_AUTHORITY, KIN_NETWORK,
	  "127.0.0.1|another name" },
	{ "self-signed", NULL, BY_ITSELF, -3600, 3600, OUR_AUTHORITY, KIN_NETWORK,
	  "self-signed|set ca_bundle" },
	{ "self-signed, verified by nobody", NULL, BY_ITSELF, -3600, 3600, ANY, KIN_OK, "" },
	{ "all wrong, verified by nobody", "DNS:example.com", BY_ITSELF, -7200, -3600, ANY, KIN_OK, "" },
};

enum { CERTIFICATES = sizeof certificates / sizeof certificates[0] };

START_TEST(certificate)
{
	struct cert ours = cert_make("our authority", NULL, NULL, -3600, 86400);
	struct cert another = cert_make("another authority", NULL, NULL, -3600, 86400);
	const struct cert *by[] = { &ours, &another, NULL };
	const char *names = certificates[_i].names ? certificates[_i].names : "IP:127.0.0.1";
	struct cert cert = cert_make("server", by[certificates[_i].by], names, certificates[_i].begins_s,
	                             certificates[_i].ends_s);
	struct kin_client_options options;

	watch(30, "a certificate that is %s", certificates[_i].name);
	cert_write(&ours, bundle);
	hostile_start(tls_server(&cert));
	options = client_options(hostile.url);
	options.ca_bundle = certificates[_i].trust == OUR_AUTHORITY ? bundle : NULL;
	options.tls_verify = certificates[_i].trust != ANY;
	expect_put(&options, certificates[_i].code, certificates[_i].says);
	if (certificates[_i].code != KIN_OK) { /* final: told at once, and nothing was sent */
		ck_assert_int_eq(error.retryable, 0);
		expect_all_say(&options, certificates[_i].says);
		ck_assert_int_eq(hostile.requests, 0);
	} else {
		ck_assert_int_eq(hostile.requests, 1);
	}
	hostile_stop();
	SSL_CTX_free(hostile.tls);
	cert_free(&cert);
	cert_free(&another);
	cert_free(&ours);
}
END_TEST

/* By the environment, as the command line tools of AWS have it. */
START_TEST(bundle_by_environment)
{
	struct cert ours = cert_make("our authority", NULL, NULL, -3600, 86400);
	struct cert cert = cert_make("server", &ours, "IP:127.0.0.1", -3600, 3600);
	struct kin_client_options options;

	watch(30, "AWS_CA_BUNDLE");
	cert_write(&ours, bundle);
	setenv("AWS_CA_BUNDLE", bundle, 1);
	hostile_start(tls_server(&cert));
	options = client_options(hostile.url);
	expect_put(&options, KIN_OK, "");
	hostile_stop();
	SSL_CTX_free(hostile.tls);
	cert_free(&cert);
	cert_free(&ours);
}
END_TEST

/* What TLS itself sends unasked, tickets for sessions, must not cost a kept connection. */
START_TEST(kept_connections)
{
	struct cert cert = cert_make("server", NULL, "IP:127.0.0.1", -3600, 3600);
	struct kin_client_options options;
	struct kin_client *client;

	watch(30, "twenty requests over one connection of TLS");
	hostile_start(tls_server(&cert));
	SSL_CTX_set_num_tickets(hostile.tls, 8);
	options = client_options(hostile.url);
	options.tls_verify = false;
	client = client_with(&options);
	for (int i = 0; i < 20; i++) {
		OK(put_one(client));
		nap_ms(2);
	}
	ck_assert_int_eq(hostile.requests, 20);
	ck_assert_int_eq(hostile.connections, 1);
	kin_client_close(client);
	hostile_stop();
	SSL_CTX_free(hostile.tls);
	cert_free(&cert);
}
END_TEST

START_TEST(no_bundle_at_all)
{
	struct cert cert = cert_make("server", NULL, "IP:127.0.0.1", -3600, 3600);
	struct kin_client_options options;
	FILE *file = fopen(bundle, "w");

	watch(30, "a ca_bundle without a certificate");
	ck_assert(file && fputs("this is no certificate\n", file) > 0 && fclose(file) == 0);
	hostile_start(tls_server(&cert));
	options = client_options(hostile.url);
	options.ca_bundle = bundle;
	expect_put(&options, KIN_INVALID, "ca_bundle must be a PEM file");
	expect_parts(error.message, bundle, "the error");
	hostile_stop();
	SSL_CTX_free(hostile.tls);
	cert_free(&cert);
}
END_TEST

START_TEST(wrong_scheme)
{
	struct cert cert = cert_make("server", NULL, "IP:127.0.0.1", -3600, 3600);
	struct kin_client_options options;
	char url[64];

	watch(60, "http:// to a server of TLS");
	hostile_start(tls_server(&cert));
	snprintf(url, sizeof url, "http://127.0.0.1:%d", hostile.port);
	options = client_options(url);
	expect_put(&options, KIN_NETWORK, "PutRecord: 127.0.0.1:|https://");
	hostile_stop();
	SSL_CTX_free(hostile.tls);
	cert_free(&cert);

	watch(60, "https:// to a server of plain HTTP");
	hostile_start(NULL);
	snprintf(url, sizeof url, "https://127.0.0.1:%d", hostile.port);
	options = client_options(url);
	options.connect_timeout_ms = 1500;
	expect_put(&options, KIN_NETWORK, "PutRecord: 127.0.0.1:|speak TLS|connect_timeout_ms");
	expect_all_say(&options, "TLS");
	hostile_stop();

	watch(60, "https:// to a server that answers in plain text");
	hostile_start(NULL);
	hostile.greets = "220 mail.example.com ESMTP\r\n";
	snprintf(url, sizeof url, "https://127.0.0.1:%d", hostile.port);
	options = client_options(url);
	expect_put(&options, KIN_NETWORK, "PutRecord: 127.0.0.1:|http://");
	hostile_stop();
}
END_TEST

/* --- clocks ------------------------------------------------------------------------------------------ */

static const char *const skews[] = { "*:skew:ms=-18000000", "*:skew:ms=18000000", "*:skew:ms=-300500",
	                             "*:skew:ms=86400000" };

static void expect_traffic(struct kin_client *client, int first, int n)
{
	struct kin_producer_options produce = producer_options();
	struct kin_consumer_options consume = consumer_options("memory:");
	struct kin_producer *producer = producer_with(client, &produce);
	int code;

	put_all(producer, first, n);
	IN_TIME(code, 20000, kin_producer_close(producer, 20000, &error));
	OK(code);
	forget_seen();
	OK(kin_consumer_run(client, &consume, &error));
}

START_TEST(wrong_clock)
{
	struct kin_client *client = client_to(kin_mock_url(mock));

	watch(60, "a clock that is off: %s", skews[_i]);
	fault(skews[_i]);
	expect_traffic(client, 0, 100);
	ck_assert_msg(journal_has(_i % 2 == 0 ? "s ahead of the service's" : "s behind the service's"),
	              "the log does not name the clock: %s", journal.text);
	kin_mock_heal(mock); /* the clock is set right: learnt again */
	forget_journal();
	OK(put_one(client));
	ck_assert(journal_has("this host's clock is 0 s"));
	kin_client_close(client);
	expect_all_stored(0, 100);
	expect_handled(0, 100, 5); /* copies, if the first requests were under way together */
	ck_assert_int_eq(seen.disorder, 0);
}
END_TEST

/* It runs away while a producer works. */
START_TEST(clock_steps)
{
	struct kin_client *client = client_to(kin_mock_url(mock));
	struct kin_producer_options options = producer_options();
	struct kin_producer *producer = producer_with(client, &options);

	watch(60, "a clock that steps");
	for (int i = 0; i < 6; i++) {
		if (i % 2 == 0)
			fault(i % 4 == 0 ? "*:skew:ms=10800000" : "*:skew:ms=-10800000");
		else
			kin_mock_heal(mock);
		put_all(producer, i * 50, 50);
		OK(kin_producer_flush(producer, 20000, &error));
	}
	OK(kin_producer_close(producer, 20000, &error));
	kin_client_close(client);
	expect_all_stored(0, 300);
}
END_TEST

START_TEST(uncorrected_clock)
{
	struct kin_client_options options;

	watch(60, "a clock that is off, and correction switched off");
	setenv("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true", 1);
	fault(_i ? "*:skew:ms=-7200000" : "*:skew:ms=7200000");
	options = client_options(kin_mock_url(mock));
	expect_put(&options, KIN_CREDENTIALS,
	           _i ? "PutRecord: InvalidSignatureException: |ahead of the "
	                "service's|AWS_DISABLE_CLOCK_SKEW_CORRECTION"
	              : "PutRecord: InvalidSignatureException: |behind the "
	                "service's|AWS_DISABLE_CLOCK_SKEW_CORRECTION");
	ck_assert_int_ne(error.request_id[0], 0);
}
END_TEST

/* --- groups ------------------------------------------------------------------------------------------ */

static void add_ways(TCase *cases)
{
	tcase_add_test(cases, no_such_name);
	tcase_add_test(cases, nobody_listens);
	tcase_add_loop_test(cases, closed_proxy, 0, 5);
	tcase_add_test(cases, proxy_without_name);
	tcase_add_loop_test(cases, proxy_refuses, 0, 4);
}

static void add_tls(TCase *cases)
{
	tcase_add_loop_test(cases, certificate, 0, CERTIFICATES);
	tcase_add_test(cases, bundle_by_environment);
	tcase_add_test(cases, kept_connections);
	tcase_add_test(cases, no_bundle_at_all);
	tcase_add_test(cases, wrong_scheme);
}

static void add_clock(TCase *cases)
{
	tcase_add_loop_test(cases, wrong_clock, 0, sizeof skews / sizeof skews[0]);
	tcase_add_test(cases, clock_steps);
	tcase_add_loop_test(cases, uncorrected_clock, 0, 2);
}

int main(int argc, char **argv)
{
	static const struct group groups[] = { { "ways", add_ways, setup, teardown },
		                               { "tls", add_tls, tls_setup, tls_teardown },
		                               { "clock", add_clock, setup, teardown } };

	return run_groups(argc, argv, "faults: out of reach", groups, sizeof groups / sizeof groups[0]);
}
