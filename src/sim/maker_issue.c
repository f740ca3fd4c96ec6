/* maker_issue.c - what a manufacturer publishes: revocation lists, TCB infos, QE
 * identities [DCAP 3]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim/maker_parts.h"

#define DAY INT64_C(86400)

enum {
	FRESH_DAYS = 30, /* as long as Intel's documents */
	OLDER_SETS = 2,  /* evaluations still served before the standard one */
};

/* ---- documents */

/* What every document of one edition shares. */
struct edition {
	struct sim_maker *m;
	int64_t issued, next_update;
	size_t first; /* of the evaluations that are served */
};

static bool put(struct edition *e, const char *name, struct assay_bytes body)
{
	return ledger_put_document(e->m->ledger, name, body) ||
	       sim_ledger_failed(e->m);
}

static bool put_json(struct edition *e, const char *name, struct sim_json *json,
                     bool made)
{
	bool done = made ? put(e, name, sim_out_bytes(&json->whole))
	                 : sim_no_memory(e->m);

	sim_json_free(json);
	return done;
}

static bool put_tcb(struct edition *e, const uint8_t fmspc[6], size_t set)
{
	struct sim_maker *m = e->m;
	struct sim_tcb_spec spec = m->world->tcb[SIM_SGX];
	struct sim_json json = { 0 };
	char digits[13], name[40];
	bool made;

	spec.issued = e->issued;
	spec.next_update = e->next_update;
	spec.fmspc = sim_mem(fmspc, 6);
	spec.evaluation_number = (int32_t)m->sets[set].number;
	spec.n_levels = sim_maker_levels(m, spec.level, set);
	assay_hex_print(digits, fmspc, 6, true);
	snprintf(name, sizeof(name), "tcb/%s/%u", digits, m->sets[set].number);
	made = sim_tcb_info_make(&json, &spec, &m->keys.signer);
	return put_json(e, name, &json, made);
}

static bool put_family(void *arg, const struct ledger_family *f)
{
	struct edition *e = arg;

	for (size_t i = e->first; i < e->m->n_sets; i++)
		if (!put_tcb(e, f->fmspc, i))
			return false;
	return true;
}

static bool put_identity(struct edition *e, size_t set)
{
	struct sim_maker *m = e->m;
	struct sim_identity_spec spec = m->world->qe[SIM_SGX];
	struct sim_json json = { 0 };
	char name[24];
	bool made;

	spec.issued = e->issued;
	spec.next_update = e->next_update;
	spec.evaluation_number = (int32_t)m->sets[set].number;
	snprintf(name, sizeof(name), "qe/%u", m->sets[set].number);
	made = sim_identity_make(&json, &spec, &m->keys.signer);
	return put_json(e, name, &json, made);
}

static void put_time(struct sim_out *out, const char *key, int64_t time)
{
	char text[ASSAY_TIME_TEXT];

	sim_printf(out, "\"%s\":\"%s\"", key, assay_time_print(text, time));
}

/* The list of evaluations, the newest first [DCAP 3.5]. */
static bool put_numbers(struct edition *e)
{
	const struct sim_json_signing how = {
		.key = "tcbEvaluationDataNumbers"
	};
	struct sim_json json = { 0 };
	struct sim_out *o = &json.inner;

	sim_printf(o, "{\"id\":\"SGX\",\"version\":1,");
	put_time(o, "issueDate", e->issued);
	sim_printf(o, ",");
	put_time(o, "nextUpdate", e->next_update);
	sim_printf(o, ",\"tcbEvalNumbers\":[");
	for (size_t i = e->m->n_sets; i-- > e->first;) {
		const struct ledger_set *set = &e->m->sets[i];

		sim_printf(o, "{\"tcbEvaluationDataNumber\":%u,", set->number);
		put_time(o, "tcbRecoveryEventDate", set->event / DAY * DAY);
		sim_printf(o, ",");
		put_time(o, "tcbDate", set->event / DAY * DAY);
		sim_printf(o, i > e->first ? "}," : "}");
	}
	sim_printf(o, "]}");
	return put_json(e, "numbers", &json,
	                sim_json_sign(&json, &how, &e->m->keys.signer));
}

/* ---- revocation lists */

struct entries {
	struct sim_maker *m;
	int64_t date; /* of the processor at hand */
	struct sim_revoked *list;
	size_t n, cap;
};

static bool add_entry(void *arg, const struct ledger_cert *cert)
{
	enum { KEY_COMPROMISE = 1 };
	struct entries *e = arg;

	if (e->n == e->cap) {
		const size_t cap = e->cap ? 2 * e->cap : 16;
		struct sim_revoked *list = realloc(e->list,
		                                   cap * sizeof(*list));

		if (!list)
			return sim_no_memory(e->m);
		e->list = list;
		e->cap = cap;
	}
	e->list[e->n++] = (struct sim_revoked){
		.serial = sim_mem(cert->serial, sizeof(cert->serial)),
		.date = e->date,
		.reason = KEY_COMPROMISE,
	};
	return true;
}

static bool add_revoked(void *arg, const struct ledger_processor *p)
{
	struct entries *e = arg;

	e->date = p->revoked;
	return sim_sealed_processor(e->m, p) &&
	       sim_maker_each_cert(e->m, p->id, add_entry, e);
}

/* Everything that was revoked among what this CA certified. */
static bool collect(struct entries *e, enum sim_ca ca)
{
	e->m->why.text[0] = 0;
	if (ledger_each_revoked(e->m->ledger, (uint8_t)ca, add_revoked, e))
		return true;
	return e->m->why.text[0] ? false : sim_ledger_failed(e->m);
}

static bool put_crl(struct edition *e, const char *name, unsigned which,
                    const struct entries *revoked)
{
	struct sim_world *w = e->m->world;
	struct sim_crl_spec spec = w->crl[which];
	const uint64_t number = (uint64_t)e->m->row.edition;
	struct sim_out der = { 0 };
	uint8_t be[8];
	bool done;

	for (unsigned i = 0; i < 8; i++)
		be[i] = (uint8_t)(number >> (8 * (7 - i)));
	spec.this_update = e->issued;
	spec.next_update = e->next_update;
	spec.number = sim_mem(be, sizeof(be));
	spec.revoked = revoked->list;
	spec.n_revoked = revoked->n;
	done = sim_crl_make(&der, &spec, &w->keys[w->crl_signer[which]])
	               ? put(e, name, sim_out_bytes(&der))
	               : sim_no_memory(e->m);
	sim_out_free(&der);
	return done;
}

static bool put_ca_crl(struct edition *e, enum sim_ca ca)
{
	static const unsigned which[SIM_N_CAS] = { SIM_CRL_PROCESSOR,
		                                   SIM_CRL_PLATFORM };
	struct entries revoked = { .m = e->m };
	char name[16];
	bool done;

	snprintf(name, sizeof(name), "crl/%s", sim_ca_name(ca));
	done = collect(&revoked, ca) && put_crl(e, name, which[ca], &revoked);
	free(revoked.list);
	return done;
}

/* ---- an edition: all of them */

static bool put_lists(struct edition *e)
{
	const struct entries none = { 0 };

	return put_crl(e, "crl/root", SIM_CRL_ROOT, &none) &&
	       put_ca_crl(e, SIM_CA_PROCESSOR) &&
	       put_ca_crl(e, SIM_CA_PLATFORM);
}

static bool put_sets(struct edition *e)
{
	struct ledger *l = e->m->ledger;

	if (!ledger_drop_documents(l, "tcb/") ||
	    !ledger_drop_documents(l, "qe/"))
		return sim_ledger_failed(e->m);
	for (size_t i = e->first; i < e->m->n_sets; i++)
		if (!put_identity(e, i))
			return false;
	return sim_maker_each_family(e->m, put_family, e) && put_numbers(e);
}

bool sim_maker_issue(struct sim_maker *m, int64_t now)
{
	const struct ledger_set *standard = sim_maker_standard(m, now);
	const size_t at = (size_t)(standard - m->sets);
	struct edition e = {
		.m = m,
		.issued = now,
		.next_update = now + FRESH_DAYS * DAY,
		.first = at > OLDER_SETS ? at - OLDER_SETS : 0,
	};

	/* what takes its place is never older */
	if (now < m->row.published) {
		char text[ASSAY_TIME_TEXT];

		return sim_because(&m->why,
		                   "the last documents are of %s, and it is "
		                   "earlier now: set the clock, or --at",
		                   assay_time_print(text, m->row.published));
	}
	m->row.published = now;
	m->row.edition++;
	return put_lists(&e) && put_sets(&e);
}

enum ledger_found sim_maker_document(struct sim_maker *m,
                                     struct assay_bytes *body, const char *name)
{
	enum ledger_found found = ledger_get_document(m->ledger, body, name);

	if (found == LEDGER_FAILED)
		sim_ledger_failed(m);
	return found;
}
