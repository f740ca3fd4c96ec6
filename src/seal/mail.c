/* mail.c - Conclave's mail, sealed and opened [CONCLAVE 3]. */
#include "seal/mail.h"

#include "base/err.h"
#include "base/rd.h"
#include "crypto/aead.h"
#include "crypto/crypto.h"
#include "crypto/curve25519.h"
#include "seal/noise.h"

#include <string.h>

enum {
	KEY_LEN = ASSAY_MAIL_KEY_LEN,
	TAG_LEN = ASSAY_NOISE_TAG_LEN,
	FIELD_MAX = UINT16_MAX, /* whatever has a length of 16 bits */
	USER_LEN = 2,           /* a packet's end: how many user bytes it has */
	PACKET_LEAST = USER_LEN + TAG_LEN,
	PAYLOAD_MAX = FIELD_MAX - PACKET_LEAST, /* user bytes and padding */
	PROLOGUE_LEAST = 1 + 8 + 2 + 2 + 2,
	HEADER_LEN = 4,      /* begins the user bytes of protocol 1: the
	                         * private header's length */
	SENT = 1,            /* the protocol that is written */
	DERIVATION_OLD = 18, /* bytes of a form that was given up */
	MASTER_KEY_TYPES = 3,
};

static uint16_t u16be(struct assay_rd *r, const char *field)
{
	uint8_t high = assay_rd_u8(r, field);

	return (uint16_t)(high << 8 | assay_rd_u8(r, field));
}

static struct assay_bytes lp16(struct assay_rd *r, const char *field)
{
	return assay_rd_bytes(r, u16be(r, field), field);
}

static struct assay_bytes lp32(struct assay_rd *r, const char *field)
{
	return assay_rd_bytes(r, assay_rd_u32be(r, field), field);
}

/* ---- what the clear part may say */

static bool is_topic_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '-';
}

static bool is_topic(struct assay_bytes t)
{
	size_t i = 0;

	while (i < t.len && is_topic_char(t.ptr[i]))
		i++;
	return i == t.len && i > 0 && i <= ASSAY_MAIL_TOPIC_MAX;
}

/* Whether it is what Java's readUTF reads: characters of one to three bytes. */
static bool is_java_text(struct assay_bytes t)
{
	size_t i = 0, n;

	for (; i < t.len; i += n) {
		n = t.ptr[i] < 0x80             ? 1
		    : (t.ptr[i] & 0xe0) == 0xc0 ? 2
		    : (t.ptr[i] & 0xf0) == 0xe0 ? 3
		                                : 0;
		if (n == 0 || n > t.len - i)
			return false;
		for (size_t k = 1; k < n; k++)
			if ((t.ptr[i + k] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* A key of a key derivation service: name, master key's type, policy; a zero
 * behind it where it would have the length of the old form. */
static bool is_kds_key(struct assay_rd *r, bool strict)
{
	lp32(r, "name");
	uint8_t type = assay_rd_u8(r, "master key type");
	lp32(r, "policy");
	if (!assay_rd_ok(r) || type >= MASTER_KEY_TYPES)
		return false;
	if (!strict)
		return true;
	if (r->pos == DERIVATION_OLD)
		return assay_rd_zeros(r, 1, "fill") && !assay_rd_left(r);
	return !assay_rd_left(r);
}

static enum assay_mail_key key_of(struct assay_bytes derivation, bool strict)
{
	struct assay_rd r = assay_rd(derivation);
	uint8_t kind;

	if (derivation.len == 0 ||
	    (!strict && derivation.len == DERIVATION_OLD))
		return ASSAY_MAIL_KEY_SESSION;
	kind = assay_rd_u8(&r, "kind");
	if (kind == 0 && (!strict || !assay_rd_left(&r)))
		return ASSAY_MAIL_KEY_SESSION;
	return kind == 1 && is_kds_key(&r, strict) ? ASSAY_MAIL_KEY_KDS
	                                           : ASSAY_MAIL_KEY_UNKNOWN;
}

/* Where the mail has what is checked. */
struct places {
	size_t sequence, topic, derivation;
};

static bool check_clear(const struct assay_mail *m, const struct places *at,
                        bool strict, struct assay_err *err)
{
	if (strict ? !is_topic(m->topic) : !is_java_text(m->topic))
		return assay_fail(err, ASSAY_M_TOPIC, ASSAY_DOC_MAIL, at->topic,
		                  "got a topic of %zu bytes, want %s",
		                  m->topic.len,
		                  strict ? "1 to 255 of A-Z, a-z, 0-9 and -"
		                         : "Java's modified UTF-8");
	if (strict && m->sequence < 0)
		return assay_fail(err, ASSAY_M_SEQUENCE, ASSAY_DOC_MAIL,
		                  at->sequence, "got %lld",
		                  (long long)m->sequence);
	if (strict && !key_of(m->key_derivation, true))
		return assay_fail(err, ASSAY_M_KEY_DERIVATION, ASSAY_DOC_MAIL,
		                  at->derivation,
		                  "got %zu bytes of another form",
		                  m->key_derivation.len);
	return true;
}

/* ---- reading */

/* M_TRUNCATED's one place. */
static bool is_there(const struct assay_rd *r, struct assay_err *err)
{
	return assay_rd_ok(r) ||
	       assay_fail(err, ASSAY_M_TRUNCATED, ASSAY_DOC_MAIL, r->bad_at,
	                  "%s wants %zu bytes, %zu are left", r->bad,
	                  r->bad_want, r->bad_left);
}

static bool read_fields(struct assay_mail *m, struct places *at,
                        struct assay_rd *p, bool strict, struct assay_err *err)
{
	uint64_t high, sequence;

	m->protocol = assay_rd_u8(p, "protocol");
	if (m->protocol > SENT)
		return assay_fail(err, ASSAY_M_PROTOCOL, ASSAY_DOC_MAIL,
		                  p->pos - 1, "got %u", m->protocol);
	at->sequence = p->pos;
	high = assay_rd_u32be(p, "sequence number");
	sequence = high << 32 | assay_rd_u32be(p, "sequence number");
	memcpy(&m->sequence, &sequence, sizeof(sequence));
	at->topic = p->pos;
	m->topic = lp16(p, "topic");
	m->envelope = lp16(p, "envelope");
	at->derivation = p->pos;
	m->key_derivation = lp16(p, "key derivation");
	if (strict && assay_rd_left(p))
		assay_rd_spoil(p, p->pos, "bytes follow in the prologue");
	if (!assay_rd_ok(p))
		return assay_fail(err, ASSAY_M_PROLOGUE, ASSAY_DOC_MAIL,
		                  p->bad_at, "%s (of %zu bytes, %zu are left)",
		                  p->bad, p->bad_want, p->bad_left);
	return true;
}

static bool read_clear(struct assay_mail *m, struct assay_bytes *prologue,
                       struct assay_rd *r, bool strict, struct assay_err *err)
{
	size_t len = u16be(r, "prologue");
	struct assay_rd p = assay_rd_sub(r, len, "prologue");
	struct places at = { 0 };

	if (!is_there(r, err))
		return false;
	*prologue = (struct assay_bytes){ r->base + r->pos - len, len };
	if (!read_fields(m, &at, &p, strict, err) ||
	    !check_clear(m, &at, strict, err))
		return false;
	m->key = key_of(m->key_derivation, strict);
	return true;
}

bool assay_mail_peek(struct assay_mail *mail, struct assay_bytes in,
                     enum assay_conclave_rules rules, struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);
	struct assay_bytes prologue;

	memset(mail, 0, sizeof(*mail));
	if (read_clear(mail, &prologue, &r, rules == ASSAY_CONCLAVE_STRICT,
	               err))
		return true;
	memset(mail, 0, sizeof(*mail));
	return false;
}

/* ---- opening */

/* A mail that is being opened. */
struct opening {
	struct assay_rd r;
	struct assay_noise noise;
	uint64_t n_packets;
	uint8_t *room;
	size_t used; /* user bytes */
	bool strict, ended;
	struct assay_err *err;
};

/* M_KEY's one place. */
static bool no_key(const char *why, size_t at, struct assay_err *err)
{
	return assay_fail(err, ASSAY_M_KEY, ASSAY_DOC_MAIL, at, "%s", why);
}

static bool open_handshake(struct assay_mail *m, struct opening *o,
                           struct assay_bytes prologue,
                           const uint8_t secret[KEY_LEN])
{
	size_t at = o->r.pos, payload_len = m->protocol == SENT;
	struct assay_bytes message = assay_rd_bytes(
		&o->r, ASSAY_NOISE_HEAD_LEN + payload_len, "handshake");
	uint8_t own[KEY_LEN], payload[1] = { 0 };
	enum assay_noise_end end = ASSAY_NOISE_LOW_ORDER;

	if (!is_there(&o->r, o->err))
		return false;
	if (assay_x25519_public(own, secret)) {
		assay_noise_begin(&o->noise, prologue, own);
		end = assay_noise_read(m->sender, payload, &o->noise, secret,
		                       message);
	}
	if (end == ASSAY_NOISE_ALTERED)
		return assay_fail(o->err, ASSAY_M_HANDSHAKE, ASSAY_DOC_MAIL, at,
		                  "it is for another key or was altered, or "
		                  "memory is short");
	if (end != ASSAY_NOISE_READ || !assay_noise_split(&o->noise))
		return no_key("a key in it is of low order, or memory is short",
		              at, o->err);
	if (o->strict && payload[0] != 0)
		return assay_fail(o->err, ASSAY_M_PAYLOAD, ASSAY_DOC_MAIL, at,
		                  "got %u", payload[0]);
	return true;
}

/* M_PACKET's one place. */
static bool bad_packet(const struct opening *o, size_t at, const char *what,
                       size_t got, size_t want)
{
	return assay_fail(o->err, ASSAY_M_PACKET, ASSAY_DOC_MAIL, at,
	                  "%s: got %zu bytes, want %zu", what, got, want);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !p[n - 1])
		n--;
	return n == 0;
}

/* Plaintext: user bytes, padding, and how many are the user's. */
static bool take_packet(struct opening *o, size_t at, size_t len)
{
	const uint8_t *p = o->room + o->used, *end = p + len - USER_LEN;
	size_t payload = len - USER_LEN, user = (size_t)end[0] << 8 | end[1];

	if (user > payload)
		return bad_packet(o, at, "user bytes, at most", user, payload);
	if (o->strict && !is_zero(p + user, payload - user))
		return assay_fail(o->err, ASSAY_M_PADDING, ASSAY_DOC_MAIL, at,
		                  "got others, behind %zu user bytes", user);
	o->used += user;
	o->ended = payload == 0;
	return true;
}

static bool open_packet(struct opening *o)
{
	size_t at = o->r.pos;
	struct assay_bytes sealed = lp16(&o->r, "packet");
	const struct assay_bytes none = { NULL, 0 };
	uint8_t nonce[12];

	if (!is_there(&o->r, o->err))
		return false;
	if (sealed.len < PACKET_LEAST)
		return bad_packet(o, at, "a packet, at least", sealed.len,
		                  PACKET_LEAST);
	assay_noise_nonce(nonce, o->n_packets++);
	if (!assay_gcm_open(o->room + o->used, o->noise.k, nonce, none, sealed))
		return assay_fail(o->err, ASSAY_M_SEALED, ASSAY_DOC_MAIL, at,
		                  "packet %llu was altered, or memory is short",
		                  (unsigned long long)o->n_packets);
	return take_packet(o, at, sealed.len - TAG_LEN);
}

/* The user bytes of all packets: of protocol 1 a private header comes first. */
static bool take_stream(struct assay_mail *m, const struct opening *o)
{
	struct assay_rd s = assay_rd((struct assay_bytes){ o->room, o->used });

	if (m->protocol == SENT)
		m->private_header = lp32(&s, "private header");
	m->body = assay_rd_rest(&s);
	return assay_rd_ok(&s) ||
	       assay_fail(o->err, ASSAY_M_STREAM, ASSAY_DOC_MAIL, s.bad_at,
	                  "%s wants %zu bytes, of its plaintext %zu are left",
	                  s.bad, s.bad_want, s.bad_left);
}

static bool open_all(struct assay_mail *m, struct opening *o,
                     const uint8_t secret[KEY_LEN])
{
	struct assay_bytes prologue;

	if (!read_clear(m, &prologue, &o->r, o->strict, o->err) ||
	    !open_handshake(m, o, prologue, secret))
		return false;
	while (!o->ended)
		if (!open_packet(o))
			return false;
	if (o->strict && assay_rd_left(&o->r))
		return assay_fail(o->err, ASSAY_M_TRAILING, ASSAY_DOC_MAIL,
		                  o->r.pos, "%zu bytes follow",
		                  assay_rd_left(&o->r));
	return take_stream(m, o);
}

bool assay_mail_open(struct assay_mail *mail, uint8_t *room,
                     struct assay_bytes in, const uint8_t secret[KEY_LEN],
                     enum assay_conclave_rules rules, struct assay_err *err)
{
	struct opening o = {
		.r = assay_rd(in),
		.room = room,
		.strict = rules == ASSAY_CONCLAVE_STRICT,
		.err = err,
	};
	bool done;

	memset(mail, 0, sizeof(*mail));
	done = open_all(mail, &o, secret);
	assay_wipe(&o.noise, sizeof(o.noise));
	/* all that is not the sender's own bytes: padding, or the whole */
	if (!done) {
		memset(mail, 0, sizeof(*mail));
		o.used = 0;
	}
	assay_wipe(room + o.used, in.len - o.used);
	return done;
}

/* ---- sealing */

/* How the user bytes and the padding go into packets [CONCLAVE 3.3]: full ones
 * first; padding up to `min_size` in the last of them, and in more. */
struct packets {
	size_t left; /* user bytes */
	size_t min_size;
	size_t sum;           /* payload of the packets before */
	size_t user, padding; /* of the present one */
};

static bool next_packet(struct packets *p)
{
	p->sum += p->user + p->padding;
	if (!p->left && p->sum >= p->min_size)
		return false;
	p->user = p->left < PAYLOAD_MAX ? p->left : PAYLOAD_MAX;
	p->left -= p->user;
	p->padding = p->min_size > p->sum ? p->min_size - p->sum : 0;
	if (p->padding > PAYLOAD_MAX - p->user)
		p->padding = PAYLOAD_MAX - p->user;
	return true;
}

static struct packets packets_of(const struct assay_mail *m, size_t min_size)
{
	return (struct packets){
		.left = HEADER_LEN + m->private_header.len + m->body.len,
		.min_size = min_size,
	};
}

static size_t prologue_len(const struct assay_mail *m)
{
	return PROLOGUE_LEAST + m->topic.len + m->envelope.len +
	       m->key_derivation.len;
}

size_t assay_mail_size(const struct assay_mail *mail, size_t min_size)
{
	const size_t lens[] = { mail->private_header.len,
		                mail->body.len,
		                min_size,
		                mail->topic.len,
		                mail->envelope.len,
		                mail->key_derivation.len };
	size_t size, sum = 0;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		if (lens[i] > ASSAY_MAIL_MAX - sum)
			return 0;
		sum += lens[i];
	}
	if (prologue_len(mail) > FIELD_MAX)
		return 0;
	size = 2 + prologue_len(mail) + ASSAY_NOISE_HEAD_LEN + 1 + 2 +
	       PACKET_LEAST;
	for (struct packets p = packets_of(mail, min_size); next_packet(&p);)
		size += 2 + p.user + p.padding + PACKET_LEAST;
	return size;
}

/* Where a mail is written. */
struct pen {
	uint8_t *at;
};

static void put_u16(struct pen *pen, size_t v)
{
	*pen->at++ = (uint8_t)(v >> 8);
	*pen->at++ = (uint8_t)v;
}

static void put_u64(struct pen *pen, uint64_t v)
{
	for (int shift = 48; shift >= 0; shift -= 16)
		put_u16(pen, (size_t)(v >> shift & 0xffff));
}

static void put_bytes(struct pen *pen, struct assay_bytes b)
{
	if (b.len)
		memcpy(pen->at, b.ptr, b.len);
	pen->at += b.len;
}

static void put_lp16(struct pen *pen, struct assay_bytes b)
{
	put_u16(pen, b.len);
	put_bytes(pen, b);
}

static void put_prologue(struct pen *pen, const struct assay_mail *m)
{
	put_u16(pen, prologue_len(m));
	*pen->at++ = SENT;
	put_u64(pen, (uint64_t)m->sequence);
	put_lp16(pen, m->topic);
	put_lp16(pen, m->envelope);
	put_lp16(pen, m->key_derivation);
}

/* The user bytes, in three parts of which each is used up from its front. */
struct stream {
	struct assay_bytes part[3];
};

static void put_user(struct pen *pen, struct stream *s, size_t n)
{
	for (size_t i = 0; i < 3; i++) {
		struct assay_bytes *part = &s->part[i];
		struct assay_bytes b = { part->ptr,
			                 part->len < n ? part->len : n };

		put_bytes(pen, b);
		n -= b.len;
		part->len -= b.len;
		if (b.len)
			part->ptr += b.len;
	}
}

/* Seals the packet where it stands. */
static bool put_packet(struct pen *pen, struct stream *s,
                       const struct packets *p, const uint8_t key[KEY_LEN],
                       uint64_t count)
{
	const struct assay_bytes none = { NULL, 0 };
	struct assay_bytes plain = { NULL, p->user + p->padding + USER_LEN };
	uint8_t nonce[12], *begin;

	put_u16(pen, plain.len + TAG_LEN);
	plain.ptr = begin = pen->at;
	put_user(pen, s, p->user);
	memset(pen->at, 0, p->padding);
	pen->at += p->padding;
	put_u16(pen, p->user);
	pen->at += TAG_LEN;
	assay_noise_nonce(nonce, count);
	return assay_gcm_seal(begin, key, nonce, none, plain);
}

static bool put_packets(struct pen *pen, const struct assay_mail *m,
                        size_t min_size, const uint8_t key[KEY_LEN])
{
	uint32_t n = (uint32_t)m->private_header.len;
	const uint8_t head[HEADER_LEN] = { (uint8_t)(n >> 24),
		                           (uint8_t)(n >> 16),
		                           (uint8_t)(n >> 8), (uint8_t)n };
	struct stream s = {
		{ { head, sizeof(head) }, m->private_header, m->body }
	};
	struct packets p = packets_of(m, min_size);
	const struct packets last = { 0 };
	uint64_t count = 0;

	while (next_packet(&p))
		if (!put_packet(pen, &s, &p, key, count++))
			return false;
	return put_packet(pen, &s, &last, key, count);
}

/* Everything but the checks. */
static bool put_mail(uint8_t *out, const struct assay_mail *m, size_t min_size,
                     const uint8_t recipient[KEY_LEN],
                     const uint8_t secret[KEY_LEN],
                     const uint8_t ephemeral[KEY_LEN])
{
	static const uint8_t payload[1];
	const struct assay_bytes one = { payload, sizeof(payload) };
	struct pen pen = { out };
	struct assay_noise noise;
	bool done;

	put_prologue(&pen, m);
	assay_noise_begin(&noise,
	                  (struct assay_bytes){ out + 2, prologue_len(m) },
	                  recipient);
	done = assay_noise_write(pen.at, &noise, recipient, secret, ephemeral,
	                         one) &&
	       assay_noise_split(&noise);
	pen.at += ASSAY_NOISE_HEAD_LEN + one.len;
	done = done && put_packets(&pen, m, min_size, noise.k);
	assay_wipe(&noise, sizeof(noise));
	return done;
}

bool assay_mail_seal_with(uint8_t *out, const struct assay_mail *mail,
                          size_t min_size, const uint8_t recipient[KEY_LEN],
                          const uint8_t secret[KEY_LEN],
                          const uint8_t ephemeral[KEY_LEN],
                          struct assay_err *err)
{
	const struct places at = { 0 };
	size_t size = assay_mail_size(mail, min_size);

	if (!size)
		return assay_fail(err, ASSAY_M_SIZE, ASSAY_DOC_MAIL, 0,
		                  "the clear part would have %zu bytes, the "
		                  "body has %zu, the private header %zu",
		                  prologue_len(mail), mail->body.len,
		                  mail->private_header.len);
	if (check_clear(mail, &at, true, err) &&
	    (put_mail(out, mail, min_size, recipient, secret, ephemeral) ||
	     no_key("the recipient's is of low order, or memory is short", 0,
	            err)))
		return true;
	assay_wipe(out, size);
	return false;
}

bool assay_mail_seal(uint8_t *out, const struct assay_mail *mail,
                     size_t min_size, const uint8_t recipient[KEY_LEN],
                     const uint8_t secret[KEY_LEN], struct assay_err *err)
{
	uint8_t ephemeral[KEY_LEN];
	bool done;

	if (!assay_random(ephemeral, sizeof(ephemeral))) {
		assay_wipe(out, assay_mail_size(mail, min_size));
		return no_key("there are no random numbers for one", 0, err);
	}
	done = assay_mail_seal_with(out, mail, min_size, recipient, secret,
	                            ephemeral, err);
	assay_wipe(ephemeral, sizeof(ephemeral));
	return done;
}
