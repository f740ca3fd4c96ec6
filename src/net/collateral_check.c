/* collateral_check.c - a set of documents checked: signatures, that it is what
 * was asked for, dates. */
#include "net/collateral_inner.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "verify/trust.h"

bool collateral_say(char why[COLLATERAL_WHY], const char *who, const char *fmt,
                    ...)
{
	const size_t from = strlen(why);
	size_t n = from;
	va_list ap;

	/* what does not fit is left out */
	n += (size_t)snprintf(why + n, COLLATERAL_WHY - n,
	                      "%s%s: ", from ? "\n" : "", who);
	va_start(ap, fmt);
	if (n < COLLATERAL_WHY)
		vsnprintf(why + n, COLLATERAL_WHY - n, fmt, ap);
	va_end(ap);
	for (char *p = why + from + (from && why[from]); *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
	return false;
}

/* A check that failed, and what to do. */
static bool say_err(char why[COLLATERAL_WHY], const char *who,
                    const struct assay_err *err)
{
	const struct assay_check_info *info = assay_check_info(err->check);

	return collateral_say(why, who,
	                      "the documents do not hold: %s %s %s: %.120s; %s",
	                      assay_doc_name(err->doc), info ? info->name : "?",
	                      info ? info->section : "", err->note,
	                      err->check == ASSAY_X_ROOT_PIN
	                              ? "name its root with --root, if that "
	                                "is meant"
	                              : "ask another address, or tell who "
	                                "runs it");
}

/* ---- what was wanted */

static bool is_of_ca(const struct assay_trust *t,
                     const struct collateral_want *want, const char *who,
                     char why[COLLATERAL_WHY])
{
	const bool platform = t->chain.role == ASSAY_ROLE_PLATFORM_CA;

	return platform == want->platform_ca ||
	       collateral_say(
		       why, who,
		       "its revocation list is of the %s CA, wanted the %s "
		       "CA's; ask another address",
		       platform ? "Platform" : "Processor",
		       want->platform_ca ? "Platform" : "Processor");
}

static bool is_wanted(const struct assay_trust *t,
                      const struct collateral_want *want, const char *who,
                      char why[COLLATERAL_WHY])
{
	char got[13], wanted[13];

	assay_hex_print(got, t->tcb.fmspc, 6, true);
	assay_hex_print(wanted, want->fmspc, 6, true);
	if (t->tcb.tee != want->tee ||
	    memcmp(t->tcb.fmspc, want->fmspc, 6) != 0)
		return collateral_say(
			why, who,
			"its TCB info is for %s machines of FMSPC %s, wanted "
			"for %s and %s: it does not answer what is asked; ask "
			"another address",
			assay_tee_name(t->tcb.tee), got,
			assay_tee_name(want->tee), wanted);
	if (t->qe.id != (want->tee == ASSAY_TEE_TDX ? ASSAY_ENCLAVE_TD_QE
	                                            : ASSAY_ENCLAVE_QE))
		return collateral_say(
			why, who,
			"its identity is of another quoting "
			"enclave than %s has; ask another address",
			assay_tee_name(want->tee));
	if (!is_of_ca(t, want, who, why))
		return false;
	if (want->evaluation && (t->tcb.evaluation_number != want->evaluation ||
	                         t->qe.evaluation_number != want->evaluation))
		return collateral_say(
			why, who,
			"it gives evaluations %u and %u, wanted %u: a cache "
			"cannot choose one; ask Intel, or leave the number out",
			t->tcb.evaluation_number, t->qe.evaluation_number,
			want->evaluation);
	return true;
}

/* ---- dates */

static bool in_date(struct assay_window w, int64_t now, const char *what,
                    const char *who, char why[COLLATERAL_WHY])
{
	char from[ASSAY_TIME_TEXT], until[ASSAY_TIME_TEXT], at[ASSAY_TIME_TEXT];

	if (now >= w.from && now < w.until)
		return true;
	return collateral_say(why, who,
	                      "%s is good from %s until %s, and it is %s: %s",
	                      what, assay_time_print(from, w.from),
	                      assay_time_print(until, w.until),
	                      assay_time_print(at, now),
	                      now < w.from ? "look at this machine's clock"
	                                   : "a cache has to be refreshed; or "
	                                     "ask another address");
}

#define ISSUER "an issuer's certificate"
static const char *const names[] = { "the TCB info", "the QE identity",
	                             "the PCK CA's revocation list",
	                             "the root's revocation list" };

static bool all_in_date(const struct assay_trust *t, int64_t now,
                        const char *who, char why[COLLATERAL_WHY])
{
	static const enum assay_item items[] = { ASSAY_ITEM_TCB_INFO,
		                                 ASSAY_ITEM_QE_IDENTITY,
		                                 ASSAY_ITEM_PCK_CRL,
		                                 ASSAY_ITEM_ROOT_CRL };

	for (size_t i = 0; i < COLLATERAL_PARTS; i++)
		if (!in_date(t->windows[items[i]], now, names[i], who, why))
			return false;
	for (size_t i = 0; i < t->n_dated; i++)
		if (!in_date(t->dated[i].window, now, ISSUER, who, why))
			return false;
	return true;
}

/* ---- all of it */

static struct assay_collateral documents(const struct collateral_papers *p)
{
	const struct collateral_document *d = p->part;

	return (struct assay_collateral){
		.tcb_info.doc = buf_bytes(&d[COLLATERAL_TCB].body),
		.tcb_info_issuer_chain = buf_bytes(&d[COLLATERAL_TCB].chain),
		.qe_identity.doc = buf_bytes(&d[COLLATERAL_QE].body),
		.qe_identity_issuer_chain = buf_bytes(&d[COLLATERAL_QE].chain),
		.pck_crl = buf_bytes(&d[COLLATERAL_PCK_CRL].body),
		.pck_crl_issuer_chain = buf_bytes(&d[COLLATERAL_PCK_CRL].chain),
		.root_ca_crl = buf_bytes(&d[COLLATERAL_ROOT_CRL].body),
	};
}

/* Opens it at the root that it is of. */
static bool open_trust(struct assay_trust *t,
                       const struct collateral_papers *papers,
                       const struct collateral_roots *roots,
                       struct assay_err *err)
{
	const struct assay_collateral c = documents(papers);
	const struct assay_bytes none = { 0 };

	for (size_t i = 0; i < roots->n; i++) {
		if (assay_trust_open(t, &c, none, roots->key[i], NULL, err))
			return true;
		if (err->check != ASSAY_X_ROOT_PIN)
			return false;
	}
	return false;
}

static int64_t least_end(const struct assay_trust *t)
{
	const int64_t ends[] = { t->windows[ASSAY_ITEM_TCB_INFO].until,
		                 t->windows[ASSAY_ITEM_QE_IDENTITY].until,
		                 t->windows[ASSAY_ITEM_PCK_CRL].until,
		                 t->windows[ASSAY_ITEM_ROOT_CRL].until };
	int64_t least = ends[0];

	for (size_t i = 1; i < COLLATERAL_PARTS; i++)
		least = ends[i] < least ? ends[i] : least;
	return least;
}

static struct collateral_mark mark_of(const struct assay_crl *crl)
{
	return (struct collateral_mark){ crl->number, crl->validity.from };
}

static void note_facts(struct collateral_checked *c,
                       const struct assay_trust *t)
{
	const uint32_t a = t->tcb.evaluation_number,
		       b = t->qe.evaluation_number;

	memcpy(c->root, t->root_key, sizeof(c->root));
	c->evaluation = a < b ? a : b;
	c->fresh_until = least_end(t);
	c->mark[COLLATERAL_TCB] =
		(struct collateral_mark){ a, t->tcb.validity.from };
	c->mark[COLLATERAL_QE] =
		(struct collateral_mark){ b, t->qe.validity.from };
	c->mark[COLLATERAL_PCK_CRL] = mark_of(&t->pck_crl);
	c->mark[COLLATERAL_ROOT_CRL] = mark_of(&t->root_crl);
}

bool collateral_check(struct collateral_checked *checked,
                      const struct collateral_papers *papers,
                      const struct collateral_want *want,
                      const struct collateral_roots *roots, const int64_t *now,
                      const char *who, char why[COLLATERAL_WHY])
{
	struct assay_trust *t = calloc(1, sizeof(*t));
	struct assay_err err = { 0 };
	bool good;

	*checked = (struct collateral_checked){ 0 };
	if (!t)
		return collateral_say(why, who, "memory is short");
	good = open_trust(t, papers, roots, &err) || say_err(why, who, &err);
	good = good && is_wanted(t, want, who, why) &&
	       (!now || all_in_date(t, *now, who, why));
	if (good)
		note_facts(checked, t);
	free(t);
	return good;
}

/* ---- a list alone */

/* Whether the root has revoked the CA is in the root's list. */
static bool open_list(struct assay_trust *t,
                      const struct collateral_document *d,
                      const struct collateral_roots *roots,
                      struct assay_p256 *engine, struct assay_err *err)
{
	bool good = false;

	for (size_t i = 0; i < roots->n && !good; i++) {
		memcpy(t->root_key, roots->key[i], 64);
		good = assay_chain_open(&t->chain, buf_bytes(&d->chain),
		                        ASSAY_DOC_PCK_CRL_CHAIN, ASSAY_CHAIN_CA,
		                        t->root_key, err);
		if (!good && err->check != ASSAY_X_ROOT_PIN)
			return false;
	}
	return good &&
	       assay_crl_parse(&t->pck_crl, buf_bytes(&d->body),
	                       ASSAY_DOC_PCK_CRL, err) &&
	       assay_ca_trusted(t, &t->chain, engine, err);
}

static bool check_list(struct assay_trust *t, struct assay_p256 *engine,
                       const struct collateral_document *d,
                       const struct collateral_want *want,
                       const struct collateral_roots *roots, int64_t now,
                       const char *who, char why[COLLATERAL_WHY])
{
	struct assay_err err = { 0 };

	if (!open_list(t, d, roots, engine, &err))
		return say_err(why, who, &err);
	return is_of_ca(t, want, who, why) &&
	       in_date(t->pck_crl.validity, now, names[COLLATERAL_PCK_CRL], who,
	               why) &&
	       in_date(assay_cert_dated(assay_chain_ca(&t->chain)).window, now,
	               ISSUER, who, why);
}

bool collateral_check_list(struct collateral_checked *checked,
                           const struct collateral_papers *papers,
                           const struct collateral_want *want,
                           const struct collateral_roots *roots, int64_t now,
                           const char *who, char why[COLLATERAL_WHY])
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_trust *t = calloc(1, sizeof(*t));
	bool good = false;

	*checked = (struct collateral_checked){ 0 };
	if (!engine || !t)
		collateral_say(why, who, "memory is short");
	else
		good = check_list(t, engine, &papers->part[COLLATERAL_PCK_CRL],
		                  want, roots, now, who, why);
	if (good) {
		memcpy(checked->root, t->root_key, sizeof(checked->root));
		checked->fresh_until = t->pck_crl.validity.until;
		checked->mark[COLLATERAL_PCK_CRL] = mark_of(&t->pck_crl);
	}
	assay_p256_free(engine);
	free(t);
	return good;
}

/* ---- the root's list */

static bool url_of(char url[COLLATERAL_URL], struct assay_bytes chain,
                   const uint8_t root[64], struct assay_chain *c,
                   struct assay_p256 *engine)
{
	struct assay_bytes text;

	if (!assay_chain_open(c, chain, ASSAY_DOC_TCB_CHAIN, ASSAY_CHAIN_SIGNER,
	                      root, NULL) ||
	    !assay_cert_signed(&c->cert[0], root, engine, NULL))
		return false;
	text = assay_cert_crl_url(&c->cert[0]);
	if (!text.len || text.len >= COLLATERAL_URL ||
	    memchr(text.ptr, 0, text.len))
		return false;
	memcpy(url, text.ptr, text.len);
	url[text.len] = 0;
	return true;
}

bool collateral_crl_url(char url[COLLATERAL_URL], struct assay_bytes chain,
                        const struct collateral_roots *roots)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_chain *c = calloc(1, sizeof(*c));
	bool found = false;

	for (size_t i = 0; engine && c && !found && i < roots->n; i++)
		found = url_of(url, chain, roots->key[i], c, engine);
	free(c);
	assay_p256_free(engine);
	return found;
}
