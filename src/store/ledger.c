/* ledger.c - the rows of a ledger, written and read. */
#include "store/ledger_file.h"

#include <string.h>

/* ---- writing */

bool ledger_put_maker(struct ledger *l, const struct ledger_maker *m)
{
	struct sql q = sql_query(l, SQL_PUT_MAKER);

	sql_put_int(&q, m->made);
	sql_put_int(&q, m->published);
	sql_put_int(&q, m->edition);
	sql_put_int(&q, m->n_processors);
	sql_put_int(&q, m->n_revoked);
	sql_put_int(&q, m->n_certs);
	sql_put_int(&q, m->n_families);
	sql_put_int(&q, m->n_evaluations);
	sql_put_int(&q, m->n_documents);
	sql_put_blob(&q, m->rows, sizeof(m->rows));
	sql_put_blob(&q, m->seal, sizeof(m->seal));
	return sql_run(&q);
}

bool ledger_put_family(struct ledger *l, const struct ledger_family *f)
{
	struct sql q = sql_query(l, SQL_PUT_FAMILY);

	sql_put_blob(&q, f->fmspc, sizeof(f->fmspc));
	sql_put_int(&q, f->ca);
	sql_put_blob(&q, f->seal, sizeof(f->seal));
	return sql_run(&q);
}

bool ledger_put_evaluation(struct ledger *l, const struct ledger_evaluation *s)
{
	struct sql q = sql_query(l, SQL_PUT_EVALUATION);

	sql_put_int(&q, s->number);
	sql_put_int(&q, s->event);
	sql_put_int(&q, s->standard);
	sql_put_blob(&q, s->cpu_svn, sizeof(s->cpu_svn));
	sql_put_int(&q, s->pce_svn);
	sql_put_text(&q, s->advisory);
	sql_put_blob(&q, s->seal, sizeof(s->seal));
	return sql_run(&q);
}

bool ledger_add_processor(struct ledger *l, const struct ledger_processor *p)
{
	struct sql q = sql_query(l, SQL_ADD_PROCESSOR);

	sql_put_int(&q, p->id);
	sql_put_text(&q, p->name);
	sql_put_blob(&q, p->ppid, sizeof(p->ppid));
	sql_put_blob(&q, p->rpk, sizeof(p->rpk));
	sql_put_blob(&q, p->fmspc, sizeof(p->fmspc));
	sql_put_blob(&q, p->piid, sizeof(p->piid));
	sql_put_blob(&q, p->cpu_svn, sizeof(p->cpu_svn));
	sql_put_int(&q, p->pce_id);
	sql_put_int(&q, p->pce_svn);
	sql_put_int(&q, p->made);
	sql_put_int(&q, p->revoked);
	sql_put_blob(&q, p->seal, sizeof(p->seal));
	return sql_run(&q);
}

bool ledger_change_processor(struct ledger *l, const struct ledger_processor *p)
{
	struct sql q = sql_query(l, SQL_CHANGE_PROCESSOR);

	sql_put_blob(&q, p->cpu_svn, sizeof(p->cpu_svn));
	sql_put_int(&q, p->pce_svn);
	sql_put_int(&q, p->revoked);
	sql_put_blob(&q, p->seal, sizeof(p->seal));
	sql_put_int(&q, p->id);
	return sql_run(&q);
}

bool ledger_add_cert(struct ledger *l, const struct ledger_cert *c)
{
	struct sql q = sql_query(l, SQL_ADD_CERT);

	sql_put_int(&q, c->processor);
	sql_put_blob(&q, c->tcbm, sizeof(c->tcbm));
	sql_put_blob(&q, c->serial, sizeof(c->serial));
	sql_put_int(&q, c->issued);
	sql_put_blob(&q, c->der.ptr, c->der.len);
	sql_put_blob(&q, c->seal, sizeof(c->seal));
	return sql_run(&q);
}

bool ledger_add_document(struct ledger *l, const struct ledger_document *d)
{
	struct sql q = sql_query(l, SQL_ADD_DOCUMENT);

	sql_put_text(&q, d->name);
	sql_put_blob(&q, d->body.ptr, d->body.len);
	sql_put_blob(&q, d->seal, sizeof(d->seal));
	return sql_run(&q);
}

bool ledger_drop_documents(struct ledger *l, const char *prefix)
{
	struct sql q = sql_query(l, SQL_DROP_DOCUMENTS);

	sql_put_text(&q, prefix);
	return sql_run(&q);
}

/* ---- reading */

static void read_processor(struct sql *q, struct ledger_processor *p)
{
	memset(p, 0, sizeof(*p));
	p->id = sql_get_int(q, INT64_MAX);
	sql_get_text(q, p->name, sizeof(p->name));
	sql_get_blob(q, p->ppid, sizeof(p->ppid));
	sql_get_blob(q, p->rpk, sizeof(p->rpk));
	sql_get_blob(q, p->fmspc, sizeof(p->fmspc));
	sql_get_blob(q, p->piid, sizeof(p->piid));
	sql_get_blob(q, p->cpu_svn, sizeof(p->cpu_svn));
	p->pce_id = (uint16_t)sql_get_int(q, UINT16_MAX);
	p->pce_svn = (uint16_t)sql_get_int(q, UINT16_MAX);
	p->made = sql_get_int(q, INT64_MAX);
	p->revoked = sql_get_int(q, INT64_MAX);
	sql_get_blob(q, p->seal, sizeof(p->seal));
}

static void read_cert(struct sql *q, struct ledger_cert *c)
{
	memset(c, 0, sizeof(*c));
	sql_get_blob(q, c->serial, sizeof(c->serial));
	c->processor = sql_get_int(q, INT64_MAX);
	sql_get_blob(q, c->tcbm, sizeof(c->tcbm));
	c->issued = sql_get_int(q, INT64_MAX);
	c->der = sql_get_bytes(q);
	sql_get_blob(q, c->seal, sizeof(c->seal));
}

static void read_family(struct sql *q, struct ledger_family *f)
{
	memset(f, 0, sizeof(*f));
	sql_get_blob(q, f->fmspc, sizeof(f->fmspc));
	f->ca = (uint8_t)sql_get_int(q, UINT8_MAX);
	sql_get_blob(q, f->seal, sizeof(f->seal));
}

static void read_evaluation(struct sql *q, struct ledger_evaluation *s)
{
	memset(s, 0, sizeof(*s));
	s->number = (uint32_t)sql_get_int(q, UINT32_MAX);
	s->event = sql_get_int(q, INT64_MAX);
	s->standard = sql_get_int(q, INT64_MAX);
	sql_get_blob(q, s->cpu_svn, sizeof(s->cpu_svn));
	s->pce_svn = (uint16_t)sql_get_int(q, UINT16_MAX);
	sql_get_text(q, s->advisory, sizeof(s->advisory));
	sql_get_blob(q, s->seal, sizeof(s->seal));
}

enum ledger_found ledger_get_maker(struct ledger *l, struct ledger_maker *m)
{
	struct sql q = sql_query(l, SQL_GET_MAKER);
	enum ledger_found found = sql_next(&q);

	memset(m, 0, sizeof(*m));
	if (found != LEDGER_FOUND)
		return found;
	m->made = sql_get_int(&q, INT64_MAX);
	m->published = sql_get_int(&q, INT64_MAX);
	m->edition = sql_get_int(&q, INT64_MAX);
	m->n_processors = sql_get_int(&q, INT64_MAX);
	m->n_revoked = sql_get_int(&q, INT64_MAX);
	m->n_certs = sql_get_int(&q, INT64_MAX);
	m->n_families = sql_get_int(&q, INT64_MAX);
	m->n_evaluations = sql_get_int(&q, INT64_MAX);
	m->n_documents = sql_get_int(&q, INT64_MAX);
	sql_get_blob(&q, m->rows, sizeof(m->rows));
	sql_get_blob(&q, m->seal, sizeof(m->seal));
	return sql_got(&q, found);
}

bool ledger_count(struct ledger *l, struct ledger_maker *m)
{
	struct sql q = sql_query(l, SQL_COUNT);
	enum ledger_found found = sql_next(&q);

	if (found != LEDGER_FOUND)
		return false;
	m->n_processors = sql_get_int(&q, INT64_MAX);
	m->n_revoked = sql_get_int(&q, INT64_MAX);
	m->n_certs = sql_get_int(&q, INT64_MAX);
	m->n_families = sql_get_int(&q, INT64_MAX);
	m->n_evaluations = sql_get_int(&q, INT64_MAX);
	m->n_documents = sql_get_int(&q, INT64_MAX);
	return sql_got(&q, found) == LEDGER_FOUND;
}

bool ledger_version(struct ledger *l, int64_t *version)
{
	struct sql q = sql_query(l, SQL_VERSION);
	enum ledger_found found = sql_next(&q);

	*version = found == LEDGER_FOUND ? sql_get_int(&q, INT64_MAX) : 0;
	return sql_got(&q, found) == LEDGER_FOUND;
}

enum ledger_found ledger_get_family(struct ledger *l, struct ledger_family *f,
                                    const uint8_t fmspc[6])
{
	struct sql q = sql_query(l, SQL_GET_FAMILY);
	enum ledger_found found;

	sql_put_blob(&q, fmspc, 6);
	found = sql_next(&q);
	if (found == LEDGER_FOUND)
		read_family(&q, f);
	return sql_got(&q, found);
}

static enum ledger_found one_processor(struct sql *q,
                                       struct ledger_processor *p)
{
	enum ledger_found found = sql_next(q);

	if (found == LEDGER_FOUND)
		read_processor(q, p);
	return sql_got(q, found);
}

enum ledger_found ledger_get_named(struct ledger *l, struct ledger_processor *p,
                                   const char *name)
{
	struct sql q = sql_query(l, SQL_GET_NAMED);

	sql_put_text(&q, name);
	return one_processor(&q, p);
}

enum ledger_found ledger_get_ppid(struct ledger *l, struct ledger_processor *p,
                                  const uint8_t ppid[16])
{
	struct sql q = sql_query(l, SQL_GET_PPID);

	sql_put_blob(&q, ppid, 16);
	return one_processor(&q, p);
}

enum ledger_found ledger_get_cert(struct ledger *l, struct ledger_cert *c,
                                  int64_t processor, const uint8_t tcbm[18])
{
	struct sql q = sql_query(l, SQL_GET_CERT);
	enum ledger_found found;

	sql_put_int(&q, processor);
	sql_put_blob(&q, tcbm, 18);
	found = sql_next(&q);
	if (found == LEDGER_FOUND) {
		read_cert(&q, c);
		sql_keep(&q, &c->der);
	}
	return sql_got(&q, found);
}

enum ledger_found ledger_get_document(struct ledger *l,
                                      struct ledger_document *d,
                                      const char *name)
{
	struct sql q = sql_query(l, SQL_GET_DOCUMENT);
	enum ledger_found found;

	sql_put_text(&q, name);
	found = sql_next(&q);
	if (found == LEDGER_FOUND) {
		d->name = name;
		d->body = sql_get_bytes(&q);
		sql_get_blob(&q, d->seal, sizeof(d->seal));
		sql_keep(&q, &d->body);
	}
	return sql_got(&q, found);
}

/* ---- reading all */

static bool each_of(struct sql *q,
                    bool (*each)(void *arg, const struct ledger_processor *p),
                    void *arg)
{
	struct ledger_processor p;
	bool go_on = true;

	while (sql_more(q, &go_on)) {
		read_processor(q, &p);
		go_on = q->statement && each(arg, &p);
	}
	return go_on;
}

bool ledger_each_processor(struct ledger *l,
                           bool (*each)(void *arg,
                                        const struct ledger_processor *p),
                           void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_PROCESSOR);

	return each_of(&q, each, arg);
}

bool ledger_each_revoked(struct ledger *l, uint8_t ca,
                         bool (*each)(void *arg,
                                      const struct ledger_processor *p),
                         void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_REVOKED);

	sql_put_int(&q, ca);
	return each_of(&q, each, arg);
}

bool ledger_each_cert(struct ledger *l, int64_t processor,
                      bool (*each)(void *arg, const struct ledger_cert *c),
                      void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_CERT);
	struct ledger_cert c;
	bool go_on = true;

	sql_put_int(&q, processor);
	while (sql_more(&q, &go_on)) {
		read_cert(&q, &c);
		go_on = q.statement && each(arg, &c);
	}
	return go_on;
}

bool ledger_each_family(struct ledger *l,
                        bool (*each)(void *arg, const struct ledger_family *f),
                        void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_FAMILY);
	struct ledger_family f;
	bool go_on = true;

	while (sql_more(&q, &go_on)) {
		read_family(&q, &f);
		go_on = q.statement && each(arg, &f);
	}
	return go_on;
}

bool ledger_each_evaluation(struct ledger *l,
                            bool (*each)(void *arg,
                                         const struct ledger_evaluation *s),
                            void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_EVALUATION);
	struct ledger_evaluation s;
	bool go_on = true;

	while (sql_more(&q, &go_on)) {
		read_evaluation(&q, &s);
		go_on = q.statement && each(arg, &s);
	}
	return go_on;
}

static bool each_seal_of(struct sql *q,
                         bool (*each)(void *arg,
                                      const uint8_t seal[LEDGER_SEAL_LEN]),
                         void *arg)
{
	uint8_t seal[LEDGER_SEAL_LEN];
	bool go_on = true;

	while (sql_more(q, &go_on)) {
		sql_get_blob(q, seal, sizeof(seal));
		go_on = q->statement && each(arg, seal);
	}
	return go_on;
}

bool ledger_each_seal(struct ledger *l,
                      bool (*each)(void *arg,
                                   const uint8_t seal[LEDGER_SEAL_LEN]),
                      void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_SEAL);

	return each_seal_of(&q, each, arg);
}

bool ledger_each_document_seal(
	struct ledger *l, const char *prefix,
	bool (*each)(void *arg, const uint8_t seal[LEDGER_SEAL_LEN]), void *arg)
{
	struct sql q = sql_query(l, SQL_EACH_DOCUMENT_SEAL);

	sql_put_text(&q, prefix);
	return each_seal_of(&q, each, arg);
}
