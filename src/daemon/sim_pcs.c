/* sim_pcs.c - assay sim pcs: a simulated manufacturer answers over HTTP, as
 * Intel's provisioning certification service does. */
#include "daemon/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/pcs.h"

static const char usage[] =
	"usage: assay sim pcs [OPTION]... DIR\n"
	"\n"
	"Answer for the simulated manufacturer in DIR, at the paths of "
	"Intel's\n"
	"provisioning certification service, until SIGTERM or SIGINT.\n"
	"\n"
	"  --listen ADDR:PORT  where; 127.0.0.1:8081 if left out, port 0: any "
	"that\n"
	"                      is free, which is printed\n"
	"  --at TIME           as if it were this time in UTC; now if left "
	"out\n"
	"\n"
	"The manual: man assay-sim\n";

enum { LISTEN = 1, AT, HELP };

struct args {
	const char *dir, *address;
	struct pcs pcs;
};

static bool read_time(struct pcs *p, const char *text)
{
	const struct assay_bytes in = { (const uint8_t *)text, strlen(text) };

	p->has_at = assay_time_parse(&p->at, in);
	if (!p->has_at)
		fprintf(stderr,
		        "assay: sim pcs: --at: got %s, want a time in "
		        "UTC like 2026-11-23T12:00:00Z\n",
		        text);
	return p->has_at;
}

/* False: there is nothing more to do, and `status` is what to exit with. */
static bool read_args(struct args *a, int *status, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, LISTEN },
		{ "at", required_argument, NULL, AT },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	static char name[] = "assay: sim pcs";
	int option;

	*status = 2;
	argv[0] = name; /* getopt's messages begin with it */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == HELP) {
			*status = fputs(usage, stdout) < 0 ? 2 : 0;
			return false;
		}
		if (option == '?' ||
		    (option == AT && !read_time(&a->pcs, optarg)))
			return false;
		if (option == LISTEN)
			a->address = optarg;
	}
	if (optind != argc - 1) {
		fputs("assay: sim pcs: want one folder; see: assay sim pcs "
		      "--help\n",
		      stderr);
		return false;
	}
	a->dir = argv[optind];
	return true;
}

/* Documents that nobody would accept any more are worth a word. */
static void warn_of_age(const struct pcs *p)
{
	enum { DAYS = 30 };
	const int64_t now = p->has_at ? p->at : (int64_t)time(NULL);
	const int64_t published = sim_maker_facts(p->maker)->published;
	char text[ASSAY_TIME_TEXT];

	if (now > published + DAYS * INT64_C(86400))
		fprintf(stderr,
		        "assay: sim pcs: the documents are of %s, and "
		        "no longer good: assay sim maker publish "
		        "issues new ones\n",
		        assay_time_print(text, published));
}

static int serve(struct args *a)
{
	const struct http_service service = { .routes = pcs_routes,
		                              .before = pcs_refresh,
		                              .error = pcs_error,
		                              .self = &a->pcs };
	struct http_listener *listener;
	char why[HTTP_WHY_LEN];
	sigset_t stop;
	int got, host;

	/* before there is another thread, so that it inherits this */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	warn_of_age(&a->pcs);
	listener = http_listen(a->address, &service, why);
	if (!listener) {
		fprintf(stderr, "assay: sim pcs: %s\n", why);
		return 2;
	}
	host = (int)(strrchr(a->address, ':') - a->address);
	printf("Answering for %s at http://%.*s:%u/sgx/certification/v4/ and "
	       "/tdx/certification/v4/.\n",
	       a->dir, host, a->address, http_port(listener));
	fflush(stdout);
	sigwait(&stop, &got);
	http_stop(listener);
	return 0;
}

int sim_pcs_verb(int argc, char **argv)
{
	struct args a = { .address = "127.0.0.1:8081" };
	struct sim_why why;
	int status;

	if (!read_args(&a, &status, argc, argv))
		return status;
	a.pcs.maker = sim_maker_open(a.dir, SIM_MAKER_SERVE, &why);
	if (!a.pcs.maker) {
		fprintf(stderr, "assay: sim pcs: %s\n", why.text);
		return 2;
	}
	status = serve(&a);
	sim_maker_close(a.pcs.maker);
	return status;
}
