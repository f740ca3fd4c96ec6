/* fuzz_verify.c - a whole judgement: whatever is changed in the documents of a
 * simulated manufacturer, the verdict is that of the true ones or a no that says
 * why; and it is the same with a memo and without, now and again. */
#include <assay/verify.h>

#include "../tests/h_verdict.h"
#include "forge/world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The first byte of the input chooses the quote's kind, the rest are edits of
 * five bytes: document, place (big-endian), how many bytes are cut there, and
 * what stands there instead (0: nothing). */
enum { EDIT_LEN = 5, N_DOCS = 8 };

struct docs {
	struct buf doc[N_DOCS];
	struct assay_bytes quote;
	struct assay_collateral collateral;
};

static struct assay_bytes *view(struct docs *d, size_t i)
{
	struct assay_bytes *const views[N_DOCS] = {
		&d->quote,
		&d->collateral.tcb_info.doc,
		&d->collateral.qe_identity.doc,
		&d->collateral.tcb_info_issuer_chain,
		&d->collateral.qe_identity_issuer_chain,
		&d->collateral.root_ca_crl,
		&d->collateral.pck_crl,
		&d->collateral.pck_crl_issuer_chain,
	};

	return views[i];
}

/* The documents of a world, each in memory of its own, so that a sanitizer sees
 * a read beyond its end. */
static void copy(struct docs *d, const struct sim_world *w)
{
	memset(d, 0, sizeof(*d));
	d->quote = buf_bytes(&w->quote);
	sim_world_collateral(&d->collateral, w);
	for (size_t i = 0; i < N_DOCS; i++)
		buf_put_bytes(&d->doc[i], *view(d, i));
}

static void edit(struct docs *d, const uint8_t *e)
{
	struct buf *doc = &d->doc[e[0] % N_DOCS];
	size_t at = (size_t)e[1] << 8 | e[2];
	size_t cut = e[3];

	at = at < doc->len ? at : doc->len;
	cut = cut < doc->len - at ? cut : doc->len - at;
	buf_splice(doc, at, cut, (struct assay_bytes){ &e[4], e[4] ? 1 : 0 });
}

static void edit_all(struct docs *d, const uint8_t *data, size_t len)
{
	for (; len >= EDIT_LEN; data += EDIT_LEN, len -= EDIT_LEN)
		edit(d, data);
	for (size_t i = 0; i < N_DOCS; i++) {
		uint8_t *p = malloc(d->doc[i].len ? d->doc[i].len : 1);

		must(p && !d->doc[i].bad);
		if (d->doc[i].len)
			memcpy(p, d->doc[i].ptr, d->doc[i].len);
		*view(d, i) = (struct assay_bytes){ p, d->doc[i].len };
	}
}

static void drop(struct docs *d)
{
	for (size_t i = 0; i < N_DOCS; i++) {
		free((void *)(uintptr_t)view(d, i)->ptr);
		buf_free(&d->doc[i]);
	}
}

static void judge(struct assay_verdict *v, struct assay_memo *memo,
                  const struct docs *d, const struct sim_world *w)
{
	const struct assay_terms terms = { .now = w->now };
	const struct assay_evidence e = { .quote = d->quote };
	struct assay_trust *trust = malloc(assay_trust_size());

	must(trust != NULL);
	if (assay_verify_evidence(v, trust, memo, &e, &d->collateral,
	                          w->keys[SIM_ROOT].key, &terms))
		must(v->genuine && v->failed.check == ASSAY_OK);
	else
		must(!v->genuine && v->failed.check && v->failed.note[0]);
	free(trust);
}

static struct {
	struct sim_world world;
	struct assay_verdict verdict;
	struct assay_memo *memo;
} made[SIM_N_KINDS];

static void make(enum sim_kind kind)
{
	struct docs d;

	if (made[kind].memo)
		return;
	must(sim_world_default(&made[kind].world, kind) &&
	     sim_world_build(&made[kind].world));
	made[kind].memo = assay_memo_new(2, NULL);
	must(made[kind].memo != NULL);
	copy(&d, &made[kind].world);
	edit_all(&d, NULL, 0);
	judge(&made[kind].verdict, made[kind].memo, &d, &made[kind].world);
	must(made[kind].verdict.genuine);
	drop(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct assay_verdict cold, warm;
	enum sim_kind kind;
	struct docs d;

	if (len == 0)
		return 0;
	kind = (enum sim_kind)(data[0] % SIM_N_KINDS);
	make(kind);
	copy(&d, &made[kind].world);
	edit_all(&d, data + 1, len - 1);
	judge(&cold, NULL, &d, &made[kind].world);
	judge(&warm, made[kind].memo, &d, &made[kind].world);
	must(!verdict_differs(&cold, &warm));
	must(!cold.genuine || !verdict_differs(&cold, &made[kind].verdict));
	drop(&d);
	return 0;
}
