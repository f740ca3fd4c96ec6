/* memo.c - what one thread has learnt of platforms; tables for keys. */
#include "verify/memo.h"

#include <stdlib.h>
#include <string.h>

struct assay_memo {
	struct assay_p256 *engine;
	uint64_t clock; /* counts uses */
	size_t n;
	uint64_t *tags; /* the first bytes of each platform, which
	                              * are its attestation key's */
	struct assay_platform *platforms;
};

struct assay_tables {
	struct assay_p256_tables *p256;
};

struct assay_memo *assay_memo_new(size_t n_platforms,
                                  const struct assay_tables *tables)
{
	struct assay_memo *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->engine = assay_p256_new(tables ? tables->p256 : NULL);
	m->n = n_platforms;
	if (n_platforms) {
		m->tags = calloc(n_platforms, sizeof(*m->tags));
		m->platforms = calloc(n_platforms, sizeof(*m->platforms));
	}
	if (m->engine && (!n_platforms || (m->tags && m->platforms)))
		return m;
	assay_memo_free(m);
	return NULL;
}

void assay_memo_free(struct assay_memo *memo)
{
	if (!memo)
		return;
	assay_p256_free(memo->engine);
	free(memo->tags);
	free(memo->platforms);
	free(memo);
}

struct assay_p256 *assay_memo_engine(struct assay_memo *memo)
{
	return memo ? memo->engine : NULL;
}

static uint64_t tag_of(struct assay_bytes bytes)
{
	uint64_t tag;

	memcpy(&tag, bytes.ptr, sizeof(tag)); /* a key is longer than that */
	return tag;
}

static bool is_platform(const struct assay_platform *p,
                        const struct assay_quote *quote,
                        const uint8_t ca_digest[ASSAY_SHA256_LEN])
{
	struct assay_bytes bytes = quote->platform;

	return p->used && p->version == quote->version && p->len == bytes.len &&
	       memcmp(p->bytes, bytes.ptr, bytes.len) == 0 &&
	       memcmp(p->chain.ca_digest, ca_digest, ASSAY_SHA256_LEN) == 0;
}

const struct assay_platform *
assay_memo_find(struct assay_memo *memo, const struct assay_quote *quote,
                const uint8_t ca_digest[ASSAY_SHA256_LEN])
{
	uint64_t tag = tag_of(quote->platform);

	for (size_t i = 0; memo && i < memo->n; i++) {
		struct assay_platform *p = &memo->platforms[i];

		if (memo->tags[i] != tag || !is_platform(p, quote, ca_digest))
			continue;
		p->used = ++memo->clock;
		return p;
	}
	return NULL;
}

void assay_memo_keep(struct assay_memo *memo, const struct assay_quote *quote,
                     const struct assay_pck_chain *chain)
{
	struct assay_bytes bytes = quote->platform;
	struct assay_platform *p;
	size_t oldest = 0;

	if (!memo || !memo->n || bytes.len > ASSAY_PLATFORM_MAX)
		return;
	for (size_t i = 1; i < memo->n; i++)
		if (memo->platforms[i].used < memo->platforms[oldest].used)
			oldest = i;
	p = &memo->platforms[oldest];
	memo->tags[oldest] = tag_of(bytes);
	p->used = ++memo->clock;
	p->chain = *chain;
	p->version = quote->version;
	p->len = bytes.len;
	memcpy(p->bytes, bytes.ptr, bytes.len);
}

struct assay_tables *assay_tables_new(size_t max)
{
	struct assay_tables *t = calloc(1, sizeof(*t));

	if (t)
		t->p256 = assay_p256_tables_new(max);
	if (t && t->p256)
		return t;
	assay_tables_free(t);
	return NULL;
}

void assay_tables_free(struct assay_tables *tables)
{
	if (!tables)
		return;
	assay_p256_tables_free(tables->p256);
	free(tables);
}

bool assay_tables_add(struct assay_tables *tables, const uint8_t key[64])
{
	return assay_p256_tables_add(tables->p256, key);
}
