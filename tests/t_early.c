/* t_early.c - early sets of documents, from a source that asks a simulated
 * manufacturer: they are asked for every day, so that what is coming is known
 * soon, and the standard set beside them stays what it is. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "h_maker.h"
#include "net/collateral.h"
#include "serve/pcs.h"
#include "tap.h"

static char dir[256], url[64], folder[256];
static uint8_t root[1][64];
static struct buf quote;
static const int64_t day = 86400;

static void recover(int64_t now)
{
	struct sim_recovery spec = { .now = now };
	struct sim_maker *m = maker_open(dir);

	if (!sim_maker_recover(m, &spec))
		abort();
	sim_maker_close(m);
}

static void make(int64_t now)
{
	struct sim_make_spec spec = {
		.name = "a", .count = 1, .ca = SIM_CA_PLATFORM, .now = now
	};
	struct sim_why why;
	struct sim_maker *m;

	snprintf(dir, sizeof(dir), "%s", maker_path("m"));
	if (!sim_maker_init(dir, now, &why))
		abort();
	maker_root_key(root[0], dir);
	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	m = maker_open(dir);
	if (!sim_maker_make(m, &spec))
		abort();
	sim_maker_close(m);
	if (!maker_quote(&quote, maker_path("m/processors/a")))
		abort();
}

/* The evaluation of the set that a source gives at this time; 0: none.  Each time
 * a source is opened anew, on the same folder: within an hour one asks once. */
static uint32_t evaluation(bool early, int64_t now)
{
	const char *urls[] = { url };
	const struct collateral_options options = {
		.folder = folder,
		.url = urls,
		.n_urls = 1,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1
	};
	char why[COLLATERAL_WHY];
	struct collateral_source *source = collateral_open(&options, why);
	struct collateral_want want;
	struct collateral_set set;
	struct assay_err err;
	uint32_t number;

	if (!source || !collateral_want_of(&want, buf_bytes(&quote),
	                                   (struct assay_bytes){ 0 }, &err))
		abort();
	want.early = early;
	number = collateral_get(&set, source, &want, now, false, why)
	                 ? set.evaluation
	                 : 0;
	if (!number)
		note("%s", why);
	else
		collateral_free(&set);
	collateral_close(source);
	return number;
}

int main(void)
{
	const int64_t now = time(NULL);
	char why[HTTP_WHY_LEN];
	struct sim_why maker_why;
	struct pcs pcs = { 0 };
	const struct http_service service = { .routes = pcs_routes,
		                              .before = pcs_refresh,
		                              .error = pcs_error,
		                              .self = &pcs };
	struct http_listener *listener;

	signal(SIGPIPE, SIG_IGN);
	make(now);
	snprintf(folder, sizeof(folder), "%s", maker_path("kept"));
	pcs.maker = sim_maker_open(dir, SIM_MAKER_SERVE, &maker_why);
	listener = http_listen("127.0.0.1:0", &service, why);
	if (!pcs.maker || !listener)
		abort();
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/sgx/certification/v4/",
	         http_port(listener));
	ok(evaluation(false, now) == 20 && evaluation(true, now) == 20,
	   "early and standard are the same at first");
	recover(now);
	ok(evaluation(true, now + day - 60) == 20,
	   "an early set is not asked for twice a day");
	ok(evaluation(true, now + day + 60) == 21, "but every day");
	ok(evaluation(false, now + day + 60) == 20,
	   "while the standard set is what it is");
	ok(evaluation(true, now + day + 120) == 21,
	   "and is no hindrance to the early one");
	http_stop(listener);
	sim_maker_close(pcs.maker);
	buf_free(&quote);
	return done();
}
