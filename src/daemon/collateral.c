/* collateral.c - assay collateral fetch, export and import. */
#include "daemon/daemon.h"
#include "daemon/fetch.h"

#include "base/text.h"
#include "os/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0644, FOLDER_MODE = 0755, FILE_MAX = 256 << 20 };

struct options {
	struct cli_list root;
	struct cli_fetch how;
	struct cli_time at;
	const char *fmspc, *tee, *ca, *out;
};

#define TO(member) offsetof(struct options, member)

/* ---- collateral fetch */

const struct cli_option collateral_fetch_options[] = {
	{ "--fmspc", "HEX", CLI_TEXT, TO(fmspc),
	  "for machines of this FMSPC, 12 digits, instead of evidence; with "
	  "--tee and --ca" },
	{ "--tee", "sgx|tdx", CLI_TEXT, TO(tee), "for enclaves, or for TDs" },
	{ "--ca", "processor|platform", CLI_TEXT, TO(ca),
	  "who issued the machines' PCK certificates" },
	CLI_FETCH_OPTIONS(TO(how)),
	CLI_OPTION_ROOTS(TO(root)),
	CLI_OPTION_AT(TO(at)),
	{ "-o", "FOLDER", CLI_TEXT, TO(out),
	  "write the documents of the one set there, for --collateral" },
	{ 0 },
};

/* One of two words. */
static bool is_second(bool *second, const char *option, const char *text,
                      const char *a, const char *b)
{
	*second = text && strcmp(text, b) == 0;
	if (text && (*second || strcmp(text, a) == 0))
		return true;
	cli_usage(&verb_collateral_fetch, "%s: want %s or %s", option, a, b);
	return false;
}

static bool take_named(struct fetch_wants *wants, const struct options *o)
{
	struct collateral_want want = { 0 };
	const struct assay_bytes fmspc = { (const uint8_t *)o->fmspc,
		                           strlen(o->fmspc) };
	bool tdx;

	if (!assay_hex_parse(want.fmspc, sizeof(want.fmspc), fmspc)) {
		cli_usage(&verb_collateral_fetch,
		          "--fmspc: want 12 hex digits");
		return false;
	}
	if (!is_second(&tdx, "--tee", o->tee, "sgx", "tdx") ||
	    !is_second(&want.platform_ca, "--ca", o->ca, "processor",
	               "platform") ||
	    !fetch_choice(&want, &o->how))
		return false;
	want.tee = tdx ? ASSAY_TEE_TDX : ASSAY_TEE_SGX;
	fetch_wants_add(wants, &want);
	return true;
}

static bool take_evidence(struct fetch_wants *wants, const struct options *o,
                          const struct cli_list *files)
{
	bool good = true;
	int status;

	for (size_t i = 0; i < files->n; i++) {
		status = fetch_evidence(wants, &o->how, files->item[i]);
		if (status == CLI_NO)
			cli_warn("%s: is no evidence: assay verify says why",
			         files->item[i]);
		good = good && status == CLI_YES;
	}
	return good;
}

static bool write_document(const char *folder, const char *name,
                           struct assay_bytes data)
{
	const size_t n = strlen(folder) + strlen(name) + 2;
	char *path = cli_alloc(n, 1);
	bool good;

	snprintf(path, n, "%s/%s", folder, name);
	good = file_write(path, data, MODE);
	if (!good)
		cli_warn("%s: %s", path, strerror(errno));
	free(path);
	return good;
}

static bool write_folder(const char *folder, const struct assay_collateral *c)
{
	const struct {
		const char *name;
		struct assay_bytes data;
	} rows[] = {
		{ "tcb_info.json", c->tcb_info.doc },
		{ "tcb_info_issuer_chain.pem", c->tcb_info_issuer_chain },
		{ "qe_identity.json", c->qe_identity.doc },
		{ "qe_identity_issuer_chain.pem", c->qe_identity_issuer_chain },
		{ "pck_crl.der", c->pck_crl },
		{ "pck_crl_issuer_chain.pem", c->pck_crl_issuer_chain },
		{ "root_ca_crl.der", c->root_ca_crl },
	};

	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST) {
		cli_warn("%s: %s", folder, strerror(errno));
		return false;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!write_document(folder, rows[i].name, rows[i].data))
			return false;
	return true;
}

static void put_set(struct cli_text *text, const struct collateral_want *want,
                    const struct collateral_set *set)
{
	char until[ASSAY_TIME_TEXT];

	cli_put(text, "%s ", assay_tee_name(want->tee));
	cli_put_hex(text, want->fmspc, sizeof(want->fmspc), true);
	cli_put(text, " %s: TCB evaluation %u, fresh until %s, from ",
	        want->platform_ca ? "platform" : "processor", set->evaluation,
	        assay_time_print(until, set->fresh_until));
	cli_put_name(text, set->from);
	cli_put(text, "%s\n",
	        set->simulation ? " (its root is not Intel's)" : "");
}

static bool fetch_one(struct cli_text *text, struct collateral_source *source,
                      const struct collateral_want *want,
                      const struct options *o)
{
	char why[COLLATERAL_WHY];
	struct collateral_set set;
	bool good = collateral_get(&set, source, want, cli_now(&o->at),
	                           o->how.offline, why);

	fetch_warn(why);
	if (!good)
		return false;
	put_set(text, want, &set);
	good = !o->out || write_folder(o->out, &set.documents);
	collateral_free(&set);
	return good;
}

static int fetch_all(const struct fetch_wants *wants, const struct options *o)
{
	struct collateral_source *source;
	struct cli_text text = { 0 };
	struct fetch_roots roots;
	bool good = true;

	if (!fetch_roots(&roots, &o->root))
		return CLI_TROUBLE;
	source = fetch_open(&o->how, (const uint8_t(*)[64])roots.key, roots.n);
	if (!source)
		return CLI_TROUBLE;
	for (size_t i = 0; i < wants->n; i++)
		good = fetch_one(&text, source, &wants->want[i], o) && good;
	collateral_close(source);
	return cli_flush(&text) && good ? CLI_YES : CLI_TROUBLE;
}

static int fetch(int argc, char **argv)
{
	struct cli_list given = { 0 }, files = { 0 };
	struct fetch_wants wants = { 0 };
	struct options o = { 0 };
	int status;

	if (!cli_options(&o, &given, &status, &verb_collateral_fetch, argc,
	                 argv))
		return status;
	if (!given.n == !o.fmspc)
		return cli_usage(&verb_collateral_fetch,
		                 "want evidence, or --fmspc with "
		                 "--tee and --ca");
	if (!o.fmspc && (o.tee || o.ca))
		return cli_usage(&verb_collateral_fetch,
		                 "--tee and --ca go with --fmspc");
	if (o.fmspc ? !take_named(&wants, &o)
	            : !cli_files(&files, &given) ||
	                      !take_evidence(&wants, &o, &files))
		return CLI_TROUBLE;
	if (o.out && wants.n != 1)
		return cli_usage(&verb_collateral_fetch,
		                 "-o takes the documents of one set, and this "
		                 "evidence needs %zu: fetch them one by one",
		                 wants.n);
	return fetch_all(&wants, &o);
}

/* ---- collateral export, collateral import */

const struct cli_option collateral_export_options[] = {
	{ "-o", "FILE", CLI_TEXT, TO(out),
	  "write to this file; else to stdout" },
	CLI_OPTION_CACHE(TO(how.cache)),
	CLI_OPTION_ROOTS(TO(root)),
	{ 0 },
};
const struct cli_option collateral_import_options[] = {
	CLI_OPTION_CACHE(TO(how.cache)),
	CLI_OPTION_ROOTS(TO(root)),
	CLI_OPTION_AT(TO(at)),
	{ 0 },
};

static struct collateral_source *open_cache(struct fetch_roots *roots,
                                            const struct options *o)
{
	if (!fetch_roots(roots, &o->root))
		return NULL;
	return fetch_open(&o->how, (const uint8_t(*)[64])roots->key, roots->n);
}

static int export(int argc, char **argv)
{
	struct collateral_source *source;
	struct options o = { 0 };
	struct fetch_roots roots;
	char why[COLLATERAL_WHY];
	struct buf out = { 0 };
	const char *path;
	bool good;
	int status;

	if (!cli_operands(&o, NULL, 0, 0, &status, &verb_collateral_export,
	                  argc, argv))
		return status;
	source = open_cache(&roots, &o);
	if (!source)
		return CLI_TROUBLE;
	path = o.out ? o.out : "-";
	good = collateral_export(&out, source, why);
	fetch_warn(why);
	if (good && !file_write(path, buf_bytes(&out), MODE)) {
		cli_warn("%s: %s", path, strerror(errno));
		good = false;
	}
	buf_free(&out);
	collateral_close(source);
	return good ? CLI_YES : CLI_TROUBLE;
}

static int import(int argc, char **argv)
{
	struct collateral_source *source;
	struct cli_text text = { 0 };
	struct options o = { 0 };
	struct fetch_roots roots;
	char why[COLLATERAL_WHY];
	const char *path;
	uint8_t *ptr;
	size_t len, n;
	bool good;
	int status;

	if (!cli_operands(&o, &path, 1, 1, &status, &verb_collateral_import,
	                  argc, argv))
		return status;
	if (!cli_read_max(&ptr, &len, path, FILE_MAX)) {
		cli_warn("%s: %s", path, strerror(errno));
		return CLI_TROUBLE;
	}
	source = open_cache(&roots, &o);
	if (!source)
		return CLI_TROUBLE;
	good = collateral_import(&n, source, (struct assay_bytes){ ptr, len },
	                         cli_now(&o.at), why);
	fetch_warn(why);
	cli_put(&text, "%zu %s taken in.\n", n, n == 1 ? "set" : "sets");
	free(ptr);
	collateral_close(source);
	return cli_flush(&text) && good ? CLI_YES : CLI_TROUBLE;
}

/* ---- options live as long as the program, which ends here; nothing is left to
 * flush */

int collateral_fetch_verb(int argc, char **argv)
{
	_exit(fetch(argc, argv));
}

int collateral_export_verb(int argc, char **argv)
{
	_exit(export(argc, argv));
}

int collateral_import_verb(int argc, char **argv)
{
	_exit(import(argc, argv));
}
