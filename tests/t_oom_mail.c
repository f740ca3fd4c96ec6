/* t_oom_mail.c - memory runs out at each of libcrypto's allocations in turn,
 * while mail is sealed and opened: nothing is half done, and nothing of it stays
 * behind. */
#include "crypto/curve25519.h"
#include "seal/mail.h"
#include "h_oom.h"
#include "tap.h"

#include <string.h>

/* ---- what is tried */

enum { ROOM = 512 };

static uint8_t recipient[32] = { 1 }, recipient_key[32], sealed[ROOM];
static const uint8_t sender[32] = { 2 };
static size_t len;

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static struct assay_mail mail(void)
{
	static const uint8_t text[] = { 't', 'e', 'x', 't' };

	return (struct assay_mail){
		.topic = { text, 1 },
		.body = { text, sizeof(text) },
	};
}

/* Either is a mail, or zeros. */
static bool seal_or_nothing(bool *done)
{
	struct assay_mail m = mail();
	struct assay_err err = { 0 };

	memset(sealed, 0xa5, sizeof(sealed));
	*done = assay_mail_seal(sealed, &m, 0, recipient_key, sender, &err);
	return *done ? !is_zero(sealed, len)
	             : err.check == ASSAY_M_KEY && is_zero(sealed, len);
}

/* Either what was sent, or zeros. */
static bool open_or_nothing(bool *done)
{
	const struct assay_bytes in = { sealed, len };
	static uint8_t room[ROOM];
	struct assay_err err = { 0 };
	struct assay_mail m;

	memset(room, 0xa5, sizeof(room));
	*done = assay_mail_open(&m, room, in, recipient, ASSAY_CONCLAVE_STRICT,
	                        &err);
	if (*done)
		return m.body.len == 4 && !memcmp(m.body.ptr, "text", 4);
	return is_zero(&m, sizeof(m)) && is_zero(room, len) &&
	       (err.check == ASSAY_M_KEY || err.check == ASSAY_M_HANDSHAKE ||
	        err.check == ASSAY_M_SEALED);
}

/* Fails each allocation in turn, until none is left to fail. */
static void starve(const char *what, bool (*try)(bool *done))
{
	size_t n = 0, right = 0, undone = 0;
	bool done;

	do {
		oom_left = (long)n++;
		right += try(&done);
		undone += !done;
	} while (oom_left < 0 && n < 10000);
	oom_left = -1;
	ok(right == n && undone > 0,
	   "%s: %zu allocations, without %zu of them "
	   "it fails whole",
	   what, n - 1, undone);
	ok(try(&done) && done, "%s: with memory it is done", what);
}

int main(void)
{
	struct assay_mail m = mail();
	bool good;

	if (!oom_begin() || !assay_x25519_public(recipient_key, recipient))
		abort();
	len = assay_mail_size(&m, 0);
	/* what libcrypto keeps, it takes now */
	ok(seal_or_nothing(&good) && good && open_or_nothing(&good) && good,
	   "a mail of %zu bytes is sealed and opened", len);
	starve("sealing", seal_or_nothing);
	starve("opening", open_or_nothing);
	return done();
}
