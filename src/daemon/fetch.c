/* fetch.c - the manufacturer's documents for verbs that fetch them; and assay
 * verify --fetch. */
#include "daemon/fetch.h"

#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool fetch_roots(struct fetch_roots *roots, const struct cli_list *given)
{
	roots->n = given->n ? given->n : 1;
	roots->key = cli_alloc(roots->n, sizeof(roots->key[0]));
	for (size_t i = 0; i < roots->n; i++)
		if (!cli_root(roots->key[i], given->n ? given->item[i] : NULL))
			return false;
	return true;
}

void fetch_warn(const char *why)
{
	while (*why) {
		const size_t n = strcspn(why, "\n");

		cli_warn("%.*s", (int)n, why);
		why += n + (why[n] == '\n');
	}
}

/* ---- options */

/* As the XDG base directory specification has it; NULL: there is no such
 * place. */
static const char *default_cache(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const bool own = xdg && xdg[0] == '/';
	const char *base = own ? xdg : home;
	const size_t n = base ? strlen(base) + sizeof("/.cache/assay") : 0;
	char *path;

	if (!base || base[0] != '/')
		return NULL;
	path = cli_alloc(n, 1);
	snprintf(path, n, "%s%s/assay", base, own ? "" : "/.cache");
	return path;
}

struct collateral_source *fetch_open(const struct cli_fetch *how,
                                     const uint8_t (*root)[64], size_t n_roots)
{
	const struct collateral_options options = {
		.folder = how->cache ? how->cache : default_cache(),
		.url = how->pcs.item,
		.n_urls = how->pcs.n,
		.root = root,
		.n_roots = n_roots,
		.net.ca_file = how->ca_file,
		.net.proxy = how->proxy,
	};
	struct collateral_source *source;
	char why[COLLATERAL_WHY];

	if (!options.folder) {
		cli_warn("there is no folder to keep documents in: neither "
		         "XDG_CACHE_HOME nor HOME says where; give one with "
		         "--cache");
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	source = collateral_open(&options, why);
	if (!source)
		fetch_warn(why);
	return source;
}

bool fetch_choice(struct collateral_want *want, const struct cli_fetch *how)
{
	const char *n = how->evaluation, *update = how->update;

	if (n && update) {
		cli_warn("--update and --evaluation exclude each other");
		return false;
	}
	if (n && (strlen(n) > 9 || strspn(n, "0123456789") != strlen(n) ||
	          strtoul(n, NULL, 10) == 0)) {
		cli_warn("--evaluation: got %s, want a number such as 17", n);
		return false;
	}
	if (update && strcmp(update, "early") != 0 &&
	    strcmp(update, "standard") != 0) {
		cli_warn("--update: got %s, want early or standard", update);
		return false;
	}
	want->evaluation = n ? (uint32_t)strtoul(n, NULL, 10) : 0;
	want->early = update && strcmp(update, "early") == 0;
	return true;
}

/* ---- what evidence needs */

void fetch_wants_add(struct fetch_wants *w, const struct collateral_want *want)
{
	struct collateral_want *grown;

	for (size_t i = 0; i < w->n; i++)
		if (collateral_same(&w->want[i], want))
			return;
	grown = cli_alloc(w->n + 1, sizeof(*grown));
	if (w->n)
		memcpy(grown, w->want, w->n * sizeof(*grown));
	free(w->want);
	w->want = grown;
	w->want[w->n++] = *want;
}

/* Standard input is read twice: it becomes a file that can be. */
static bool rewind_input(const char *file, const uint8_t *ptr, size_t len)
{
	int fd;
	bool good;

	if (strcmp(file, "-") != 0)
		return true;
	fd = memfd_create("evidence", MFD_CLOEXEC);
	good = fd >= 0 && cli_write_all(fd, (const char *)ptr, len) &&
	       lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) >= 0;
	if (fd >= 0)
		close(fd);
	return good;
}

static int want_of(struct collateral_want *want, const char *file,
                   struct assay_bytes in)
{
	struct assay_scratch scratch = cli_scratch(in.len);
	struct assay_evidence e;
	struct assay_quote quote;
	struct assay_err err;
	int status = CLI_NO;

	if (assay_evidence_read(&e, in, &scratch, NULL) &&
	    assay_quote_parse(&quote, e.quote, false, NULL)) {
		status = collateral_want_of(want, e.quote,
		                            e.collateral.pck_chain, &err)
		                 ? CLI_YES
		                 : CLI_TROUBLE;
		if (status == CLI_TROUBLE)
			cli_warn_err(file, &err);
	}
	free(scratch.ptr);
	return status;
}

int fetch_evidence(struct fetch_wants *wants, const struct cli_fetch *how,
                   const char *file)
{
	struct collateral_want want;
	uint8_t *ptr;
	size_t len;
	int status = CLI_TROUBLE;

	if (!cli_read(&ptr, &len, file) || !rewind_input(file, ptr, len)) {
		cli_warn("%s: %s", file, strerror(errno));
		return CLI_TROUBLE;
	}
	status = want_of(&want, file, (struct assay_bytes){ ptr, len });
	free(ptr);
	if (status != CLI_YES)
		return status;
	if (!fetch_choice(&want, how))
		return CLI_TROUBLE;
	fetch_wants_add(wants, &want);
	return CLI_YES;
}

/* ---- assay verify --fetch */

static bool add_set(struct cli_rules *rules, struct collateral_source *source,
                    const struct collateral_want *want, bool offline)
{
	struct collateral_set *set = cli_alloc(1, sizeof(*set));
	char why[COLLATERAL_WHY];
	const bool good = collateral_get(set, source, want, rules->terms.now,
	                                 offline, why);

	fetch_warn(why);
	if (good)
		cli_set_add(&rules->sets, set->from)->documents =
			set->documents;
	return good;
}

static int add_sets(struct cli_rules *rules, const struct cli_fetch *how,
                    const struct cli_list *files)
{
	const uint8_t(*root)[64] = (const uint8_t(*)[64]) & rules->root;
	struct collateral_source *source = fetch_open(how, root, 1);
	struct fetch_wants wants = { 0 };
	int status = CLI_YES;

	if (!source)
		return CLI_TROUBLE;
	for (size_t i = 0; i < files->n; i++)
		if (fetch_evidence(&wants, how, files->item[i]) == CLI_TROUBLE)
			status = CLI_TROUBLE;
	for (size_t i = 0; i < wants.n; i++)
		if (!add_set(rules, source, &wants.want[i], how->offline))
			status = CLI_TROUBLE;
	free(wants.want);
	collateral_close(source);
	return status;
}

/* Rules and sets live as long as the program, which ends here; nothing is left
 * to flush. */
int verify_fetch(int argc, char **argv)
{
	_exit(cli_verify(argc, argv, add_sets));
}
