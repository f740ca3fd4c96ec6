/*
 * t_sets.c - several sets of documents for one machine, given to the program:
 * whoever adds old ones, or good ones beside bad ones, gains nothing by it.
 */
#include "forge/world.h"
#include "tap.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/assay-sets-XXXXXX";
static struct sim_revoked revoked;

/* Newer documents, in which the machine is no longer up to date. */
static void recovered(struct sim_world *w)
{
	struct sim_tcb_spec *tcb = &w->tcb[SIM_SGX];

	tcb->evaluation_number++;
	w->qe[SIM_SGX].evaluation_number++;
	tcb->level[0].sgx[0] = 255;
}

/* As new, and worse. */
static void worse(struct sim_world *w)
{
	w->tcb[SIM_SGX].level[0].sgx[0] = 255;
}

/* The machine is revoked, by a list whose TCB info has just ended. */
static void revoked_machine(struct sim_world *w)
{
	struct sim_crl_spec *list = &w->crl[SIM_CRL_PLATFORM];

	revoked = (struct sim_revoked){ .serial = w->cert[SIM_PCK].serial,
		                        .date = list->this_update,
		                        .reason = -1 };
	list->revoked = &revoked;
	list->n_revoked = 1;
	w->tcb[SIM_SGX].next_update = w->now;
}

/* The signer of the documents is revoked. */
static void revoked_signer(struct sim_world *w)
{
	struct sim_crl_spec *list = &w->crl[SIM_CRL_ROOT];

	revoked =
		(struct sim_revoked){ .serial = w->cert[SIM_TCB_SIGNER].serial,
		                      .date = list->this_update,
		                      .reason = -1 };
	list->revoked = &revoked;
	list->n_revoked = 1;
}

static bool make(const char *name, void (*edit)(struct sim_world *w))
{
	struct sim_world *w = calloc(1, sizeof(*w));
	char path[128];
	bool good = w && sim_world_default(w, SIM_SGX_V3);

	if (good && edit)
		edit(w);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	good = good && sim_world_build(w) && sim_world_write(w, path);
	sim_world_free(w);
	free(w);
	return good;
}

/* The exit status of the judgement of the good set's quote by two sets. */
static int judge(const char *assay, const char *first, const char *second)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command),
	         "cd %s && echo '{\"any_code\":true,\"simulation\":true}' "
	         ">policy && %s%s verify --at 2026-01-01T00:00:00Z --root "
	         "good/root.pem --policy policy --collateral %s --collateral "
	         "%s good/quote.bin >log 2>&1",
	         dir, assay[0] == '/' ? "" : "$OLDPWD/", assay, first, second);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	static const struct {
		const char *name;
		void (*edit)(struct sim_world *w);
		int want;
	} rows[] = {
		{ "the same again", NULL, 0 },
		{ "newer documents", recovered, 1 },
		{ "as new ones that are worse", worse, 1 },
		{ "a list that revokes the machine", revoked_machine, 1 },
		{ "a list that revokes the signer", revoked_signer, 1 },
	};
	const char *assay = getenv("ASSAY");
	char command[64];

	if (!assay) {
		skip("ASSAY does not name the program", "several sets");
		return done();
	}
	if (!mkdtemp(dir) || !make("good", NULL))
		return 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(make("other", rows[i].edit) &&
		           judge(assay, "good", "other") == rows[i].want,
		   "behind the good set: %s", rows[i].name);
		ok(judge(assay, "other", "good") == rows[i].want,
		   "before the good set: %s", rows[i].name);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ok(system(command) == 0, "nothing is left");
	return done();
}
