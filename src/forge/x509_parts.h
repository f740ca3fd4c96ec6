/* x509_parts.h - pieces that certificates and revocation lists share. */
#ifndef FORGE_X509_PARTS_H
#define FORGE_X509_PARTS_H

#include "forge/x509_make.h"

/* Last arcs of 2.5.29 */
enum {
	SIM_CE_SKI = 14,
	SIM_CE_KEY_USAGE = 15,
	SIM_CE_BASIC = 19,
	SIM_CE_CRL_NUMBER = 20,
	SIM_CE_REASON = 21,
	SIM_CE_CRL_POINTS = 31,
	SIM_CE_AKI = 35,
};

void sim_x509_name(struct buf *out, const struct sim_name *name);
void sim_x509_alg(struct buf *out, enum sim_alg alg);
void sim_x509_serial(struct buf *out, const struct sim_octets *serial,
                     bool raw);
void sim_x509_ext(struct buf *out, const struct sim_ext *ext);
/* An extension of 2.5.29; `value` holds the OCTET STRING's contents. */
void sim_x509_ce(struct buf *out, uint8_t arc, bool critical,
                 const struct buf *value);
/* The authority key identifier, unless it is empty. */
void sim_x509_aki(struct buf *out, const struct sim_octets *aki);

/* Signs `tbs`, which is freed, and writes the whole into `der`. */
ASSAY_MUST_CHECK bool sim_x509_seal(struct buf *der, struct buf *tbs,
                                    const struct sim_signing *how,
                                    const struct assay_p256_pair *issuer);

#endif
