/* h_ratls.c - certificates with evidence of a simulated machine. */
#include "h_ratls.h"

#include "crypto/crypto.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t oid_standard[] = { 0x67, 0x81, 0x05, 0x05, 0x04, 0x09 };
static const uint8_t oid_gramine[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	                               0xf8, 0x4d, 0x8a, 0x39, 0x06 };

void ratls_spki(uint8_t out[RATLS_SPKI_LEN], const uint8_t key[64])
{
	static const uint8_t head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
		                        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
		                        0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		                        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
		                        0x42, 0x00, 0x04 };

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), key, 64);
}

void ratls_head(struct buf *out, unsigned type, uint64_t value)
{
	uint8_t head[9] = { (uint8_t)(type << 5) };
	unsigned n = value < 24        ? 0
	             : value < 0x100   ? 1
	             : value < 0x10000 ? 2
	                               : 4;

	head[0] |= (uint8_t)(n == 0 ? value : n == 1 ? 24 : n == 2 ? 25 : 26);
	for (unsigned i = 0; i < n; i++)
		head[1 + i] = (uint8_t)(value >> 8 * (n - 1 - i));
	buf_put(out, head, 1 + n);
}

void ratls_string(struct buf *out, unsigned type, struct assay_bytes s)
{
	ratls_head(out, type, s.len);
	buf_put_bytes(out, s);
}

void ratls_text(struct buf *out, const char *text)
{
	ratls_string(out, 3, buf_text(text));
}

static void claims_of(struct buf *out, struct assay_bytes key,
                      const struct ratls_spec *spec)
{
	uint8_t hash[ASSAY_SHA512_LEN];
	struct buf entry = { 0 };
	size_t n = spec->alg == 7 ? 48 : spec->alg == 8 ? 64 : 32;

	if (n == 48)
		assay_sha384(hash, key);
	else if (n == 64)
		assay_sha512(hash, key);
	else
		assay_sha256(hash, key);
	ratls_head(&entry, 4, 2);
	ratls_head(&entry, 0, spec->alg);
	ratls_string(&entry, 2, (struct assay_bytes){ hash, n });
	ratls_head(out, 5, spec->nonce ? 2 : 1);
	ratls_text(out, "pubkey-hash");
	ratls_string(out, 2, buf_bytes(&entry));
	if (spec->nonce) {
		ratls_text(out, "nonce");
		ratls_string(out, 2, buf_text(spec->nonce));
	}
	buf_free(&entry);
}

void ratls_claims(struct buf *out, const struct ratls_spec *spec)
{
	uint8_t spki[RATLS_SPKI_LEN];

	ratls_spki(spki, spec->key.key);
	claims_of(out, (struct assay_bytes){ spki, sizeof(spki) }, spec);
}

/* A quote whose report data begins with the SHA-256 of this. */
static void quote_of(struct buf *out, struct sim_world *w,
                     struct assay_bytes what, const struct ratls_spec *of)
{
	struct sim_quote_spec spec;
	uint8_t data[64] = { 0 };

	assay_sha256(data, what);
	if (of->report_data.len)
		memcpy(data, of->report_data.ptr, sizeof(data));
	if (of->quote) {
		of->quote(out, data);
		return;
	}
	spec = w->quote_spec;
	memcpy(spec.sgx.report_data, data, sizeof(data));
	memcpy(spec.td.report_data, data, sizeof(data));
	if (!sim_world_quote(out, w, &spec))
		abort();
}

static void put_evidence(struct buf *out, struct sim_world *w,
                         const struct buf *claims,
                         const struct ratls_spec *spec)
{
	struct buf quote = { 0 };

	quote_of(&quote, w, buf_bytes(claims), spec);
	ratls_head(out, 6, 60000);
	ratls_head(out, 4, 2);
	ratls_string(out, 2, buf_bytes(&quote));
	ratls_string(out, 2, buf_bytes(claims));
	buf_free(&quote);
}

static void put_standard(struct buf *out, struct sim_world *w,
                         const struct ratls_spec *spec)
{
	struct buf claims = { 0 };
	size_t at = spec->wrapped ? sim_der_open(out, DER_OCTET_STRING) : 0;

	if (spec->claims.len)
		buf_put_bytes(&claims, spec->claims);
	else
		ratls_claims(&claims, spec);
	put_evidence(out, w, &claims, spec);
	if (spec->wrapped)
		sim_der_close(out, at);
	buf_free(&claims);
}

static void add(struct sim_cert_spec *cert, const uint8_t *oid, size_t n,
                const struct buf *value, bool twice)
{
	for (int i = 0; i < 1 + twice; i++)
		cert->extra[cert->n_extra++] = (struct sim_ext){
			.oid = { oid, n }, .value = buf_bytes(value)
		};
}

/* Dates long past, as such certificates have them. */
void ratls_make(struct buf *der, struct sim_world *w,
                const struct ratls_spec *spec)
{
	struct sim_cert_spec cert = { .version = 2, .path_len = -1 };
	struct buf standard = { 0 }, gramine = { 0 };
	uint8_t spki[RATLS_SPKI_LEN];

	cert.serial = sim_hex("01");
	cert.issuer.cn = cert.subject.cn = sim_str("RATLS");
	cert.not_before = 978307200;
	cert.not_after = 978307200 + 1;
	memcpy(cert.key, spec->key.key, sizeof(cert.key));
	ratls_spki(spki, spec->key.key);
	if (spec->gramine) {
		quote_of(&gramine, w,
		         (struct assay_bytes){ spki, sizeof(spki) }, spec);
		add(&cert, oid_gramine, sizeof(oid_gramine), &gramine,
		    spec->twice);
	}
	if (spec->evidence.len)
		buf_put_bytes(&standard, spec->evidence);
	else if (spec->standard)
		put_standard(&standard, w, spec);
	if (standard.len)
		add(&cert, oid_standard, sizeof(oid_standard), &standard,
		    spec->twice);
	if (!sim_cert_make(der, &cert, &spec->key) || standard.bad)
		abort();
	buf_free(&standard);
	buf_free(&gramine);
}

/* ---- a client of Gramine's secret provisioning */

static const char want[] = "SECRET_PROVISION_RA_TLS_REQUEST_V1";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static EVP_PKEY *key_of(const struct assay_p256_pair *pair)
{
	/* ECPrivateKey [RFC 5915] */
	uint8_t der[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20 };
	static const uint8_t middle[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
		                          0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
		                          0xa1, 0x44, 0x03, 0x42, 0x00, 0x04 };
	struct buf b = { 0 };
	const unsigned char *p;
	EVP_PKEY *key;

	buf_put(&b, der, sizeof(der));
	buf_put(&b, pair->secret, 32);
	buf_put(&b, middle, sizeof(middle));
	buf_put(&b, pair->key, 64);
	p = b.ptr;
	key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)b.len);
	must(key != NULL);
	buf_free(&b);
	return key;
}

int ratls_connect(uint16_t at)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(at),
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

static SSL_CTX *client_tls(const struct ratls_visit *v)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	const unsigned char *p = v->cert.ptr;
	EVP_PKEY *key;
	X509 *cert;

	must(tls != NULL);
	SSL_CTX_set_security_level(tls, 0);
	SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
	if (v->version)
		must(SSL_CTX_set_min_proto_version(tls, v->version) &&
		     SSL_CTX_set_max_proto_version(tls, v->version));
	if (!v->cert.len)
		return tls;
	key = v->other ? v->other : key_of(&v->key);
	cert = d2i_X509(NULL, &p, (long)v->cert.len);
	must(cert && SSL_CTX_use_certificate(tls, cert) == 1 &&
	     SSL_CTX_use_PrivateKey(tls, key) == 1);
	X509_free(cert);
	if (!v->other)
		EVP_PKEY_free(key);
	return tls;
}

void ratls_visit(struct ratls_visit *v, uint16_t port)
{
	SSL_CTX *tls = client_tls(v);
	SSL *ssl = SSL_new(tls);
	int fd = ratls_connect(port), n;
	const char *request = v->request ? v->request : want;

	must(ssl && SSL_set_fd(ssl, fd) == 1);
	if (v->session)
		must(SSL_set_session(ssl, v->session) == 1);
	v->len = 0;
	v->shaken = SSL_connect(ssl) == 1;
	v->resumed = SSL_session_reused(ssl);
	if (v->shaken && SSL_write(ssl, request, (int)strlen(request) + 1) > 0)
		while (v->len < sizeof(v->answer) &&
		       (n = SSL_read(ssl, v->answer + v->len,
		                     (int)(sizeof(v->answer) - v->len))) > 0)
			v->len += (size_t)n;
	SSL_SESSION_free(v->session);
	v->session = SSL_get1_session(ssl);
	SSL_free(ssl);
	SSL_CTX_free(tls);
	close(fd);
}

bool ratls_got(const struct ratls_visit *v, const char *secret)
{
	static const char head[] = "SECRET_PROVISION_RA_TLS_RESPONSE_V1:";
	const uint8_t *len = v->answer + sizeof(head);
	size_t n = strlen(secret);

	return v->len == sizeof(head) + 4 + n &&
	       !memcmp(v->answer, head, sizeof(head)) && !len[0] && !len[1] &&
	       !len[2] && len[3] == n && !memcmp(len + 4, secret, n);
}

void ratls_certify(struct ratls_visit *v, struct sim_world *world,
                   const struct ratls_spec *spec)
{
	struct ratls_spec s = *spec;

	must(assay_p256_make(&v->key, NULL));
	s.key = v->key;
	buf_clear(&v->cert);
	ratls_make(&v->cert, world, &s);
}

static void extend(X509 *cert, const char *oid, const struct buf *value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	must(object && bytes &&
	     ASN1_OCTET_STRING_set(bytes, value->ptr, (int)value->len) == 1);
	e = X509_EXTENSION_create_by_OBJ(NULL, object, 0, bytes);
	must(e && X509_add_ext(cert, e, -1) == 1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(bytes);
	ASN1_OBJECT_free(object);
}

static void put_certificate(struct buf *out, EVP_PKEY *key,
                            const struct buf *quote, const struct buf *evidence)
{
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	int n;

	must(cert && X509_set_version(cert, 2) == 1 &&
	     ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
	     X509_NAME_add_entry_by_txt(
		     X509_get_subject_name(cert), "CN", MBSTRING_ASC,
		     (const unsigned char *)"RATLS", -1, -1, 0) == 1 &&
	     X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
	     ASN1_TIME_set_string(X509_getm_notBefore(cert),
	                          "20010101000000Z") == 1 &&
	     ASN1_TIME_set_string(X509_getm_notAfter(cert),
	                          "20301231235959Z") == 1 &&
	     X509_set_pubkey(cert, key) == 1);
	extend(cert, "0.6.9.42.840.113741.1337.6", quote);
	extend(cert, "2.23.133.5.4.9", evidence);
	must(X509_sign(cert, key, EVP_sha256()) > 0);
	n = i2d_X509(cert, &der);
	must(n > 0);
	buf_clear(out);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(cert);
}

void ratls_certify_gramine(struct ratls_visit *v, struct sim_world *world)
{
	const struct ratls_spec spec = { .alg = 1 };
	struct buf quote = { 0 }, claims = { 0 }, evidence = { 0 };
	unsigned char *spki = NULL;
	struct assay_bytes key;
	int n;

	EVP_PKEY_free(v->other);
	v->other = EVP_EC_gen("P-384");
	must(v->other != NULL);
	n = i2d_PUBKEY(v->other, &spki);
	must(n > 0);
	key = (struct assay_bytes){ spki, (size_t)n };
	quote_of(&quote, world, key, &spec);
	claims_of(&claims, key, &spec);
	put_evidence(&evidence, world, &claims, &spec);
	put_certificate(&v->cert, v->other, &quote, &evidence);
	OPENSSL_free(spki);
	buf_free(&quote);
	buf_free(&claims);
	buf_free(&evidence);
}

void ratls_leave(struct ratls_visit *v)
{
	EVP_PKEY_free(v->other);
	buf_free(&v->cert);
	SSL_SESSION_free(v->session);
}
