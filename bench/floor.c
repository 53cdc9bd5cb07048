/* bench/floor - the bare libcurl program: the same bytes over one kept connection, nothing else
 *
 * One easy handle, the request made beforehand, the answer copied into one buffer that is used again; the
 * buffer sizes that suit the library suit it as well.
 */
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "text.h"
#include "util.h"

enum { ANSWER_MAX = 32 << 20 };

struct floor {
	CURL *easy;
	struct curl_slist *lines;
	struct bench_text body;
	EVP_MD *sha256; /* NULL: the body is not hashed */
	EVP_MD_CTX *hash;
	char *answer;
	size_t answer_n;
};

static size_t keep(char *data, size_t size, size_t n, void *user)
{
	struct floor *floor = user;

	n *= size;
	if (n > ANSWER_MAX - floor->answer_n)
		return 0;
	memcpy(floor->answer + floor->answer_n, data, n);
	floor->answer_n += n;
	return n;
}

static void add_lines(struct floor *floor, const char *target)
{
	char line[128] = "X-Amz-Target: Kinesis_20131202.";
	const char *const lines[] = {
		"X-Amz-Date: 20261125T120000Z",
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLEAKIDEXAMP/20261125/us-east-1/kinesis/"
		"aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		strcat(line, target),
		"amz-sdk-invocation-id: 01234567-89ab-cdef-0123-456789abcdef",
		"amz-sdk-request: attempt=1; max=3",
		"Content-Type: application/x-amz-json-1.1",
		"User-Agent: libkinstream/0.1.0",
		"Expect:",
		"Accept:",
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		floor->lines = curl_slist_append(floor->lines, lines[i]);
}

static void *open_floor(const struct bench_case *what, const char *target)
{
	struct floor *floor = bench_alloc(sizeof *floor);
	CURL *easy;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	floor->easy = easy = curl_easy_init();
	floor->answer = malloc(ANSWER_MAX);
	if (!easy || !floor->answer)
		bench_die("out of memory for libcurl");
	add_lines(floor, target);
	if (strcmp(target, "PutRecords") == 0)
		bench_put_body(&floor->body, what->records, what->bytes);
	else
		bench_text_add(&floor->body, "{\"ShardIterator\":\"%0224d\",\"Limit\":10000}", 7);
	curl_easy_setopt(easy, CURLOPT_URL, what->url);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, floor->body.at);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)floor->body.n);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, floor->lines);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, floor);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 65536L);
	if (what->ca_file[0])
		curl_easy_setopt(easy, CURLOPT_CAINFO, what->ca_file);
	return floor;
}

static void *open_put(const struct bench_case *what)
{
	return open_floor(what, "PutRecords");
}

static void *open_get(const struct bench_case *what)
{
	return open_floor(what, "GetRecords");
}

/* What every signed request must pay besides: one SHA-256 over the body. */
static void *open_hashed(const struct bench_case *what)
{
	struct floor *floor = open_floor(what, "PutRecords");

	floor->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	floor->hash = EVP_MD_CTX_new();
	if (!floor->sha256 || !floor->hash)
		bench_die("OpenSSL has no SHA-256");
	return floor;
}

static void hash_body(struct floor *floor)
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (EVP_DigestInit_ex(floor->hash, floor->sha256, NULL) != 1 ||
	    EVP_DigestUpdate(floor->hash, floor->body.at, floor->body.n) != 1 ||
	    EVP_DigestFinal_ex(floor->hash, sum, NULL) != 1)
		bench_die("OpenSSL cannot SHA-256");
}

static void run_floor(void *state, uint32_t requests, double *wall_ns)
{
	struct floor *floor = state;

	for (uint32_t i = 0; i < requests; i++) {
		uint64_t began_ns = bench_wall_ns();
		CURLcode code;
		long status = 0;

		if (floor->sha256)
			hash_body(floor);
		floor->answer_n = 0;
		code = curl_easy_perform(floor->easy);
		curl_easy_getinfo(floor->easy, CURLINFO_RESPONSE_CODE, &status);
		if (code != CURLE_OK || status != 200)
			bench_die("libcurl: %s, status %ld", curl_easy_strerror(code), status);
		wall_ns[i] = (double)(bench_wall_ns() - began_ns);
	}
}

static void close_floor(void *state)
{
	struct floor *floor = state;

	curl_easy_cleanup(floor->easy);
	curl_slist_free_all(floor->lines);
	EVP_MD_CTX_free(floor->hash);
	EVP_MD_free(floor->sha256);
	free(floor->body.at);
	free(floor->answer);
	free(floor);
}

const struct bench_contestant bench_floor_put = { "floor: bare libcurl", open_put, run_floor, close_floor };
const struct bench_contestant bench_floor_hashed = { "bare libcurl and SHA-256", open_hashed, run_floor,
	                                             close_floor };
const struct bench_contestant bench_floor_get = { "floor: bare libcurl", open_get, run_floor, close_floor };
