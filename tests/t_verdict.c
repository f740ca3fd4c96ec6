/* t_verdict.c - what a verdict says in words, and what a trust says of itself. */
#include <assay/assay.h>

#include <stdlib.h>
#include <string.h>

#include "forge/world.h"
#include "tap.h"

/* ---- levels */

static void test_levels(void)
{
	static const struct {
		const char *name;
		struct assay_verdict v;
		enum assay_level want;
		const char *says;
	} rows[] = {
		{ "nothing", { 0 }, ASSAY_LEVEL_INSECURE, "not verified" },
		{ "forged",
		  { .failed = { .check = ASSAY_Q_SIG,
		                .doc = ASSAY_DOC_QUOTE } },
		  ASSAY_LEVEL_INSECURE,
		  "QUOTE Q_SIG" },
		{ "good",
		  { .genuine = true, .status = ASSAY_STATUS_UP_TO_DATE },
		  ASSAY_LEVEL_SECURE,
		  "every update" },
		{ "stale",
		  { .genuine = true, .status = ASSAY_STATUS_OUT_OF_DATE },
		  ASSAY_LEVEL_STALE,
		  "misses security updates" },
		{ "debug enclave",
		  { .genuine = true,
		    .status = ASSAY_STATUS_UP_TO_DATE,
		    .debug = true,
		    .tee = ASSAY_TEE_SGX },
		  ASSAY_LEVEL_INSECURE,
		  "The enclave runs in debug mode" },
		{ "debug TD",
		  { .genuine = true,
		    .status = ASSAY_STATUS_UP_TO_DATE,
		    .debug = true,
		    .tee = ASSAY_TEE_TDX },
		  ASSAY_LEVEL_INSECURE,
		  "The TD runs in debug mode" },
		{ "simulation",
		  { .genuine = true,
		    .status = ASSAY_STATUS_UP_TO_DATE,
		    .simulation = true },
		  ASSAY_LEVEL_INSECURE,
		  "simulation" },
		{ "forged",
		  { .failed = { .check = ASSAY_Q_SIG,
		                .doc = ASSAY_DOC_QUOTE } },
		  ASSAY_LEVEL_INSECURE,
		  "evidence is not genuine (QUOTE Q_SIG)" },
		{ "without documents",
		  { .failed = { .check = ASSAY_R_MISSING,
		                .doc = ASSAY_DOC_PCK_CRL } },
		  ASSAY_LEVEL_INSECURE,
		  "Nothing shows that the evidence is genuine (PCK_CRL R_M" },
		{ "Revoked",
		  { .genuine = true, .status = ASSAY_STATUS_REVOKED },
		  ASSAY_LEVEL_INSECURE,
		  "no status" },
	};
	char reason[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum assay_level got = assay_verdict_level(&rows[i].v, reason,
		                                           sizeof(reason));

		ok(got == rows[i].want && strstr(reason, rows[i].says) &&
		           assay_verdict_level(&rows[i].v, NULL, 0) == got,
		   "%s: %s, %s", rows[i].name, assay_level_name(got), reason);
	}
}

/* ---- advice */

static bool advises(const struct assay_verdict *v, const char *words)
{
	char text[1024];

	for (size_t i = 0; assay_verdict_advice(v, i, text, sizeof(text)); i++)
		if (strstr(text, words))
			return true;
	return false;
}

static void test_advice(void)
{
	static const struct {
		struct assay_gap gap;
		const char *says;
	} gaps[] = {
		{ { ASSAY_GAP_SGX_COMPONENT, 1, 3, 4, ASSAY_STATUS_UP_TO_DATE,
		    "BIOS" },
		  "SGX component 2 (BIOS) is 3, UpToDate needs 4: update the "
		  "BIOS" },
		{ { ASSAY_GAP_PCE_SVN, 0, 11, 13, ASSAY_STATUS_UP_TO_DATE, "" },
		  "PCE is 11, UpToDate needs 13: update" },
		{ { ASSAY_GAP_TDX_COMPONENT, 2, 1, 2, ASSAY_STATUS_UP_TO_DATE,
		    "" },
		  "TDX component 3 is 1, UpToDate needs 2: update the BIOS" },
		{ { ASSAY_GAP_TDX_COMPONENT, 0, 1, 2, ASSAY_STATUS_UP_TO_DATE,
		    "" },
		  "update the TDX module" },
		{ { ASSAY_GAP_TDX_MODULE, 0, 3, 5, ASSAY_STATUS_UP_TO_DATE,
		    "TDX_03" },
		  "TDX module (TDX_03) is 3, UpToDate needs 5: update the TDX "
		  "module" },
		{ { ASSAY_GAP_QE, 0, 5, 8, ASSAY_STATUS_UP_TO_DATE, "" },
		  "The quoting enclave is 5, UpToDate needs 8" },
	};
	struct assay_verdict v = { .genuine = true,
		                   .status = ASSAY_STATUS_OUT_OF_DATE };

	v.n_gaps = sizeof(gaps) / sizeof(gaps[0]);
	for (size_t i = 0; i < v.n_gaps; i++)
		v.gaps[i] = gaps[i].gap;
	for (size_t i = 0; i < v.n_gaps; i++)
		ok(advises(&v, gaps[i].says), "%s", gaps[i].says);
	ok(advises(&v, "OutOfDate: The machine misses"), "the status is told");
	v.simulation = true;
	ok(advises(&v, "is 3, UpToDate needs 4: the simulated machine lacks an "
	               "update") &&
	           !advises(&v, "BIOS or") && !advises(&v, "DCAP packages"),
	   "a simulated machine has no BIOS");
	v.simulation = false;

	v.status = ASSAY_STATUS_TD_RELAUNCH_ADVISED;
	ok(advises(&v, "was, when the TD was started, 3") &&
	           advises(&v, "Start the TD anew"),
	   "a relaunch: what was, and what to do");
	v.status = ASSAY_STATUS_UP_TO_DATE;
	v.has_current = true;
	v.current_status = ASSAY_STATUS_OUT_OF_DATE;
	ok(advises(&v, "what runs now is OutOfDate"),
	   "a module that was replaced by a worse one");

	v.n_advisories = 2;
	strcpy(v.advisories[0], "INTEL-SA-00001");
	strcpy(v.advisories[1], "INTEL-SA-00002");
	ok(advises(&v, "INTEL-SA-00001, INTEL-SA-00002"), "advisories");
	v.debug = true;
	ok(advises(&v, "debug enclave"), "debug enclave");
	v.tee = ASSAY_TEE_TDX;
	ok(advises(&v, "debug TD"), "debug TD");
	ok(advises(&v, "Intel's security center"), "where they are explained");
	v.simulation = true;
	ok(advises(&v, "not Intel's") && !advises(&v, "security center"),
	   "simulation");

	v = (struct assay_verdict){ .failed = { .check = ASSAY_R_TIME,
		                                .doc = ASSAY_DOC_PCK_CRL,
		                                .note = "it ended" } };
	ok(advises(&v, "PCK_CRL R_TIME does not hold") &&
	           advises(&v, "it ended"),
	   "what failed, what was found, what to do");
	v = (struct assay_verdict){ .genuine = true,
		                    .status = ASSAY_STATUS_UP_TO_DATE };
	ok(!assay_verdict_advice(&v, 0, (char[8]){ 0 }, 8), "nothing to say");
}

/* ---- a trust */

static void test_trust(void)
{
	struct sim_world *w = calloc(1, sizeof(*w));
	struct assay_trust *t = malloc(assay_trust_size());
	struct assay_verdict v;
	struct assay_collateral c;
	struct assay_terms terms = { 0 };
	struct assay_bytes chain;
	uint8_t fmspc[6], ca[64], *text;

	if (!w || !t || !sim_world_default(w, SIM_TDX_V4) ||
	    !sim_world_build(w))
		abort();
	sim_world_collateral(&c, w);
	terms.now = w->now;
	chain = buf_bytes(&w->pem[SIM_CHAIN_PCK]);
	ok(assay_trust_open(t, &c, chain, w->keys[SIM_ROOT].key, NULL, NULL),
	   "a trust opens");
	assay_trust_fmspc(t, fmspc);
	assay_trust_ca_key(t, ca);
	ok(assay_trust_tee(t) == ASSAY_TEE_TDX &&
	           memcmp(fmspc, w->tcb[SIM_TDX].fmspc.p, 6) == 0 &&
	           memcmp(ca, w->keys[w->ca].key, 64) == 0,
	   "it says its TEE, FMSPC and CA");
	ok(assay_trust_fresh_until(t) > w->now &&
	           assay_trust_fresh_until(t) <= w->tcb[SIM_TDX].next_update,
	   "and until when it is fresh");

	/* a chain in a text that is too long to be kept */
	text = malloc(chain.len + 10000);
	if (!text)
		abort();
	memset(text, '\n', chain.len + 10000);
	memcpy(text, chain.ptr, chain.len);
	ok(assay_trust_open(t, &c,
	                    (struct assay_bytes){ text, chain.len + 10000 },
	                    w->keys[SIM_ROOT].key, NULL, NULL),
	   "a trust opens with a chain in a long text");
	free(text);
	ok(assay_verify(&v, t, NULL, buf_bytes(&w->quote),
	                (struct assay_bytes){ 0 }, &terms),
	   "and judges, when that text is gone: %s", v.failed.note);
	ok(assay_check_find("Q_SIG") == assay_check_info(ASSAY_Q_SIG) &&
	           !assay_check_find("Q_NOTHING"),
	   "checks are found by name");
	sim_world_free(w);
	free(w);
	free(t);
}

int main(void)
{
	test_levels();
	test_advice();
	test_trust();
	return done();
}
