/* measure.c - an artefact of whatever kind: its measurement, and what its
 * signer claims. */
#include "base/err.h"
#include "measure/gramine.h"
#include "measure/launch.h"
#include "measure/libpal.h"
#include "measure/oe.h"
#include "measure/program.h"
#include "measure/sdk.h"
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
	case ASSAY_ARTEFACT_GRAMINE:
		return "gramine";
	case ASSAY_ARTEFACT_SDK:
		return "sdk";
	case ASSAY_ARTEFACT_OE:
		return "oe";
	case ASSAY_ARTEFACT_NONE:
		break;
	}
	return "";
}

static bool begins(struct assay_bytes in, const char *with, size_t n)
{
	return in.len >= n && memcmp(in.ptr, with, n) == 0;
}

/* Without its section headers an enclave would pass for a program. */
static enum assay_artefact kind_of_elf(struct assay_bytes in)
{
	return assay_is_signed(in)   ? ASSAY_ARTEFACT_SIGNED
	       : assay_is_sdk(in)    ? ASSAY_ARTEFACT_SDK
	       : assay_is_oe(in)     ? ASSAY_ARTEFACT_OE
	       : assay_so_is_cut(in) ? ASSAY_ARTEFACT_NONE
	                             : ASSAY_ARTEFACT_PROGRAM;
}

/* With a loader beside it, text is taken for a manifest whatever it says. */
static enum assay_artefact kind_of(struct assay_bytes in,
                                   const struct assay_measuring *how)
{
	if (begins(in, "\177ELF", 4))
		return kind_of_elf(in);
	if (assay_is_sgxs(in))
		return ASSAY_ARTEFACT_SGXS;
	if (begins(in, "\6\0\0\0\341\0\0\0", 8))
		return ASSAY_ARTEFACT_SIGSTRUCT;
	if (how->libpal.len > 0 || assay_is_manifest(in))
		return ASSAY_ARTEFACT_GRAMINE;
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

static void tell_area(void *to, const struct assay_area *a)
{
	const struct assay_measuring *how = to;
	struct assay_pages p = { a->name, a->at, a->n_pages, a->flags,
		                 a->measured ? ASSAY_N_CHUNKS : 0 };

	how->pages(how->to, &p);
}

static void tell_areas(const struct assay_plan *plan,
                       const struct assay_measuring *how)
{
	struct assay_measuring copy = *how;

	for (size_t i = 0; how->pages && i < plan->n; i++)
		tell_area(&copy, &plan->area[i]);
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

	if (!keep(m, assay_plan_any(&plan, program, launch, &err), &err))
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
	/* an altered program is measured all the same, to be told beside the
	 * claim */
	if (m->has_launch)
		keep(m,
		     assay_launch_is_for(parts.launch.ptr, parts.program, &err),
		     &err);
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

/* ---- Intel's SDK */

static bool makes(const struct assay_sdk *sdk,
                  const struct assay_sdk_copy *copy,
                  const uint8_t mrenclave[32])
{
	struct assay_stream s;
	uint8_t got[32];

	assay_stream_begin(&s, NULL);
	return assay_sdk_stream(&s, sdk, copy, NULL, NULL, NULL) &&
	       assay_stream_end(got, &s, NULL) &&
	       memcmp(got, mrenclave, 32) == 0;
}

/* What is wrong with metadata that is not taken today; NULL: nothing. */
static const char *fault(const struct assay_measurement *m,
                         const struct assay_sdk *sdk,
                         const struct assay_sdk_copy *c)
{
	struct assay_sigstruct claimed;

	if (!assay_sigstruct_read(&claimed, c->sigstruct, NULL))
		return "its signature is not good";
	if (memcmp(claimed.mrsigner, m->claimed.mrsigner, 32) != 0 ||
	    claimed.isv_prod_id != m->claimed.isv_prod_id ||
	    claimed.isv_svn != m->claimed.isv_svn)
		return "its signer, product or version is another";
	if (memcmp(claimed.mrenclave, m->computed, 32) != 0)
		return "it is signed for another enclave";
	return assay_sdk_same(c, &sdk->copy[sdk->taken]) ||
	                       makes(sdk, c, m->computed)
	               ? NULL
	               : "it makes another enclave";
}

static bool check_copies(const struct assay_measurement *m,
                         const struct assay_sdk *sdk, struct assay_err *err)
{
	for (size_t i = 0; i < sdk->n; i++) {
		const struct assay_sdk_copy *c = &sdk->copy[i];
		const char *what = i == sdk->taken ? NULL : fault(m, sdk, c);

		if (what)
			return assay_fail(err, ASSAY_S_SDK_COPIES,
			                  ASSAY_DOC_PROGRAM, c->at,
			                  "metadata of version %u.%u, for "
			                  "loaders of another age: %s",
			                  c->major, c->minor, what);
	}
	return true;
}

static void measure_sdk(struct assay_measurement *m, struct assay_bytes in,
                        const struct assay_measuring *how)
{
	struct assay_sink sink = { how->put, how->to };
	const struct assay_sdk_copy *taken;
	struct assay_stream s;
	struct assay_sdk sdk;
	struct assay_err err;

	if (!keep(m, assay_sdk_read(&sdk, in, &err), &err))
		return;
	taken = &sdk.copy[sdk.taken];
	m->has_metadata = true;
	m->metadata = (struct assay_metadata){ (unsigned)sdk.n, taken->major,
		                               taken->minor };
	read_claims(m, taken->sigstruct);
	assay_stream_begin(&s, how->put ? &sink : NULL);
	if (keep(m,
	         assay_sdk_stream(&s, &sdk, taken, how->pages, how->to, &err),
	         &err))
		end_stream(m, &s);
	if (m->has_claimed && m->has_computed &&
	    keep(m, is_claimed(m, &err), &err))
		keep(m, check_copies(m, &sdk, &err), &err);
}

/* ---- Open Enclave */

static void measure_oe(struct assay_measurement *m, struct assay_bytes in,
                       const struct assay_measuring *how)
{
	struct assay_sink sink = { how->put, how->to };
	struct assay_stream s;
	struct assay_oe oe;
	struct assay_err err;

	if (!keep(m, assay_oe_read(&oe, in, &err), &err))
		return;
	read_claims(m, oe.sigstruct);
	assay_stream_begin(&s, how->put ? &sink : NULL);
	if (keep(m, assay_oe_plan(&oe, &err), &err) &&
	    keep(m, assay_oe_stream(&s, &oe, how->pages, how->to, &err), &err))
		end_stream(m, &s);
}

/* ---- Gramine */

/* A manifest on its way. */
struct gramine {
	struct assay_gramine manifest;
	struct assay_elf pal;
	struct assay_gramine_plan plan;
	struct assay_stream stream;
};

static bool run_gramine(struct gramine *g, enum assay_gramine_layout layout,
                        const struct assay_sink *sink, struct assay_err *err)
{
	g->manifest.layout = layout;
	assay_stream_begin(&g->stream, sink);
	return assay_gramine_plan(&g->plan, &g->manifest, &g->pal, err) &&
	       assay_gramine_stream(&g->stream, &g->plan, err);
}

/* Whether the stream comes to what its signer claims. */
static bool is_signed(const struct assay_measurement *m,
                      const struct assay_stream *stream)
{
	struct assay_stream s = *stream;
	uint8_t mrenclave[32];

	return assay_stream_end(mrenclave, &s, NULL) &&
	       memcmp(mrenclave, m->claimed.mrenclave, 32) == 0;
}

/* Not every manifest says of which layout it is, and no manifest must: so where
 * the signer has signed the other one, that is it. */
static bool stream_gramine(const struct assay_measurement *m, struct gramine *g,
                           const struct assay_sink *sink, struct assay_err *err)
{
	enum assay_gramine_layout first = g->manifest.layout;
	enum assay_gramine_layout other = first == ASSAY_GRAMINE_AT_0
	                                          ? ASSAY_GRAMINE_AT_SIZE
	                                          : ASSAY_GRAMINE_AT_0;

	if (!m->has_claimed)
		return run_gramine(g, first, sink, err);
	if (!run_gramine(g, first, NULL, err))
		return false;
	if (!is_signed(m, &g->stream) && run_gramine(g, other, NULL, NULL) &&
	    is_signed(m, &g->stream))
		first = other;
	return (!sink && g->plan.g.layout == first) ||
	       run_gramine(g, first, sink, err);
}

static void measure_gramine(struct assay_measurement *m, struct assay_bytes in,
                            const struct assay_measuring *how)
{
	struct assay_sink sink = { how->put, how->to };
	struct assay_measuring copy = *how;
	struct assay_err err;
	struct gramine g;
	bool streamed;

	if (!keep(m, assay_gramine_read(&g.manifest, in, &err), &err) ||
	    !keep(m, assay_libpal_read(&g.pal, how->libpal, &err), &err))
		return;
	streamed = keep(m, stream_gramine(m, &g, how->put ? &sink : NULL, &err),
	                &err);
	m->has_manifest = true;
	m->manifest = (struct assay_manifest){
		g.manifest.size, g.manifest.threads, g.manifest.edmm,
		g.manifest.layout == ASSAY_GRAMINE_AT_SIZE,
		g.manifest.n_unhashed
	};
	if (!streamed)
		return;
	if (how->pages)
		assay_gramine_tell(&g.plan, tell_area, &copy);
	end_stream(m, &g.stream);
}

static void unknown(struct assay_measurement *m, struct assay_bytes in)
{
	struct assay_err *err = &m->failed;
	bool cut = assay_so_is_cut(in);

	assay_fail(err, ASSAY_S_ARTEFACT, ASSAY_DOC_NONE, 0,
	           "%zu bytes that %s", in.len,
	           cut ? "end before the ELF file's section headers do"
	               : "begin as no ELF, stream or SIGSTRUCT does");
}

/* A SIGSTRUCT beside what holds none itself. */
static void read_beside(struct assay_measurement *m, struct assay_bytes sig)
{
	struct assay_err *err = &m->failed;

	if (m->kind == ASSAY_ARTEFACT_PROGRAM ||
	    m->kind == ASSAY_ARTEFACT_SGXS || m->kind == ASSAY_ARTEFACT_GRAMINE)
		read_claims(m, sig);
	else
		assay_fail(err, ASSAY_S_BESIDE, ASSAY_DOC_SIGSTRUCT, 0,
		           "beside a file of the kind %s",
		           assay_artefact_name(m->kind));
}

bool assay_measure(struct assay_measurement *m, struct assay_bytes in,
                   const struct assay_measuring *measuring)
{
	static const struct assay_measuring nothing;
	const struct assay_measuring *how = measuring ? measuring : &nothing;
	struct assay_err err;

	*m = (struct assay_measurement){ .kind = kind_of(in, how) };
	if (how->sig.len > 0)
		read_beside(m, how->sig);
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
	case ASSAY_ARTEFACT_GRAMINE:
		measure_gramine(m, in, how);
		break;
	case ASSAY_ARTEFACT_SDK:
		measure_sdk(m, in, how);
		break;
	case ASSAY_ARTEFACT_OE:
		measure_oe(m, in, how);
		break;
	case ASSAY_ARTEFACT_NONE:
		unknown(m, in);
	}
	if (m->has_claimed && m->has_computed)
		keep(m, is_claimed(m, &err), &err);
	m->good = m->failed.check == ASSAY_OK;
	return m->good;
}
