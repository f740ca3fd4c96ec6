/* sim_sample.c - assay sim sample: a whole made-up set of evidence and
 * collateral, good at the present time. */
#include "daemon/daemon.h"

#include "base/text.h"
#include "forge/log_make.h"
#include "forge/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is to be made. */
struct sample {
	enum sim_kind kind;
	const char *kind_name, *seed_number, *report_data_hex;
	const char *status; /* NULL: UpToDate */
	bool debug, revoked;
	struct cli_time at;
	uint8_t report_data[64];
	int64_t now;
	uint64_t seed;
	const char *dir;
};

/* ---- options */

#define TO(member) offsetof(struct sample, member)
const struct cli_option sim_sample_options[] = {
	{ "--kind", "KIND", CLI_TEXT, TO(kind_name),
	  "sgx-v3 (if left out), sgx-v4, sgx-v5, tdx-v4, tdx10-v5, tdx15-v5" },
	{ "--status", "STATUS", CLI_TEXT, TO(status),
	  "the machine's status, such as OutOfDate; else UpToDate" },
	{ "--debug", NULL, CLI_FLAG, TO(debug), "a debug enclave or TD" },
	{ "--revoked", NULL, CLI_FLAG, TO(revoked),
	  "the machine's certificate is on the revocation list" },
	{ "--report-data", "HEX", CLI_TEXT, TO(report_data_hex),
	  "what the enclave or TD says, filled up to 64 bytes with zeros; else "
	  "something made up" },
	{ "--at", "TIME", CLI_TIME, TO(at),
	  "when the documents are a week old, in UTC; else now" },
	{ "--seed", "NUMBER", CLI_TEXT, TO(seed_number),
	  "another manufacturer for each number" },
	{ 0 },
};

static bool find_kind(enum sim_kind *kind, const char *name)
{
	struct cli_text names = { 0 };

	for (unsigned i = 0; i < SIM_N_KINDS; i++) {
		if (!name || strcmp(sim_kind_name(i), name) == 0) {
			*kind = i;
			cli_text_free(&names);
			return true;
		}
		cli_put(&names, " %s", sim_kind_name(i));
	}
	cli_usage(&verb_sim_sample, "--kind: got %s, want one of:%s", name,
	          names.ptr);
	cli_text_free(&names);
	return false;
}

/* False: there is nothing more to do, and `status` is what to exit with. */
static bool read_options(struct sample *s, int *status, int argc, char **argv)
{
	size_t n;

	if (!cli_operands(s, &s->dir, 1, 1, status, &verb_sim_sample, argc,
	                  argv))
		return false;
	*status = CLI_TROUBLE;
	s->now = cli_now(&s->at);
	return find_kind(&s->kind, s->kind_name) &&
	       cli_take_number(&s->seed, &verb_sim_sample, "--seed",
	                       s->seed_number, 0, UINT64_MAX) &&
	       (!s->report_data_hex ||
	        cli_take_hex(s->report_data, &n, sizeof(s->report_data),
	                     &verb_sim_sample, "--report-data",
	                     s->report_data_hex));
}

/* ---- what the machine is like */

static bool is_tdx(const struct sim_world *w)
{
	return w->kind >= SIM_TDX_V4;
}

/* A TD that was started under an older TDX module than runs now. */
static bool needs_relaunch(const struct sample *s)
{
	return s->kind == SIM_TDX15_V5 &&
	       strcmp(s->status, "TDRelaunchAdvised") == 0;
}

static bool set_status(struct sim_world *w, const struct sample *s)
{
	const struct sim_tcb_spec *tcb = &w->tcb[is_tdx(w) ? SIM_TDX : SIM_SGX];
	struct cli_text names = { 0 };

	if (needs_relaunch(s)) {
		w->quote_spec.td.tee_tcb_svn[0] = SIM_SVN_OUT_OF_DATE;
		return true;
	}
	for (unsigned i = 0; i < tcb->n_levels; i++)
		if (strcmp(tcb->level[i].said.status, s->status) == 0) {
			sim_world_at_level(w, i);
			return true;
		}
	for (unsigned i = 0; i < tcb->n_levels; i++)
		cli_put(&names, " %s", tcb->level[i].said.status);
	cli_usage(&verb_sim_sample, "--status: got %s, want one of:%s%s",
	          s->status, names.ptr,
	          s->kind == SIM_TDX15_V5 ? " TDRelaunchAdvised" : "");
	cli_text_free(&names);
	return false;
}

static void set_debug(struct sim_world *w)
{
	w->quote_spec.sgx.flags |= ASSAY_SGX_DEBUG;
	w->quote_spec.td.td_attributes |= 1;
}

static void set_report_data(struct sim_world *w, const uint8_t data[64])
{
	memcpy(w->quote_spec.sgx.report_data, data, 64);
	memcpy(w->quote_spec.td.report_data, data, 64);
}

/* `revoked` is borrowed for as long as the world is built. */
static void revoke(struct sim_world *w, struct sim_revoked *revoked)
{
	struct sim_crl_spec *list = &w->crl[SIM_CRL_PLATFORM];

	*revoked = (struct sim_revoked){ .serial = w->cert[SIM_PCK].serial,
		                         .date = list->this_update,
		                         .reason = -1 };
	list->revoked = revoked;
	list->n_revoked = 1;
}

static bool make(struct sim_world *w, struct buf *log, const struct sample *s)
{
	struct sim_revoked revoked;
	bool good;

	if (!sim_world_default_at(w, s->kind, s->now, s->seed)) {
		cli_warn("sim sample: cannot make keys");
		return false;
	}
	if (s->status && !set_status(w, s))
		return false;
	if (s->debug)
		set_debug(w);
	if (s->report_data_hex)
		set_report_data(w, s->report_data);
	if (s->revoked)
		revoke(w, &revoked);
	if (is_tdx(w))
		sim_log_default(log, &w->quote_spec.td);
	good = !log->bad && sim_world_build(w);
	if (!good)
		cli_warn("sim sample: cannot make the documents");
	return good;
}

/* ---- what is written, and said of it */

static void put_hex(FILE *out, const char *before, const uint8_t *p, size_t n,
                    bool upper)
{
	char text[2 * 48 + 1];

	assay_hex_print(text, p, n, upper);
	fprintf(out, "%s%s", before, text);
}

static void put_policy(FILE *out, const struct sim_world *w)
{
	const struct assay_td_report *td = &w->quote_spec.td;

	fputs("{\n  \"simulation\": true,\n", out);
	if (is_tdx(w)) {
		put_hex(out, "  \"mrtd\": \"", td->mrtd, 48, false);
		put_hex(out, "\",\n  \"rtmr0\": \"", td->rtmr[0], 48, false);
		put_hex(out, "\",\n  \"rtmr1\": \"", td->rtmr[1], 48, false);
		put_hex(out, "\",\n  \"rtmr2\": \"", td->rtmr[2], 48, false);
	} else {
		put_hex(out, "  \"mrenclave\": \"", w->quote_spec.sgx.mrenclave,
		        32, false);
	}
	fputs("\"\n}\n", out);
}

static bool write_policy(const struct sim_world *w, const char *dir)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool good = false;

	if (!out)
		return false;
	put_policy(out, w);
	if (fclose(out) == 0)
		good = sim_file_write(dir, "policy.json",
		                      (struct assay_bytes){ (uint8_t *)text,
		                                            len });
	free(text);
	return good;
}

static bool write_log(const struct buf *log, const char *dir)
{
	return !log->len ||
	       sim_file_write(dir, "event_log.bin", buf_bytes(log));
}

static void say_what(const struct sim_world *w, const struct sample *s)
{
	char from[ASSAY_TIME_TEXT], until[ASSAY_TIME_TEXT];
	const struct sim_tcb_spec *tcb = &w->tcb[is_tdx(w) ? SIM_TDX : SIM_SGX];

	printf("Made in %s: %s of a simulated machine, %s%s%s,\n"
	       "with documents that are good from %s until %s.\n\n",
	       s->dir, sim_kind_name(s->kind),
	       s->status ? s->status : "UpToDate",
	       s->debug ? ", in debug mode" : "", s->revoked ? ", revoked" : "",
	       assay_time_print(from, tcb->issued),
	       assay_time_print(until, tcb->next_update));
	puts("  quote.bin          the evidence\n"
	     "  tcb_info.json and others\n"
	     "                     the simulated manufacturer's documents\n"
	     "  root.pem           its root: no program trusts it unless told "
	     "to\n"
	     "  policy.json        a policy that names this code and accepts "
	     "simulation");
	if (is_tdx(w))
		puts("  event_log.bin      what was measured into the TD's "
		     "registers: --event-log");
}

/* A path as a shell takes it. */
static void put_path(const char *dir, const char *file)
{
	const char *open = dir[0] == '-' ? "./" : "";

	if (dir[strcspn(dir, " \t\n\"$&()*;<>?[\\]`{|}~#!'")])
		printf("\"%s%s%s\"", open, dir, file);
	else
		printf("%s%s%s", open, dir, file);
}

static void say_how(const struct sim_world *w, const struct sample *s)
{
	const char *dir = s->dir;
	char at[ASSAY_TIME_TEXT];

	fputs("\nJudge it:\n  assay verify --collateral ", stdout);
	put_path(dir, "");
	fputs(" --root ", stdout);
	put_path(dir, "/root.pem");
	if (s->at.given)
		printf(" --at %s", assay_time_print(at, s->now));
	fputs(" ", stdout);
	if (is_tdx(w)) {
		fputs("--policy ", stdout);
		put_path(dir, "/policy.json");
	} else {
		put_hex(stdout, "--accept \"C:", w->quote_spec.sgx.mrenclave,
		        32, true);
		fputs(" SEC:INSECURE\"", stdout);
	}
	fputs(" ", stdout);
	put_path(dir, "/quote.bin");
	puts("");
	if ((s->status && strcmp(s->status, "UpToDate") != 0) || s->debug ||
	    s->revoked)
		puts("It will be refused: that is what it was made for.");
}

static int write_all(const struct sim_world *w, const struct buf *log,
                     const struct sample *s)
{
	if (!sim_world_write(w, s->dir) || !write_policy(w, s->dir) ||
	    !write_log(log, s->dir)) {
		cli_warn("sim sample: %s: %s", s->dir, strerror(errno));
		return 2;
	}
	say_what(w, s);
	say_how(w, s);
	return fflush(stdout) == 0 ? 0 : 2;
}

int sim_sample_verb(int argc, char **argv)
{
	struct sample s = { 0 };
	struct buf log = { 0 };
	struct sim_world *w;
	int status;

	if (!read_options(&s, &status, argc, argv))
		return status;
	w = calloc(1, sizeof(*w));
	if (!w) {
		cli_warn("sim sample: out of memory");
		return 2;
	}
	status = make(w, &log, &s) ? write_all(w, &log, &s) : 2;
	buf_free(&log);
	sim_world_free(w);
	free(w);
	return status;
}
