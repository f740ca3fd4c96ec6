/* measure.c - an artefact of whatever kind: its measurement, and what its
 * signer claims. */
#include "base/err.h"
#include "measure/launch.h"
#include "measure/program.h"
#include "measure/sgxs.h"
#include "measure/signed.h"
#include "measure/sigstruct.h"

#include <string.h>

const char *assay_artefact_name(enum assay_artefact kind)
{
	switch (kind) {
	case ASSAY_ARTEFACT_PROGRAM:
		return "program";
	case ASSAY_ARTEFACT_SIGNED:
		return "signed";
	case ASSAY_ARTEFACT_SGXS:
		return "sgxs";
	case ASSAY_ARTEFACT_SIGSTRUCT:
		return "sigstruct";
	case ASSAY_ARTEFACT_NONE:
		break;
	}
	return "";
}

static bool begins(struct assay_bytes in, const char *with, size_t n)
{
	return in.len >= n && memcmp(in.ptr, with, n) == 0;
}

static enum assay_artefact kind_of(struct assay_bytes in)
{
	if (begins(in, "\177ELF", 4))
		return assay_is_signed(in) ? ASSAY_ARTEFACT_SIGNED
		                           : ASSAY_ARTEFACT_PROGRAM;
	if (assay_is_sgxs(in))
		return ASSAY_ARTEFACT_SGXS;
	if (begins(in, "\6\0\0\0\341\0\0\0", 8))
		return ASSAY_ARTEFACT_SIGSTRUCT;
	return ASSAY_ARTEFACT_NONE;
}

/* Keeps the first failure. */
static bool keep(struct assay_measurement *m, bool holds,
                 const struct assay_err *err)
{
	if (!holds && m->failed.check == ASSAY_OK)
		m->failed = *err;
	return holds;
}

static void end_stream(struct assay_measurement *m, struct assay_stream *s)
{
	struct assay_err err;

	m->enclave_size = s->size;
	m->hashed = s->hashed;
	m->has_computed = keep(m, assay_stream_end(m->computed, s, &err), &err);
}

static void tell_areas(const struct assay_plan *plan,
                       const struct assay_measuring *how)
{
	for (size_t i = 0; how->pages && i < plan->n; i++) {
		const struct assay_area *a = &plan->area[i];
		struct assay_pages p = { a->name, a->at, a->n_pages, a->flags,
			                 a->measured ? ASSAY_N_CHUNKS : 0 };

		how->pages(how->to, &p);
	}
}

static void measure_program(struct assay_measurement *m,
                            struct assay_bytes program,
                            const uint8_t launch[ASSAY_PAGE],
                            const struct assay_measuring *how)
{
	struct assay_sink sink = { how->put, how->to };
	struct assay_stream s;
	struct assay_plan plan;
	struct assay_err err;

	if (!keep(m, assay_plan_make(&plan, program, launch, &err), &err))
		return;
	tell_areas(&plan, how);
	assay_stream_begin(&s, how->put ? &sink : NULL);
	if (keep(m, assay_plan_stream(&s, &plan, &err), &err))
		end_stream(m, &s);
}

static void measure_unsigned(struct assay_measurement *m, struct assay_bytes in,
                             const struct assay_measuring *how)
{
	uint8_t page[ASSAY_PAGE];
	struct assay_err err;

	if (how->launch)
		m->launch = *how->launch;
	else
		assay_launch_default(&m->launch);
	m->has_launch = keep(m, assay_launch_write(page, &m->launch, in, &err),
	                     &err);
	if (m->has_launch)
		measure_program(m, in, page, how);
}

static void read_claims(struct assay_measurement *m, struct assay_bytes in)
{
	struct assay_err err;

	m->has_claimed = keep(m, assay_sigstruct_claims(&m->claimed, in, &err),
	                      &err);
	m->signature_ok = m->has_claimed &&
	                  keep(m, assay_sigstruct_verify(in, &err), &err);
}

static bool is_claimed(const struct assay_measurement *m, struct assay_err *err)
{
	return memcmp(m->computed, m->claimed.mrenclave, 32) == 0 ||
	       assay_fail(err, ASSAY_S_MEASUREMENT, ASSAY_DOC_SIGSTRUCT, 960,
	                  "the enclave is another than the one that was "
	                  "signed");
}

static void measure_signed(struct assay_measurement *m, struct assay_bytes in,
                           const struct assay_measuring *how)
{
	struct assay_signed parts;
	struct assay_err err;

	if (!keep(m, assay_signed_read(&parts, in, &err), &err))
		return;
	read_claims(m, parts.sigstruct);
	m->has_launch = keep(
		m, assay_launch_read(&m->launch, parts.launch.ptr, &err), &err);
	measure_program(m, parts.program, parts.launch.ptr, how);
	if (m->has_claimed && m->has_computed)
		keep(m, is_claimed(m, &err), &err);
}

static void measure_sgxs(struct assay_measurement *m, struct assay_bytes in,
                         const struct assay_measuring *how)
{
	struct assay_sink sink = { how->put, how->to };
	struct assay_stream s;
	struct assay_err err;

	assay_stream_begin(&s, how->put ? &sink : NULL);
	if (keep(m,
	         assay_sgxs_stream(&s, &m->unsized, in, how->pages, how->to,
	                           &err),
	         &err))
		end_stream(m, &s);
}

static void unknown(struct assay_measurement *m, struct assay_bytes in)
{
	struct assay_err *err = &m->failed;

	assay_fail(err, ASSAY_S_ARTEFACT, ASSAY_DOC_NONE, 0,
	           "%zu bytes that begin as no ELF, stream or SIGSTRUCT does",
	           in.len);
}

bool assay_measure(struct assay_measurement *m, struct assay_bytes in,
                   const struct assay_measuring *measuring)
{
	static const struct assay_measuring nothing;
	const struct assay_measuring *how = measuring ? measuring : &nothing;

	*m = (struct assay_measurement){ .kind = kind_of(in) };
	switch (m->kind) {
	case ASSAY_ARTEFACT_PROGRAM:
		measure_unsigned(m, in, how);
		break;
	case ASSAY_ARTEFACT_SIGNED:
		measure_signed(m, in, how);
		break;
	case ASSAY_ARTEFACT_SGXS:
		measure_sgxs(m, in, how);
		break;
	case ASSAY_ARTEFACT_SIGSTRUCT:
		read_claims(m, in);
		break;
	case ASSAY_ARTEFACT_NONE:
		unknown(m, in);
	}
	m->good = m->failed.check == ASSAY_OK;
	return m->good;
}
