/*
 * t_maker.c - what the simulated manufacturer makes, judged by something that
 * is not ours: the openssl command line, certtool where there is one, and
 * Intel's own documents, whose shape ours must have.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "format/cert.h"
#include "forge/world.h"
#include "tap.h"

static char dir[] = "/tmp/assay-maker-XXXXXX";

/* Runs a command in `dir`; true if it exits with 0.  What it says goes to the
 * file "log" there. */
__attribute__((format(printf, 1, 2))) static bool sh(const char *fmt, ...)
{
	char command[2048];
	size_t n = (size_t)snprintf(command, sizeof(command),
	                            "cd %s && exec >log 2>&1 && ", dir);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - n, fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

/* The same as a test; what the command said is shown if it failed. */
__attribute__((format(printf, 2, 3))) static void ok_sh(const char *name,
                                                        const char *fmt, ...)
{
	char command[1536], path[64], line[200];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (ok(sh("%s", command), "%s", name))
		return;
	note("%s", command);
	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		note("%.*s", (int)strcspn(line, "\n"), line);
	if (f)
		fclose(f);
}

static bool log_says(const char *text)
{
	char path[64];
	unsigned char *log;
	size_t n;
	bool found;

	snprintf(path, sizeof(path), "%s/log", dir);
	log = slurp(path, &n);
	found = log && strstr((char *)log, text);
	free(log);
	return found;
}

static void save(const char *file, const void *p, size_t n)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "wb");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void save_out(const char *file, const struct buf *out)
{
	save(file, out->ptr, out->len);
}

/* A P-256 key as DER, made here by hand: what openssl reads. */
static void save_key(const char *file, const uint8_t key[64])
{
	uint8_t spki[91] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
		             0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
		             0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
		             0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

	memcpy(spki + 27, key, 64);
	save(file, spki, sizeof(spki));
}

/* r || s as DER, with leading zeros where a sign bit is; openssl wants it
 * minimal, so the rare shorter numbers are cut. */
static void save_sig(const char *file, const uint8_t sig[64])
{
	uint8_t der[80] = { 0x30 };
	size_t n = 2;

	for (const uint8_t *x = sig; x < sig + 64; x += 32) {
		size_t skip = 0, pad;

		while (skip < 31 && !x[skip])
			skip++;
		pad = x[skip] >> 7;
		der[n++] = 2;
		der[n++] = (uint8_t)(pad + 32 - skip);
		if (pad)
			der[n++] = 0;
		memcpy(der + n, x + skip, 32 - skip);
		n += 32 - skip;
	}
	der[1] = (uint8_t)(n - 2);
	save(file, der, n);
}

/* Whether openssl finds `sig` over `msg` to be by `key`. */
static bool verifies(const uint8_t key[64], const void *msg, size_t n,
                     const uint8_t sig[64])
{
	save_key("key.der", key);
	save("msg", msg, n);
	save_sig("sig.der", sig);
	return sh("openssl dgst -sha256 -verify key.der -keyform DER"
	          " -signature sig.der msg");
}

static bool contains(const struct buf *out, const void *p, size_t n)
{
	return memmem(out->ptr, out->len, p, n) != NULL;
}

static bool says(const struct buf *out, const char *text)
{
	return contains(out, text, strlen(text));
}

static uint32_t le(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/* The world with certificates, CRLs and chains saved. */
static void save_world(const struct sim_world *w)
{
	for (unsigned i = 0; i < SIM_N_CERTS; i++) {
		struct buf pem = { 0 };
		char file[16];

		snprintf(file, sizeof(file), "c%u.der", i);
		save_out(file, &w->der[i]);
		snprintf(file, sizeof(file), "c%u.pem", i);
		sim_pem(&pem, "CERTIFICATE", buf_bytes(&w->der[i]));
		save_out(file, &pem);
		buf_free(&pem);
	}
	for (unsigned i = 0; i < SIM_N_CRLS; i++) {
		struct buf pem = { 0 };
		char file[16];

		snprintf(file, sizeof(file), "crl%u.der", i);
		save_out(file, &w->crl_der[i]);
		snprintf(file, sizeof(file), "crl%u.pem", i);
		sim_pem(&pem, "X509 CRL", buf_bytes(&w->crl_der[i]));
		save_out(file, &pem);
		buf_free(&pem);
	}
}

/* Whether openssl verifies the leaf at w->now, revocation lists included. */
static bool chain_verifies(const struct sim_world *w)
{
	return sh("cat crl%d.pem crl%d.pem >crls.pem && openssl verify"
	          " -attime %lld -x509_strict -crl_check_all -CRLfile crls.pem"
	          " -CAfile c%d.pem -untrusted c%d.pem c%d.pem",
	          SIM_CRL_ROOT,
	          w->ca == SIM_PROCESSOR_CA ? SIM_CRL_PROCESSOR
	                                    : SIM_CRL_PLATFORM,
	          (long long)w->now, SIM_ROOT, w->ca, SIM_PCK);
}

/* The quote's parts at the offsets of [DCAP 1.4, 1.5]. */
static const struct {
	unsigned version, tee, body_type; /* body_type: version 5 only */
	size_t body_at, body_len;
} places[SIM_N_KINDS] = {
	[SIM_SGX_V3] = { 3, 0, 0, 48, 384 },
	[SIM_SGX_V4] = { 4, 0, 0, 48, 384 },
	[SIM_SGX_V5] = { 5, 0, 1, 54, 384 },
	[SIM_TDX_V4] = { 4, 0x81, 0, 48, 584 },
	[SIM_TDX10_V5] = { 5, 0x81, 2, 54, 584 },
	[SIM_TDX15_V5] = { 5, 0x81, 3, 54, 648 },
};

static void test_quote(const struct sim_world *w)
{
	const char *kind = sim_kind_name(w->kind);
	const uint8_t *q = w->quote.ptr;
	const size_t end = places[w->kind].body_at + places[w->kind].body_len;
	const uint8_t *data = q + end + 4, *qe;
	const unsigned version = places[w->kind].version;
	const bool outer = version != 3;
	const struct sim_json *identity =
		&w->qe_identity[places[w->kind].tee ? SIM_TDX : SIM_SGX];
	struct assay_quote parsed;
	struct assay_err err = { 0 };
	char signer[65];
	size_t at;

	ok(le(q, 2) == version && le(q + 2, 2) == 2 &&
	           le(q + 4, 4) == places[w->kind].tee &&
	           (version == 3 || !le(q + 8, 4)),
	   "%s: header", kind);
	if (version == 5)
		ok(le(q + 48, 2) == places[w->kind].body_type &&
		           le(q + 50, 4) == places[w->kind].body_len,
		   "%s: descriptor", kind);
	ok(le(q + end, 4) == w->quote.len - end - 4,
	   "%s: signature data fills it", kind);
	ok(verifies(data + 64, q, end, data), "%s: openssl: quote signature",
	   kind);
	if (outer)
		ok(le(data + 128, 2) == 6 &&
		           le(data + 130, 4) == w->quote.len - end - 4 - 134,
		   "%s: type 6 fills it", kind);
	qe = data + 128 + (outer ? 6 : 0);
	ok(verifies(w->cert[SIM_PCK].key, qe, 384, qe + 384),
	   "%s: openssl: QE report signature", kind);
	assay_hex_print(signer, qe + 128, 32, true);
	ok(le(qe + 256, 2) == (places[w->kind].tee ? 2 : 1) &&
	           le(qe + 48, 2) == 0x15 && says(&identity->inner, signer) &&
	           says(&identity->inner, places[w->kind].tee
	                                          ? "\"isvprodid\":2,"
	                                          : "\"isvprodid\":1,"),
	   "%s: the quoting enclave is the identity's", kind);
	at = (size_t)(qe - q) + 448;
	ok(le(q + at, 2) == 32 && le(q + at + 34, 2) == 5 &&
	           le(q + at + 36, 4) == w->quote.len - at - 40,
	   "%s: auth data, chain", kind);
	save("ak", data + 64, 64);
	save("auth", q + at + 2, 32);
	save("report_data", qe + 320, 64);
	ok_sh("QE report data is the hash of key and auth data, then zeros",
	      "{ cat ak auth | openssl dgst -sha256 -binary;"
	      " head -c 32 /dev/zero; } | cmp - report_data");
	at += 40;
	ok(w->quote.len - at == w->pem[SIM_CHAIN_PCK].len &&
	           !memcmp(q + at, w->pem[SIM_CHAIN_PCK].ptr,
	                   w->quote.len - at),
	   "%s: the chain stands in it", kind);
	ok(assay_quote_parse(&parsed, buf_bytes(&w->quote), true, &err) &&
	           parsed.signed_part.len == end &&
	           parsed.cert.len == w->pem[SIM_CHAIN_PCK].len,
	   "%s: parsed: %s", kind, err.note);
}

/* The signed JSON as it was written into the folder, taken apart by sed. */
static void test_json(const struct sim_world *w, const char *file,
                      const char *key)
{
	char name[64];

	save_key("key.der", w->cert[SIM_TCB_SIGNER].key);
	snprintf(name, sizeof(name), "openssl: %s signature", file);
	/* r and s end in DER made by openssl itself from their hex */
	ok_sh(name,
	      "sed -E 's/^\\{\"%s\":(.*),\"signature\":\"[0-9a-f]{128}\"\\}$/"
	      "\\1/' world/%s | tr -d '\\n' >inner &&"
	      " s=$(tail -c 130 world/%s | head -c 128) &&"
	      " r=$(echo $s | cut -c1-64) && s=$(echo $s | cut -c65-) &&"
	      " printf 'asn1=SEQUENCE:x\\n[x]\\nr=INTEGER:0x%%s\\n"
	      "s=INTEGER:0x%%s\\n' $r $s >sig.cnf &&"
	      " openssl asn1parse -genconf sig.cnf -noout -out sig.der &&"
	      " openssl dgst -sha256 -verify key.der -keyform DER"
	      " -signature sig.der inner",
	      key, file, file);
}

static void test_kind(enum sim_kind kind)
{
	static struct sim_world w;
	char path[64];

	if (!ok(sim_world_default(&w, kind) && sim_world_build(&w), "%s: made",
	        sim_kind_name(kind)))
		return;
	if (kind == SIM_SGX_V3) {
		save_world(&w);
		for (unsigned i = 0; i < SIM_N_CERTS; i++)
			ok_sh("certificate: openssl reads it, all of it",
			      "openssl asn1parse -noout -inform DER -in c%u.der"
			      " && openssl x509 -inform DER -in c%u.der -noout"
			      " -text && openssl x509 -inform DER -in c%u.der"
			      " -outform DER | cmp - c%u.der",
			      i, i, i, i);
		for (unsigned i = 0; i < SIM_N_CRLS; i++)
			ok_sh("revocation list: openssl: signed by its issuer",
			      "openssl asn1parse -noout -inform DER"
			      " -in crl%u.der && openssl crl -inform DER"
			      " -in crl%u.der -CAfile c%u.pem -noout 2>&1"
			      " | grep -q 'verify OK'",
			      i, i, i);
		ok(chain_verifies(&w), "openssl: the leaf's chain, with lists");
		ok_sh("openssl: the TCB signer's chain",
		      "openssl verify -attime %lld -x509_strict -crl_check_all"
		      " -CRLfile crl0.pem -CAfile c%d.pem c%d.pem",
		      (long long)w.now, SIM_ROOT, SIM_TCB_SIGNER);
		ok(!sh("openssl verify -attime %lld -CAfile c%d.pem -untrusted"
		       " c%d.pem c%d.pem",
		       (long long)w.now, SIM_OTHER_ROOT, SIM_PLATFORM_CA,
		       SIM_PCK),
		   "openssl: not under the other root");
		ok_sh("openssl: the other root's signer under it",
		      "openssl verify -attime %lld -x509_strict -CAfile c%d.pem"
		      " c%d.pem",
		      (long long)w.now, SIM_OTHER_ROOT, SIM_OTHER_SIGNER);
	}
	test_quote(&w);

	snprintf(path, sizeof(path), "%s/world", dir);
	ok(sim_world_write(&w, path), "%s: written", sim_kind_name(kind));
	ok_sh("the folder has the nine files and no other",
	      "test \"$(ls -A world | tr '\\n' ' ')\" = \"pck_crl.der"
	      " pck_crl_issuer_chain.pem qe_identity.json"
	      " qe_identity_issuer_chain.pem quote.bin root.pem root_ca_crl.der"
	      " tcb_info.json tcb_info_issuer_chain.pem \"");
	test_json(&w, "tcb_info.json", "tcbInfo");
	test_json(&w, "qe_identity.json", "enclaveIdentity");
	sim_world_free(&w);
}

/* GnuTLS reads DER strictly; it knows no other time than the clock's. */
static void test_certtool(void)
{
	static struct sim_world w;

	if (!sh("command -v certtool")) {
		skip("no certtool", "certtool: chain and lists");
		return;
	}
	if (!sim_world_default_at(&w, SIM_SGX_V3, (int64_t)time(NULL), 7) ||
	    !sim_world_build(&w))
		exit(1);
	save_world(&w);
	for (unsigned i = 0; i < SIM_N_CERTS; i++)
		ok_sh("certtool: certificate",
		      "certtool --certificate-info"
		      " --inder --infile c%u.der",
		      i);
	ok_sh("certtool: the leaf's chain",
	      "cat c%d.pem c%d.pem c%d.pem | certtool --verify"
	      " --load-ca-certificate c%d.pem",
	      SIM_PCK, SIM_PLATFORM_CA, SIM_ROOT, SIM_ROOT);
	for (unsigned i = 0; i < SIM_N_CRLS; i++)
		ok_sh("certtool: revocation list",
		      "certtool --verify-crl --load-ca-certificate c%u.pem"
		      " <crl%u.pem",
		      i, i);
	sim_world_free(&w);
}

/* Revokes the leaf. */
static struct sim_revoked revoked;

static void list_leaf(struct sim_world *w)
{
	revoked = (struct sim_revoked){ .serial = w->cert[SIM_PCK].serial,
		                        .date = w->now - 1,
		                        .reason = 1 };
	w->crl[SIM_CRL_PLATFORM].revoked = &revoked;
	w->crl[SIM_CRL_PLATFORM].n_revoked = 1;
}

/* Our own strict parsers find in the documents what the specs say. */
static void test_parsed(void)
{
	static const struct {
		enum sim_who who;
		enum assay_role role;
		bool is_ca;
		int path_len;
		uint16_t key_usage;
	} rows[] = {
		/* [DCAP 2.1] */
		{ SIM_ROOT, ASSAY_ROLE_ROOT, true, 1, 0x0600 },
		{ SIM_PROCESSOR_CA, ASSAY_ROLE_PROCESSOR_CA, true, 0, 0x0600 },
		{ SIM_PLATFORM_CA, ASSAY_ROLE_PLATFORM_CA, true, 0, 0x0600 },
		{ SIM_TCB_SIGNER, ASSAY_ROLE_TCB_SIGNER, false, -1, 0xc000 },
		{ SIM_PCK, ASSAY_ROLE_PCK, false, -1, 0xc000 },
	};
	static struct sim_world w;
	struct assay_cert c = { 0 };
	struct assay_pck pck;
	struct assay_crl crl;
	struct assay_bytes word;
	struct assay_err err = { 0 };

	if (!sim_world_default(&w, SIM_SGX_V3))
		exit(1);
	list_leaf(&w);
	if (!sim_world_build(&w))
		exit(1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sim_cert_spec *spec = &w.cert[rows[i].who];

		ok(assay_cert_parse(&c, buf_bytes(&w.der[rows[i].who]),
		                    ASSAY_DOC_PCK_LEAF, &err) &&
		           assay_cert_role(&c, &word) == rows[i].role &&
		           word.len == 10 &&
		           !memcmp(word.ptr, "Simulation", 10) &&
		           !memcmp(c.key, spec->key, 64) &&
		           c.is_ca == rows[i].is_ca &&
		           c.key_usage == rows[i].key_usage &&
		           c.validity.from == spec->not_before &&
		           (c.has_path_len ? (int)c.path_len : -1) ==
		                   rows[i].path_len,
		   "parsed: certificate %d: %s", rows[i].who, err.note);
	}
	ok(assay_pck_parse(&pck, &c, ASSAY_ROLE_PLATFORM_CA, &err) &&
	           pck.comp[0] == 9 && pck.comp[7] == 5 && pck.comp[15] == 0 &&
	           pck.pce_svn == 13 && pck.sgx_type == 1 && pck.has_piid &&
	           !memcmp(pck.fmspc, "SIM\0\0\1", 6) &&
	           pck.dynamic_platform == ASSAY_FLAG_TRUE &&
	           pck.cached_keys == ASSAY_FLAG_FALSE &&
	           pck.smt_enabled == ASSAY_FLAG_TRUE,
	   "parsed: SGX extension: %s", err.note);
	ok(assay_crl_parse(&crl, buf_bytes(&w.crl_der[SIM_CRL_PLATFORM]),
	                   ASSAY_DOC_PCK_CRL, &err) &&
	           crl.number == 5 && crl.validity.from == w.now - 7 * 86400 &&
	           crl.validity.until >= w.now + 23 * 86400 &&
	           assay_crl_lists(&crl, sim_bytes(&w.cert[SIM_PCK].serial)) &&
	           !assay_crl_lists(&crl,
	                            sim_bytes(&w.cert[SIM_OTHER_PCK].serial)),
	   "parsed: revocation list: %s", err.note);
	ok(contains(&w.crl_der[SIM_CRL_PLATFORM],
	            (const uint8_t *)"\x55\x1d\x15\x04\x03\x0a\x01\x01", 8),
	   "revocation list: the reason is key compromise");
	sim_world_free(&w);
}

/* A platform under the Processor CA: five members. */
static void test_processor(void)
{
	static struct sim_world w;

	if (!sim_world_default(&w, SIM_SGX_V3))
		exit(1);
	sim_world_use_ca(&w, SIM_PROCESSOR_CA);
	ok(sim_world_build(&w), "Processor CA: made");
	save_world(&w);
	ok(chain_verifies(&w), "Processor CA: openssl: chain and lists");
	sim_world_free(&w);
}

/* Spoilt signatures, as openssl sees them on the leaf and on the quote. */
static const struct {
	const char *name;
	enum sim_sig how;
	bool der_good, raw_good;
} sigs[] = {
	{ "true", SIM_SIG_TRUE, true, true },
	{ "n - s", SIM_SIG_OTHER_S, true, true },
	{ "one bit", SIM_SIG_FLIPPED, false, false },
	{ "r = 0", SIM_SIG_R_ZERO, false, false },
	{ "s = 0", SIM_SIG_S_ZERO, false, false },
	{ "r = n", SIM_SIG_R_N, false, false },
	{ "s = n", SIM_SIG_S_N, false, false },
	{ "r + n", SIM_SIG_R_PLUS_N, false, false },
	{ "s + n", SIM_SIG_S_PLUS_N, false, false },
	{ "r negative", SIM_SIG_R_NEGATIVE, false, true },
	{ "r not minimal", SIM_SIG_R_LONG, false, true },
	{ "a byte behind", SIM_SIG_TRAILING, false, true },
	{ "without DER", SIM_SIG_RAW, false, true },
	{ "empty", SIM_SIG_EMPTY, false, true },
};

static void test_signatures(void)
{
	static struct sim_world w;

	if (!sim_world_default(&w, SIM_SGX_V3))
		exit(1);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		w.cert[SIM_PCK].sign.sig = sigs[i].how;
		w.quote_spec.sig = w.quote_spec.qe_sig = sigs[i].how;
		if (!ok(sim_world_build(&w), "signature %s: made",
		        sigs[i].name))
			continue;
		save_world(&w);
		ok(chain_verifies(&w) == sigs[i].der_good,
		   "signature %s: certificate", sigs[i].name);
		ok(verifies(w.keys[SIM_AK].key, w.quote.ptr, 432,
		            w.quote.ptr + 436) == sigs[i].raw_good,
		   "signature %s: quote", sigs[i].name);
		ok(verifies(w.keys[SIM_PCK].key, w.quote.ptr + 564, 384,
		            w.quote.ptr + 948) == sigs[i].raw_good,
		   "signature %s: QE report", sigs[i].name);
	}
	sim_world_free(&w);
}

/* Certificates that are wrong in one field and signed all the same: what must
 * then stand in them, and whether openssl still finds the chain good. */
#define HAS(text) (const uint8_t *)(text), sizeof(text) - 1
#define SGX_OID "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01"

static void comp_256(struct sim_cert_spec *c)
{
	c->pck.tcb[0].value = 256;
}
static void comp_255(struct sim_cert_spec *c)
{
	c->pck.tcb[0].value = 255;
}
static void comp_minus(struct sim_cert_spec *c)
{
	c->pck.tcb[15].value = -1;
}
static void comp_minus_129(struct sim_cert_spec *c)
{
	c->pck.tcb[15].value = -129;
}
static void pcesvn_big(struct sim_cert_spec *c)
{
	c->pck.tcb[SIM_TCB_PCESVN].value = 65536;
}
static void comp_twice(struct sim_cert_spec *c)
{
	c->pck.tcb[15] = c->pck.tcb[14];
	c->pck.tcb[15].value = 7;
}
static void fmspc_7(struct sim_cert_spec *c)
{
	c->pck.member[SIM_PCK_FMSPC].octets = sim_hex("53494D00000102");
}
static void type_3(struct sim_cert_spec *c)
{
	c->pck.member[SIM_PCK_TYPE].value = 3;
}
static void flag_1(struct sim_cert_spec *c)
{
	c->pck.flag[0].value = 1;
}
static void sgx_twice(struct sim_cert_spec *c)
{
	c->n_sgx = 2;
}
static void nul_in_cn(struct sim_cert_spec *c)
{
	c->subject.cn = sim_mem("Simulation SGX PCK Certificate\0.evil", 36);
}
static void cn_last(struct sim_cert_spec *c)
{
	c->subject.cn_last = true;
}
static void serial_zeros(struct sim_cert_spec *c)
{
	c->serial = sim_hex("00000042");
	c->serial_raw = true;
}
static void critical(struct sim_cert_spec *c)
{
	c->extra[0] = sim_ext_unknown_critical;
	c->n_extra = 1;
}
static void not_critical(struct sim_cert_spec *c)
{
	c->extra[0] = sim_ext_unknown;
	c->n_extra = 1;
}
static void p384(struct sim_cert_spec *c)
{
	c->key_form = SIM_KEY_P384;
}
static void rsa(struct sim_cert_spec *c)
{
	c->key_form = SIM_KEY_RSA;
}
static void compressed(struct sim_cert_spec *c)
{
	c->key_form = SIM_KEY_P256_COMPRESSED;
}
static void alg_outer(struct sim_cert_spec *c)
{
	c->sign.outer = SIM_ALG_ECDSA_SHA1;
}
static void alg_384(struct sim_cert_spec *c)
{
	c->sign.inner = c->sign.outer = SIM_ALG_ECDSA_SHA384;
}
static void expired(struct sim_cert_spec *c)
{
	c->not_after = SIM_NOW - 1;
}
static void last_second(struct sim_cert_spec *c)
{
	c->not_after = SIM_NOW;
}
static void after_2050(struct sim_cert_spec *c)
{
	c->not_after = INT64_C(2556143999); /* 2050-12-31T23:59:59Z */
}
static void long_length(struct sim_cert_spec *c)
{
	c->sign.form = SIM_FORM_LONG_LENGTH;
}
static void indefinite(struct sim_cert_spec *c)
{
	c->sign.form = SIM_FORM_INDEFINITE;
}
static void tbs_long(struct sim_cert_spec *c)
{
	c->sign.tbs_form = SIM_FORM_LONG_LENGTH;
}
static void edited(struct sim_cert_spec *c)
{
	c->sign.tbs_edit[0] = (struct sim_edit){
		.from = buf_text("Santa Clara"), .to = buf_text("Santa Klaus")
	};
}

static const struct {
	const char *name;
	void (*change)(struct sim_cert_spec *);
	const uint8_t *has;
	size_t has_len;
	bool good;
} certs[] = {
	/* clang-format off */
	{ "component 255", comp_255, HAS(SGX_OID "\x02\x01\x02\x02\x00\xff"), true },
	{ "component 256", comp_256, HAS(SGX_OID "\x02\x01\x02\x02\x01\x00"), true },
	{ "component -1", comp_minus, HAS(SGX_OID "\x02\x10\x02\x01\xff"), true },
	{ "component -129", comp_minus_129, HAS(SGX_OID "\x02\x10\x02\x02\xff\x7f"), true },
	{ "PCESVN 65536", pcesvn_big, HAS(SGX_OID "\x02\x11\x02\x03\x01\x00\x00"), true },
	{ "component 15 twice", comp_twice, HAS(SGX_OID "\x02\x0f\x02\x01\x07"), true },
	{ "FMSPC of 7 bytes", fmspc_7, HAS(SGX_OID "\x04\x04\x07SIM\x00\x00\x01\x02"), true },
	{ "SGX type 3", type_3, HAS(SGX_OID "\x05\x0a\x01\x03"), true },
	{ "BOOLEAN 01", flag_1, HAS(SGX_OID "\x07\x01\x01\x01\x01"), true },
	{ "SGX extension twice", sgx_twice, HAS("\x06\x09" SGX_OID "\x04\x82"), true },
	{ "NUL in CN", nul_in_cn, HAS("Certificate\0.evil"), true },
	{ "CN behind the others", cn_last, HAS("\x02US\x31\x27\x30\x25\x06\x03\x55\x04\x03"), true },
	{ "serial with zeros", serial_zeros, HAS("\x02\x04\x00\x00\x00\x42\x30\x0a"), false },
	{ "unknown critical", critical, HAS("\x0d\x63\x01\x01\xff\x04\x03\x02\x01\x00"), false },
	{ "unknown", not_critical, HAS("\x0d\x63\x04\x03\x02\x01\x00"), true },
	{ "P-384 key", p384, HAS("\x2b\x81\x04\x00\x22\x03\x62\x00\x04\xaa\x87"), true },
	{ "RSA key", rsa, HAS("\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00\x30\x82"), true },
	{ "compressed key", compressed, HAS("\x01\x07\x03\x22\x00"), true },
	{ "algorithm outside", alg_outer, HAS("\x2a\x86\x48\xce\x3d\x04\x01"), false },
	{ "SHA-384, signed so", alg_384, HAS("\x2a\x86\x48\xce\x3d\x04\x03\x03"), true },
	{ "expired", expired, HAS("\x17\x0d" "251231235959Z"), false },
	{ "last second", last_second, HAS("\x17\x0d" "260101000000Z"), false },
	{ "GeneralizedTime", after_2050, HAS("\x18\x0f" "20501231235959Z"), true },
	{ "long length", long_length, HAS("\x30\x83\x00"), true },
	{ "indefinite length", indefinite, HAS("\x30\x80\x30\x82"), true },
	{ "long length inside", tbs_long, HAS("\x30\x83\x00"), true },
	{ "edited before signing", edited, HAS("Santa Klaus"), false },
	/* clang-format on */
};

static void test_certs(void)
{
	static struct sim_world w;

	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++) {
		const char *name = certs[i].name;

		if (!sim_world_default(&w, SIM_SGX_V3))
			exit(1);
		certs[i].change(&w.cert[SIM_PCK]);
		if (ok(sim_world_build(&w), "%s: made", name)) {
			ok(contains(&w.der[SIM_PCK], certs[i].has,
			            certs[i].has_len),
			   "%s: stands there", name);
			save_world(&w);
			ok(chain_verifies(&w) == certs[i].good,
			   "%s: openssl %s", name,
			   certs[i].good ? "accepts" : "refuses");
		}
		sim_world_free(&w);
	}
}

/* Revocation lists: what openssl says of the leaf. */
static void list_ca(struct sim_world *w)
{
	list_leaf(w);
	revoked.serial = w->cert[SIM_PLATFORM_CA].serial;
	w->crl[SIM_CRL_ROOT].revoked = &revoked;
	w->crl[SIM_CRL_ROOT].n_revoked = 1;
	w->crl[SIM_CRL_PLATFORM].n_revoked = 0;
}
static void list_other(struct sim_world *w)
{
	list_leaf(w);
	revoked.serial = w->cert[SIM_OTHER_PCK].serial;
}
static void list_entry_critical(struct sim_world *w)
{
	list_other(w);
	revoked.reason = -1;
	revoked.extra = &sim_ext_unknown_critical;
}
static void list_idp(struct sim_world *w)
{
	w->crl[SIM_CRL_ROOT].extra[0] = sim_ext_unknown_critical;
	w->crl[SIM_CRL_ROOT].n_extra = 1;
}
static void list_by_stranger(struct sim_world *w)
{
	w->crl_signer[SIM_CRL_PLATFORM] = SIM_STRANGER;
}
static void list_expired(struct sim_world *w)
{
	w->crl[SIM_CRL_PLATFORM].next_update = w->now - 1;
}
static void list_of_future(struct sim_world *w)
{
	w->crl[SIM_CRL_ROOT].this_update = w->now + 1;
}

static const struct {
	const char *name;
	void (*change)(struct sim_world *);
	const char *said; /* by openssl; NULL: accepts */
} lists[] = {
	{ "another leaf revoked", list_other, NULL },
	{ "leaf revoked", list_leaf, "certificate revoked" },
	{ "CA revoked", list_ca, "certificate revoked" },
	{ "critical entry extension", list_entry_critical,
	  "unhandled critical CRL extension" },
	{ "critical extension", list_idp, "unhandled critical CRL extension" },
	{ "signed by a stranger", list_by_stranger, "CRL signature failure" },
	{ "expired", list_expired, "CRL has expired" },
	{ "of the future", list_of_future, "CRL is not yet valid" },
};

static void test_lists(void)
{
	static struct sim_world w;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (!sim_world_default(&w, SIM_SGX_V3))
			exit(1);
		lists[i].change(&w);
		if (ok(sim_world_build(&w), "list, %s: made", lists[i].name)) {
			save_world(&w);
			ok(chain_verifies(&w) == !lists[i].said &&
			           (!lists[i].said || log_says(lists[i].said)),
			   "list, %s: openssl says: %s", lists[i].name,
			   lists[i].said ? lists[i].said : "OK");
		}
		sim_world_free(&w);
	}
}

/* Signed JSON, edited: before it is signed the signature covers the edit,
 * afterwards it does not. */
#define EDIT(a, b) \
	{ \
		.from = { (const uint8_t *)(a), sizeof(a) - 1 }, \
		.to = {(const uint8_t *)(b), \
		       sizeof(b) - 1 } \
	}
static const struct {
	const char *name;
	struct sim_edit inner, whole;
	const char *has; /* NULL: cannot be made */
} jsons[] = {
	{ "component 256",
	  EDIT("{\"svn\":9,", "{\"svn\":256,"),
	  { .at = 0 },
	  "{\"svn\":256,\"category\"" },
	{ "key twice",
	  EDIT("\"tcbStatus\":", "\"tcbStatus\":\"Revoked\",\"tcbStatus\":"),
	  { .at = 0 },
	  "\"tcbStatus\":\"Revoked\",\"tcbStatus\":\"UpToDate\"" },
	{ "forged object first",
	  { .at = 0 },
	  EDIT("{\"tcbInfo\":", "{\"tcbInfo\":{\"version\":3},\"tcbInfo\":"),
	  "{\"tcbInfo\":{\"version\":3},\"tcbInfo\":{\"id\"" },
	{ "text behind",
	  { .at = 0 },
	  { .at = SIM_END, .to = { (const uint8_t *)"  x", 3 } },
	  "\"}  x" },
	{ "an edit that finds no place",
	  EDIT("sgxtcbcomp01svn", "x"),
	  { .at = 0 },
	  NULL },
	{ "a cut beyond the end",
	  { .at = 0 },
	  { .at = 1u << 20, .cut = 1 },
	  NULL },
};

static void test_edits(void)
{
	static struct sim_world w;

	for (size_t i = 0; i < sizeof(jsons) / sizeof(jsons[0]); i++) {
		struct sim_json *j = &w.tcb_info[SIM_SGX];
		uint8_t sig[64];

		if (!sim_world_default(&w, SIM_SGX_V3))
			exit(1);
		w.tcb[SIM_SGX].sign.inner_edit[0] = jsons[i].inner;
		w.tcb[SIM_SGX].sign.edit[0] = jsons[i].whole;
		ok(sim_world_build(&w) == (jsons[i].has != NULL),
		   "JSON, %s: %s", jsons[i].name,
		   jsons[i].has ? "made" : "not made");
		for (size_t k = 0; jsons[i].has && k < 64; k++) {
			unsigned byte = 0;

			sscanf(j->sig_hex + 2 * k, "%2x", &byte);
			sig[k] = (uint8_t)byte;
		}
		if (jsons[i].has) {
			ok(says(&j->whole, jsons[i].has),
			   "JSON, %s: stands there", jsons[i].name);
			ok(verifies(w.keys[SIM_TCB_SIGNER].key, j->inner.ptr,
			            j->inner.len, sig),
			   "JSON, %s: openssl: signed", jsons[i].name);
		}
		sim_world_free(&w);
	}
}

/* What the specs of TCB info and identity say is what is written. */
static void test_texts(void)
{
	static struct sim_world w;
	struct buf *text;

	if (!sim_world_default(&w, SIM_TDX_V4))
		exit(1);
	w.tcb[SIM_SGX].version = 2;
	w.tcb[SIM_SGX].id = NULL;
	w.tcb[SIM_SGX].lower_case = true;
	w.tcb[SIM_TDX].n_modules = 0;
	w.tcb[SIM_TDX].level[0].n_tdx = 15;
	w.tcb[SIM_TDX].level[0].sgx[16] = 77;
	w.tcb[SIM_TDX].level[0].n_sgx = 17;
	w.tcb[SIM_TDX].sign.key = "TCBINFO";
	w.qe[SIM_TDX].level[0].said.status = NULL;
	w.qe[SIM_TDX].misc_mask = sim_hex("01020304");
	w.qe[SIM_SGX].sign.raw = buf_text("[[[[]]]]");
	if (!ok(sim_world_build(&w), "texts: made"))
		return;
	text = &w.tcb_info[SIM_SGX].whole;
	ok(says(text, "{\"tcbInfo\":{\"version\":2,") &&
	           says(text,
	                "\"fmspc\":\"53494d000001\",\"pceId\":\"0000\",") &&
	           says(text, "\"tcb\":{\"sgxtcbcomp01svn\":9,"
	                      "\"sgxtcbcomp02svn\":9,") &&
	           says(text,
	                "\"sgxtcbcomp16svn\":0,\"pcesvn\":13},\"tcbDate\":"),
	   "TCB info of version 2");
	text = &w.tcb_info[SIM_TDX].whole;
	ok(says(text, "{\"TCBINFO\":{\"id\":\"TDX\",\"version\":3,") &&
	           says(text, "\"tdxModuleIdentities\":[],") &&
	           says(text, "{\"svn\":0},{\"svn\":77}],\"pcesvn\":13") &&
	           says(text,
	                "\"tcbDate\":\"2025-07-03T00:00:00Z\",\"tcbStatus\":"
	                "\"UpToDate\"},"),
	   "TCB info for TDX");
	text = &w.qe_identity[SIM_TDX].whole;
	ok(says(text, "{\"enclaveIdentity\":{\"id\":\"TD_QE\",") &&
	           says(text, "\"miscselectMask\":\"01020304\",") &&
	           says(text, "\"tcbDate\":\"2025-07-03T00:00:00Z\"},"),
	   "QE identity");
	ok(says(&w.qe_identity[SIM_SGX].whole,
	        "{\"enclaveIdentity\":[[[[]]]],\"signature\":"),
	   "a text instead of the identity");
	sim_world_free(&w);
}

/* Every field of the reports at its place [DCAP 1.2, 1.3], and zeros between. */
#define SGX_FIELD(at, field) \
	{ \
#field, offsetof(struct assay_sgx_report, field), \
			sizeof(((struct assay_sgx_report *)0)->field), at \
	}
#define TD_FIELD(at, field) \
	{ \
#field, offsetof(struct assay_td_report, field), \
			sizeof(((struct assay_td_report *)0)->field), at \
	}
struct field {
	const char *name;
	size_t from, len, at;
};
static const struct field sgx_fields[] = {
	SGX_FIELD(0, cpu_svn),
	SGX_FIELD(16, misc_select),
	SGX_FIELD(32, isv_ext_prod_id),
	SGX_FIELD(48, flags),
	SGX_FIELD(56, xfrm),
	SGX_FIELD(64, mrenclave),
	SGX_FIELD(128, mrsigner),
	SGX_FIELD(192, config_id),
	SGX_FIELD(256, isv_prod_id),
	SGX_FIELD(258, isv_svn),
	SGX_FIELD(260, config_svn),
	SGX_FIELD(304, isv_family_id),
	SGX_FIELD(320, report_data),
};
static const struct field td_fields[] = {
	TD_FIELD(0, tee_tcb_svn),     TD_FIELD(16, mrseam),
	TD_FIELD(64, mrsignerseam),   TD_FIELD(112, seam_attributes),
	TD_FIELD(120, td_attributes), TD_FIELD(128, xfam),
	TD_FIELD(136, mrtd),          TD_FIELD(184, mrconfigid),
	TD_FIELD(232, mrowner),       TD_FIELD(280, mrownerconfig),
	TD_FIELD(328, rtmr),          TD_FIELD(520, report_data),
	TD_FIELD(584, tee_tcb_svn_2), TD_FIELD(600, mrservicetd),
};

/* The struct's memory is little-endian, as the report is, where tests run. */
static void test_fields(const struct buf *out, const void *report,
                        const struct field *fields, size_t n, size_t len)
{
	size_t zeros = len, found = 0;

	if (!ok(out->len == len, "report of %zu bytes", len))
		return;
	for (size_t i = 0; i < n && fields[i].at < len; i++) {
		ok(!memcmp(out->ptr + fields[i].at,
		           (const uint8_t *)report + fields[i].from,
		           fields[i].len),
		   "report of %zu bytes: %s", len, fields[i].name);
		zeros -= fields[i].len;
	}
	for (size_t i = 0; i < len; i++)
		found += out->ptr[i] == 0;
	ok(found == zeros, "report of %zu bytes: zeros between", len);
}

static void test_reports(void)
{
	struct assay_sgx_report sgx;
	struct assay_td_report td;
	struct buf out = { 0 };

	/* no byte of a field is zero, neighbours differ */
	for (size_t i = 0; i < sizeof(sgx); i++)
		((uint8_t *)&sgx)[i] = (uint8_t)(1 + i % 251);
	for (size_t i = 0; i < sizeof(td); i++)
		((uint8_t *)&td)[i] = (uint8_t)(1 + i % 251);
	sim_report_put(&out, &sgx);
	test_fields(&out, &sgx, sgx_fields,
	            sizeof(sgx_fields) / sizeof(sgx_fields[0]), 384);
	buf_clear(&out);
	sim_td_report_put(&out, &td, false);
	test_fields(&out, &td, td_fields,
	            sizeof(td_fields) / sizeof(td_fields[0]), 584);
	buf_clear(&out);
	sim_td_report_put(&out, &td, true);
	test_fields(&out, &td, td_fields,
	            sizeof(td_fields) / sizeof(td_fields[0]), 648);
	buf_free(&out);
}

/* Quotes whose lengths and structure are wrong: where, and what stands there
 * then. */
static void q_sig_len(struct sim_quote_spec *q)
{
	q->sig_len = SIM_TRUE_LEN - 1;
}
static void q_sig_huge(struct sim_quote_spec *q)
{
	q->sig_len = 0xffffffff;
}
static void q_outer(struct sim_quote_spec *q)
{
	q->outer_len = 0;
}
static void q_outer_type(struct sim_quote_spec *q)
{
	q->outer_type = 5;
}
static void q_auth_none(struct sim_quote_spec *q)
{
	q->auth.len = 0;
}
static void q_auth_len(struct sim_quote_spec *q)
{
	q->auth_len = SIM_TRUE_LEN + 1;
}
static void q_body_size(struct sim_quote_spec *q)
{
	q->body_size = 583;
}
static void q_relabel(struct sim_quote_spec *q)
{
	q->version = 4;
}
static void q_edit(struct sim_quote_spec *q)
{
	q->signed_edit[0] =
		(struct sim_edit){ .at = 8, .cut = 1, .to = buf_text("r") };
}
static void q_trailing(struct sim_quote_spec *q)
{
	q->trailing = buf_text("trailing");
}
static void q_slack(struct sim_quote_spec *q)
{
	q->inner_slack = buf_text("Z");
}
static void q_omit_header(struct sim_quote_spec *q)
{
	q->sign_from = 48;
}
static void q_nothing(struct sim_quote_spec *q)
{
	(void)q;
}

static const struct {
	const char *name;
	enum sim_kind kind;
	void (*change)(struct sim_quote_spec *);
	size_t at; /* SIZE_MAX: the last bytes */
	unsigned n;
	int64_t want; /* at or above SIM_TRUE_LEN: difference to what
	                          * stands there in the genuine quote */
	bool good;    /* the quote's signature verifies */
} quotes[] = {
	/* clang-format off */
	{ "nothing", SIM_SGX_V3, q_nothing, 432, 4, SIM_TRUE_LEN, true },
	{ "signature length", SIM_SGX_V3, q_sig_len, 432, 4, SIM_TRUE_LEN - 1, true },
	{ "signature length", SIM_TDX_V4, q_sig_huge, 632, 4, 0xffffffff, true },
	{ "outer length", SIM_TDX_V4, q_outer, 636 + 130, 4, 0, true },
	{ "outer type", SIM_TDX15_V5, q_outer_type, 706 + 128, 2, 5, true },
	{ "no auth data", SIM_SGX_V3, q_auth_none, 436 + 576, 2, 0, true },
	{ "auth length", SIM_SGX_V3, q_auth_len, 436 + 576, 2, 33, true },
	{ "body size", SIM_TDX10_V5, q_body_size, 50, 4, 583, true },
	{ "relabelled", SIM_TDX10_V5, q_relabel, 0, 2, 4, true },
	{ "reserved byte", SIM_SGX_V4, q_edit, 8, 4, 'r', true },
	{ "trailing", SIM_SGX_V3, q_trailing, SIZE_MAX, 1, 'g', true },
	{ "inner slack", SIM_TDX_V4, q_slack, SIZE_MAX, 1, 'Z', true },
	{ "inner slack counts", SIM_TDX_V4, q_slack, 636 + 130, 4, SIM_TRUE_LEN + 1, true },
	{ "header not signed", SIM_SGX_V3, q_omit_header, 0, 2, 3, false },
	/* clang-format on */
};

static void test_quotes(void)
{
	static struct sim_world w;

	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		const size_t end = places[quotes[i].kind].body_at +
		                   places[quotes[i].kind].body_len;
		struct sim_quote_spec spec;
		struct buf q = { 0 };
		size_t at = quotes[i].at;
		int64_t want = quotes[i].want;

		if (!sim_world_default(&w, quotes[i].kind) ||
		    !sim_world_build(&w))
			exit(1);
		spec = w.quote_spec;
		quotes[i].change(&spec);
		if (ok(sim_world_quote(&q, &w, &spec), "quote, %s: made",
		       quotes[i].name)) {
			if (at == SIZE_MAX)
				at = q.len - 1;
			if (want >= SIM_TRUE_LEN / 2)
				want += le(w.quote.ptr + at, quotes[i].n) -
				        SIM_TRUE_LEN;
			ok(le(q.ptr + at, quotes[i].n) == want,
			   "quote, %s: stands there", quotes[i].name);
			ok(verifies(w.keys[SIM_AK].key, q.ptr, end,
			            q.ptr + end + 4) == quotes[i].good,
			   "quote, %s: openssl: signature", quotes[i].name);
			ok(quotes[i].good ||
			           verifies(w.keys[SIM_AK].key, q.ptr + 48,
			                    end - 48, q.ptr + end + 4),
			   "quote, %s: openssl: what is signed",
			   quotes[i].name);
		}
		buf_free(&q);
		sim_world_free(&w);
	}
}

/* The same seed makes the same documents, signatures apart. */
static void test_seed(void)
{
	static struct sim_world a, b;

	if (!sim_world_default(&a, SIM_TDX15_V5) ||
	    !sim_world_default(&b, SIM_TDX15_V5) || !sim_world_build(&a) ||
	    !sim_world_build(&b))
		exit(1);
	ok(!memcmp(a.keys, b.keys, sizeof(a.keys)), "same seed: same keys");
	ok(!memcmp(a.quote.ptr, b.quote.ptr, 702), "same seed: same body");
	ok(a.tcb_info[SIM_TDX].inner.len == b.tcb_info[SIM_TDX].inner.len &&
	           !memcmp(a.tcb_info[SIM_TDX].inner.ptr,
	                   b.tcb_info[SIM_TDX].inner.ptr,
	                   a.tcb_info[SIM_TDX].inner.len),
	   "same seed: same TCB info");
	sim_world_free(&b);
	if (!sim_world_default_at(&b, SIM_TDX15_V5, SIM_NOW + 86400, 1) ||
	    !sim_world_build(&b))
		exit(1);
	ok(memcmp(a.keys[SIM_ROOT].key, b.keys[SIM_ROOT].key, 64) != 0,
	   "another seed: another root");
	save_world(&b);
	ok(chain_verifies(&b), "another seed and time: openssl: chain");
	sim_world_at_level(&b, SIM_LEVEL_OUT_OF_DATE);
	sim_world_rename(&b, "Intel", "Intel Corporation");
	ok(sim_world_build(&b), "renamed, older: made again");
	ok(contains(&b.der[SIM_PCK], HAS("\x0c\x19Intel SGX PCK Platform CA")),
	   "renamed: stands there");
	ok(!says(&b.der[SIM_PCK], "Simulation") &&
	           !says(&b.crl_der[SIM_CRL_ROOT], "Simulation"),
	   "renamed: the old name does not");
	ok(contains(&b.der[SIM_PCK], HAS(SGX_OID "\x02\x01\x02\x01\x05")) &&
	           contains(&b.der[SIM_PCK],
	                    HAS(SGX_OID "\x02\x11\x02\x01\x0b")),
	   "older: components and PCESVN of the level");
	save_world(&b);
	ok(chain_verifies(&b), "renamed: openssl: chain");
	sim_world_free(&a);
	sim_world_free(&b);
}

/* Chains: order, texts around the blocks, another label. */
static void test_chains(void)
{
	static struct sim_world w;
	struct sim_chain *chain = &w.chain[SIM_CHAIN_TCB_INFO];

	if (!sim_world_default(&w, SIM_SGX_V3))
		exit(1);
	w.chain[SIM_CHAIN_PCK].n = 4;
	w.chain[SIM_CHAIN_PCK].who[3] = SIM_PCK;
	w.chain[SIM_CHAIN_PCK].after = (struct assay_bytes){ HAS("\0") };
	chain->before = buf_text("before\n");
	chain->between = buf_text("between\n");
	chain->label = "X509 CRL";
	w.chain[SIM_CHAIN_QE_IDENTITY].raw = buf_text("raw");
	if (!ok(sim_world_build(&w), "chains: made"))
		return;
	save_out("chain", &w.pem[SIM_CHAIN_PCK]);
	ok_sh("four blocks", "test $(tr -d '\\0' <chain | grep -c"
	                     " '^-----BEGIN CERTIFICATE-----$') = 4");
	ok(w.pem[SIM_CHAIN_PCK].ptr[w.pem[SIM_CHAIN_PCK].len - 1] == 0,
	   "a NUL behind them");
	ok(!memcmp(w.pem[SIM_CHAIN_TCB_INFO].ptr,
	           HAS("before\n-----BEGIN X509 CRL-----\nMII")) &&
	           says(&w.pem[SIM_CHAIN_TCB_INFO],
	                "\n-----END X509 CRL-----\nbetween\n"
	                "-----BEGIN X509 CRL-----\n"),
	   "texts around, another label");
	ok(w.pem[SIM_CHAIN_QE_IDENTITY].len == 3, "a text instead");
	sim_world_free(&w);
}

/* Certification data of the kinds that name a platform [DCAP 1.5]. */
static void test_ppid_data(void)
{
	static const struct {
		unsigned type;
		bool pce_id;
		size_t len;
	} rows[] = { { 1, true, 36 },
		     { 1, false, 34 },
		     { 2, true, 276 },
		     { 2, false, 274 },
		     { 3, true, 404 } };
	static struct sim_world w;

	if (!sim_world_default(&w, SIM_SGX_V3))
		exit(1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };

		sim_world_ppid_data(&out, &w, rows[i].type, rows[i].pce_id);
		ok(!out.bad && out.len == rows[i].len &&
		           out.ptr[out.len - (rows[i].pce_id ? 4 : 2)] == 13,
		   "certification data of type %u: %zu bytes", rows[i].type,
		   rows[i].len);
		buf_free(&out);
	}
}

/* The shape of a certificate or list: its elements, without values but for the
 * object identifiers, and those of the SGX extension. */
static const char shape_sh[] =
	"shape() {\n"
	"  sed -E 's/^ *[0-9]+:(d=[0-9]+) .*(prim|cons): */\\1 /\n"
	"    /OBJECT/!s/ *(\\[HEX DUMP\\])?:.*//\n"
	"    s/ +$//'\n"
	"}\n"
	"openssl asn1parse -inform DER -in $1 >parsed && shape <parsed\n"
	"at=$(grep -A1 113741.1.13.1 parsed | tail -1 |\n"
	"  sed 's/^ *//; s/:.*//')\n"
	"test -z \"$at\" ||\n"
	"  openssl asn1parse -inform DER -in $1 -strparse $at | shape\n";

/* The shape of a JSON text: each name where it occurs first, and what the
 * components of the first level are. */
static const char names_sh[] =
	"grep -Eo '\"[A-Za-z0-9]+\":' $1 | grep -v advisoryIDs |\n"
	"  awk '!n[$0]++'\n"
	"grep -Eo '\"[a-z]+tcbcomponents\":\\[[^]]*\\]' $1 | head -2 |\n"
	"  sed 's/\"svn\":[0-9]*/svn/g'\n";

static void same_shape(const char *name, const char *script)
{
	save("shape.sh", script, strlen(script));
	ok_sh(name, "sh shape.sh theirs >a && sh shape.sh ours >b &&"
	            " test $(wc -l <a) -gt 10 && diff a b");
}

/* Documents have the shape of Intel's. */
static void test_shape(void)
{
	static const struct {
		const char *quote;
		enum sim_who ca;
		size_t nth; /* certificate in the quote's chain */
		enum sim_who who;
		const char *name;
	} certs_of[] = {
		{ "sgx-v3-raiko-0.bin", SIM_PLATFORM_CA, 0, SIM_PCK,
		  "Intel's shape: leaf under the Platform CA" },
		{ "sgx-v3-raiko-0.bin", SIM_PLATFORM_CA, 1, SIM_PLATFORM_CA,
		  "Intel's shape: Platform CA" },
		{ "sgx-v3-raiko-0.bin", SIM_PLATFORM_CA, 2, SIM_ROOT,
		  "Intel's shape: root" },
		{ "sgx-v3-teepot-outofdate.bin", SIM_PROCESSOR_CA, 0, SIM_PCK,
		  "Intel's shape: leaf under the Processor CA" },
	};
	static const struct {
		const char *file;
		unsigned tee;
		bool identity;
		int version;
	} texts[] = {
		{ "tcb_info-e12d930d6809.json", SIM_TDX, false, 3 },
		{ "tcb_info-0415074c1913.json", SIM_SGX, false, 2 },
		{ "qe_identity-2996a060bafc.json", SIM_SGX, true, 2 },
	};
	static struct sim_world w;
	const char *from = vectors();
	unsigned char *p;
	char path[600];
	size_t n;

	for (size_t i = 0; i < sizeof(certs_of) / sizeof(certs_of[0]); i++) {
		const char *at;

		snprintf(path, sizeof(path), "%s/intel/quotes/%s",
		         from ? from : "", certs_of[i].quote);
		p = from ? slurp(path, &n) : NULL;
		if (!p) {
			skip("no vectors", "%s", certs_of[i].name);
			continue;
		}
		if (!sim_world_default(&w, SIM_TDX_V4))
			exit(1);
		sim_world_use_ca(&w, certs_of[i].ca);
		if (!sim_world_build(&w))
			exit(1);
		at = memmem(p, n, "-----BEGIN", 10);
		for (size_t k = 0; at && k < certs_of[i].nth; k++)
			at = strstr(at + 1, "-----BEGIN");
		if (ok(at != NULL, "the quote has a chain")) {
			save("theirs.pem", at, n - (size_t)(at - (char *)p));
			save_out("ours", &w.der[certs_of[i].who]);
			if (ok(sh("openssl x509 -in theirs.pem -outform DER"
			          " -out theirs"),
			       "its certificate"))
				same_shape(certs_of[i].name, shape_sh);
		}
		free(p);
		sim_world_free(&w);
	}

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(path, sizeof(path), "%s/intel/documents/%s",
		         from ? from : "", texts[i].file);
		p = from ? slurp(path, &n) : NULL;
		if (!p) {
			skip("no vectors", "Intel's names: %s", texts[i].file);
			continue;
		}
		if (!sim_world_default(&w, SIM_TDX_V4))
			exit(1);
		if (texts[i].version == 2) {
			w.tcb[SIM_SGX].version = 2;
			w.tcb[SIM_SGX].id = NULL;
		}
		if (!sim_world_build(&w))
			exit(1);
		save("theirs", p, n);
		save_out("ours", texts[i].identity
		                         ? &w.qe_identity[texts[i].tee].whole
		                         : &w.tcb_info[texts[i].tee].whole);
		same_shape(texts[i].file, names_sh);
		free(p);
		sim_world_free(&w);
	}

	snprintf(path, sizeof(path), "%s/intel/documents/%s", from ? from : "",
	         "root_ca_crl-6b9fff78ab4a.der");
	p = from ? slurp(path, &n) : NULL;
	if (!p) {
		skip("no vectors", "Intel's shape: root CRL");
		return;
	}
	if (!sim_world_default(&w, SIM_SGX_V3) || !sim_world_build(&w))
		exit(1);
	save("theirs", p, n);
	save_out("ours", &w.crl_der[SIM_CRL_ROOT]);
	same_shape("Intel's shape: root CRL", shape_sh);
	free(p);
	sim_world_free(&w);
}

int main(void)
{
	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	if (!sh("openssl version")) {
		skip("no openssl", "everything");
		rmdir(dir);
		return done();
	}
	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
		test_kind(kind);
	test_certtool();
	test_parsed();
	test_processor();
	test_signatures();
	test_certs();
	test_lists();
	test_edits();
	test_texts();
	test_reports();
	test_quotes();
	test_seed();
	test_chains();
	test_ppid_data();
	test_shape();
	if (!sh("rm -r %s", dir))
		note("%s is left", dir);
	return done();
}
