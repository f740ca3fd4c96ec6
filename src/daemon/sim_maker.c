/* sim_maker.c - assay sim maker: a manufacturer of simulated processors. */
#include "daemon/sim_maker.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/daemon.h"

enum { MOST_AT_ONCE = 1000000 };

/* ---- the verbs */

enum opt {
	OPT_AT = 1,
	OPT_COUNT,
	OPT_FMSPC,
	OPT_CA,
	OPT_CPUSVN,
	OPT_PCESVN,
	OPT_ADVISORY,
	OPT_STANDARD,
	OPT_STANDARD_ON,
	OPT_JSON,
	OPT_HELP,
	N_OPTIONS
};
#define BIT(option) (1u << (option))

static int init(struct sim_maker *maker, const struct sim_args *args);
static int make(struct sim_maker *maker, const struct sim_args *args);
static int put_on_list(struct sim_maker *maker, const struct sim_args *args);
static int update(struct sim_maker *maker, const struct sim_args *args);
static int recover(struct sim_maker *maker, const struct sim_args *args);
static int publish(struct sim_maker *maker, const struct sim_args *args);
static int check(struct sim_maker *maker, const struct sim_args *args);

enum name { NO_NAME, MAY_NAME, MUST_NAME };

static const struct verb {
	const char *name;
	enum name named;
	unsigned options;
	int (*run)(struct sim_maker *maker, const struct sim_args *args);
	const char *summary;
} verbs[] = {
	{ "init", NO_NAME, BIT(OPT_AT), init,
	  "Make a manufacturer: keys, root, an empty ledger." },
	{ "make-processor", MAY_NAME,
	  BIT(OPT_AT) | BIT(OPT_COUNT) | BIT(OPT_FMSPC) | BIT(OPT_CA) |
	          BIT(OPT_CPUSVN) | BIT(OPT_PCESVN),
	  make, "Make processors, each a machine in DIR/processors/NAME." },
	{ "revoke", MUST_NAME, BIT(OPT_AT), put_on_list,
	  "Revoke every certificate of a processor." },
	{ "tcb-recovery", NO_NAME,
	  BIT(OPT_AT) | BIT(OPT_CPUSVN) | BIT(OPT_PCESVN) | BIT(OPT_ADVISORY) |
	          BIT(OPT_STANDARD) | BIT(OPT_STANDARD_ON),
	  recover, "Publish a newer best state, for the early set first." },
	{ "update", MUST_NAME, BIT(OPT_AT), update,
	  "Bring a machine in DIR/processors to the best state." },
	{ "publish", NO_NAME, BIT(OPT_AT), publish,
	  "Issue every document anew, with fresh dates." },
	{ "list", NO_NAME, BIT(OPT_JSON), sim_maker_list,
	  "List the processors that were made." },
	{ "show", MUST_NAME, BIT(OPT_JSON), sim_maker_show,
	  "Show what is known of a processor." },
	{ "check", NO_NAME, 0, check,
	  "Do keys, ledger, machines and documents belong together?" },
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct option options[] = {
	{ "at", required_argument, NULL, OPT_AT },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "fmspc", required_argument, NULL, OPT_FMSPC },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "cpusvn", required_argument, NULL, OPT_CPUSVN },
	{ "pcesvn", required_argument, NULL, OPT_PCESVN },
	{ "advisory", required_argument, NULL, OPT_ADVISORY },
	{ "standard", no_argument, NULL, OPT_STANDARD },
	{ "standard-on", required_argument, NULL, OPT_STANDARD_ON },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

/* What an option says; `recovery`: in place of `help`, of a recovery. */
static const struct {
	const char *value, *help, *recovery;
} helps[N_OPTIONS] = {
	[OPT_AT] = { "TIME",
	             "as if it were this time in UTC; now if left out" },
	[OPT_COUNT] = { "N", "make so many, NAME-000001 and so on" },
	[OPT_FMSPC] = { "HEX", "their family; 53494D000001 if left out" },
	[OPT_CA] = { "CA", "platform (if left out) or processor" },
	[OPT_CPUSVN] = { "HEX", "the state, 32 digits; the best if left out",
	                 "the new best state, 32 digits; else one more in "
	                 "the first\n                       component, or, "
	                 "with --pcesvn, as it is" },
	[OPT_PCESVN] = { "N", "the PCE's version; the best if left out",
	                 "the PCE's new version; as it is if left out" },
	[OPT_ADVISORY] = { "NAME", "what older states are warned of" },
	[OPT_STANDARD] = { NULL, "make the newest set the standard one, now" },
	[OPT_STANDARD_ON] = { "TIME", "the new set becomes the standard one "
	                              "then" },
	[OPT_JSON] = { NULL, "print JSON, a line for each processor" },
};

/* ---- what is said */

int sim_complain(const struct sim_args *args, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "assay: sim maker %s: ", args->verb);
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

static const char *operands(const struct verb *v)
{
	return v->named == MUST_NAME  ? "DIR NAME"
	       : v->named == MAY_NAME ? "DIR [NAME]"
	                              : "DIR";
}

static void put_help(const struct verb *v)
{
	printf("usage: assay sim maker %s %s%s\n\n%s\n\n", v->name,
	       v->options ? "[OPTION]... " : "", operands(v), v->summary);
	for (const struct option *o = options; o->name; o++) {
		const char *value = helps[o->val].value;
		const char *help = v->run == recover && helps[o->val].recovery
		                           ? helps[o->val].recovery
		                           : helps[o->val].help;

		if (v->options & BIT(o->val))
			printf("  --%s%s%-*s %s\n", o->name, value ? " " : "",
			       18 - (int)strlen(o->name) - (value ? 1 : 0),
			       value ? value : "", help);
	}
	puts("\nThe manual: man assay-sim");
}

static void put_all_help(void)
{
	puts("usage: assay sim maker VERB [OPTION]... DIR [NAME]\n\n"
	     "Makes processors in software, certifies, lists and revokes them, "
	     "and publishes\nwhat a verifier needs, in Intel's formats under a "
	     "root of its own.\n");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("  %-15s %s\n", verbs[i].name, verbs[i].summary);
	puts("\nassay sim maker VERB --help says how one is used.  The manual: "
	     "man assay-sim");
}

/* ---- the command line */

static bool read_time(int64_t *time, const char *text)
{
	return assay_time_parse(time,
	                        (struct assay_bytes){ (const uint8_t *)text,
	                                              strlen(text) });
}

static bool read_hex(uint8_t *out, size_t n, const char *text)
{
	return assay_hex_parse(out, n,
	                       (struct assay_bytes){ (const uint8_t *)text,
	                                             strlen(text) });
}

static bool read_number(uint64_t *number, const char *text, uint64_t least,
                        uint64_t most)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno &&
	       *number >= least && *number <= most;
}

static bool read_ca(enum sim_ca *ca, const char *text)
{
	for (unsigned i = 0; i < SIM_N_CAS; i++)
		if (strcmp(text, sim_ca_name(i)) == 0) {
			*ca = i;
			return true;
		}
	return false;
}

static bool take_state(struct sim_args *a, enum opt option, const char *value)
{
	uint64_t number = 0;

	if (option == OPT_CPUSVN) {
		a->make.has_cpu_svn = a->recovery.has_cpu_svn = true;
		return read_hex(a->make.cpu_svn, 16, value) &&
		       read_hex(a->recovery.cpu_svn, 16, value);
	}
	a->make.has_pce_svn = a->recovery.has_pce_svn = true;
	if (!read_number(&number, value, 0, UINT16_MAX))
		return false;
	a->make.pce_svn = a->recovery.pce_svn = (uint16_t)number;
	return true;
}

/* False: it is not a value of this option. */
static bool take(struct sim_args *a, enum opt option, const char *value)
{
	uint64_t number;
	bool good;

	switch (option) {
	case OPT_AT:
		return read_time(&a->now, value);
	case OPT_COUNT:
		good = read_number(&number, value, 1, MOST_AT_ONCE);
		a->make.count = (size_t)number;
		return good;
	case OPT_FMSPC:
		return read_hex(a->make.fmspc, sizeof(a->make.fmspc), value);
	case OPT_CA:
		return read_ca(&a->make.ca, value);
	case OPT_CPUSVN:
	case OPT_PCESVN:
		return take_state(a, option, value);
	case OPT_ADVISORY:
		a->recovery.advisory = value;
		return true;
	case OPT_STANDARD_ON:
		a->recovery.has_standard = true;
		return read_time(&a->recovery.standard, value);
	case OPT_STANDARD:
		return a->promote = true;
	case OPT_JSON:
		return a->json = true;
	default:
		return false;
	}
}

static int read_operands(struct sim_args *a, const struct verb *v, int argc,
                         char **argv)
{
	const int n = argc - optind;

	if (n < 1 + (v->named == MUST_NAME) || n > 1 + (v->named != NO_NAME))
		return sim_complain(a,
		                    "want %s; see: assay sim maker %s --help",
		                    operands(v), v->name);
	a->dir = argv[optind];
	a->name = n > 1 ? argv[optind + 1] : NULL;
	return SIM_YES;
}

/* False: there is nothing more to do, and `status` is what to exit with. */
static bool read_args(struct sim_args *a, int *status, const struct verb *v,
                      int argc, char **argv)
{
	static char name[64];
	int option, which = 0;

	snprintf(name, sizeof(name), "assay: sim maker %s", v->name);
	argv[0] = name; /* getopt's messages begin with it */
	*status = SIM_TROUBLE;
	while ((option = getopt_long(argc, argv, "", options, &which)) != -1) {
		if (option == OPT_HELP) {
			put_help(v);
			*status = fflush(stdout) == 0 ? SIM_YES : SIM_TROUBLE;
			return false;
		}
		if (option == '?')
			return false;
		if (!(v->options & BIT(option))) {
			sim_complain(a,
			             "--%s is no option of it; see: assay "
			             "sim maker %s --help",
			             options[which].name, v->name);
			return false;
		}
		if (!take(a, (enum opt)option, optarg)) {
			sim_complain(a, "--%s: got %s, want %s: %s",
			             options[which].name, optarg,
			             helps[option].value, helps[option].help);
			return false;
		}
	}
	*status = read_operands(a, v, argc, argv);
	return *status == SIM_YES;
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

int sim_maker_verb(int argc, char **argv)
{
	struct sim_args a = { .now = (int64_t)time(NULL) };
	int status;

	a.make.count = 1;
	a.make.ca = SIM_CA_PLATFORM;
	memcpy(a.make.fmspc, sim_maker_fmspc, sizeof(a.make.fmspc));
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		put_all_help();
		return fflush(stdout) == 0 ? SIM_YES : SIM_TROUBLE;
	}
	for (size_t i = 0; argc > 1 && i < N_VERBS; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		a.verb = verbs[i].name;
		return read_args(&a, &status, &verbs[i], argc - 1, argv + 1)
		               ? run(&verbs[i], &a)
		               : status;
	}
	fputs("assay: sim maker: want one of:", stderr);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(stderr, " %s", verbs[i].name);
	fputs("; see: assay sim maker --help\n", stderr);
	return SIM_TROUBLE;
}
