/* crl_make.c - revocation lists. */
#include "forge/x509_parts.h"

static void put_entry(struct buf *out, const struct sim_revoked *entry)
{
	size_t at = sim_der_open(out, DER_SEQUENCE);

	sim_x509_serial(out, &entry->serial, entry->serial_raw);
	sim_der_time(out, entry->date);
	if (entry->reason >= 0 || entry->extra) {
		size_t all = sim_der_open(out, DER_SEQUENCE);
		struct buf v = { 0 };

		if (entry->reason >= 0) {
			sim_der_int(&v, DER_ENUMERATED, entry->reason);
			sim_x509_ce(out, SIM_CE_REASON, false, &v);
			buf_free(&v);
		}
		if (entry->extra)
			sim_x509_ext(out, entry->extra);
		sim_der_close(out, all);
	}
	sim_der_close(out, at);
}

static void put_extensions(struct buf *out, const struct sim_crl_spec *spec)
{
	size_t wrap = sim_der_open(out, DER_CONTEXT_0);
	size_t all = sim_der_open(out, DER_SEQUENCE);
	struct buf v = { 0 };

	if (spec->number.len) {
		sim_der_magnitude(&v, sim_bytes(&spec->number));
		sim_x509_ce(out, SIM_CE_CRL_NUMBER, false, &v);
		buf_free(&v);
	}
	sim_x509_aki(out, &spec->aki);
	for (size_t i = 0; i < spec->n_extra; i++)
		sim_x509_ext(out, &spec->extra[i]);
	sim_der_close(out, all);
	sim_der_close(out, wrap);
}

bool sim_crl_make(struct buf *der, const struct sim_crl_spec *spec,
                  const struct assay_p256_pair *issuer)
{
	struct buf tbs = { 0 };
	size_t at = sim_der_open(&tbs, DER_SEQUENCE);

	if (spec->version >= 0)
		sim_der_int(&tbs, DER_INTEGER, spec->version);
	sim_x509_alg(&tbs, spec->sign.inner);
	sim_x509_name(&tbs, &spec->issuer);
	sim_der_time(&tbs, spec->this_update);
	if (!spec->no_next_update)
		sim_der_time(&tbs, spec->next_update);
	if (spec->n_revoked) { /* else left out [RFC 5280 5.1.2.6] */
		size_t all = sim_der_open(&tbs, DER_SEQUENCE);

		for (size_t i = 0; i < spec->n_revoked; i++)
			put_entry(&tbs, &spec->revoked[i]);
		sim_der_close(&tbs, all);
	}
	if (spec->number.len || spec->aki.len || spec->n_extra)
		put_extensions(&tbs, spec);
	sim_der_close(&tbs, at);
	return sim_x509_seal(der, &tbs, &spec->sign, issuer);
}
