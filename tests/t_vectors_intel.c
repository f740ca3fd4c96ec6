/*
 * t_vectors_intel.c - genuine quotes of real machines, each with collateral at
 * a time, and what Intel's own library and others made of them.
 */
#include "base/text.h"
#include "h_verdict.h"
#include "h_vectors.h"
#include "tap.h"

#include <string.h>

static struct assay_trust *trust;

static bool judge(struct assay_verdict *v, struct assay_memo *memo,
                  const struct vector_case *c, int64_t now)
{
	const struct assay_evidence e = { .quote = c->quote };
	const struct assay_terms terms = { .now = now };

	return assay_verify_evidence(v, trust, memo, &e, &c->collateral,
	                             assay_intel_root_key, &terms);
}

/* ---- what a case says */

static bool is_hex(const char *want, const uint8_t *p, size_t n)
{
	uint8_t bytes[64];

	return !*want ||
	       (assay_hex_parse(bytes, n,
	                        (struct assay_bytes){ (const uint8_t *)want,
	                                              strlen(want) }) &&
	        memcmp(bytes, p, n) == 0);
}

/* What was wanted of the identity and is not there; NULL: all is. */
static const char *identity_fault(const struct vector_case *c,
                                  const struct assay_verdict *v)
{
	if (strcmp(c->tee, assay_tee_name(v->tee)) != 0)
		return "tee";
	if (c->version != v->version)
		return "version";
	if (!c->has_debug || c->debug != v->debug)
		return "debug";
	if (!is_hex(c->report_data, v->report_data, 64))
		return "report_data";
	if (!is_hex(c->mrenclave, v->sgx.mrenclave, 32))
		return "mrenclave";
	if (!is_hex(c->mrsigner, v->sgx.mrsigner, 32))
		return "mrsigner";
	if (!is_hex(c->mrtd, v->td.mrtd, 48))
		return "mrtd";
	if (c->has_isv && c->isv_prod_id != v->sgx.isv_prod_id)
		return "isv_prod_id";
	if (c->has_isv && c->isv_svn != v->sgx.isv_svn)
		return "isv_svn";
	return NULL;
}

static bool is_status(const char *want, enum assay_status got)
{
	const char *name = assay_status_name(got);

	return strcmp(want, name ? name : "") == 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The same set; ours is sorted. */
static bool same_advisories(struct vector_case *c,
                            const struct assay_verdict *v)
{
	qsort(c->advisories, c->n_advisories, sizeof(c->advisories[0]),
	      by_text);
	if (c->n_advisories != v->n_advisories)
		return false;
	for (size_t i = 0; i < v->n_advisories; i++)
		if (strcmp(c->advisories[i], v->advisories[i]) != 0)
			return false;
	return true;
}

static const char *rating_fault(struct vector_case *c,
                                const struct assay_verdict *v)
{
	if (!is_status(c->expect, v->status))
		return "status";
	if (!c->has_advisories) /* nor does it say the rest */
		return NULL;
	if (!is_status(c->platform_status, v->platform_status))
		return "platform_status";
	if (!is_status(c->module_status, v->module_status))
		return "module_status";
	if (!is_status(c->qe_status, v->qe_status))
		return "qe_status";
	return same_advisories(c, v) ? NULL : "advisories";
}

/* ---- a case that was rated, or has no level */

static void test_rated(struct vector_case *c)
{
	bool no_level = strcmp(c->expect, "error:no-tcb-level") == 0;
	struct assay_verdict v;
	bool genuine = judge(&v, NULL, c, c->at);
	const char *fault = identity_fault(c, &v);

	if (!fault && no_level && v.failed.check != ASSAY_T_NO_LEVEL)
		fault = "no level";
	if (!fault && !no_level)
		fault = genuine ? rating_fault(c, &v) : "genuine";
	if (!ok(!fault && genuine == !no_level && v.at == c->at, "%s: %s",
	        c->name, c->expect))
		note("%s; status %s, %s %zu %s", fault,
		     assay_status_name(v.status), assay_doc_name(v.failed.doc),
		     v.failed.at, v.failed.note);
}

/* The first call leaves the platform in the memo, the second finds it there. */
static void test_memo(const struct vector_case *c)
{
	struct assay_memo *memo = assay_memo_new(1, NULL);
	struct assay_verdict plain, first, second;
	const char *what;

	if (!memo)
		abort();
	(void)!judge(&plain, NULL, c, c->at);
	(void)!judge(&first, memo, c, c->at);
	(void)!judge(&second, memo, c, c->at);
	what = verdict_differs(&plain, &first);
	if (!what)
		what = verdict_differs(&plain, &second);
	ok(!what, "%s: the same with a memo%s%s", c->name, what ? ": " : "",
	   what ? what : "");
	assay_memo_free(memo);
}

static bool is_time(const struct assay_verdict *v)
{
	return v->failed.check == ASSAY_X_TIME ||
	       v->failed.check == ASSAY_R_TIME ||
	       v->failed.check == ASSAY_J_TIME;
}

/* It is good for just as long as it says. */
static void test_window(const struct vector_case *c)
{
	struct assay_verdict v, early, late, first, last;
	bool good = judge(&v, NULL, c, c->at);

	good = good && !judge(&early, NULL, c, v.latest_issue - 1) &&
	       is_time(&early) && judge(&first, NULL, c, v.latest_issue) &&
	       judge(&last, NULL, c, v.fresh_until - 1) &&
	       !judge(&late, NULL, c, v.fresh_until) && is_time(&late);
	ok(good && first.status == v.status && last.status == v.status,
	   "%s: good from its latest issue to its earliest end", c->name);
}

/* Each document is needed. */
static void test_missing(const struct vector_case *c)
{
	struct vector_case less = *c;
	struct assay_bytes *const parts[] = {
		&less.collateral.tcb_info.doc,
		&less.collateral.qe_identity.doc,
		&less.collateral.tcb_info_issuer_chain,
		&less.collateral.qe_identity_issuer_chain,
		&less.collateral.root_ca_crl,
		&less.collateral.pck_crl,
	};
	struct assay_verdict v;
	bool good = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct assay_bytes was = *parts[i];

		*parts[i] = (struct assay_bytes){ 0 };
		good &= !judge(&v, NULL, &less, c->at) &&
		        v.failed.check ==
		                (i < 4 ? ASSAY_J_MISSING : ASSAY_R_MISSING);
		*parts[i] = was;
	}
	ok(good, "%s: nothing may be missing", c->name);
}

/* ---- those that are refused */

/* They come without collateral and are refused for that alone.  With the
 * collateral of others, at its time, these must still be refused, somewhere by
 * this check.  Of the others that is not asked: their signatures are good but
 * for the root's own, or the machine was merely old. */
/* clang-format off */
static const struct {
	const char *name;
	enum assay_check bare;     /* without collateral */
	enum assay_check dressed;  /* OK: not asked */
} refused[] = {
	{ "neg-conclave-version99",          ASSAY_P_VERSION, ASSAY_P_VERSION },
	{ "neg-tdx-google-chain",            ASSAY_J_MISSING, ASSAY_X_PEM },
	{ "neg-tdx-google-rootcert",         ASSAY_J_MISSING, ASSAY_OK },
	{ "neg-tdx-google-intermcert",       ASSAY_J_MISSING, ASSAY_X_SIG },
	{ "neg-tdx-google-header",           ASSAY_J_MISSING, ASSAY_Q_SIG },
	{ "neg-sgx-oe-report-bad",           ASSAY_J_MISSING, ASSAY_X_NAME },
	{ "neg-sgx-oe-sgx-cert-ec-bad-tcb",  ASSAY_J_MISSING, ASSAY_OK },
	{ "neg-sgx-oe-sgx-cert-rsa-bad-tcb", ASSAY_J_MISSING, ASSAY_OK },
};
/* clang-format on */
enum { N_REFUSED = sizeof(refused) / sizeof(refused[0]) };

static void test_dressed(const struct vector_case *c, enum assay_check want,
                         const struct vector_case *all, size_t n)
{
	struct vector_case dressed = *c;
	struct assay_verdict v;
	size_t n_genuine = 0, n_wanted = 0;

	for (size_t i = 0; i < n; i++) {
		if (!all[i].has_collateral)
			continue;
		dressed.collateral = all[i].collateral;
		n_genuine += judge(&v, NULL, &dressed, all[i].at);
		n_wanted += v.failed.check == want;
	}
	ok(!n_genuine && n_wanted, "%s: refused with any collateral", c->name);
}

static void test_refused(const struct vector_case *c,
                         const struct vector_case *all, size_t n)
{
	struct assay_verdict v;
	size_t i = 0;

	while (i < N_REFUSED && strcmp(refused[i].name, c->name) != 0)
		i++;
	if (!ok(i < N_REFUSED, "%s is known", c->name))
		return;
	ok(!judge(&v, NULL, c, c->at) && v.failed.check == refused[i].bare,
	   "%s: refused without collateral: %s", c->name, v.failed.note);
	if (refused[i].dressed)
		test_dressed(c, refused[i].dressed, all, n);
}

int main(void)
{
	struct vector_case *cases;
	size_t n, n_rated = 0, n_refused = 0;

	if (!vectors()) {
		skip("no vectors", "real quotes");
		return done();
	}
	trust = malloc(assay_trust_size());
	cases = vector_cases(&n);
	if (!trust || !ok(cases != NULL, "intel/cases.json is read"))
		return done();
	for (size_t i = 0; i < n; i++) {
		struct vector_case *c = &cases[i];

		if (strcmp(c->expect, "refused") == 0) {
			test_refused(c, cases, n);
			n_refused++;
			continue;
		}
		n_rated++;
		test_rated(c);
		test_memo(c);
		if (strncmp(c->expect, "error:", 6) != 0)
			test_window(c);
		test_missing(c);
	}
	ok(n_rated >= 150 && n_refused >= 8, "%zu rated, %zu refused", n_rated,
	   n_refused);
	free(cases);
	free(trust);
	return done();
}
