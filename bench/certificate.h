/* bench/certificate - a key and a certificate of its own for 127.0.0.1, made at each start */
#ifndef BENCH_CERTIFICATE_H
#define BENCH_CERTIFICATE_H
#include <openssl/ssl.h>

/* Gives the context both, and writes the certificate to ca_file as PEM. */
void bench_certificate_make(SSL_CTX *context, const char *ca_file);
#endif
