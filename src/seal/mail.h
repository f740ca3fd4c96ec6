/* mail.h - Conclave's mail, for tests: one that is the same every time. */
#ifndef SEAL_MAIL_H
#define SEAL_MAIL_H

#include <assay/conclave.h>

/* assay_mail_seal with an ephemeral secret of the caller's.  It must never be
 * used for two mails: whoever has both would learn what is in them. */
ASSAY_MUST_CHECK bool assay_mail_seal_with(
	uint8_t *out, const struct assay_mail *mail, size_t min_size,
	const uint8_t recipient[ASSAY_MAIL_KEY_LEN],
	const uint8_t secret[ASSAY_MAIL_KEY_LEN],
	const uint8_t ephemeral[ASSAY_MAIL_KEY_LEN], struct assay_err *err);

#endif
