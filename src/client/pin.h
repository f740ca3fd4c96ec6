/* pin.h - who an enclave was. */
#ifndef CLIENT_PIN_H
#define CLIENT_PIN_H

#include <assay/client.h>

/* What an accepted attestation says of who speaks; the state is left alone. */
void assay_pin_take(struct assay_pin *pin, const struct assay_verdict *verdict,
                    struct assay_bytes config, struct assay_bytes sign);

/* Whether it is the same program, whichever keys and state it has now. */
bool assay_pin_same(const struct assay_pin *was, const struct assay_pin *is);

#endif
