/* t_ratls.c - evidence in certificates of RA-TLS: what speaks for the
 * certificate's key, and what only looks as if it did. */
#include "base/text.h"
#include "h_ratls.h"
#include "judge/judge.h"
#include "tap.h"

#include <string.h>

static struct sim_world world;
static struct assay_trust *trust;
static struct assay_policy *policy; /* any code of a simulated machine */
static struct assay_p256_pair key, other;

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

/* ---- one certificate, all the way */

struct run {
	struct buf der;
	uint8_t *mem;
	bool read;
	struct assay_err err;
	struct judgement j;
};

static void judge_bytes(struct run *r, struct assay_bytes in, const char *nonce)
{
	const struct judge_wants wants = {
		.nonce = nonce ? buf_text(nonce)
		               : (struct assay_bytes){ NULL, 0 },
	};
	const struct assay_terms terms = { .now = world.now };
	struct assay_scratch scratch = { .len = in.len };

	r->mem = scratch.ptr = malloc(in.len + 1);
	judge_empty(&r->j);
	if (!scratch.ptr)
		abort();
	memset(&r->j.evidence, 0xee, sizeof(r->j.evidence));
	r->read = assay_evidence_read(&r->j.evidence, in, &scratch, &r->err);
	r->j.readable = r->read;
	if (!r->read)
		return;
	if (!assay_verify(&r->j.verdict, trust, NULL, r->j.evidence.quote,
	                  (struct assay_bytes){ NULL, 0 }, &terms))
		note("%s", r->j.verdict.failed.note);
	judge_appraise(&r->j, policy, NULL, 0, &wants);
}

static struct run run_spec(const struct ratls_spec *spec, const char *nonce)
{
	struct run r = { 0 };

	ratls_make(&r.der, &world, spec);
	judge_bytes(&r, buf_bytes(&r.der), nonce);
	return r;
}

static void end(struct run *r)
{
	buf_free(&r->der);
	free(r->mem);
}

static bool is_refused_by(const struct run *r, const char *rule)
{
	return r->read && !r->j.decision.accept &&
	       r->j.decision.n_refusals == 1 &&
	       !strcmp(r->j.decision.refusals[0].rule, rule);
}

/* ---- what is good */

static void test_good(void)
{
	static const struct {
		const char *name;
		struct ratls_spec spec;
		const char *nonce;
	} rows[] = {
		{ "SHA-256", { .standard = true, .alg = 1 }, NULL },
		{ "SHA-384", { .standard = true, .alg = 7 }, NULL },
		{ "SHA-512", { .standard = true, .alg = 8 }, NULL },
		{ "a nonce",
		  { .standard = true, .alg = 1, .nonce = "abc" },
		  "abc" },
		{ "Gramine's older extension", { .gramine = true }, NULL },
		{ "both extensions",
		  { .standard = true, .gramine = true, .alg = 1 },
		  NULL },
		{ "in an OCTET STRING",
		  { .standard = true, .alg = 1, .wrapped = true },
		  NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ratls_spec spec = rows[i].spec;
		uint8_t spki[RATLS_SPKI_LEN];

		spec.key = key;
		ratls_spki(spki, key.key);
		struct run r = run_spec(&spec, rows[i].nonce);
		const struct assay_evidence *e = &r.j.evidence;

		ok(r.read && e->kind == ASSAY_EVIDENCE_CERT &&
		           !strcmp(e->encoding, "raw") && r.j.verdict.genuine &&
		           r.j.decision.accept && r.j.keys == ASSAY_KEYS_BOUND,
		   "%s: accepted: %s%s", rows[i].name, r.err.note,
		   r.j.verdict.failed.note);
		ok(assay_bytes_equal(e->tls_key,
		                     (struct assay_bytes){ spki,
		                                           sizeof(spki) }) &&
		           e->has_nonce == (rows[i].nonce != NULL) &&
		           (e->claims.len != 0) == spec.standard,
		   "%s: key, claims, nonce", rows[i].name);
		end(&r);
	}
}

/* What is around the claims' [alg, hash]. */
static void test_unknown_claims(void)
{
	struct ratls_spec spec = { .key = key, .standard = true, .alg = 1 };
	struct buf one = { 0 }, claims = { 0 };

	ratls_claims(&one, &spec);
	/* {1: [[], {"a": 1.5}], tag 5 (-1): true, "x": 2^32, pubkey-hash} */
	buf_put(&claims,
	        "\xa4\x01\x82\x80\xa1\x61\x61\xf9\x3e\x00\xc5\x20\xf5"
	        "\x61\x78\x1b\0\0\0\1\0\0\0\0",
	        24);
	buf_put(&claims, one.ptr + 1, one.len - 1);
	spec.claims = buf_bytes(&claims);
	struct run r = run_spec(&spec, NULL);

	ok(r.read && r.j.decision.accept, "claims of other names: %s",
	   r.err.note);
	end(&r);
	buf_free(&one);
	buf_free(&claims);
}

static void test_forms(void)
{
	struct ratls_spec spec = { .key = key, .standard = true, .alg = 1 };
	struct buf der = { 0 }, text = { 0 };

	ratls_make(&der, &world, &spec);
	sim_pem(&text, "CERTIFICATE", buf_bytes(&der));
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "pem", "base64", "hex" };
		char *coded = malloc(2 * der.len + 1);
		struct run r = { 0 };

		if (!coded)
			abort();
		if (i == 1)
			assay_base64_print(coded, der.ptr, der.len);
		else
			assay_hex_print(coded, der.ptr, der.len, false);
		judge_bytes(&r, i ? buf_text(coded) : buf_bytes(&text), NULL);
		ok(r.read && r.j.decision.accept &&
		           !strcmp(r.j.evidence.encoding, names[i]),
		   "%s: %s", names[i], r.err.note);
		end(&r);
		free(coded);
	}
	buf_free(&der);
	buf_free(&text);
}

/* ---- what is no such certificate */

static void refused(const char *name, struct assay_bytes in,
                    enum assay_check want)
{
	static const struct assay_evidence zero;
	struct run r = { 0 };

	judge_bytes(&r, in, NULL);
	ok(!r.read && r.err.check == want &&
	           !memcmp(&r.j.evidence, &zero, sizeof(zero)),
	   "%s: %s at %zu: %s", name,
	   r.err.check ? assay_check_info(r.err.check)->name : "nothing",
	   r.err.at, r.err.note);
	end(&r);
}

static void refused_spec(const char *name, const struct ratls_spec *spec,
                         enum assay_check want)
{
	struct buf der = { 0 };

	ratls_make(&der, &world, spec);
	refused(name, buf_bytes(&der), want);
	buf_free(&der);
}

/* Claims, written by hand: H is [1, 32 bytes], which is no key's hash. */
#define H32 "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"
#define H "\x58\x24\x82\x01\x58\x20" H32
#define NAME "\x6bpubkey-hash"
static void test_claims(void)
{
	static const struct {
		const char *name, *claims;
		size_t len;
		enum assay_check want;
	} rows[] = {
#define ROW(name, claims, want) { name, claims, sizeof(claims) - 1, want }
		ROW("another key's hash", "\xa1" NAME H, ASSAY_C_CERT_KEY),
		ROW("hash algorithm 2",
		    "\xa1" NAME "\x58\x24\x82\x02\x58\x20" H32,
		    ASSAY_C_CERT_KEY),
		ROW("SHA-384 of 32 bytes",
		    "\xa1" NAME "\x58\x24\x82\x07\x58\x20" H32,
		    ASSAY_C_CERT_KEY),
		ROW("no claims", "\xa0", ASSAY_C_CERT),
		ROW("no pubkey-hash", "\xa1\x65nonce\x41x", ASSAY_C_CERT),
		ROW("pubkey-hash in bytes", "\xa1\x4bpubkey-hash" H,
		    ASSAY_C_CERT),
		ROW("pubkey-hash twice", "\xa2" NAME H NAME H, ASSAY_C_CERT),
		ROW("nonce twice", "\xa3" NAME H "\x65nonce\x41x\x65nonce\x41x",
		    ASSAY_C_CERT),
		ROW("nonce as text", "\xa2" NAME H "\x65nonce\x61x",
		    ASSAY_C_CERT),
		ROW("pubkey-hash not in bytes",
		    "\xa1" NAME "\x82\x01\x58\x20" H32, ASSAY_C_CERT),
		ROW("pubkey-hash of three",
		    "\xa1" NAME "\x58\x25\x83\x01\x58\x20" H32 "\0",
		    ASSAY_C_CERT),
		ROW("pubkey-hash and more",
		    "\xa1" NAME "\x58\x25\x82\x01\x58\x20" H32 "\0",
		    ASSAY_C_CERT),
		ROW("algorithm as text",
		    "\xa1" NAME "\x58\x25\x82\x61\x31\x58\x20" H32,
		    ASSAY_C_CERT),
		ROW("a map of no stated length", "\xbf" NAME H "\xff",
		    ASSAY_C_CERT),
		ROW("a string of no stated length",
		    "\xa2" NAME H "\x61x\x5f\x41x\xff", ASSAY_C_CERT),
		ROW("more pairs than there are", "\xa2" NAME H, ASSAY_C_CERT),
		ROW("2^64 - 1 pairs",
		    "\xbb\xff\xff\xff\xff\xff\xff\xff\xff" NAME H,
		    ASSAY_C_CERT),
		ROW("an array of 2^64 - 1",
		    "\xa2" NAME H "\x61x\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
		    ASSAY_C_CERT),
		ROW("a string of 2^64 - 1",
		    "\xa2" NAME H "\x61x\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
		    ASSAY_C_CERT),
		ROW("something behind the claims", "\xa1" NAME H "\0",
		    ASSAY_C_CERT),
		ROW("no map", "\x81" NAME, ASSAY_C_CERT),
#undef ROW
	};
	struct ratls_spec spec = { .key = key, .standard = true, .alg = 1 };
	struct buf nonce = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		spec.claims = (struct assay_bytes){
			(const uint8_t *)rows[i].claims, rows[i].len
		};
		refused_spec(rows[i].name, &spec, rows[i].want);
	}
	buf_put(&nonce, "\xa2" NAME H "\x65nonce\x59\x01\x00",
	        1 + 12 + 38 + 6 + 3);
	buf_put_zeros(&nonce, 256);
	spec.claims = buf_bytes(&nonce);
	refused_spec("a nonce of 256 bytes", &spec, ASSAY_C_CERT);
	buf_free(&nonce);
}

static void test_evidence(void)
{
	static const struct {
		const char *name, *value;
		size_t len;
	} rows[] = {
#define ROW(name, value) { name, value, sizeof(value) - 1 }
		ROW("no tag", "\x82\x41q\x41"
		              "c"),
		ROW("a report's tag", "\xd9\xea\x61\x82\x41q\x41"
		                      "c"),
		ROW("one part", "\xd9\xea\x60\x81\x41q"),
		ROW("three parts", "\xd9\xea\x60\x83\x41q\x41"
		                   "c\x41x"),
		ROW("a quote as text", "\xd9\xea\x60\x82\x61q\x41"
		                       "c"),
		ROW("a string of no stated length",
		    "\xd9\xea\x60\x82\x5f\x41q\xff\x41"
		    "c"),
		ROW("more behind it",
		    "\xd9\xea\x60\x82\x41q\x58\x33\xa1" NAME H "\0"),
		ROW("an empty quote",
		    "\xd9\xea\x60\x82\x40\x58\x33\xa1" NAME H),
		ROW("more behind it, wrapped",
		    "\x04\x01\xd9\xea\x60\x82\x41q\x58\x33\xa1" NAME H),
#undef ROW
	};
	struct ratls_spec spec = { .key = key };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		spec.evidence = (struct assay_bytes){
			(const uint8_t *)rows[i].value, rows[i].len
		};
		refused_spec(rows[i].name, &spec, ASSAY_C_CERT);
	}
	refused("no extension of evidence", buf_bytes(&world.der[SIM_PCK]),
	        ASSAY_C_CERT);
	refused_spec("no extension", &(struct ratls_spec){ .key = key },
	             ASSAY_C_CERT);
	refused_spec(
		"the extension twice",
		&(struct ratls_spec){
			.key = key, .standard = true, .alg = 1, .twice = true },
		ASSAY_C_CERT);
	refused_spec("Gramine's twice",
	             &(struct ratls_spec){
			     .key = key, .gramine = true, .twice = true },
	             ASSAY_C_CERT);
}

static void test_texts(void)
{
	struct ratls_spec spec = { .key = key, .gramine = true };
	struct buf der = { 0 }, text = { 0 };
	struct assay_collateral c;
	struct assay_err err = { 0 };

	ratls_make(&der, &world, &spec);
	sim_pem(&text, "CERTIFICATE", buf_bytes(&der));
	sim_pem(&text, "CERTIFICATE", buf_bytes(&world.der[SIM_PCK]));
	refused("two certificates", buf_bytes(&text), ASSAY_C_FORMAT);
	buf_clear(&text);
	sim_pem(&text, "CERTIFICATE REQUEST", buf_bytes(&der));
	refused("PEM of another kind", buf_bytes(&text), ASSAY_C_FORMAT);
	refused("PEM without end", buf_text("-----BEGIN CERTIFICATE-----\nMII"),
	        ASSAY_C_FORMAT);
	refused("PEM of no base64",
	        buf_text("-----BEGIN CERTIFICATE-----\n!!!!\n"
	                 "-----END CERTIFICATE-----\n"),
	        ASSAY_C_FORMAT);
	refused("PEM of zeros",
	        buf_text("-----BEGIN CERTIFICATE-----\nAAAA\n"
	                 "-----END CERTIFICATE-----\n"),
	        ASSAY_C_CERT);
	refused("PEM of nothing",
	        buf_text("-----BEGIN CERTIFICATE-----\n"
	                 "-----END CERTIFICATE-----\n"),
	        ASSAY_C_FORMAT);
	ok(!assay_collateral_read(&c, buf_bytes(&der),
	                          &(struct assay_scratch){ 0 }, &err) &&
	           err.check == ASSAY_C_FORMAT,
	   "as collateral: %s", err.note);
	buf_put(&der, "", 1);
	refused("a byte behind it", buf_bytes(&der), ASSAY_C_CERT);
	buf_free(&der);
	buf_free(&text);
}

/* Each byte less is refused; the whole one is not. */
static void test_cuts(void)
{
	struct ratls_spec spec = {
		.key = key, .standard = true, .alg = 1, .nonce = "n"
	};
	struct buf der = { 0 };
	size_t n = 0, len;

	ratls_make(&der, &world, &spec);
	for (len = 3; len < der.len; len++) {
		struct assay_err err = { 0 };
		struct assay_evidence e;

		memset(&e, 0xee, sizeof(e));
		n += !assay_evidence_read(&e,
		                          (struct assay_bytes){ der.ptr, len },
		                          &(struct assay_scratch){ 0 }, &err) &&
		     err.check == ASSAY_C_CERT && err.at <= len &&
		     err.note[0] && is_zero(&e, sizeof(e));
	}
	ok(n == len - 3, "cut short at each of %zu bytes", n);
	buf_free(&der);
}

/* ---- what speaks for another key */

static void test_loose(void)
{
	uint8_t data[64] = { 0 };
	struct ratls_spec spec = { .key = key, .standard = true, .alg = 1 };
	struct buf claims = { 0 };
	struct run r;

	ratls_claims(&claims, &spec);
	assay_sha256(data, buf_bytes(&claims));
	data[63] = 1;
	spec.report_data = (struct assay_bytes){ data, 64 };
	r = run_spec(&spec, NULL);
	ok(is_refused_by(&r, "keys") && r.j.keys == ASSAY_KEYS_LOOSE,
	   "report data that is not zero behind the hash");
	end(&r);

	memset(data, 0, 64);
	memcpy(data, key.key, 32); /* no hash at all */
	r = run_spec(&spec, NULL);
	ok(is_refused_by(&r, "keys"), "another's report data");
	end(&r);
	/* the older extension's rule is not the newer one's */
	uint8_t spki[RATLS_SPKI_LEN];
	memset(data, 0, 64);
	ratls_spki(spki, key.key);
	assay_sha256(data, (struct assay_bytes){ spki, sizeof(spki) });
	r = run_spec(&spec, NULL);
	ok(is_refused_by(&r, "keys"), "claims, and report data of the key");
	end(&r);

	/* a thief's certificate around an honest program's evidence */
	spec = (struct ratls_spec){ .key = other, .standard = true };
	spec.claims = buf_bytes(&claims);
	refused_spec("another's evidence in one's own certificate", &spec,
	             ASSAY_C_CERT_KEY);
	spec = (struct ratls_spec){ .key = other, .gramine = true };
	spec.report_data = (struct assay_bytes){ data, 64 };
	r = run_spec(&spec, NULL);
	ok(is_refused_by(&r, "keys"), "the same, in the older form");
	end(&r);

	spec = (struct ratls_spec){
		.key = key, .standard = true, .alg = 1, .nonce = "old"
	};
	r = run_spec(&spec, "new");
	ok(is_refused_by(&r, "nonce"), "another nonce");
	end(&r);
	buf_free(&claims);
}

int main(void)
{
	struct assay_collateral c;
	struct assay_err err = { 0 };

	if (!sim_world_default(&world, SIM_SGX_V3) ||
	    !sim_world_build(&world) || !assay_p256_make(&key, NULL) ||
	    !assay_p256_make(&other, NULL))
		abort();
	sim_world_collateral(&c, &world);
	trust = malloc(assay_trust_size());
	policy = malloc(assay_policy_size());
	if (!trust || !policy ||
	    !assay_trust_open(trust, &c, (struct assay_bytes){ NULL, 0 },
	                      world.keys[SIM_ROOT].key, NULL, &err) ||
	    !assay_policy_parse(policy,
	                        buf_text("{"
	                                 "\"simulation\":true,"
	                                 "\"any_code\":true}"),
	                        &err))
		abort();
	test_good();
	test_unknown_claims();
	test_forms();
	test_claims();
	test_evidence();
	test_texts();
	test_cuts();
	test_loose();
	free(trust);
	free(policy);
	sim_world_free(&world);
	return done();
}
