/* sim_maker_show.c - assay sim maker list and show: what a manufacturer made. */
#include "daemon/sim_maker.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

enum { LINE_MAX_LEN = 4096 };

static void put_hex(char *out, const uint8_t *p, size_t n)
{
	assay_hex_print(out, p, n, false);
}

/* ---- one processor as JSON */

static void put_processor(struct assay_json_out *o,
                          const struct ledger_processor *p,
                          const struct ledger_family *f)
{
	const uint8_t pce_id[2] = { (uint8_t)p->pce_id,
		                    (uint8_t)(p->pce_id >> 8) };

	assay_json_put_text(o, "name", p->name);
	assay_json_put_hex(o, "ppid", p->ppid, sizeof(p->ppid));
	assay_json_put_hex(o, "fmspc", p->fmspc, sizeof(p->fmspc));
	assay_json_put_hex(o, "pce_id", pce_id, sizeof(pce_id));
	assay_json_put_text(o, "ca", sim_ca_name(f->ca));
	assay_json_put_hex(o, "cpusvn", p->cpu_svn, sizeof(p->cpu_svn));
	assay_json_put_uint(o, "pcesvn", p->pce_svn);
	assay_json_put_time(o, "made", p->made);
	if (p->revoked)
		assay_json_put_time(o, "revoked", p->revoked);
	else
		assay_json_put_null(o, "revoked");
}

static bool put_json_cert(void *arg, const struct ledger_cert *c)
{
	struct assay_json_out *o = arg;

	assay_json_put_object(o, NULL);
	assay_json_put_hex(o, "tcbm", c->tcbm, sizeof(c->tcbm));
	assay_json_put_hex(o, "serial", c->serial, sizeof(c->serial));
	assay_json_put_time(o, "issued", c->issued);
	assay_json_put_end(o, '}');
	return true;
}

static bool print_json(struct sim_maker *m, const struct ledger_processor *p,
                       const struct ledger_family *f, bool certs)
{
	char line[LINE_MAX_LEN + 64 * 256];
	struct assay_json_out o;

	assay_json_begin(&o, line, sizeof(line));
	assay_json_put_object(&o, NULL);
	put_processor(&o, p, f);
	if (certs) {
		assay_json_put_array(&o, "certificates");
		if (!sim_maker_each_cert(m, p->id, put_json_cert, &o))
			return false;
		assay_json_put_end(&o, ']');
	}
	assay_json_put_end(&o, '}');
	return o.ok && puts(line) >= 0;
}

/* ---- for people */

static bool print_row(const struct ledger_processor *p)
{
	char fmspc[13], cpu_svn[33], time[ASSAY_TIME_TEXT];

	put_hex(fmspc, p->fmspc, sizeof(p->fmspc));
	put_hex(cpu_svn, p->cpu_svn, sizeof(p->cpu_svn));
	printf("%-20s %s  %s %5u  %s  %s\n", p->name, fmspc, cpu_svn,
	       p->pce_svn, assay_time_print(time, p->made),
	       p->revoked ? "revoked" : "good");
	return true;
}

static bool print_cert(void *arg, const struct ledger_cert *c)
{
	char tcbm[37], serial[41], time[ASSAY_TIME_TEXT];

	(void)arg;
	put_hex(tcbm, c->tcbm, sizeof(c->tcbm));
	put_hex(serial, c->serial, sizeof(c->serial));
	printf("  %s  for %s  of %s\n", serial, tcbm,
	       assay_time_print(time, c->issued));
	return true;
}

static bool print_facts(struct sim_maker *m, const struct ledger_processor *p,
                        const struct ledger_family *f)
{
	char hex[33], time[ASSAY_TIME_TEXT];

	printf("name      %s\n", p->name);
	printf("state     %s%s\n", p->revoked ? "revoked at " : "good",
	       p->revoked ? assay_time_print(time, p->revoked) : "");
	put_hex(hex, p->ppid, sizeof(p->ppid));
	printf("PPID      %s\n", hex);
	put_hex(hex, p->fmspc, sizeof(p->fmspc));
	printf("FMSPC     %s, certified by the %s CA\n", hex,
	       sim_ca_name(f->ca));
	printf("PCEID     %04x\n", p->pce_id);
	put_hex(hex, p->cpu_svn, sizeof(p->cpu_svn));
	printf("CPUSVN    %s\n", hex);
	printf("PCESVN    %u\n", p->pce_svn);
	printf("made      %s\n", assay_time_print(time, p->made));
	puts("certificates (serial number, CPUSVN and PCESVN, time)");
	return sim_maker_each_cert(m, p->id, print_cert, NULL);
}

/* ---- the verbs */

struct listing {
	struct sim_maker *m;
	bool json;
};

/* "processor X": its family, which the ledger has too. */
static bool family_of(struct sim_maker *m, struct ledger_family *f,
                      const struct ledger_processor *p)
{
	return sim_maker_family(m, f, p->fmspc) == LEDGER_FOUND;
}

static bool print_one(void *arg, const struct ledger_processor *p)
{
	const struct listing *l = arg;
	struct ledger_family f;

	if (!l->json)
		return print_row(p);
	return family_of(l->m, &f, p) && print_json(l->m, p, &f, false);
}

int sim_maker_list(struct sim_maker *m, const struct sim_args *a)
{
	struct listing l = { m, a->json };

	if (!a->json && sim_maker_facts(m)->n_processors)
		printf("%-20s %-12s  %-32s %5s  %-20s  %s\n", "NAME", "FMSPC",
		       "CPUSVN", "PCE", "MADE", "STATE");
	if (!sim_maker_each(m, print_one, &l))
		return sim_complain(a, "%s", sim_maker_why(m));
	return SIM_YES;
}

int sim_maker_show(struct sim_maker *m, const struct sim_args *a)
{
	struct ledger_processor p;
	struct ledger_family f;
	enum ledger_found found = sim_maker_find(m, &p, a->name);

	if (found == LEDGER_NONE) {
		sim_complain(a, "there is no processor %s", a->name);
		return SIM_NO;
	}
	if (found == LEDGER_FAILED || !family_of(m, &f, &p) ||
	    !(a->json ? print_json(m, &p, &f, true) : print_facts(m, &p, &f)))
		return sim_complain(a, "%s", sim_maker_why(m));
	return SIM_YES;
}
