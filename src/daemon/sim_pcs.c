/* sim_pcs.c - assay sim pcs: a simulated manufacturer answers over HTTP, as
 * Intel's provisioning certification service does. */
#include "daemon/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/pcs.h"

struct args {
	const char *dir, *address;
	struct cli_time at;
	struct pcs pcs;
};

#define TO(member) offsetof(struct args, member)
const struct cli_option sim_pcs_options[] = {
	CLI_OPTION_LISTEN(TO(address), "127.0.0.1:8081"),
	CLI_OPTION_AT(TO(at)),
	{ 0 },
};

/* Documents that nobody would accept any more are worth a word. */
static void warn_of_age(const struct pcs *p)
{
	enum { DAYS = 30 };
	const int64_t now = p->has_at ? p->at : (int64_t)time(NULL);
	const int64_t published = sim_maker_facts(p->maker)->published;
	char text[ASSAY_TIME_TEXT];

	if (now > published + DAYS * INT64_C(86400))
		cli_warn("sim pcs: the documents are of %s, and no longer "
		         "good: assay sim maker publish issues new ones",
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
		cli_warn("sim pcs: %s", why);
		return CLI_TROUBLE;
	}
	host = (int)(strrchr(a->address, ':') - a->address);
	printf("Answering for %s at http://%.*s:%u/sgx/certification/v4/ and "
	       "/tdx/certification/v4/.\n",
	       a->dir, host, a->address, http_port(listener));
	fflush(stdout);
	sigwait(&stop, &got);
	http_stop(listener);
	return CLI_YES;
}

int sim_pcs_verb(int argc, char **argv)
{
	struct args a = { 0 };
	struct sim_why why;
	int status;

	if (!cli_operands(&a, &a.dir, 1, 1, &status, &verb_sim_pcs, argc, argv))
		return status;
	if (!a.address)
		a.address = "127.0.0.1:8081";
	a.pcs.has_at = a.at.given;
	a.pcs.at = a.at.at;
	a.pcs.maker = sim_maker_open(a.dir, SIM_MAKER_SERVE, &why);
	if (!a.pcs.maker) {
		cli_warn("sim pcs: %s", why.text);
		return CLI_TROUBLE;
	}
	status = serve(&a);
	sim_maker_close(a.pcs.maker);
	return status;
}
