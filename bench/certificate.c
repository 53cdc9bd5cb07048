/* bench/certificate - see certificate.h */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include "certificate.h"
#include "util.h"

static void add_extension(X509 *certificate, int kind, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	if (!extension || X509_add_ext(certificate, extension, -1) != 1)
		bench_die("OpenSSL refuses the extension %s", value);
	X509_EXTENSION_free(extension);
}

static X509 *make(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = certificate ? X509_get_subject_name(certificate) : NULL;

	if (!name)
		bench_die("out of memory for a certificate");
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"libkinstream bench", -1,
	                           -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
	if (X509_sign(certificate, key, EVP_sha256()) == 0)
		bench_die("OpenSSL cannot sign a certificate");
	return certificate;
}

void bench_certificate_make(SSL_CTX *context, const char *ca_file)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *certificate = key ? make(key) : NULL;
	FILE *file = fopen(ca_file, "w");

	if (!certificate || !file || PEM_write_X509(file, certificate) != 1 || fclose(file) != 0)
		bench_die("cannot write a certificate to %s", ca_file);
	if (SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1)
		bench_die("OpenSSL refuses its own certificate");
	X509_free(certificate);
	EVP_PKEY_free(key);
}
