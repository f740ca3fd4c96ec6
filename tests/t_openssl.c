/*
 * t_openssl.c - certificates, revocation lists, signatures and chains beside
 * OpenSSL's own X.509 and EVP: what we accept it accepts, and reads the same.
 *
 * It is laxer than we are in form; so nothing is asked of what we refuse, but
 * of true documents, which we must not.
 */
#include "base/rd.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "format/cert.h"
#include "format/quote.h"
#include "h_vectors.h"
#include "forge/world.h"
#include "tap.h"

#include <ftw.h>
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define SGX_OID "1.2.840.113741.1.13.1"

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* ---- what is met on the way: each certificate and list once */

enum { MAX_DOCS = 1000 };
struct found {
	size_t n;
	struct assay_bytes der[MAX_DOCS];
};
static struct found certs, lists;

static bool keep(struct found *f, struct assay_bytes der)
{
	uint8_t *p;

	for (size_t i = 0; i < f->n; i++)
		if (assay_bytes_equal(f->der[i], der))
			return false;
	p = malloc(der.len);
	need(p && f->n < MAX_DOCS, "too many documents");
	memcpy(p, der.ptr, der.len);
	f->der[f->n++] = (struct assay_bytes){ p, der.len };
	return true;
}

/* ---- fields */

static bool same_number(const ASN1_INTEGER *theirs, struct assay_bytes ours)
{
	BIGNUM *a = ASN1_INTEGER_to_BN(theirs, NULL);
	BIGNUM *b = BN_bin2bn(ours.ptr, (int)ours.len, NULL);
	bool same = a && b && BN_cmp(a, b) == 0 &&
	            (ours.len == 0 || ours.ptr[0] != 0 || ours.len == 1);

	BN_free(a);
	BN_free(b);
	return same;
}

static bool same_time(const ASN1_TIME *theirs, int64_t ours)
{
	struct tm tm;

	return ASN1_TIME_to_tm(theirs, &tm) == 1 && timegm(&tm) == ours;
}

static bool same_name(const X509_NAME *theirs, struct assay_bytes ours)
{
	const unsigned char *der;
	size_t len;

	return X509_NAME_get0_der(theirs, &der, &len) == 1 &&
	       assay_bytes_equal((struct assay_bytes){ der, len }, ours);
}

/* A signature without strict form is no signature to us, and to them the whole
 * document is none. */
static bool is_malformed(const uint8_t sig[64])
{
	static const uint8_t zeros[64];

	return memcmp(sig, zeros, 64) == 0;
}

/* r || s */
static bool same_signature(const ASN1_BIT_STRING *theirs,
                           const uint8_t ours[64])
{
	const unsigned char *p = theirs->data;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, theirs->length);
	uint8_t both[64];
	bool same = is_malformed(ours);

	if (!same)
		same = sig &&
		       BN_bn2binpad(ECDSA_SIG_get0_r(sig), both, 32) == 32 &&
		       BN_bn2binpad(ECDSA_SIG_get0_s(sig), both + 32, 32) ==
		               32 &&
		       memcmp(both, ours, 64) == 0;
	ECDSA_SIG_free(sig);
	return same;
}

/* x || y; off the curve there is no key. */
static bool same_key(X509 *theirs, const uint8_t ours[64])
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(theirs);

	return bits && bits->length == 65 && bits->data[0] == 4 &&
	       memcmp(bits->data + 1, ours, 64) == 0;
}

static bool same_usage(X509 *theirs, unsigned ours)
{
	ASN1_BIT_STRING *bits = X509_get_ext_d2i(theirs, NID_key_usage, NULL,
	                                         NULL);
	unsigned usage = 0;

	if (bits && bits->length > 0)
		usage = (unsigned)bits->data[0] << 8;
	if (bits && bits->length > 1)
		usage |= bits->data[1];
	ASN1_BIT_STRING_free(bits);
	return usage == ours;
}

static bool same_constraints(X509 *theirs, const struct assay_cert *ours)
{
	BASIC_CONSTRAINTS *b = X509_get_ext_d2i(theirs, NID_basic_constraints,
	                                        NULL, NULL);
	bool ca = b && b->ca, has_len = b && b->pathlen;
	bool same = ca == ours->is_ca && has_len == ours->has_path_len &&
	            (!has_len ||
	             ASN1_INTEGER_get(b->pathlen) == (long)ours->path_len);

	BASIC_CONSTRAINTS_free(b);
	return same;
}

/* The subject's one CN, where we say that there is one. */
static bool same_cn(X509 *theirs, struct assay_bytes ours)
{
	X509_NAME *name = X509_get_subject_name(theirs);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s;

	if (!ours.len)
		return true;
	if (at != 0 ||
	    X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return assay_bytes_equal(
		ours, (struct assay_bytes){ ASN1_STRING_get0_data(s),
	                                    (size_t)ASN1_STRING_length(s) });
}

/* The last SGX extension and how many there are. */
static bool same_sgx(X509 *theirs, const struct assay_cert *ours)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(SGX_OID, 1);
	struct assay_bytes last = { 0 };
	unsigned n = 0;
	int at = -1;

	while ((at = X509_get_ext_by_OBJ(theirs, oid, at)) >= 0) {
		const ASN1_OCTET_STRING *v =
			X509_EXTENSION_get_data(X509_get_ext(theirs, at));

		last = (struct assay_bytes){ v->data, (size_t)v->length };
		n++;
	}
	ASN1_OBJECT_free(oid);
	return n == ours->n_sgx_ext && assay_bytes_equal(last, ours->sgx_ext);
}

/* The field in which they differ; NULL: none. */
static const char *cert_differs(X509 *theirs, const struct assay_cert *ours)
{
	const ASN1_BIT_STRING *sig;

	X509_get0_signature(&sig, NULL, theirs);
	if (X509_get_version(theirs) != X509_VERSION_3)
		return "version";
	if (X509_get_signature_nid(theirs) != NID_ecdsa_with_SHA256)
		return "algorithm";
	if (!same_number(X509_get0_serialNumber(theirs), ours->serial))
		return "serial";
	if (!same_name(X509_get_issuer_name(theirs), ours->issuer))
		return "issuer";
	if (!same_name(X509_get_subject_name(theirs), ours->subject))
		return "subject";
	if (!same_cn(theirs, ours->cn))
		return "CN";
	if (!same_time(X509_get0_notBefore(theirs), ours->validity.from))
		return "notBefore";
	if (!same_time(X509_get0_notAfter(theirs), ours->validity.until - 1))
		return "notAfter";
	if (!same_key(theirs, ours->key))
		return "key";
	if (!same_usage(theirs, ours->key_usage))
		return "key usage";
	if (!same_constraints(theirs, ours))
		return "basic constraints";
	if (!same_sgx(theirs, ours))
		return "SGX extension";
	return same_signature(sig, ours->sig) ? NULL : "signature";
}

static X509 *read_cert(struct assay_bytes der)
{
	const unsigned char *p = der.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	if (x && p == der.ptr + der.len)
		return x;
	X509_free(x);
	return NULL;
}

/* ---- the SGX extension, by OpenSSL's generic reader */

static const ASN1_TYPE *value_of(const ASN1_TYPE *pair, const char *arc,
                                 STACK_OF(ASN1_TYPE) * *kept)
{
	const unsigned char *p = pair->value.sequence->data;
	STACK_OF(ASN1_TYPE) *two =
		d2i_ASN1_SEQUENCE_ANY(NULL, &p, pair->value.sequence->length);
	const ASN1_TYPE *oid = sk_ASN1_TYPE_value(two, 0);
	char text[80];

	*kept = two;
	OBJ_obj2txt(text, sizeof(text), oid->value.object, 1);
	return strcmp(text, arc) == 0 ? sk_ASN1_TYPE_value(two, 1) : NULL;
}

static void free_all(STACK_OF(ASN1_TYPE) * list)
{
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
}

/* The value of the member SGX_OID.arc in the sequence `seq`, found however it
 * is ordered, as bytes (numbers big-endian); -1: not there. */
static int member_of(uint8_t out[64], const unsigned char *seq, long seq_len,
                     const char *arc, const unsigned char **inner)
{
	STACK_OF(ASN1_TYPE) *list = d2i_ASN1_SEQUENCE_ANY(NULL, &seq, seq_len);
	char oid[80];
	int len = -1;

	snprintf(oid, sizeof(oid), "%s.%s", SGX_OID, arc);
	for (int i = 0; i < sk_ASN1_TYPE_num(list); i++) {
		STACK_OF(ASN1_TYPE) * two;
		const ASN1_TYPE *v = value_of(sk_ASN1_TYPE_value(list, i), oid,
		                              &two);

		if (v && v->type == V_ASN1_BOOLEAN) {
			len = 1;
			out[0] = v->value.boolean ? 0xff : 0;
		} else if (v && v->type == V_ASN1_SEQUENCE && inner) {
			static unsigned char copy[2048];

			len = v->value.sequence->length;
			need((size_t)len <= sizeof(copy), "a long sequence");
			memcpy(copy, v->value.sequence->data, (size_t)len);
			*inner = copy;
		} else if (v && v->value.octet_string->length <= 64) {
			len = v->value.octet_string->length;
			memcpy(out, v->value.octet_string->data, (size_t)len);
		}
		free_all(two);
	}
	free_all(list);
	return len;
}

static bool is_octets(struct assay_bytes ext, const char *arc,
                      const uint8_t *want, int n)
{
	uint8_t got[64];

	return member_of(got, ext.ptr, (long)ext.len, arc, NULL) == n &&
	       memcmp(got, want, (size_t)n) == 0;
}

static bool is_small(const unsigned char *seq, long len, const char *arc,
                     unsigned want)
{
	uint8_t got[64];
	unsigned v = 0;
	int n = member_of(got, seq, len, arc, NULL);

	for (int i = 0; i < n; i++)
		v = v << 8 | got[i];
	return n > 0 && v == want;
}

static bool is_flag(const unsigned char *seq, int len, const char *arc,
                    enum assay_flag ours)
{
	uint8_t got[64];
	int n = len < 0 ? -1 : member_of(got, seq, len, arc, NULL);

	return n < 0 ? ours == ASSAY_FLAG_ABSENT
	             : ours == (got[0] ? ASSAY_FLAG_TRUE : ASSAY_FLAG_FALSE);
}

static const char *pck_differs(struct assay_bytes ext,
                               const struct assay_pck *ours)
{
	const unsigned char *seq = NULL;
	uint8_t out[64];
	char arc[8];
	int len = member_of(out, ext.ptr, (long)ext.len, "2", &seq);

	if (len < 0)
		return "TCB";
	for (unsigned i = 0; i < 16; i++) {
		snprintf(arc, sizeof(arc), "2.%u", i + 1);
		if (!is_small(seq, len, arc, ours->comp[i]))
			return "component";
	}
	if (!is_small(seq, len, "2.17", ours->pce_svn))
		return "PCESVN";
	if (member_of(out, seq, len, "2.18", NULL) != 16 ||
	    memcmp(out, ours->cpu_svn, 16) != 0)
		return "CPUSVN";
	if (!is_octets(ext, "1", ours->ppid, 16))
		return "PPID";
	if (!is_octets(ext, "3", ours->pce_id, 2))
		return "PCEID";
	if (!is_octets(ext, "4", ours->fmspc, 6))
		return "FMSPC";
	if (!is_small(ext.ptr, (long)ext.len, "5", ours->sgx_type))
		return "SGX type";
	if (ours->has_piid != is_octets(ext, "6", ours->piid, 16))
		return "platform instance";
	len = member_of(out, ext.ptr, (long)ext.len, "7", &seq);
	if (!is_flag(seq, len, "7.1", ours->dynamic_platform) ||
	    !is_flag(seq, len, "7.2", ours->cached_keys) ||
	    !is_flag(seq, len, "7.3", ours->smt_enabled))
		return "flags";
	return NULL;
}

/* ---- certificates */

/* What we accept, they read the same.  *accepted: we do. */
static const char *cert_fault(struct assay_bytes der, bool *accepted)
{
	struct assay_cert c;
	struct assay_pck pck;
	const char *what;
	X509 *x;

	*accepted = assay_cert_parse(&c, der, ASSAY_DOC_PCK_LEAF, NULL);
	if (!*accepted)
		return NULL;
	x = read_cert(der);
	if (!x)
		return is_malformed(c.sig) ? NULL : "they refuse it";
	what = cert_differs(x, &c);
	X509_free(x);
	if (!what && c.n_sgx_ext == 1 &&
	    (assay_pck_parse(&pck, &c, ASSAY_ROLE_PLATFORM_CA, NULL) ||
	     assay_pck_parse(&pck, &c, ASSAY_ROLE_PROCESSOR_CA, NULL)))
		what = pck_differs(c.sgx_ext, &pck);
	return what;
}

/* Not of Intel's profile: RSA, SHA-384, no key identifiers. */
static bool is_foreign(struct assay_bytes der)
{
	X509 *x = read_cert(der);
	bool foreign =
		!x || X509_get_signature_nid(x) != NID_ecdsa_with_SHA256 ||
		X509_get_ext_by_NID(x, NID_subject_key_identifier, -1) < 0 ||
		X509_get_ext_by_NID(x, NID_authority_key_identifier, -1) < 0;

	X509_free(x);
	return foreign;
}

static void test_certs(void)
{
	size_t n_foreign = 0, n_bad = 0;

	for (size_t i = 0; i < certs.n; i++) {
		bool accepted;
		const char *what = cert_fault(certs.der[i], &accepted);

		if (!accepted && is_foreign(certs.der[i])) {
			n_foreign++;
			continue;
		}
		if (what || !accepted) {
			note("certificate %zu: %s", i,
			     what ? what : "we refuse it");
			n_bad++;
		}
	}
	ok(!n_bad && certs.n > n_foreign,
	   "%zu certificates read the same (and %zu not of the profile)",
	   certs.n - n_foreign, n_foreign);
}

/* ---- revocation lists */

static const char *list_differs(X509_CRL *theirs, const struct assay_crl *ours)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(theirs, NID_crl_number,
	                                            NULL, NULL);
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(theirs);
	const ASN1_BIT_STRING *sig;
	uint64_t n = 0;

	X509_CRL_get0_signature(theirs, &sig, NULL);
	if (!number || !ASN1_INTEGER_get_uint64(&n, number))
		n = UINT64_MAX; /* ours says so of all that are larger */
	ASN1_INTEGER_free(number);
	if (n != ours->number)
		return "number";
	if (!same_name(X509_CRL_get_issuer(theirs), ours->issuer))
		return "issuer";
	if (!same_time(X509_CRL_get0_lastUpdate(theirs), ours->validity.from))
		return "thisUpdate";
	if (!same_time(X509_CRL_get0_nextUpdate(theirs), ours->validity.until))
		return "nextUpdate";
	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(
			sk_X509_REVOKED_value(all, i));
		BIGNUM *bn = ASN1_INTEGER_to_BN(serial, NULL);
		uint8_t p[64] = { 0 };
		int len = BN_num_bytes(bn) <= 64 ? BN_bn2bin(bn, p) : 0;
		bool negative = BN_is_negative(bn), listed;

		BN_free(bn);
		listed = assay_crl_lists(
			ours, (struct assay_bytes){ p, (size_t)len });
		/* of a negative number we compare the bytes as they stand */
		if (!listed && len && !negative)
			return "a revoked serial";
	}
	return same_signature(sig, ours->sig) ? NULL : "signature";
}

/* A serial that is padded revokes all the same; they refuse the whole list. */
static bool is_padding(void)
{
	return ERR_GET_REASON(ERR_peek_error()) == ASN1_R_ILLEGAL_PADDING;
}

static const char *list_fault(struct assay_bytes der, bool *accepted)
{
	const unsigned char *p = der.ptr;
	const char *what = "they refuse it";
	struct assay_crl c;
	X509_CRL *x;

	*accepted = assay_crl_parse(&c, der, ASSAY_DOC_PCK_CRL, NULL);
	if (!*accepted)
		return NULL;
	ERR_clear_error();
	x = d2i_X509_CRL(NULL, &p, (long)der.len);
	if (x && p == der.ptr + der.len)
		what = list_differs(x, &c);
	else if (!x && (is_malformed(c.sig) || is_padding()))
		what = NULL;
	X509_CRL_free(x);
	return what;
}

static bool is_foreign_list(struct assay_bytes der)
{
	const unsigned char *p = der.ptr;
	X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)der.len);
	bool foreign = !x ||
	               X509_CRL_get_signature_nid(x) != NID_ecdsa_with_SHA256 ||
	               X509_CRL_get_ext_by_NID(x, NID_crl_number, -1) < 0;

	X509_CRL_free(x);
	return foreign;
}

static void test_lists(void)
{
	size_t n_foreign = 0, n_bad = 0;

	for (size_t i = 0; i < lists.n; i++) {
		bool accepted;
		const char *what = list_fault(lists.der[i], &accepted);

		if (!accepted && is_foreign_list(lists.der[i])) {
			n_foreign++;
			continue;
		}
		if (what || !accepted) {
			note("list %zu: %s", i, what ? what : "we refuse it");
			n_bad++;
		}
	}
	ok(!n_bad && lists.n > n_foreign,
	   "%zu revocation lists read the same (and %zu not of the profile)",
	   lists.n - n_foreign, n_foreign);
}

/* Whether a certificate's serial is listed, of any list and any certificate. */
static void test_lookups(void)
{
	size_t n = 0, n_listed = 0, n_bad = 0;

	for (size_t i = 0; i < lists.n; i++) {
		const unsigned char *p = lists.der[i].ptr;
		X509_CRL *theirs = d2i_X509_CRL(NULL, &p,
		                                (long)lists.der[i].len);
		struct assay_crl ours;

		for (size_t k = 0; assay_crl_parse(&ours, lists.der[i],
		                                   ASSAY_DOC_PCK_CRL, NULL) &&
		                   k < certs.n;
		     k++) {
			X509 *x = read_cert(certs.der[k]);
			struct assay_cert c;
			X509_REVOKED *entry;
			bool listed;

			if (x && assay_cert_parse(&c, certs.der[k],
			                          ASSAY_DOC_PCK_LEAF, NULL)) {
				listed = X509_CRL_get0_by_serial(
						 theirs, &entry,
						 X509_get_serialNumber(x)) == 1;
				n_bad += listed !=
				         assay_crl_lists(&ours, c.serial);
				n_listed += listed;
				n++;
			}
			X509_free(x);
		}
		X509_CRL_free(theirs);
	}
	ok(!n_bad && n_listed, "%zu look-ups, %zu of them listed", n, n_listed);
}

/* ---- mutants */

enum { MUTANTS = 300 };
static uint32_t state = 1;

static size_t pick(size_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

/* Bytes that mean something in DER. */
static const uint8_t telling[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
	                           0x0a, 0x0c, 0x13, 0x17, 0x18, 0x1e, 0x30,
	                           0x31, 0x7f, 0x80, 0x81, 0x82, 0xa0, 0xa3,
	                           0xff, '0',  '9',  'Z',  '+' };

static void mutate(uint8_t *p, size_t len)
{
	size_t at = pick(len), n;

	switch (pick(6)) {
	case 0: /* a bit */
		p[at] ^= (uint8_t)(1u << pick(8));
		break;
	case 1:
		p[at] = telling[pick(sizeof(telling))];
		break;
	case 2: /* a small step, of a length perhaps */
		p[at] = (uint8_t)(p[at] + (pick(2) ? 1 : -1));
		break;
	case 3: /* a byte left out, another put in elsewhere */
		memmove(p + at, p + at + 1, len - at - 1);
		at = pick(len);
		memmove(p + at + 1, p + at, len - at - 1);
		p[at] = telling[pick(sizeof(telling))];
		break;
	case 4: /* a piece copied over another */
		n = pick(32);
		if (at + n < len)
			memmove(p + at, p + pick(len - n), n);
		break;
	default: /* two bits */
		p[at] ^= (uint8_t)(1u << pick(8));
		p[pick(len)] ^= (uint8_t)(1u << pick(8));
		break;
	}
}

static void test_mutants(const struct found *f, const char *name,
                         const char *(*fault)(struct assay_bytes, bool *))
{
	size_t n = 0, n_accepted = 0, n_bad = 0;

	for (size_t i = 0; i < f->n; i++) {
		uint8_t *p = malloc(f->der[i].len);

		need(p != NULL, "no memory");
		for (size_t k = 0; k < MUTANTS; k++) {
			struct assay_bytes m = { p, f->der[i].len };
			const char *what;
			bool accepted;

			memcpy(p, f->der[i].ptr, m.len);
			mutate(p, m.len);
			what = fault(m, &accepted);
			n++;
			n_accepted += accepted;
			if (what && n_bad++ < 10)
				note("%s %zu, mutant %zu: %s", name, i, k,
				     what);
		}
		free(p);
	}
	ERR_clear_error();
	ok(!n_bad && n_accepted && n_accepted < n,
	   "%zu mutants of every %s: the %zu that we accept read the same", n,
	   name, n_accepted);
}

/* ---- signatures */

static EVP_PKEY *point_key(const uint8_t key[64])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;
	uint8_t octets[65] = { 4 };
	char curve[] = "prime256v1";

	memcpy(octets + 1, key, 64);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		                                 curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		                                  octets, sizeof(octets)),
		OSSL_PARAM_construct_end(),
	};
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool they_verify(const uint8_t key[64], struct assay_bytes msg,
                        const uint8_t sig[64])
{
	EVP_PKEY *pkey = point_key(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ECDSA_SIG *rs = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len;
	bool yes;

	need(ctx && rs &&
	             ECDSA_SIG_set0(rs, BN_bin2bn(sig, 32, NULL),
	                            BN_bin2bn(sig + 32, 32, NULL)) == 1,
	     "no memory");
	len = i2d_ECDSA_SIG(rs, &der);
	yes = pkey && len > 0 &&
	      EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	      EVP_DigestVerify(ctx, der, (size_t)len, msg.ptr, msg.len) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(rs);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return yes;
}

static struct assay_p256 *engine;

static bool we_verify(const uint8_t key[64], struct assay_bytes msg,
                      const uint8_t sig[64])
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, msg);
	return assay_p256_verify(engine, key, digest, sig);
}

/* What was compared, by what it was. */
struct tally {
	size_t n_yes, n_no, n_bad;
};

/* As it is, and with one bit of the signature, the message or the key wrong. */
static bool compare(struct tally *t, const uint8_t key[64],
                    struct assay_bytes msg, const uint8_t sig[64])
{
	uint8_t k[64], s[64];
	bool ours = we_verify(key, msg, sig), theirs;

	theirs = they_verify(key, msg, sig);
	t->n_bad += ours != theirs;
	t->n_yes += ours && theirs;
	t->n_no += !ours && !theirs;
	memcpy(k, key, 64);
	memcpy(s, sig, 64);
	s[pick(64)] ^= (uint8_t)(1u << pick(8));
	t->n_bad += we_verify(key, msg, s) != they_verify(key, msg, s);
	k[pick(64)] ^= (uint8_t)(1u << pick(8));
	t->n_bad += we_verify(k, msg, sig) != they_verify(k, msg, sig);
	return theirs;
}

static void say(const struct tally *t, const char *what)
{
	ok(!t->n_bad && t->n_yes, "%s: %zu good, %zu bad, to both alike", what,
	   t->n_yes, t->n_no);
}

/* Every certificate and list by every key that has its issuer's name. */
static void test_issued(void)
{
	struct tally of_certs = { 0 }, of_lists = { 0 };

	for (size_t k = 0; k < certs.n; k++) {
		struct assay_cert issuer, c;
		struct assay_crl l;

		if (!assay_cert_parse(&issuer, certs.der[k], ASSAY_DOC_PCK_CA,
		                      NULL) ||
		    !issuer.is_ca)
			continue;
		for (size_t i = 0; i < certs.n; i++)
			if (assay_cert_parse(&c, certs.der[i],
			                     ASSAY_DOC_PCK_LEAF, NULL) &&
			    assay_bytes_equal(c.issuer, issuer.subject))
				compare(&of_certs, issuer.key, c.tbs, c.sig);
		for (size_t i = 0; i < lists.n; i++)
			if (assay_crl_parse(&l, lists.der[i], ASSAY_DOC_PCK_CRL,
			                    NULL) &&
			    assay_bytes_equal(l.issuer, issuer.subject))
				compare(&of_lists, issuer.key, l.tbs, l.sig);
	}
	say(&of_certs, "certificates' signatures");
	say(&of_lists, "lists' signatures");
}

/* The leaf of a PEM chain: the certificate that is no CA. */
static bool find_leaf(struct assay_cert *leaf, uint8_t der[ASSAY_CERT_MAX],
                      struct assay_bytes text)
{
	struct assay_bytes body;
	size_t pos = 0, n;

	while (assay_pem_next(&body, text, &pos, "CERTIFICATE"))
		if (body.len < ASSAY_CERT_MAX &&
		    assay_base64_parse(der, &n, body, true) &&
		    assay_cert_parse(leaf, (struct assay_bytes){ der, n },
		                     ASSAY_DOC_PCK_LEAF, NULL) &&
		    !leaf->is_ca)
			return true;
	return false;
}

/* Of a quote: the QE report's signature and the quote's own. */
static void compare_quote(struct tally *qe, struct tally *own,
                          struct assay_bytes quote)
{
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_cert leaf;
	struct assay_quote q;

	if (!assay_quote_parse(&q, quote, false, NULL))
		return;
	compare(own, q.ak.ptr, q.signed_part, q.sig.ptr);
	if (q.cert_type == ASSAY_CERT_PCK_CHAIN &&
	    find_leaf(&leaf, der, q.cert))
		compare(qe, leaf.key, q.qe_report_raw, q.qe_report_sig.ptr);
}

/* {"member":{...},"signature":"..."}, cut by hand: the documents here hold no
 * white space outside. */
static bool compare_json(struct tally *t, struct assay_bytes doc,
                         struct assay_bytes chain)
{
	static const char mid[] = ",\"signature\":\"";
	const uint8_t *from = memchr(doc.ptr, ':', doc.len);
	const uint8_t *to = memmem(doc.ptr, doc.len, mid, sizeof(mid) - 1);
	uint8_t der[ASSAY_CERT_MAX], sig[64];
	struct assay_cert signer;

	if (!from || !to || !find_leaf(&signer, der, chain) ||
	    !assay_hex_parse(sig, 64,
	                     (struct assay_bytes){ to + sizeof(mid) - 1, 128 }))
		return false;
	from++;
	return compare(t, signer.key,
	               (struct assay_bytes){ from, (size_t)(to - from) }, sig);
}

static void test_cases(const struct vector_case *cases, size_t n)
{
	struct tally qe = { 0 }, own = { 0 }, json = { 0 };
	size_t n_missing = 0;

	for (size_t i = 0; i < n; i++) {
		const struct assay_collateral *c = &cases[i].collateral;

		compare_quote(&qe, &own, cases[i].quote);
		if (cases[i].has_collateral &&
		    (!compare_json(&json, c->tcb_info.doc,
		                   c->tcb_info_issuer_chain) ||
		     !compare_json(&json, c->qe_identity.doc,
		                   c->qe_identity_issuer_chain)))
			n_missing++;
	}
	say(&qe, "QE reports' signatures");
	say(&own, "quotes' signatures");
	say(&json, "JSON documents' signatures");
	ok(!n_missing, "every JSON document is signed to OpenSSL too");
}

/* ---- whole chains */

static void push_chain(STACK_OF(X509) * all, struct assay_bytes text)
{
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_bytes body;
	size_t pos = 0, n;

	while (assay_pem_next(&body, text, &pos, "CERTIFICATE")) {
		need(body.len < sizeof(der) &&
		             assay_base64_parse(der, &n, body, true),
		     "a certificate is no base64");
		sk_X509_push(all, read_cert((struct assay_bytes){ der, n }));
	}
}

static void add_list(X509_STORE *store, struct assay_bytes der)
{
	const unsigned char *p = der.ptr;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);

	X509_STORE_add_crl(store, crl);
	X509_CRL_free(crl);
}

/* The certificate that is its own issuer, or the one that is no CA. */
static X509 *one_of(STACK_OF(X509) * all, bool root)
{
	for (int i = 0; i < sk_X509_num(all); i++) {
		X509 *x = sk_X509_value(all, i);
		uint32_t flags = X509_get_extension_flags(x);

		if (flags & (root ? EXFLAG_SI : EXFLAG_CA) ? root : !root)
			return x;
	}
	return NULL;
}

/* OpenSSL's own judgement of a chain, with both lists, at a time. */
static int they_judge(struct assay_bytes text, struct assay_bytes root_crl,
                      struct assay_bytes pck_crl, int64_t now)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int err = -1;

	need(all && store && ctx, "no memory");
	push_chain(all, text);
	add_list(store, root_crl);
	if (pck_crl.len)
		add_list(store, pck_crl);
	if (X509_STORE_add_cert(store, one_of(all, true)) == 1 &&
	    X509_STORE_CTX_init(ctx, store, one_of(all, false), all) == 1) {
		X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
		X509_STORE_CTX_set_flags(
			ctx, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
				     X509_V_FLAG_X509_STRICT);
		err = X509_verify_cert(ctx) == 1
		              ? X509_V_OK
		              : X509_STORE_CTX_get_error(ctx);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_pop_free(all, X509_free);
	return err;
}

static void test_real_chains(const struct vector_case *cases, size_t n)
{
	size_t n_tried = 0, n_bad = 0;

	for (size_t i = 0; i < n; i++) {
		const struct vector_case *c = &cases[i];
		struct assay_quote q;

		if (!c->has_collateral ||
		    !assay_quote_parse(&q, c->quote, false, NULL))
			continue;
		const struct assay_collateral *k = &c->collateral;
		int errs[] = {
			they_judge(q.cert, k->root_ca_crl, k->pck_crl, c->at),
			they_judge(k->tcb_info_issuer_chain, k->root_ca_crl,
			           (struct assay_bytes){ 0 }, c->at),
			they_judge(k->qe_identity_issuer_chain, k->root_ca_crl,
			           (struct assay_bytes){ 0 }, c->at),
		};
		n_tried++;
		for (size_t j = 0; j < 3; j++)
			if (errs[j] && n_bad++ < 10)
				note("%s, chain %zu: %s", c->name, j,
				     X509_verify_cert_error_string(errs[j]));
	}
	ok(!n_bad && n_tried >= 150,
	   "%zu sets of chains that we accept are good to OpenSSL", n_tried);
}

/* ---- chains that are wrong, to both for the same reason */

static struct sim_revoked revoked = { .reason = -1 };

static void revoke(struct sim_world *w, unsigned crl, enum sim_who who)
{
	revoked.serial = w->cert[who].serial;
	revoked.date = w->now - 86400;
	w->crl[crl].revoked = &revoked;
	w->crl[crl].n_revoked = 1;
}
static void revoke_leaf(struct sim_world *w)
{
	revoke(w, SIM_CRL_PLATFORM, SIM_PCK);
}
static void revoke_ca(struct sim_world *w)
{
	revoke(w, SIM_CRL_ROOT, SIM_PLATFORM_CA);
}
static void expire_leaf(struct sim_world *w)
{
	w->cert[SIM_PCK].not_after = w->now - 1;
}
static void last_second(struct sim_world *w)
{
	w->cert[SIM_PCK].not_after = w->now;
}
static void early_ca(struct sim_world *w)
{
	w->cert[SIM_PLATFORM_CA].not_before = w->now + 1;
}
static void forge_leaf(struct sim_world *w)
{
	w->cert_signer[SIM_PCK] = SIM_STRANGER;
}
static void forge_ca(struct sim_world *w)
{
	w->cert_signer[SIM_PLATFORM_CA] = SIM_STRANGER;
}
static void forge_list(struct sim_world *w)
{
	w->crl_signer[SIM_CRL_PLATFORM] = SIM_STRANGER;
}
static void stale_list(struct sim_world *w)
{
	w->crl[SIM_CRL_PLATFORM].next_update = w->now - 1;
}
static void early_list(struct sim_world *w)
{
	w->crl[SIM_CRL_ROOT].this_update = w->now + 1;
}
static void no_ca(struct sim_world *w)
{
	w->cert[SIM_PLATFORM_CA].is_ca = false;
	w->cert[SIM_PLATFORM_CA].path_len = -1;
	w->cert[SIM_PLATFORM_CA].key_usage = SIM_KU_DIGITAL_SIGNATURE;
}
static void no_cert_sign(struct sim_world *w)
{
	w->cert[SIM_PLATFORM_CA].key_usage = SIM_KU_CRL_SIGN;
}
static void short_path(struct sim_world *w)
{
	w->cert[SIM_ROOT].path_len = 0;
}
static void critical(struct sim_world *w)
{
	w->cert[SIM_PCK].extra[0] = sim_ext_unknown_critical;
	w->cert[SIM_PCK].n_extra = 1;
}

static const struct {
	const char *name;
	void (*edit)(struct sim_world *w);
	enum assay_check ours;
	int theirs;
} wrongs[] = {
	{ "nothing", NULL, ASSAY_OK, X509_V_OK },
	{ "a revoked leaf", revoke_leaf, ASSAY_R_PCK_REVOKED,
	  X509_V_ERR_CERT_REVOKED },
	{ "a revoked CA", revoke_ca, ASSAY_R_INTERMEDIATE_REVOKED,
	  X509_V_ERR_CERT_REVOKED },
	{ "an expired leaf", expire_leaf, ASSAY_X_TIME,
	  X509_V_ERR_CERT_HAS_EXPIRED },
	/* RFC 5280 4.1.2.5: notAfter is within; OpenSSL has it past */
	{ "a leaf's last second", last_second, ASSAY_OK,
	  X509_V_ERR_CERT_HAS_EXPIRED },
	{ "a CA of tomorrow", early_ca, ASSAY_X_TIME,
	  X509_V_ERR_CERT_NOT_YET_VALID },
	{ "a forged leaf", forge_leaf, ASSAY_X_SIG,
	  X509_V_ERR_CERT_SIGNATURE_FAILURE },
	{ "a forged CA", forge_ca, ASSAY_X_SIG,
	  X509_V_ERR_CERT_SIGNATURE_FAILURE },
	{ "a forged list", forge_list, ASSAY_R_SIG,
	  X509_V_ERR_CRL_SIGNATURE_FAILURE },
	{ "an expired list", stale_list, ASSAY_R_TIME,
	  X509_V_ERR_CRL_HAS_EXPIRED },
	{ "a list of tomorrow", early_list, ASSAY_R_TIME,
	  X509_V_ERR_CRL_NOT_YET_VALID },
	{ "an issuer that is no CA", no_ca, ASSAY_X_CA, X509_V_ERR_INVALID_CA },
	{ "a CA that may not certify", no_cert_sign, ASSAY_X_KEYUSAGE,
	  X509_V_ERR_INVALID_CA },
	{ "too short a path", short_path, ASSAY_X_PATHLEN,
	  X509_V_ERR_PATH_LENGTH_EXCEEDED },
	{ "an unknown critical extension", critical, ASSAY_X_UNKNOWN_CRITICAL,
	  X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION },
};

static void test_wrong_chain(size_t i, struct assay_trust *trust)
{
	static struct sim_world w;
	struct assay_evidence e = { 0 };
	struct assay_terms terms = { 0 };
	struct assay_verdict v;
	int theirs;

	need(sim_world_default(&w, SIM_SGX_V3), "no world");
	if (wrongs[i].edit)
		wrongs[i].edit(&w);
	need(sim_world_build(&w), "no world");
	e.quote = buf_bytes(&w.quote);
	sim_world_collateral(&e.collateral, &w);
	e.collateral.pck_crl_issuer_chain = (struct assay_bytes){ 0 };
	terms.now = w.now;
	(void)!assay_verify_evidence(&v, trust, NULL, &e, NULL,
	                             w.keys[SIM_ROOT].key, &terms);
	theirs = they_judge(buf_bytes(&w.pem[SIM_CHAIN_PCK]),
	                    e.collateral.root_ca_crl, e.collateral.pck_crl,
	                    w.now);
	ok(v.failed.check == wrongs[i].ours && theirs == wrongs[i].theirs,
	   "%s: we say %s, they say %s", wrongs[i].name,
	   v.genuine ? "genuine" : v.failed.note,
	   X509_verify_cert_error_string(theirs));
	sim_world_free(&w);
}

/* ---- where documents come from */

/* By OpenSSL's PEM reader; ours must find the same bytes in the same text. */
static void take_pem(struct assay_bytes text, size_t *n_bad)
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	char *label, *header;
	unsigned char *der;
	size_t pos = 0, n;
	long len;

	while (PEM_read_bio(bio, &label, &header, &der, &len)) {
		struct assay_bytes d = { der, (size_t)len }, body;
		uint8_t *ours = malloc(text.len);

		need(ours != NULL, "no memory");
		if (!assay_pem_next(&body, text, &pos, label) ||
		    !assay_base64_parse(ours, &n, body, true) ||
		    !assay_bytes_equal(d, (struct assay_bytes){ ours, n }))
			++*n_bad;
		if (strcmp(label, "CERTIFICATE") == 0)
			keep(&certs, d);
		else if (strcmp(label, "X509 CRL") == 0)
			keep(&lists, d);
		free(ours);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	ERR_clear_error();
}

static size_t n_pem_bad;

/* A file of the vectors: a list in DER, or PEM text somewhere in it.  In the
 * forged quotes and attestations PEM is not what it was. */
static int take_file(const char *path, const struct stat *st, int type,
                     struct FTW *ftw)
{
	const char *name = path + ftw->base;
	const char *begin;
	unsigned char *p;
	size_t len, n_bad = 0;

	if (type != FTW_F || st->st_size > 100000 || strstr(path, "/json/"))
		return 0;
	p = slurp(path, &len);
	need(p != NULL, path);
	begin = memmem(p, len, "-----BEGIN", 10);
	if (strstr(name, "crl") && strstr(name, ".der"))
		keep(&lists, (struct assay_bytes){ p, len });
	else if (begin)
		take_pem((struct assay_bytes){ (const uint8_t *)begin,
		                               len - (size_t)(begin -
		                                              (char *)p) },
		         &n_bad);
	if (strncmp(name, "neg-", 4) != 0 && !strstr(path, "/conclave/"))
		n_pem_bad += n_bad;
	free(p);
	return 0;
}

static void take_made(void)
{
	static struct sim_world w;

	for (unsigned ca = 0; ca < 2; ca++) {
		need(sim_world_default(&w, SIM_TDX15_V5), "no world");
		sim_world_use_ca(&w, ca ? SIM_PLATFORM_CA : SIM_PROCESSOR_CA);
		revoke(&w, ca ? SIM_CRL_PLATFORM : SIM_CRL_PROCESSOR, SIM_PCK);
		need(sim_world_build(&w), "no world");
		for (unsigned i = 0; i < SIM_N_CERTS; i++)
			keep(&certs, buf_bytes(&w.der[i]));
		for (unsigned i = 0; i < SIM_N_CRLS; i++)
			keep(&lists, buf_bytes(&w.crl_der[i]));
		sim_world_free(&w);
	}
}

static void test_vectors(void)
{
	struct vector_case *cases;
	size_t n;

	if (!vectors() || nftw(vectors(), take_file, 8, FTW_PHYS) != 0) {
		skip("no vectors", "documents that others made");
		return;
	}
	cases = vector_cases(&n);
	ok(!n_pem_bad, "PEM text is read as OpenSSL does");
	if (!ok(cases != NULL, "intel/cases.json is read"))
		return;
	test_cases(cases, n);
	test_real_chains(cases, n);
	free(cases);
}

int main(void)
{
	struct assay_trust *trust = malloc(assay_trust_size());

	engine = assay_p256_new(NULL);
	need(engine && trust, "no memory");
	take_made();
	test_vectors();
	test_certs();
	test_lists();
	test_lookups();
	test_issued();
	test_mutants(&certs, "certificate", cert_fault);
	test_mutants(&lists, "list", list_fault);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		test_wrong_chain(i, trust);
	for (size_t i = 0; i < certs.n; i++)
		free((void *)(uintptr_t)certs.der[i].ptr);
	for (size_t i = 0; i < lists.n; i++)
		free((void *)(uintptr_t)lists.der[i].ptr);
	assay_p256_free(engine);
	free(trust);
	return done();
}
