/* mails.h - mail that waits until it is asked for: first in, first out, for each
 * id that the enclave sends to. */
#ifndef SERVE_MAILS_H
#define SERVE_MAILS_H

#include "os/buf.h"

enum {
	MAILS_OF_ONE = 64,      /* of one id, */
	MAILS_MAX = 4096,       /* of all; */
	MAILS_BYTES = 32 << 20, /* their bytes; */
	MAILS_MS = 60 * 60000,  /* and so long: the oldest are lost */
};

struct mail_waiting;

/* Zeroed is empty. */
struct mails {
	struct mail_waiting *first;
	size_t n, bytes;
};

/* At `now`, ms; false when memory is short. */
ASSAY_MUST_CHECK bool mails_put(struct mails *mails, struct assay_bytes id,
                                struct assay_bytes mail, int64_t now);
/* Puts the oldest of an id into `out`, and forgets it; false: there is none. */
bool mails_take(struct buf *out, struct mails *mails, struct assay_bytes id,
                int64_t now);
/* Puts all of `from` behind what is in `to`. */
void mails_move(struct mails *to, struct mails *from);
void mails_clear(struct mails *mails);

#endif
