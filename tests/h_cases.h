/*
 * h_cases.h - a forgery as a row of data: what is changed in a world that is
 * otherwise genuine and well signed, and the one check that must find it.
 *
 *	static const struct a_case rows[] = {
 *		{ .number = 32, .name = "leaf-expired", .edit = leaf_expired,
 *		  .want = ASSAY_X_TIME, .doc = ASSAY_DOC_PCK_LEAF },
 *		{ .number = 31, .name = "order-permuted", .edit = permute },
 *	};
 *
 * Every row runs for every kind of quote that it applies to, and is judged in
 * several ways: all at once; the same with a memo that has seen the genuine
 * platform; by a trust opened with no PCK chain, and with a neighbour's; among
 * many.  All of them must come to the same.  Forgeries are also judged in
 * strict mode with the highest floors that the genuine world meets, and with
 * years of grace: no way of asking may make a forgery genuine.
 */
#ifndef TESTS_H_CASES_H
#define TESTS_H_CASES_H

#include <assay/assay.h>

#include "forge/world.h"
#include "tap.h"

/* Kinds of quotes as bits. */
#define CASE_KIND(kind) (1u << (kind))
enum {
	CASES_V3 = CASE_KIND(SIM_SGX_V3),
	CASES_V4 = CASE_KIND(SIM_SGX_V4) | CASE_KIND(SIM_TDX_V4),
	CASES_V5 = CASE_KIND(SIM_SGX_V5) | CASE_KIND(SIM_TDX10_V5) |
	           CASE_KIND(SIM_TDX15_V5),
	CASES_SGX = CASE_KIND(SIM_SGX_V3) | CASE_KIND(SIM_SGX_V4) |
	            CASE_KIND(SIM_SGX_V5),
	CASES_TDX = CASE_KIND(SIM_TDX_V4) | CASE_KIND(SIM_TDX10_V5) |
	            CASE_KIND(SIM_TDX15_V5),
	CASES_ALL = CASES_SGX | CASES_TDX,
};

/* What goes to the verifier: views into the built world, which a row may
 * change or replace. */
struct case_evidence {
	struct sim_world *world;
	struct assay_evidence evidence; /* quote and collateral */
	struct assay_terms terms;       /* the row's, with a `now` */
	uint8_t root_key[64];           /* the world's root's */
	void *memory[4];                /* see case_memory */
};

struct a_case {
	unsigned number; /* of the catalogue [DCAP 8] */
	const char *name;
	unsigned kinds; /* 0: CASES_ALL */
	/* before the world is built */
	void (*edit)(struct sim_world *world, int64_t arg);
	/* afterwards: bytes, views, terms, root key.  Who changes a document
	 * of the world calls case_view */
	void (*after)(struct case_evidence *e, int64_t arg);
	int64_t arg;              /* for both */
	struct assay_terms terms; /* now 0: world->now */
	enum assay_check want;    /* ASSAY_OK: a control, which is genuine */
	enum assay_doc doc;       /* forgeries: the document it is found in */
	const char *note;         /* forgeries: part of the note, or NULL */
	enum assay_status status; /* controls; NONE: UpToDate */
	/* controls: what else must hold, or NULL */
	bool (*holds)(const struct assay_verdict *verdict,
	              const struct case_evidence *e);
};

/* A genuine world of this kind, its specs filled and nothing built yet: as
 * sim_world_default makes it, at less cost. */
void case_world(struct sim_world *world, enum sim_kind kind);

/* The TEE's index in world->tcb and ->qe: SIM_SGX or SIM_TDX. */
unsigned case_tee(const struct sim_world *world);

/* Views the world's quote and collateral, as they are now. */
void case_view(struct case_evidence *e);

/* n bytes of zeros for a row, freed when it is done; at most four times. */
uint8_t *case_memory(struct case_evidence *e, size_t n);

/* Runs a row for one kind; where it fails, `why` says how. */
#define CASE_WHY 400
bool case_holds(const struct a_case *row, enum sim_kind kind,
                char why[CASE_WHY]);

/* The numbers of the catalogue that were met: those of rows that ran, and
 * those of tests that are no rows. */
void case_met(unsigned number);
bool case_was_met(unsigned number);

/* Runs rows: a test for each row and kind. */
__attribute__((unused)) static void cases_run(const struct a_case *rows,
                                              size_t n)
{
	char why[CASE_WHY];

	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < SIM_N_KINDS; k++) {
			unsigned kinds = rows[i].kinds ? rows[i].kinds
			                               : CASES_ALL;

			if (kinds & CASE_KIND(k) &&
			    !ok(case_holds(&rows[i], k, why), "%u %s: %s",
			        rows[i].number, rows[i].name, sim_kind_name(k)))
				note("%s", why);
		}
}

/* A test: every number from `first` to `last` was met. */
__attribute__((unused)) static void cases_all_met(unsigned first, unsigned last)
{
	unsigned missing = 0;

	for (unsigned i = first; i <= last; i++)
		if (!case_was_met(i)) {
			note("case %u was not met", i);
			missing++;
		}
	ok(!missing, "cases %u to %u were all met", first, last);
}

#endif
