#include "base/mem.h"
#include "aws/sigv4.h"

void kin__sigv4_key_init(struct kin__sigv4_key *key)
{
	memset(key, 0, sizeof(*key));
}

static void forget(struct kin__sigv4_key *key)
{
	kin__mem_wipe_free(key->secret, key->secret_n);
	key->secret = NULL;
	key->secret_n = 0;
	key->filled = false;
	kin__credentials_wipe(&key->key, sizeof(key->key));
}

void kin__sigv4_key_fini(struct kin__sigv4_key *key)
{
	forget(key);
	kin__sigv4_key_init(key);
}

/* The copy is "AWS4" + secret, the very key of the first step. */
static bool holds(const struct kin__sigv4_key *key, struct kin__span secret)
{
	return key->filled && key->secret_n == secret.n + 4 &&
	       memcmp(key->secret + 4, secret.at, secret.n) == 0;
}

static bool derive(struct kin__sigv4_key *key, struct kin__hash *hash)
{
	struct kin__sha256 *k = &key->key;

	return kin__hash_hmac(hash, key->secret, key->secret_n, key->date, strlen(key->date), k) &&
	       kin__hash_hmac(hash, k->at, sizeof(k->at), key->region, strlen(key->region), k) &&
	       kin__hash_hmac(hash, k->at, sizeof(k->at), key->service, strlen(key->service), k) &&
	       kin__hash_hmac(hash, k->at, sizeof(k->at), "aws4_request", 12, k);
}

static void put(char *to, struct kin__span text)
{
	if (text.n)
		memcpy(to, text.at, text.n);
	to[text.n] = 0;
}

int kin__sigv4_key_get(struct kin__sigv4_key *key, struct kin__hash *hash, struct kin__span secret,
                       struct kin__span date, struct kin__span region, struct kin__span service)
{
	if (secret.n == 0 || date.n != 8 || region.n > KIN__SIGV4_REGION_MAX ||
	    service.n > KIN__SIGV4_SERVICE_MAX)
		return KIN__AWS_REFUSED;
	if (holds(key, secret) && kin__span_is(date, key->date) && kin__span_is(region, key->region) &&
	    kin__span_is(service, key->service))
		return KIN__AWS_OK;
	if (!holds(key, secret)) {
		forget(key);
		key->secret = kin__mem_alloc(secret.n + 4);
		if (!key->secret)
			return KIN__AWS_NOMEM;
		key->secret_n = secret.n + 4;
		memcpy(key->secret, "AWS4", 4);
		memcpy(key->secret + 4, secret.at, secret.n);
	}
	put(key->date, date);
	put(key->region, region);
	put(key->service, service);
	key->filled = derive(key, hash);
	key->derived++;
	return key->filled ? KIN__AWS_OK : KIN__AWS_NOMEM;
}
