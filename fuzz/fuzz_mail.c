/* fuzz_mail.c - Conclave's mail: what is refused leaves zeros and names a place
 * in the mail; what is accepted strictly is accepted by the lax, and means the
 * same; what was opened, sealed anew, opens to the same. */
#include "crypto/aead.h"
#include "crypto/curve25519.h"
#include "seal/mail.h"
#include "seal/noise.h"

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

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static uint8_t recipient[32] = { 1 }, recipient_key[32];
static const uint8_t sender[32] = { 2 }, ephemeral[32] = { 3 };

static void *room_for(size_t n)
{
	void *p = malloc(n ? n : 1);

	must(p != NULL);
	return p;
}

/* Opens by both rules, in memory of exactly its size. */
static void open_both(struct assay_bytes in)
{
	uint8_t *strict_room = room_for(in.len), *room = room_for(in.len);
	struct assay_mail strict, lax, seen;
	struct assay_err err = { 0 }, lax_err = { 0 };
	bool good = assay_mail_open(&strict, strict_room, in, recipient,
	                            ASSAY_CONCLAVE_STRICT, &err);
	bool lax_good = assay_mail_open(&lax, room, in, recipient,
	                                ASSAY_CONCLAVE_COMPAT, &lax_err);

	must(good || (err.check && err.doc == ASSAY_DOC_MAIL &&
	              err.at <= in.len && err.note[0]));
	must(good || (is_zero(&strict, sizeof(strict)) &&
	              is_zero(strict_room, in.len)));
	must(lax_good || (lax_err.check && is_zero(&lax, sizeof(lax)) &&
	                  is_zero(room, in.len)));
	must(!good || (lax_good && same(strict.body, lax.body) &&
	               same(strict.private_header, lax.private_header) &&
	               same(strict.topic, lax.topic) && strict.key));
	must(!good || assay_mail_peek(&seen, in, ASSAY_CONCLAVE_STRICT, NULL));
	free(strict_room);
	free(room);
}

/* Packets whose plaintexts the input is, after its first byte: properly sealed,
 * so that what is read within them is reached. */
static void open_sealed(const uint8_t *data, size_t len, uint8_t protocol)
{
	static const uint8_t payload[1],
		clear[] = { 0, 16, 0, 0, 0,   0, 0, 0, 0,
		            0, 0,  0, 1, 't', 0, 0, 0, 0 };
	const struct assay_bytes none = { NULL, 0 };
	uint8_t *out = room_for(sizeof(clear) + 97 + 20 * len + 64), nonce[12];
	size_t used = sizeof(clear);
	struct assay_noise n;

	memcpy(out, clear, sizeof(clear));
	out[2] = protocol;
	assay_noise_begin(&n, (struct assay_bytes){ out + 2, used - 2 },
	                  recipient_key);
	must(assay_noise_write(out + used, &n, recipient_key, sender, ephemeral,
	                       (struct assay_bytes){ payload, protocol }) &&
	     assay_noise_split(&n));
	used += ASSAY_NOISE_HEAD_LEN + protocol;
	for (uint64_t i = 0; len; i++) {
		size_t want = 1u + data[0] % 64u;
		size_t k = want < len - 1 ? want : len - 1;

		out[used] = 0;
		out[used + 1] = (uint8_t)(k + 16);
		assay_noise_nonce(nonce, i);
		must(assay_gcm_seal(out + used + 2, n.k, nonce, none,
		                    (struct assay_bytes){ data + 1, k }));
		used += 2 + k + 16;
		data += 1 + k;
		len -= 1 + k;
	}
	open_both((struct assay_bytes){ out, used });
	free(out);
}

/* The input as a body, and its length as padding: there and back. */
static void round_trip(struct assay_bytes body)
{
	const struct assay_mail m = {
		.topic = { (const uint8_t *)"t", 1 },
		.private_header = { body.ptr, body.len / 2 },
		.body = body,
	};
	size_t len = assay_mail_size(&m, 3 * body.len);
	uint8_t *out = room_for(len), *room = room_for(len);
	struct assay_mail back;

	must(assay_mail_seal_with(out, &m, 3 * body.len, recipient_key, sender,
	                          ephemeral, NULL));
	must(assay_mail_open(&back, room, (struct assay_bytes){ out, len },
	                     recipient, ASSAY_CONCLAVE_STRICT, NULL));
	must(same(back.body, m.body) &&
	     same(back.private_header, m.private_header));
	free(out);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	must(assay_x25519_public(recipient_key, recipient));
	open_both((struct assay_bytes){ data, len });
	if (len == 0)
		return 0;
	open_sealed(data + 1, len - 1, data[0] & 1);
	round_trip((struct assay_bytes){ data, len });
	return 0;
}
