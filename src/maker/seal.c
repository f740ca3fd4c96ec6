/* seal.c - seals: a MAC over each row of the ledger, under a key that is
 * not in it, and one over all of them.  Who can write the ledger, but not read
 * the keys, can neither change a row nor add one, take one away, or put back what
 * it was once; but can put back the whole ledger. */
#include <stdio.h>
#include <string.h>

#include "crypto/cmac.h"
#include "maker/parts.h"

/* The texts are of fixed length, or the last, so that no two rows give the
 * same bytes. */
static void begin(struct buf *o, const char *kind)
{
	buf_put(o, kind, strlen(kind) + 1);
}

static void put_maker(struct buf *o, const struct ledger_maker *r)
{
	begin(o, "maker");
	buf_put_le(o, (uint64_t)r->made, 8);
	buf_put_le(o, (uint64_t)r->published, 8);
	buf_put_le(o, (uint64_t)r->edition, 8);
	buf_put_le(o, (uint64_t)r->n_processors, 8);
	buf_put_le(o, (uint64_t)r->n_revoked, 8);
	buf_put_le(o, (uint64_t)r->n_certs, 8);
	buf_put_le(o, (uint64_t)r->n_families, 8);
	buf_put_le(o, (uint64_t)r->n_evaluations, 8);
	buf_put_le(o, (uint64_t)r->n_documents, 8);
	buf_put(o, r->rows, sizeof(r->rows));
}

static void put_processor(struct buf *o, const struct ledger_processor *r)
{
	begin(o, "processor");
	buf_put_le(o, (uint64_t)r->id, 8);
	buf_put(o, r->ppid, sizeof(r->ppid));
	buf_put(o, r->rpk, sizeof(r->rpk));
	buf_put(o, r->fmspc, sizeof(r->fmspc));
	buf_put(o, r->piid, sizeof(r->piid));
	buf_put(o, r->cpu_svn, sizeof(r->cpu_svn));
	buf_put_le(o, r->pce_id, 2);
	buf_put_le(o, r->pce_svn, 2);
	buf_put_le(o, (uint64_t)r->made, 8);
	buf_put_le(o, (uint64_t)r->revoked, 8);
	buf_put(o, r->name, strlen(r->name));
}

static void put_cert(struct buf *o, const struct ledger_cert *r)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, r->der);
	begin(o, "certificate");
	buf_put_le(o, (uint64_t)r->processor, 8);
	buf_put(o, r->tcbm, sizeof(r->tcbm));
	buf_put(o, r->serial, sizeof(r->serial));
	buf_put_le(o, (uint64_t)r->issued, 8);
	buf_put(o, digest, sizeof(digest));
}

static void put_family(struct buf *o, const struct ledger_family *r)
{
	begin(o, "family");
	buf_put(o, r->fmspc, sizeof(r->fmspc));
	buf_put_le(o, r->ca, 1);
}

static void put_evaluation(struct buf *o, const struct ledger_evaluation *r)
{
	begin(o, "evaluation");
	buf_put_le(o, r->number, 4);
	buf_put_le(o, (uint64_t)r->event, 8);
	buf_put_le(o, (uint64_t)r->standard, 8);
	buf_put(o, r->cpu_svn, sizeof(r->cpu_svn));
	buf_put_le(o, r->pce_svn, 2);
	buf_put(o, r->advisory, strlen(r->advisory));
}

static void put_document(struct buf *o, const struct ledger_document *r)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, r->body);
	begin(o, "document");
	buf_put(o, digest, sizeof(digest));
	buf_put(o, r->name, strlen(r->name));
}

/* The MAC of what was put, which is wiped. */
static bool mac(uint8_t seal[LEDGER_SEAL_LEN], struct sim_maker *m,
                struct buf *o)
{
	bool done = !o->bad && assay_cmac(seal, m->keys.seal, buf_bytes(o));

	if (o->ptr)
		assay_wipe(o->ptr, o->cap);
	buf_free(o);
	return done || sim_no_memory(m);
}

/* Whether it is this seal; else, what is not what was written. */
static bool same(struct sim_maker *m, struct buf *o,
                 const uint8_t seal[LEDGER_SEAL_LEN], const char *what)
{
	uint8_t want[LEDGER_SEAL_LEN];

	if (!mac(want, m, o))
		return false;
	return assay_cmac_equal(want, seal) ||
	       sim_because(&m->why,
	                   "the ledger was changed by somebody else: its entry "
	                   "of %s is not what this manufacturer wrote",
	                   what);
}

/* ---- the seal of all rows */

static bool mac_of(uint8_t out[LEDGER_SEAL_LEN], struct sim_maker *m,
                   const char *kind, const uint8_t in[LEDGER_SEAL_LEN])
{
	struct buf o = { 0 };

	begin(&o, kind);
	buf_put(&o, in, LEDGER_SEAL_LEN);
	return mac(out, m, &o);
}

/* Seals are seen by whoever reads the ledger, so that their sum alone would let
 * many rows be put back together which add up to the same; a MAC of a seal is
 * not seen, nor is a tally. */
bool sim_tally(struct sim_maker *m, uint8_t tally[LEDGER_SEAL_LEN],
               const uint8_t seal[LEDGER_SEAL_LEN])
{
	uint8_t hidden[LEDGER_SEAL_LEN] = { 0 };

	if (!mac_of(hidden, m, "row", seal))
		return false;
	for (unsigned i = 0; i < LEDGER_SEAL_LEN; i++)
		tally[i] ^= hidden[i];
	assay_wipe(hidden, sizeof(hidden));
	return true;
}

bool sim_tally_is(struct sim_maker *m, const uint8_t tally[LEDGER_SEAL_LEN],
                  const struct ledger_maker *row)
{
	uint8_t want[LEDGER_SEAL_LEN];

	return mac_of(want, m, "rows", tally) &&
	       (assay_cmac_equal(want, row->rows) ||
	        sim_because(&m->why, "the ledger was changed by somebody else: "
	                             "an entry is not the one that was written "
	                             "last"));
}

/* ---- of each */

bool sim_seal_maker(struct sim_maker *m, struct ledger_maker *row)
{
	struct buf o = { 0 };

	if (!mac_of(row->rows, m, "rows", m->tally))
		return false;
	put_maker(&o, row);
	return mac(row->seal, m, &o);
}

bool sim_sealed_maker(struct sim_maker *m, const struct ledger_maker *row)
{
	struct buf o = { 0 };

	put_maker(&o, row);
	return same(m, &o, row->seal, "the manufacturer");
}

bool sim_seal_processor(struct sim_maker *m, struct ledger_processor *row)
{
	struct buf o = { 0 };

	put_processor(&o, row);
	return mac(row->seal, m, &o);
}

bool sim_sealed_processor(struct sim_maker *m,
                          const struct ledger_processor *row)
{
	struct buf o = { 0 };
	char what[LEDGER_NAME_LEN + 16];

	put_processor(&o, row);
	snprintf(what, sizeof(what), "processor %s", row->name);
	return same(m, &o, row->seal, what);
}

bool sim_seal_cert(struct sim_maker *m, struct ledger_cert *row)
{
	struct buf o = { 0 };

	put_cert(&o, row);
	return mac(row->seal, m, &o);
}

bool sim_sealed_cert(struct sim_maker *m, const struct ledger_cert *row)
{
	struct buf o = { 0 };

	put_cert(&o, row);
	return same(m, &o, row->seal, "a certificate");
}

bool sim_seal_family(struct sim_maker *m, struct ledger_family *row)
{
	struct buf o = { 0 };

	put_family(&o, row);
	return mac(row->seal, m, &o);
}

bool sim_sealed_family(struct sim_maker *m, const struct ledger_family *row)
{
	struct buf o = { 0 };

	put_family(&o, row);
	return same(m, &o, row->seal, "a family");
}

bool sim_seal_evaluation(struct sim_maker *m, struct ledger_evaluation *row)
{
	struct buf o = { 0 };

	put_evaluation(&o, row);
	return mac(row->seal, m, &o);
}

bool sim_sealed_evaluation(struct sim_maker *m,
                           const struct ledger_evaluation *row)
{
	struct buf o = { 0 };

	put_evaluation(&o, row);
	return same(m, &o, row->seal, "a TCB evaluation");
}

bool sim_seal_document(struct sim_maker *m, struct ledger_document *row)
{
	struct buf o = { 0 };

	put_document(&o, row);
	return mac(row->seal, m, &o);
}

bool sim_sealed_document(struct sim_maker *m, const struct ledger_document *row)
{
	struct buf o = { 0 };
	char what[SIM_DOCUMENT_NAME + 16];

	put_document(&o, row);
	snprintf(what, sizeof(what), "document %s", row->name);
	return same(m, &o, row->seal, what);
}
