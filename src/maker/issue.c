/* issue.c - what a manufacturer publishes: revocation lists, TCB infos, QE
 * identities [DCAP 3]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "maker/parts.h"

#define DAY INT64_C(86400)

enum {
	FRESH_DAYS = 30,       /* as long as Intel's documents */
	OLDER_EVALUATIONS = 2, /* still served before the standard one */
};

/* ---- documents and their names */

void sim_crl_name(char name[SIM_DOCUMENT_NAME], enum sim_ca ca)
{
	snprintf(name, SIM_DOCUMENT_NAME, "crl/%s", sim_ca_name(ca));
}

void sim_tcb_name(char name[SIM_DOCUMENT_NAME], const uint8_t fmspc[6],
                  uint32_t number)
{
	char digits[13];

	assay_hex_print(digits, fmspc, 6, true);
	snprintf(name, SIM_DOCUMENT_NAME, "tcb/%s/%u", digits, number);
}

void sim_qe_name(char name[SIM_DOCUMENT_NAME], uint32_t number)
{
	snprintf(name, SIM_DOCUMENT_NAME, "qe/%u", number);
}

static enum ledger_found document(struct sim_maker *m,
                                  struct ledger_document *d, const char *name)
{
	enum ledger_found found = ledger_get_document(m->ledger, d, name);

	if (found == LEDGER_FAILED)
		sim_ledger_failed(m);
	if (found == LEDGER_FOUND && !sim_sealed_document(m, d))
		return LEDGER_FAILED;
	return found;
}

enum ledger_found sim_maker_document(struct sim_maker *m,
                                     struct assay_bytes *body, const char *name)
{
	struct ledger_document d = { 0 };
	enum ledger_found found;

	do
		found = document(m, &d, name);
	while (sim_maker_moved(m, &found));
	*body = d.body;
	return found;
}

bool sim_maker_add_document(struct sim_maker *m, const char *name,
                            struct assay_bytes body)
{
	struct ledger_document d = { .name = name, .body = body };

	m->row.n_documents++;
	return sim_seal_document(m, &d) && sim_tally(m, m->tally, d.seal) &&
	       (ledger_add_document(m->ledger, &d) || sim_ledger_failed(m));
}

bool sim_maker_need_document(struct sim_maker *m, struct assay_bytes *body,
                             const char *name)
{
	enum ledger_found found = sim_maker_document(m, body, name);

	if (found == LEDGER_NONE)
		sim_because(&m->why, "the ledger lacks the document %s", name);
	return found == LEDGER_FOUND;
}

/* What every document of one edition shares. */
struct edition {
	struct sim_maker *m;
	int64_t issued, next_update;
	size_t first; /* of the evaluations that are served */
	bool again;   /* made to compare with what was issued */
};

static bool is_issued(struct sim_maker *m, const char *name,
                      struct assay_bytes body)
{
	struct assay_bytes have;

	if (!sim_maker_need_document(m, &have, name))
		return false;
	return (have.len == body.len &&
	        memcmp(have.ptr, body.ptr, body.len) == 0) ||
	       sim_because(&m->why,
	                   "the ledger: the document %s is not what was "
	                   "issued; assay sim maker publish issues it anew",
	                   name);
}

static bool put(struct edition *e, const char *name, struct assay_bytes body)
{
	if (e->again)
		return is_issued(e->m, name, body);
	return sim_maker_add_document(e->m, name, body);
}

static bool put_json(struct edition *e, const char *name, struct sim_json *json,
                     bool made)
{
	bool done = made ? put(e, name, buf_bytes(&json->whole))
	                 : sim_no_memory(e->m);

	sim_json_free(json);
	return done;
}

static bool put_tcb(struct edition *e, const uint8_t fmspc[6],
                    size_t evaluation)
{
	struct sim_maker *m = e->m;
	struct sim_tcb_spec spec = m->world->tcb[SIM_SGX];
	struct sim_json json = { 0 };
	char name[SIM_DOCUMENT_NAME];
	bool made;

	spec.issued = e->issued;
	spec.next_update = e->next_update;
	spec.fmspc = sim_mem(fmspc, 6);
	spec.evaluation_number = (int32_t)m->evaluations[evaluation].number;
	spec.n_levels = sim_maker_levels(m, spec.level, evaluation);
	sim_tcb_name(name, fmspc, m->evaluations[evaluation].number);
	made = sim_tcb_info_make(&json, &spec, &m->keys.signer);
	return put_json(e, name, &json, made);
}

static bool put_family(void *arg, const struct ledger_family *f)
{
	struct edition *e = arg;

	for (size_t i = e->first; i < e->m->n_evaluations; i++)
		if (!put_tcb(e, f->fmspc, i))
			return false;
	return true;
}

static bool put_identity(struct edition *e, size_t evaluation)
{
	struct sim_maker *m = e->m;
	struct sim_identity_spec spec = m->world->qe[SIM_SGX];
	struct sim_json json = { 0 };
	char name[SIM_DOCUMENT_NAME];
	bool made;

	spec.issued = e->issued;
	spec.next_update = e->next_update;
	spec.evaluation_number = (int32_t)m->evaluations[evaluation].number;
	sim_qe_name(name, m->evaluations[evaluation].number);
	made = sim_identity_make(&json, &spec, &m->keys.signer);
	return put_json(e, name, &json, made);
}

static void put_time(struct buf *out, const char *key, int64_t time)
{
	char text[ASSAY_TIME_TEXT];

	buf_printf(out, "\"%s\":\"%s\"", key, assay_time_print(text, time));
}

/* The list of evaluations, the newest first [DCAP 3.5]. */
static bool put_numbers(struct edition *e)
{
	const struct sim_json_signing how = {
		.key = "tcbEvaluationDataNumbers"
	};
	struct sim_json json = { 0 };
	struct buf *o = &json.inner;

	buf_printf(o, "{\"id\":\"SGX\",\"version\":1,");
	put_time(o, "issueDate", e->issued);
	buf_printf(o, ",");
	put_time(o, "nextUpdate", e->next_update);
	buf_printf(o, ",\"tcbEvalNumbers\":[");
	for (size_t i = e->m->n_evaluations; i-- > e->first;) {
		const struct ledger_evaluation *v = &e->m->evaluations[i];

		buf_printf(o, "{\"tcbEvaluationDataNumber\":%u,", v->number);
		put_time(o, "tcbRecoveryEventDate", v->event / DAY * DAY);
		buf_printf(o, ",");
		put_time(o, "tcbDate", v->event / DAY * DAY);
		buf_printf(o, i > e->first ? "}," : "}");
	}
	buf_printf(o, "]}");
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
	struct buf der = { 0 };
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
	               ? put(e, name, buf_bytes(&der))
	               : sim_no_memory(e->m);
	buf_free(&der);
	return done;
}

static bool put_ca_crl(struct edition *e, enum sim_ca ca)
{
	static const unsigned which[SIM_N_CAS] = { SIM_CRL_PROCESSOR,
		                                   SIM_CRL_PLATFORM };
	struct entries revoked = { .m = e->m };
	char name[SIM_DOCUMENT_NAME];
	bool done;

	sim_crl_name(name, ca);
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

static bool put_evaluations(struct edition *e)
{
	for (size_t i = e->first; i < e->m->n_evaluations; i++)
		if (!put_identity(e, i))
			return false;
	return sim_maker_each_family(e->m, put_family, e) && put_numbers(e);
}

static struct edition edition(struct sim_maker *m, int64_t issued)
{
	const size_t at =
		(size_t)(sim_maker_standard(m, issued) - m->evaluations);

	return (struct edition){
		.m = m,
		.issued = issued,
		.next_update = issued + FRESH_DAYS * DAY,
		.first = at > OLDER_EVALUATIONS ? at - OLDER_EVALUATIONS : 0,
	};
}

static bool drop_one(void *arg, const uint8_t seal[LEDGER_SEAL_LEN])
{
	struct sim_maker *m = arg;

	m->row.n_documents--;
	return sim_tally(m, m->tally, seal);
}

/* The last edition; those of evaluations that are served no more go for good. */
static bool drop_old(struct sim_maker *m)
{
	static const char *const begin[] = { "tcb/", "qe/", "crl/", "numbers" };

	m->why.text[0] = 0;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!ledger_each_document_seal(m->ledger, begin[i], drop_one,
		                               m) ||
		    !ledger_drop_documents(m->ledger, begin[i]))
			return m->why.text[0] ? false : sim_ledger_failed(m);
	return true;
}

bool sim_maker_issue(struct sim_maker *m, int64_t now)
{
	struct edition e = edition(m, now);

	if (!sim_maker_is_time(&m->why, now))
		return false;
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
	return drop_old(m) && put_lists(&e) && put_evaluations(&e);
}

/* The same time and rows make the same bytes. */
bool sim_maker_check_issued(struct sim_maker *m)
{
	struct edition e = edition(m, m->row.published);

	e.again = true;
	return put_lists(&e) && put_evaluations(&e);
}
