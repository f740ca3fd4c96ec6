/* h_maker.c - simulated manufacturers for tests. */
#include "h_maker.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "format/cert.h"
#include "h_machine.h"
#include "sim/platform.h"
#include "sim/wire.h"
#include "tap.h"
#include "verify/chain.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "h_maker: %s\n", what);
	exit(2);
}

/* ---- folders */

static char folder[64];
static pid_t owner;

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void maker_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void clean(void)
{
	if (getpid() == owner)
		maker_remove(folder);
}

const char *maker_folder(void)
{
	if (folder[0])
		return folder;
	/* in memory, where there is such a place: tests write many files */
	snprintf(folder, sizeof(folder), "%s/assay-maker-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(folder) != NULL, "no temporary folder");
	owner = getpid();
	atexit(clean);
	return folder;
}

const char *maker_path(const char *fmt, ...)
{
	static char path[8][512];
	static unsigned n;
	char *p = path[++n % 8];
	int len = snprintf(p, 512, "%s/", maker_folder());
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p + len, 512 - (size_t)len, fmt, ap);
	va_end(ap);
	return p;
}

struct sim_maker *maker_open(const char *dir)
{
	struct sim_why why;
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);

	must(m != NULL, m ? "" : why.text);
	return m;
}

/* ---- quotes */

static bool report_of(uint8_t report[SIM_REPORT_LEN], struct sim_platform *p,
                      struct machine_enclave *e,
                      const uint8_t data[SIM_REPORT_DATA_LEN])
{
	uint8_t target[SIM_TARGETINFO_LEN];
	struct sim_enclu enclu;
	bool good = false;
	int fd;

	if (sim_platform_einit(p, &fd, &e->created, e->mrenclave,
	                       e->sigstruct) != SIM_SUCCESS)
		return false;
	enclu = sim_enclu_over(&fd);
	good = sim_platform_target(p, target) == SIM_SUCCESS &&
	       enclu.ereport(enclu.self, report, target, data) == SIM_SUCCESS;
	close(fd);
	return good;
}

struct http_listener *maker_publish(struct pcs *pcs, int64_t now)
{
	static struct http_service here = { .routes = pcs_routes,
		                            .before = pcs_refresh,
		                            .error = pcs_error };
	char text[HTTP_WHY_LEN];
	struct http_listener *l;
	struct sim_why why;

	pcs->maker = sim_maker_open(maker_path("maker"), SIM_MAKER_SERVE, &why);
	must(pcs->maker != NULL, "a manufacturer");
	pcs->has_at = true;
	pcs->at = now;
	here.self = pcs;
	l = http_listen("127.0.0.1:0", &here, text);
	must(l != NULL, text);
	return l;
}

bool maker_quote_of(struct buf *quote, const char *machine,
                    const uint8_t report_data[64])
{
	static struct machine_enclave enclave;
	struct sim_platform p;
	uint8_t report[SIM_REPORT_LEN];
	bool good;

	if (!enclave.sigstruct[0])
		machine_enclave(&enclave, "an enclave", 2);
	buf_clear(quote);
	if (sim_platform_start(&p, machine) != SIM_SUCCESS)
		return false;
	good = report_of(report, &p, &enclave, report_data) &&
	       sim_platform_quote(&p, quote, report) == SIM_SUCCESS;
	sim_platform_stop(&p);
	return good;
}

bool maker_quote(struct buf *quote, const char *machine)
{
	static const uint8_t data[SIM_REPORT_DATA_LEN] = { 1 };

	return maker_quote_of(quote, machine, data);
}

/* ---- judgements */

bool maker_docs(struct maker_docs *docs, const char *dir)
{
	static const char *const names[8] = { "tcb_info.json",
		                              "qe_identity.json",
		                              "tcb_info_issuer_chain.pem",
		                              "qe_identity_issuer_chain.pem",
		                              "root_ca_crl.der",
		                              "pck_crl.der",
		                              "pck_crl_issuer_chain.pem" };
	struct assay_scratch none = { 0 };
	char path[600];
	size_t len = 0;

	*docs = (struct maker_docs){ 0 };
	for (unsigned i = 0; names[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		docs->file[i] = slurp(path, &len);
		if (!docs->file[i] ||
		    !assay_collateral_add(
			    &docs->collateral, assay_part_of(names[i]),
			    (struct assay_bytes){ docs->file[i], len }, &none,
			    NULL))
			return false;
	}
	return true;
}

void maker_forget(struct maker_docs *docs)
{
	for (unsigned i = 0; i < 8; i++)
		free(docs->file[i]);
	*docs = (struct maker_docs){ 0 };
}

void maker_root_key(uint8_t key[64], const char *dir)
{
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_bytes body, text;
	struct assay_cert cert;
	size_t len = 0, pos = 0;
	char path[600];
	unsigned char *pem;

	snprintf(path, sizeof(path), "%s/root.pem", dir);
	pem = slurp(path, &len);
	text = (struct assay_bytes){ pem, len };
	must(pem && assay_pem_next(&body, text, &pos, "CERTIFICATE") &&
	             assay_cert_decode(&cert, der, body, ASSAY_DOC_ROOT, 0,
	                               ASSAY_DOC_ROOT, NULL),
	     "no root");
	memcpy(key, cert.key, 64);
	free(pem);
}

void maker_judge(struct assay_verdict *v, const struct buf *quote,
                 const char *dir, const uint8_t root_key[64], int64_t now)
{
	const struct assay_terms terms = { .now = now };
	const struct assay_bytes none = { 0 };
	void *trust = malloc(assay_trust_size());
	struct assay_memo *memo = assay_memo_new(0, NULL);
	struct maker_docs docs;

	must(trust && memo, "no memory");
	memset(v, 0, sizeof(*v));
	must(maker_docs(&docs, dir), "no documents");
	if (assay_trust_open(trust, &docs.collateral, none, root_key, memo,
	                     &v->failed) &&
	    !assay_verify(v, trust, memo, buf_bytes(quote), none, &terms))
		v->genuine = false;
	assay_memo_free(memo);
	free(trust);
	maker_forget(&docs);
}
