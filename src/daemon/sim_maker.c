/* sim_maker.c - assay sim maker: a manufacturer of simulated processors. */
#include "daemon/sim_maker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/daemon.h"

enum { MOST_AT_ONCE = 1000000 };

/* ---- the verbs */

/* What the command line says. */
struct given {
	struct cli_time at, standard_on;
	const char *count, *fmspc, *ca, *cpu_svn, *pce_svn, *advisory;
	bool standard, json;
};

#define TO(member) offsetof(struct given, member)

const struct cli_option sim_maker_options[] = { { 0 } }; /* its verbs have */
static const struct cli_option dated[] = {
	CLI_OPTION_AT(TO(at)),
	{ 0 },
};
static const struct cli_option making[] = {
	CLI_OPTION_AT(TO(at)),
	{ "--count", "N", CLI_TEXT, TO(count),
	  "make so many, NAME-000001 and so on" },
	{ "--fmspc", "HEX", CLI_TEXT, TO(fmspc),
	  "their family, 12 digits; 53494D000001 if left out" },
	{ "--ca", "CA", CLI_TEXT, TO(ca),
	  "platform (if left out) or processor" },
	{ "--cpusvn", "HEX", CLI_TEXT, TO(cpu_svn),
	  "the state, 32 digits; the best if left out" },
	{ "--pcesvn", "N", CLI_TEXT, TO(pce_svn),
	  "the PCE's version; the best if left out" },
	{ 0 },
};
static const struct cli_option recovering[] = {
	CLI_OPTION_AT(TO(at)),
	{ "--cpusvn", "HEX", CLI_TEXT, TO(cpu_svn),
	  "the new best state, 32 digits; else one more in the first "
	  "component, or, with --pcesvn, as it is" },
	{ "--pcesvn", "N", CLI_TEXT, TO(pce_svn),
	  "the PCE's new version; as it is if left out" },
	{ "--advisory", "NAME", CLI_TEXT, TO(advisory),
	  "what older states are warned of" },
	{ "--standard", NULL, CLI_FLAG, TO(standard),
	  "make no new set, but the newest one the standard one, now" },
	{ "--standard-on", "TIME", CLI_TIME, TO(standard_on),
	  "the new set becomes the standard one then" },
	{ 0 },
};
static const struct cli_option showing[] = {
	CLI_OPTION_JSON(TO(json)),
	{ 0 },
};

static int init(struct sim_maker *maker, const struct sim_args *args);
static int make(struct sim_maker *maker, const struct sim_args *args);
static int put_on_list(struct sim_maker *maker, const struct sim_args *args);
static int update(struct sim_maker *maker, const struct sim_args *args);
static int recover(struct sim_maker *maker, const struct sim_args *args);
static int publish(struct sim_maker *maker, const struct sim_args *args);
static int check(struct sim_maker *maker, const struct sim_args *args);

#define NAME "sim maker "

static const struct verb {
	struct cli_verb cli;
	size_t least, most; /* operands */
	int (*run)(struct sim_maker *maker, const struct sim_args *args);
} verbs[] = {
	{ { NAME "init", "DIR",
	    "Make a manufacturer: keys, root, an empty ledger.", dated, NULL },
	  1,
	  1,
	  init },
	{ { NAME "make-processor", "DIR [NAME]",
	    "Make processors, each a machine in DIR/processors/NAME.", making,
	    NULL },
	  1,
	  2,
	  make },
	{ { NAME "revoke", "DIR NAME",
	    "Revoke every certificate of a processor.", dated, NULL },
	  2,
	  2,
	  put_on_list },
	{ { NAME "tcb-recovery", "DIR",
	    "Publish a newer best state, for the early set first.", recovering,
	    NULL },
	  1,
	  1,
	  recover },
	{ { NAME "update", "DIR NAME",
	    "Bring a machine in DIR/processors to the best state.", dated,
	    NULL },
	  2,
	  2,
	  update },
	{ { NAME "publish", "DIR",
	    "Issue every document anew, with fresh dates.", dated, NULL },
	  1,
	  1,
	  publish },
	{ { NAME "list", "DIR", "List the processors that were made.", showing,
	    NULL },
	  1,
	  1,
	  sim_maker_list },
	{ { NAME "show", "DIR NAME", "Show what is known of a processor.",
	    showing, NULL },
	  2,
	  2,
	  sim_maker_show },
	{ { NAME "check", "DIR",
	    "Do keys, ledger, machines and documents belong together?", NULL,
	    NULL },
	  1,
	  1,
	  check },
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* ---- what is said */

int sim_complain(const struct sim_args *args, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "assay: %s: ", args->verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return SIM_TROUBLE;
}

static int failed(const struct sim_args *args, const struct sim_maker *maker)
{
	return sim_complain(args, "%s", sim_maker_why(maker));
}

/* ---- the command line */

static bool read_ca(enum sim_ca *ca, const struct cli_verb *verb,
                    const char *text)
{
	for (unsigned i = 0; i < SIM_N_CAS; i++)
		if (!text || strcmp(text, sim_ca_name(i)) == 0) {
			*ca = text ? i : SIM_CA_PLATFORM;
			return true;
		}
	cli_usage(verb, "--ca: got %s, want platform or processor", text);
	return false;
}

/* All `n` bytes of it, where it is given. */
static bool read_hex(uint8_t *out, size_t n, const struct cli_verb *verb,
                     const char *option, const char *text)
{
	const struct assay_bytes in = { (const uint8_t *)text,
		                        text ? strlen(text) : 0 };

	if (!text || assay_hex_parse(out, n, in))
		return true;
	cli_usage(verb, "%s: got %s, want %zu hex digits", option, text, 2 * n);
	return false;
}

static bool take(struct sim_args *a, const struct given *g)
{
	uint64_t count = 1, pce_svn = 0;

	if (!cli_take_number(&count, a->verb, "--count", g->count, 1,
	                     MOST_AT_ONCE) ||
	    !cli_take_number(&pce_svn, a->verb, "--pcesvn", g->pce_svn, 0,
	                     UINT16_MAX) ||
	    !read_hex(a->make.fmspc, sizeof(a->make.fmspc), a->verb, "--fmspc",
	              g->fmspc) ||
	    !read_hex(a->make.cpu_svn, sizeof(a->make.cpu_svn), a->verb,
	              "--cpusvn", g->cpu_svn) ||
	    !read_ca(&a->make.ca, a->verb, g->ca))
		return false;
	a->now = cli_now(&g->at);
	a->json = g->json;
	a->promote = g->standard;
	a->make.count = (size_t)count;
	a->make.pce_svn = a->recovery.pce_svn = (uint16_t)pce_svn;
	a->make.has_pce_svn = a->recovery.has_pce_svn = g->pce_svn != NULL;
	a->make.has_cpu_svn = a->recovery.has_cpu_svn = g->cpu_svn != NULL;
	memcpy(a->recovery.cpu_svn, a->make.cpu_svn, sizeof(a->make.cpu_svn));
	a->recovery.advisory = g->advisory;
	a->recovery.has_standard = g->standard_on.given;
	a->recovery.standard = g->standard_on.at;
	return true;
}

/* ---- doing it */

static int init(struct sim_maker *maker, const struct sim_args *a)
{
	struct sim_why why;

	(void)maker; /* there is none yet */
	if (!sim_maker_init(a->dir, a->now, &why))
		return sim_complain(a, "%s", why.text);
	printf("Made in %s: a simulated manufacturer.  Its root is %s/root.pem;"
	       "\nno program trusts it unless told to.  Its keys are in "
	       "%s/keys."
	       "\n\nMake a processor:\n  assay sim maker make-processor %s\n"
	       "Answer as Intel's service does:\n  assay sim pcs %s --listen "
	       "127.0.0.1:8081\n",
	       a->dir, a->dir, a->dir, a->dir, a->dir);
	return SIM_YES;
}

/* A bar on a terminal, and nothing anywhere else. */
static void show_progress(void *arg, size_t made, size_t of)
{
	enum { WIDTH = 40, MANY = 100 };
	static const char full[] = "########################################";
	const int n = (int)(made * WIDTH / of);

	(void)arg;
	if (of < MANY)
		return;
	fprintf(stderr, "\rmaking processors [%.*s%*s] %zu of %zu%s", n, full,
	        WIDTH - n, "", made, of, made == of ? "\n" : "");
}

/* The first and the last that were made just now: their ids follow on those of
 * before. */
struct made {
	int64_t before, last;
	char first_name[LEDGER_NAME_LEN], last_name[LEDGER_NAME_LEN];
};

static bool note_made(void *arg, const struct ledger_processor *p)
{
	struct made *made = arg;

	if (p->id == made->before + 1)
		memcpy(made->first_name, p->name, sizeof(p->name));
	if (p->id == made->last)
		memcpy(made->last_name, p->name, sizeof(p->name));
	return true;
}

static int say_made(struct sim_maker *maker, const struct sim_args *a,
                    int64_t before, int64_t n)
{
	struct made made = { .before = before, .last = before + n };

	if (!sim_maker_each(maker, note_made, &made))
		return failed(a, maker);
	printf("Made %s/processors/%s", a->dir, made.first_name);
	if (n > 1)
		printf(" to %s, %jd processors", made.last_name, (intmax_t)n);
	printf("; the ledger has %jd.\n\n"
	       "Run a signed program on it:\n  assay run --platform "
	       "%s/processors/%s PROGRAM.signed\n",
	       (intmax_t)(before + n), a->dir, made.first_name);
	return SIM_YES;
}

static int make(struct sim_maker *maker, const struct sim_args *a)
{
	const int64_t before = sim_maker_facts(maker)->n_processors;
	struct sim_make_spec spec = a->make;
	char why[sizeof(struct sim_why)];
	int64_t n;
	bool good;

	spec.name = a->name;
	spec.now = a->now;
	if (isatty(STDERR_FILENO))
		spec.progress = show_progress;
	good = sim_maker_make(maker, &spec);
	/* it is another's after the next call */
	snprintf(why, sizeof(why), "%s", sim_maker_why(maker));
	n = sim_maker_refresh(maker)
	            ? sim_maker_facts(maker)->n_processors - before
	            : 0;
	if (!good)
		return sim_complain(a, "%s (%jd of %zu were made)", why,
		                    (intmax_t)n, spec.count);
	return say_made(maker, a, before, n);
}

static int put_on_list(struct sim_maker *maker, const struct sim_args *a)
{
	if (!sim_maker_revoke(maker, a->name, a->now))
		return failed(a, maker);
	printf("Revoked %s; the revocation lists are published anew.\n",
	       a->name);
	return SIM_YES;
}

static int update(struct sim_maker *maker, const struct sim_args *a)
{
	struct ledger_processor before = { 0 }, after = { 0 };

	if (sim_maker_find(maker, &before, a->name) == LEDGER_FAILED ||
	    !sim_maker_update(maker, a->name, a->now) ||
	    sim_maker_find(maker, &after, a->name) == LEDGER_FAILED)
		return failed(a, maker);
	printf("Updated %s to the best state; its certificate is for that.\n",
	       a->name);
	if (memcmp(before.cpu_svn, after.cpu_svn, sizeof(after.cpu_svn)) != 0)
		printf("Its CPUSVN is another: state that was sealed on it "
		       "before cannot be opened now\n(N_SEAL_OPEN).\n");
	return SIM_YES;
}

static void say_sets(const struct sim_maker *maker, int64_t now)
{
	const struct ledger_evaluation *standard = sim_maker_standard(maker,
	                                                              now);
	const struct ledger_evaluation *newest;
	char text[ASSAY_TIME_TEXT];
	size_t n;

	newest = &sim_maker_evaluations(maker, &n)[n - 1];
	printf("The standard set is evaluation %u", standard->number);
	if (newest == standard)
		printf("; there is no newer one.\n");
	else if (newest->standard == INT64_MAX)
		printf(", the early one %u.\n", newest->number);
	else
		printf(", the early one %u, which becomes the standard one at "
		       "%s.\n",
		       newest->number,
		       assay_time_print(text, newest->standard));
}

/* What is new, and how a machine gets it. */
static void say_recovery(const struct sim_maker *maker,
                         const struct sim_args *a)
{
	const struct ledger_evaluation *newest;
	char cpu_svn[2 * sizeof(newest->cpu_svn) + 1];
	size_t n;

	newest = &sim_maker_evaluations(maker, &n)[n - 1];
	assay_hex_print(cpu_svn, newest->cpu_svn, sizeof(newest->cpu_svn),
	                false);
	printf("The best state is now CPUSVN %s, PCESVN %u; older ones are "
	       "warned of as %s.\n",
	       cpu_svn, newest->pce_svn, newest->advisory);
	if (newest != sim_maker_standard(maker, a->now))
		printf("Judged with %s/pcs/early they are OutOfDate at once; "
		       "with %s/pcs/standard\nwhen the set is the standard one:"
		       "\n  assay sim maker tcb-recovery --standard %s\n",
		       a->dir, a->dir, a->dir);
	printf("Bring a machine to the best state:\n  assay sim maker update "
	       "%s NAME\n",
	       a->dir);
}

static int recover(struct sim_maker *maker, const struct sim_args *a)
{
	struct sim_recovery r = a->recovery;
	bool done;

	r.now = a->now;
	if (a->promote &&
	    (r.has_cpu_svn || r.has_pce_svn || r.advisory || r.has_standard))
		return sim_complain(a, "--standard makes no new set: it goes "
		                       "with --at alone");
	done = a->promote ? sim_maker_promote(maker, a->now)
	                  : sim_maker_recover(maker, &r);
	if (!done)
		return failed(a, maker);
	say_sets(maker, a->now);
	say_recovery(maker, a);
	return SIM_YES;
}

static int publish(struct sim_maker *maker, const struct sim_args *a)
{
	if (!sim_maker_publish(maker, a->now))
		return failed(a, maker);
	printf("Published edition %jd in %s/pcs.\n",
	       (intmax_t)sim_maker_facts(maker)->edition, a->dir);
	say_sets(maker, a->now);
	return SIM_YES;
}

static int check(struct sim_maker *maker, const struct sim_args *a)
{
	const struct ledger_maker *facts = sim_maker_facts(maker);

	if (!sim_maker_check(maker)) {
		sim_complain(a, "%s", sim_maker_why(maker));
		return SIM_NO;
	}
	printf("Good: %jd processors, %jd certificates, %jd revoked; edition "
	       "%jd.\n",
	       (intmax_t)facts->n_processors, (intmax_t)facts->n_certs,
	       (intmax_t)facts->n_revoked, (intmax_t)facts->edition);
	return SIM_YES;
}

static int run(const struct verb *v, const struct sim_args *a)
{
	struct sim_maker *maker = NULL;
	struct sim_why why;
	int status;

	if (v->run != init) {
		maker = sim_maker_open(a->dir, SIM_MAKER_WORK, &why);
		if (!maker)
			return sim_complain(a, "%s", why.text);
	}
	status = v->run(maker, a);
	sim_maker_close(maker);
	if (fflush(stdout) != 0)
		status = sim_complain(a, "stdout: %s", strerror(errno));
	return status;
}

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(name, verbs[i].cli.name + strlen(NAME)) == 0)
			return &verbs[i];
	return NULL;
}

static int unknown(const char *name)
{
	struct cli_near near = cli_near(name);

	for (size_t i = 0; i < N_VERBS; i++)
		cli_consider(&near, verbs[i].cli.name + strlen(NAME));
	if (near.name)
		return cli_usage(&verb_sim_maker,
		                 "unknown verb %s: did you mean %s?", name,
		                 near.name);
	return cli_usage(&verb_sim_maker, "unknown verb %s", name);
}

/* All of them. */
static int help(void)
{
	struct cli_text text = { 0 };

	cli_put(&text,
	        "usage: assay sim maker VERB [OPTION]... DIR [NAME]\n\n"
	        "Makes processors in software, certifies, lists and revokes "
	        "them, and publishes\nwhat a verifier needs, in Intel's "
	        "formats "
	        "under a root of its own.\n\n");
	for (size_t i = 0; i < N_VERBS; i++)
		cli_put_row(&text, verbs[i].cli.name + strlen(NAME),
		            verbs[i].cli.summary);
	cli_put(&text, "\nassay help sim maker VERB says how one is used.\nThe "
	               "manual: man assay-sim\n");
	return cli_print(&text);
}

int sim_maker_help(int argc, char **argv)
{
	const struct verb *v = argc > 0 ? find(argv[0]) : NULL;

	return v ? cli_help(&v->cli) : argc > 0 ? unknown(argv[0]) : help();
}

int sim_maker_verb(int argc, char **argv)
{
	struct sim_args a = { 0 };
	struct given given = { 0 };
	const char *operand[2];
	const struct verb *v;
	int status;

	if (argc < 2)
		return cli_usage(&verb_sim_maker, "want a verb");
	if (strcmp(argv[1], "--help") == 0)
		return help();
	v = find(argv[1]);
	if (!v)
		return unknown(argv[1]);
	a.verb = &v->cli;
	memcpy(a.make.fmspc, sim_maker_fmspc, sizeof(a.make.fmspc));
	if (!cli_operands(&given, operand, v->least, v->most, &status, a.verb,
	                  argc - 1, argv + 1))
		return status;
	a.dir = operand[0];
	a.name = v->most > 1 ? operand[1] : NULL;
	return take(&a, &given) ? run(v, &a) : SIM_TROUBLE;
}
