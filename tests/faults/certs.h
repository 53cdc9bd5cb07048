/* Certificates made on the spot: an authority, and servers' certificates by it that are right or wrong in one way. */
#ifndef KIN_TEST_CERTS_H
#define KIN_TEST_CERTS_H
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include "faults.h"

struct cert {
	EVP_PKEY *key;
	X509 *x509;
};

static inline void cert_extend(X509 *to, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, to, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ck_assert_msg(extension && X509_add_ext(to, extension, -1) == 1,
	              "%s: openssl refuses the extension %s", watched, value);
	X509_EXTENSION_free(extension);
}

/* by NULL: self-signed.  names: "IP:127.0.0.1" and the like; NULL: an authority.  Valid from now + begins_s to now + ends_s. */
static inline struct cert cert_make(const char *name, const struct cert *by, const char *names, long begins_s,
                                    long ends_s)
{
	static long serial = 1;
	struct cert made = { EVP_EC_gen("P-256"), X509_new() };
	X509 *issuer = by ? by->x509 : made.x509;

	ck_assert(made.key && made.x509);
	X509_set_version(made.x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made.x509), serial++);
	X509_gmtime_adj(X509_getm_notBefore(made.x509), begins_s);
	X509_gmtime_adj(X509_getm_notAfter(made.x509), ends_s);
	X509_set_pubkey(made.x509, made.key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made.x509), "CN", MBSTRING_ASC,
	                           (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made.x509, X509_get_subject_name(issuer));
	cert_extend(made.x509, issuer, NID_basic_constraints,
	            names ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (names)
		cert_extend(made.x509, issuer, NID_subject_alt_name, names);
	ck_assert_int_gt(X509_sign(made.x509, by ? by->key : made.key, EVP_sha256()), 0);
	return made;
}

static inline void cert_free(struct cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->key);
}

static inline void cert_write(const struct cert *cert, const char *path)
{
	FILE *file = fopen(path, "w");

	ck_assert_msg(file && PEM_write_X509(file, cert->x509) == 1 && fclose(file) == 0, "cannot write %s",
	              path);
}

static inline SSL_CTX *tls_server(const struct cert *cert)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	ck_assert(tls && SSL_CTX_use_certificate(tls, cert->x509) == 1 &&
	          SSL_CTX_use_PrivateKey(tls, cert->key) == 1);
	return tls;
}
#endif
