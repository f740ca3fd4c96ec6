/* host_show.c - what assay host says when it has started. */
#include "daemon/host_show.h"

#include "base/text.h"

#include <assay/evidence.h>
#include <assay/quote.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 256 };

static void put_hex(const char *name, const uint8_t *p, size_t n)
{
	char hex[2 * 48 + 1];

	assay_hex_print(hex, p, n, false);
	printf("%-15s%s\n", name, hex);
}

/* The constraint by which this code is accepted, and no other. */
static void show_sgx(char line[LINE_MAX_LEN], const struct assay_sgx_report *r,
                     bool simulated)
{
	char hex[65];

	put_hex("measurement:", r->mrenclave, 32);
	put_hex("signer:", r->mrsigner, 32);
	printf("%-15s%u, revocation level %d%s\n", "product:", r->isv_prod_id,
	       r->isv_svn - 1,
	       r->flags & ASSAY_SGX_DEBUG ? ", a debug enclave" : "");
	assay_hex_print(hex, r->mrenclave, 32, true);
	snprintf(line, LINE_MAX_LEN, "C:%s%s", hex,
	         simulated ? " SEC:INSECURE" : "");
	printf("%-15s%s\n", "constraint:", line);
}

/* A simulated machine's manufacturer has its root two folders above. */
static void show_call(const char *url, const char *line, const char *platform)
{
	char path[PATH_MAX + 16], root[PATH_MAX];

	printf("%-15sassay call %s --accept '%s'", "call it:", url, line);
	if (platform) {
		snprintf(path, sizeof(path), "%.*s/../../root.pem",
		         PATH_MAX - 1, platform);
		printf(" --root %s",
		       realpath(path, root) ? root : "MAKER/root.pem");
	}
	printf(" <request\n");
}

/* It is what the enclave itself says, before anybody has judged it. */
static void show_enclave(const char *url, const struct assay_evidence *e,
                         const char *platform)
{
	const bool conclave = e->kind == ASSAY_EVIDENCE_EII;
	char line[LINE_MAX_LEN];
	struct assay_quote q;

	if (!assay_quote_parse(&q, e->quote, false, NULL))
		return;
	if (q.tee == ASSAY_TEE_SGX) {
		show_sgx(line, &q.sgx, platform != NULL);
		if (conclave)
			printf("%-15sconclave-1\n", "profile:");
		else
			show_call(url, line, platform);
	} else {
		put_hex("measurement:", q.td.mrtd, 48);
		printf("%-15sassay call %s --policy FILE <request\n",
		       "call it:", url);
	}
}

void host_show(const char *url, struct assay_bytes bundle, const char *platform)
{
	struct assay_scratch scratch = { malloc(bundle.len), bundle.len, 0 };
	struct assay_evidence e;

	printf("%-15s%s\n", "listening on:", url);
	if (scratch.ptr && assay_evidence_read(&e, bundle, &scratch, NULL))
		show_enclave(url, &e, platform);
	free(scratch.ptr);
	fflush(stdout);
}
