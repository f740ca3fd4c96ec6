/* sigstruct.h - making a SIGSTRUCT [SGX 2]; <assay/measure.h> reads one. */
#ifndef MEASURE_SIGSTRUCT_H
#define MEASURE_SIGSTRUCT_H

#include <assay/measure.h>

#include "crypto/rsa.h"

#define ASSAY_SIGNDATA_LEN 256

/* assay_sigstruct_default has what an enclave is signed with if nothing else is
 * said: 64-bit mode, no other flag but debug where it is allowed; x87 and SSE,
 * and AVX and AVX-512 where the processor has them. */
void assay_sigstruct_default(struct assay_sigstruct *fields,
                             bool debug_allowed);

/* assay_sigstruct_data writes what is signed: bytes 0 to 127 and 900 to 1027 of
 * the SIGSTRUCT of these fields. */
void assay_sigstruct_data(uint8_t data[ASSAY_SIGNDATA_LEN],
                          const struct assay_sigstruct *fields);

/*
 * assay_sigstruct_join makes the SIGSTRUCT of these fields with a signature
 * that was made elsewhere, over assay_sigstruct_data.  The signature may be
 * big-endian, as most tools write it, or little-endian.  Zeroed on failure.
 * Fails with ASSAY_S_MODULUS, _SIGNATURE.
 */
ASSAY_MUST_CHECK bool
assay_sigstruct_join(uint8_t out[ASSAY_SIGSTRUCT_LEN],
                     const struct assay_sigstruct *fields,
                     const uint8_t modulus[ASSAY_RSA3_LEN],
                     const uint8_t sig[ASSAY_RSA3_LEN], struct assay_err *err);

/* assay_sigstruct_sign makes it with a key that is here.  The same fields and
 * key give the same bytes.  Fails as assay_sigstruct_join. */
ASSAY_MUST_CHECK bool assay_sigstruct_sign(uint8_t out[ASSAY_SIGSTRUCT_LEN],
                                           const struct assay_sigstruct *fields,
                                           const struct assay_rsa3 *key,
                                           struct assay_err *err);

/* assay_sigstruct_verify checks the signature, Q1 and Q2 of a SIGSTRUCT whose
 * form is good.  Fails with ASSAY_S_SIGNATURE, _Q1, _Q2. */
ASSAY_MUST_CHECK bool assay_sigstruct_verify(struct assay_bytes in,
                                             struct assay_err *err);

/* Keys that sign enclaves, out of PEM.  If there is none, the first is NULL, the
 * second false, and ASSAY_S_KEY says why. */
struct assay_rsa3 *assay_signing_key(struct assay_bytes pem,
                                     struct assay_err *err);
ASSAY_MUST_CHECK bool assay_signing_public(uint8_t modulus[ASSAY_RSA3_LEN],
                                           struct assay_bytes pem,
                                           struct assay_err *err);

#endif
