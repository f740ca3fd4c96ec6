/* fuzz_signed.c - artefacts of any kind, signed programs above all: what is
 * good is so by its own words, and stays what it is taken apart and put
 * together. */
#include "measure/launch.h"
#include "measure/signed.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static bool is_inside(struct assay_bytes v, const uint8_t *data, size_t len)
{
	return v.ptr >= data && v.len <= len &&
	       (size_t)(v.ptr - data) <= len - v.len;
}

/* A launch page says the same when it is written anew. */
static void check_page(const uint8_t *page, struct assay_bytes program)
{
	uint8_t again[ASSAY_PAGE];
	struct assay_launch launch;
	struct assay_err err = { 0 };

	memset(&launch, 0xee, sizeof(launch));
	if (!assay_launch_read(&launch, page, &err)) {
		must(err.check == ASSAY_S_LAUNCH && err.at < ASSAY_PAGE &&
		     is_zero(&launch, sizeof(launch)));
		return;
	}
	must(is_inside(launch.args, page, ASSAY_PAGE) && launch.n_args > 0 &&
	     launch.stack > 0 && launch.threads > 0);
	must(assay_launch_write(again, &launch, program, NULL));
	must((memcmp(again, page, ASSAY_PAGE) == 0) ==
	     assay_launch_is_for(page, program, NULL));
}

/* The parts, put together, are the file. */
static void check_parts(const struct assay_signed *parts, const uint8_t *data,
                        size_t len)
{
	uint8_t tail[ASSAY_SIGNED_TAIL];

	must(parts->program.ptr == data && parts->program.len > 0 &&
	     parts->program.len + ASSAY_SIGNED_TAIL == len);
	must(parts->launch.len == ASSAY_PAGE &&
	     parts->sigstruct.len == ASSAY_SIGSTRUCT_LEN);
	assay_signed_tail(tail, parts->program.len, parts->launch.ptr,
	                  parts->sigstruct.ptr);
	must(memcmp(tail, data + parts->program.len, sizeof(tail)) == 0);
	check_page(parts->launch.ptr, parts->program);
}

static void check_measurement(const struct assay_measurement *m,
                              const uint8_t *data, size_t len)
{
	must(m->good == (m->failed.check == ASSAY_OK));
	must(m->has_computed || is_zero(m->computed, 32));
	must(m->has_claimed || is_zero(&m->claimed, sizeof(m->claimed)));
	must(m->has_claimed || !m->signature_ok);
	must(m->kind != ASSAY_ARTEFACT_SIGNED || !m->has_launch ||
	     is_inside(m->launch.args, data, len));
	if (!m->good)
		return;
	must(m->kind != ASSAY_ARTEFACT_NONE);
	must(m->has_computed == (m->kind != ASSAY_ARTEFACT_SIGSTRUCT));
	must(m->has_claimed == m->signature_ok);
	if (m->kind == ASSAY_ARTEFACT_SIGNED)
		must(m->has_claimed &&
		     memcmp(m->computed, m->claimed.mrenclave, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_measurement m;
	struct assay_signed parts;
	struct assay_err err = { 0 };

	memset(&parts, 0xee, sizeof(parts));
	if (assay_signed_read(&parts, in, &err)) {
		must(assay_is_signed(in));
		check_parts(&parts, data, len);
	} else {
		must(is_zero(&parts, sizeof(parts)));
		must(err.check == ASSAY_S_TRAILER && err.at <= len);
	}
	memset(&m, 0xee, sizeof(m));
	must(assay_measure(&m, in, NULL) == m.good);
	check_measurement(&m, data, len);
	return 0;
}
