/*
 * t_vectors_conclave.c - real Conclave attestations, and ninety-odd variants of
 * them with what R3's verifier made of each: what of it rests on the quote and
 * its collateral.  How the container is read is t_evidence.c's affair.
 */
#include "base/json.h"
#include "base/rd.h"
#include "crypto/crypto.h"
#include "h_vectors.h"
#include "tap.h"

#include <string.h>

/* R3 judges no dates, and the collateral of these has no time at which all of
 * it is good: they are judged as if within decades of grace. */
#define DECADES (INT64_C(40) * 366 * 86400)

static struct assay_trust *trust;

/* ---- one attestation */

struct eii {
	struct assay_bytes file;
	struct assay_scratch scratch;
	struct assay_evidence e;
	struct assay_err err;
	bool read;
};

static struct eii eii_open(struct assay_bytes file)
{
	struct eii x = { .file = file, .scratch.len = file.len };

	x.scratch.ptr = malloc(file.len + 1);
	if (!x.scratch.ptr)
		abort();
	x.read = assay_evidence_read(&x.e, file, &x.scratch, &x.err);
	return x;
}

static void eii_close(struct eii *x)
{
	free(x->scratch.ptr);
}

static bool judge(struct assay_verdict *v, const struct eii *x, int64_t now,
                  int64_t grace)
{
	const struct assay_terms terms = { .now = now,
		                           .collateral_grace = grace,
		                           .certificate_grace = grace };

	return assay_verify_evidence(v, trust, NULL, &x->e, NULL,
	                             assay_intel_root_key, &terms);
}

/* [CONCLAVE 1.3]: the report data are SHA-512(signing key || other key). */
static bool keys_are_bound(const struct eii *x, const struct assay_verdict *v)
{
	uint8_t keys[44 + 32], digest[ASSAY_SHA512_LEN];

	if (x->e.eii_spki.len != 44 || x->e.eii_ek.len != 32)
		return false;
	memcpy(keys, x->e.eii_spki.ptr, 44);
	memcpy(keys + 44, x->e.eii_ek.ptr, 32);
	assay_sha512(digest, (struct assay_bytes){ keys, sizeof(keys) });
	return memcmp(digest, v->report_data, sizeof(digest)) == 0;
}

/* ---- the three real ones */

static const struct {
	const char *file;
	const char *fmspc; /* upper case */
	bool processor_ca, debug;
	enum assay_status status;
	const char *at; /* R3's: the newest date of all; of all three the
	                     * TCB info had ended by then [CONCLAVE 1.6] */
} reals[] = {
	{ "conclave/real/EnclaveInstanceInfo-DCAP-IceLake.ser",
	  "\x00\x60\x6a\x00\x00\x00", false, false, ASSAY_STATUS_UP_TO_DATE,
	  "2021-05-31T20:33:22Z" },
	{ "conclave/real/EnclaveInstanceInfo-DCAP.ser",
	  "\x00\x90\x6e\xd5\x00\x00", true, true, ASSAY_STATUS_UP_TO_DATE,
	  "2020-11-11T14:01:47Z" },
	{ "conclave/eii-variants/"
	  "02-coffeelake-2020-10-repacked-from-old-layout.eii",
	  "\x00\x90\x6e\xd5\x00\x00", true, true,
	  ASSAY_STATUS_CONFIGURATION_NEEDED, "2020-09-18T10:51:13Z" },
};

static int64_t time_of(const char *text)
{
	int64_t t = 0;

	if (!assay_time_parse(&t, (struct assay_bytes){ (const uint8_t *)text,
	                                                strlen(text) }))
		abort();
	return t;
}

static void test_real(size_t i)
{
	struct eii x = eii_open(vector_file("%s", reals[i].file));
	int64_t at = time_of(reals[i].at);
	struct assay_verdict v;
	bool good;

	if (!ok(x.read, "%s is read", reals[i].file)) {
		eii_close(&x);
		return;
	}
	good = judge(&v, &x, at, 0);
	ok(!good && v.failed.check == ASSAY_J_TIME &&
	           v.failed.doc == ASSAY_DOC_TCB_INFO,
	   "without grace: %s", v.failed.note);
	good = judge(&v, &x, at, DECADES);
	ok(good && v.status == reals[i].status &&
	           v.qe_status == ASSAY_STATUS_UP_TO_DATE &&
	           v.debug == reals[i].debug && v.tee == ASSAY_TEE_SGX &&
	           v.pck.has_piid == !reals[i].processor_ca &&
	           memcmp(v.pck.fmspc, reals[i].fmspc, 6) == 0,
	   "genuine, and %s", assay_status_name(reals[i].status));
	ok(good && keys_are_bound(&x, &v), "its keys are in the report data");
	/* what R3 prints as the time is our latest issue, but for levels'
	 * dates, which are earlier */
	ok(good && v.latest_issue == at, "R3's time is its latest issue");
	eii_close(&x);
}

/* The same evidence with lists and certificates that are not Intel's. */
static void test_foreign(void)
{
	static const struct {
		const char *file;
		enum assay_check want;
	} lists[] = {
		{ "conclave/real/sample.root.crl.pem", ASSAY_X_SIGALG },
		{ "conclave/real/history/revoked_pck.crl.pem", ASSAY_X_SIGALG },
	};

	for (size_t i = 0; i < 2 * sizeof(lists) / sizeof(lists[0]); i++) {
		struct eii x = eii_open(vector_file("%s", reals[1].file));
		bool root = i % 2;
		struct assay_verdict v;

		if (root)
			x.e.collateral.root_ca_crl = (struct assay_bytes){ 0 };
		else
			x.e.collateral.pck_crl = (struct assay_bytes){ 0 };
		bool there = vector_add(&x.e.collateral,
		                        root ? ASSAY_PART_ROOT_CA_CRL
		                             : ASSAY_PART_PCK_CRL,
		                        lists[i / 2].file);
		bool good = judge(&v, &x, time_of(reals[1].at), DECADES);
		ok(there && !good && v.failed.check == lists[i / 2].want,
		   "%s as %s: %s", lists[i / 2].file,
		   root ? "root CRL" : "PCK CRL", v.failed.note);
		eii_close(&x);
	}
}

/* Quotes of R3's history, which came without collateral. */
static void test_history(void)
{
	const char *dir = "conclave/real/history";
	struct eii old = eii_open(vector_file("%s", reals[2].file));
	struct assay_verdict v;

	old.e.quote = vector_file("%s/quote_conclave.dat", dir);
	ok(judge(&v, &old, time_of(reals[2].at), DECADES) &&
	           v.status == ASSAY_STATUS_CONFIGURATION_NEEDED,
	   "quote_conclave.dat is genuine: %s", v.failed.note);
	old.e.quote = vector_file("%s/test-quote", dir);
	ok(!judge(&v, &old, time_of(reals[2].at), DECADES) &&
	           v.failed.check == ASSAY_P_VERSION,
	   "an EPID quote: %s", v.failed.note);
	eii_close(&old);
}

/* ---- the variants, beside R3's verdicts */

struct verdict {
	char file[96], reason[1024], summary[16], mode[16], code[65];
	bool has_ok, ok;
};

static void read_verdict(struct assay_json *j, struct verdict *x)
{
	struct assay_json_str name;

	memset(x, 0, sizeof(*x));
	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, "file"))
			assay_json_text(j, x->file, sizeof(x->file));
		else if (assay_json_is(name, "reason"))
			assay_json_text(j, x->reason, sizeof(x->reason));
		else if (assay_json_is(name, "summary"))
			assay_json_text(j, x->summary, sizeof(x->summary));
		else if (assay_json_is(name, "mode"))
			assay_json_text(j, x->mode, sizeof(x->mode));
		else if (assay_json_is(name, "ok"))
			x->has_ok = assay_json_bool(j, &x->ok);
		else
			assay_json_skip(j, NULL);
}

/* Their word for a failure (in the reason, in brackets) and ours. */
static const struct {
	const char *theirs;
	enum assay_check ours;
} words[] = {
	{ "(INVALID_QUOTE_SIGNATURE)", ASSAY_Q_SIG },
	{ "(INVALID_QE_REPORT_SIGNATURE)", ASSAY_Q_QE_SIG },
	{ "(INVALID_QE_REPORT_DATA)", ASSAY_Q_AK_BINDING },
	{ "(UNSUPPORTED_QUOTE_FORMAT)", ASSAY_P_VERSION },
	{ "(SGX_CRL_UNKNOWN_ISSUER)", ASSAY_R_ISSUER },
	{ "(TCB_INFO_MISMATCH)", ASSAY_T_FMSPC },
	{ "(TCB_INFO_INVALID_SIGNATURE)", ASSAY_J_SIG },
	{ "(SGX_ENCLAVE_IDENTITY_INVALID_SIGNATURE)", ASSAY_J_SIG },
};

/* Where what we say does not follow from what R3 says, and why. */
static const struct {
	const char *file;
	enum assay_check want;
	enum assay_status status; /* where want is OK */
} differs[] = {
	/* the vendor id is looked at before any signature [DCAP 4.0] P1 */
	{ "10-quote-flip-qe_vendor_id.eii", ASSAY_P_VENDOR, 0 },
	/* chains, lists and names come before FMSPC and signatures */
	{ "25-all-collateral-from-other-platform.eii", ASSAY_R_ISSUER, 0 },
	/* the signature is over the inner object's raw bytes, wherever it
	 * stands [DCAP 3.2]; R3 counts from the beginning of the text */
	{ "23-tcbinfo-whitespace-before.eii", ASSAY_OK,
	  ASSAY_STATUS_UP_TO_DATE },
	/* R3 never looks at the PCK CRL's chain; ours must fit the list */
	{ "21-coll-swap-pckcrlchain-from-other-platform.eii", ASSAY_R_ISSUER,
	  0 },
	/* R3 does not read these as attestations at all */
	{ "10-quote-flip-att_key_type_hi.eii", ASSAY_P_KEYTYPE, 0 },
	{ "10-quote-flip-cert_type.eii", ASSAY_P_CERTTYPE, 0 },
	{ "10-quote-flip-isvsvn.eii", ASSAY_Q_SIG, 0 },
	{ "10-quote-flip-reportdata.eii", ASSAY_Q_SIG, 0 },
	{ "11-quote-pck-leaf-body.eii", ASSAY_X_SIG, 0 },
	{ "22-coll-empty-pckcrl.eii", ASSAY_R_MISSING, 0 },
	{ "22-coll-empty-rootcrl.eii", ASSAY_R_MISSING, 0 },
	{ "22-coll-empty-qechain.eii", ASSAY_J_MISSING, 0 },
	{ "22-coll-empty-tcbchain.eii", ASSAY_J_MISSING, 0 },
	{ "22-coll-empty-qeidentity.eii", ASSAY_J_MISSING, 0 },
	{ "22-coll-empty-tcbinfo.eii", ASSAY_J_MISSING, 0 },
	{ "23-tcbinfo-status-edited.eii", ASSAY_T_UNRECOGNISED, 0 },
	/* the quote is genuine; that its keys are others is told by the
	 * report data alone */
	{ "30-wrong-enc-key.eii", ASSAY_OK, ASSAY_STATUS_UP_TO_DATE },
	{ "30-wrong-sign-key.eii", ASSAY_OK, ASSAY_STATUS_UP_TO_DATE },
};

/* What R3's reason says of the platform's status. */
static enum assay_status status_of(const char *reason)
{
	if (strstr(reason, "TCB level of the SGX platform is up-to-date"))
		return ASSAY_STATUS_UP_TO_DATE;
	if (strstr(reason, "additional configuration"))
		return ASSAY_STATUS_CONFIGURATION_NEEDED;
	return ASSAY_STATUS_NONE;
}

static enum assay_check wanted(const struct verdict *x,
                               enum assay_status *status)
{
	*status = ASSAY_STATUS_NONE;
	for (size_t i = 0; i < sizeof(differs) / sizeof(differs[0]); i++)
		if (strcmp(differs[i].file, x->file) == 0) {
			*status = differs[i].status;
			return differs[i].want;
		}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(x->reason, words[i].theirs))
			return words[i].ours;
	*status = status_of(x->reason);
	return ASSAY_OK;
}

/* False if the container is not read, and nothing was judged. */
static bool test_variant(const struct verdict *x)
{
	struct eii eii =
		eii_open(vector_file("conclave/eii-variants/%s", x->file));
	enum assay_status status;
	enum assay_check want = wanted(x, &status);
	struct assay_verdict v;
	bool good, read = eii.read;

	if (read) {
		good = judge(&v, &eii, time_of("2026-11-23T12:00:00Z"),
		             DECADES);
		ok(good == !want && v.failed.check == want &&
		           (!good ||
		            (status && v.status == status &&
		             (!x->ok || v.debug == !strcmp(x->mode, "DEBUG")))),
		   "%s: %s", x->file,
		   good ? assay_status_name(v.status) : v.failed.note);
		if (good)
			ok(keys_are_bound(&eii, &v) ==
			           (strncmp(x->file, "30-wrong-", 9) != 0),
			   "%s: its keys", x->file);
	}
	eii_close(&eii);
	return read;
}

static void test_variants(void)
{
	struct assay_bytes text =
		vector_file("conclave/vectors/eii-verdicts.json");
	size_t n = 0, n_judged = 0;
	struct assay_json j;
	struct verdict x;

	if (!text.len) {
		skip("no vectors", "variants");
		return;
	}
	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	for (; assay_json_element(&j); n++) {
		read_verdict(&j, &x);
		n_judged += test_variant(&x);
	}
	ok(assay_json_close(&j, NULL) && n >= 96 && n_judged >= 57,
	   "%zu verdicts, %zu on quotes", n, n_judged);
}

int main(void)
{
	trust = malloc(assay_trust_size());
	if (!vectors() || !trust) {
		skip("no vectors", "Conclave's attestations");
		free(trust);
		return done();
	}
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
		test_real(i);
	test_foreign();
	test_history();
	test_variants();
	free(trust);
	return done();
}
