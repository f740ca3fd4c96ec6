/* t_mail.c - Conclave's mail: R3's own to the byte, what R3 makes of hostile
 * ones and what we do, and every cut and every flipped byte. */
#include "base/json.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/crypto.h"
#include "crypto/curve25519.h"
#include "h_vectors.h"
#include "seal/mail.h"
#include "seal/noise.h"
#include "tap.h"

#include <string.h>

#define STRICT ASSAY_CONCLAVE_STRICT
#define COMPAT ASSAY_CONCLAVE_COMPAT

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static void *room_for(size_t n)
{
	void *p = malloc(n + 1);

	if (!p)
		abort();
	return p;
}

/* Bytes that are kept until the end. */
static struct assay_bytes from_hex(const char *hex)
{
	static uint8_t pool[1 << 16];
	static size_t used;
	size_t n = strlen(hex) / 2;
	uint8_t *p = pool + used;

	if (n > sizeof(pool) - used || !assay_hex_parse(p, n, bytes(hex)))
		abort();
	used += n;
	return (struct assay_bytes){ p, n };
}

/* The keys that the vectors' recipient and sender have. */
static uint8_t recipient[32], recipient_key[32], sender[32], sender_key[32];

static void make_keys(void)
{
	for (size_t i = 0; i < 32; i++) {
		recipient[i] = (uint8_t)(7 * i + 1);
		sender[i] = (uint8_t)(101 + 7 * i);
	}
	if (!assay_x25519_public(recipient_key, recipient) ||
	    !assay_x25519_public(sender_key, sender))
		abort();
}

/* ---- one opening, in memory of exactly its size */

struct opened {
	bool good;
	struct assay_mail mail;
	struct assay_err err;
	uint8_t *in, *room;
	size_t len;
};

static struct opened open_mail(struct assay_bytes in, const uint8_t secret[32],
                               enum assay_conclave_rules rules)
{
	struct opened o = { .len = in.len };

	/* sized without slack, so that a sanitizer sees what is beyond */
	o.in = malloc(in.len ? in.len : 1);
	o.room = malloc(in.len ? in.len : 1);
	if (!o.in || !o.room)
		abort();
	if (in.len)
		memcpy(o.in, in.ptr, in.len);
	memset(o.room, 0xa5, in.len);
	o.good = assay_mail_open(&o.mail, o.room,
	                         (struct assay_bytes){ o.in, in.len }, secret,
	                         rules, &o.err);
	return o;
}

static void end(struct opened *o)
{
	free(o->in);
	free(o->room);
}

/* Refused by this check, and nothing is left of it. */
static bool refused(const struct opened *o, enum assay_check want)
{
	return !o->good && o->err.check == want &&
	       o->err.doc == ASSAY_DOC_MAIL && o->err.at <= o->len &&
	       o->err.note[0] && is_zero(&o->mail, sizeof(o->mail)) &&
	       is_zero(o->room, o->len);
}

/* ---- Noise's own vector */

static void read_texts(struct assay_json *j, const char *const *names,
                       char (*texts)[512], size_t n)
{
	struct assay_json_str name;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		for (size_t i = 0; i < n; i++)
			if (assay_json_is(name, names[i]))
				assay_json_text(j, texts[i], 512);
}

/* The i-th message: the handshake with the first, then one after the other. */
static bool noise_message(struct assay_noise *n, struct assay_noise *theirs,
                          size_t i, char (*texts)[512], char (*keys)[512])
{
	struct assay_bytes payload = from_hex(texts[0]);
	struct assay_bytes want = from_hex(texts[1]);
	struct assay_bytes rs = from_hex(keys[3]), s = from_hex(keys[1]);
	struct assay_bytes e = from_hex(keys[2]), rsec = from_hex(keys[4]);
	uint8_t *got = room_for(want.len), *back = room_for(want.len);
	uint8_t who[32], own[32], nonce[12];
	const struct assay_bytes none = { NULL, 0 };
	bool good;

	if (i == 0) {
		assay_noise_begin(n, from_hex(keys[0]), rs.ptr);
		assay_noise_begin(theirs, from_hex(keys[0]), rs.ptr);
		good = assay_noise_write(got, n, rs.ptr, s.ptr, e.ptr,
		                         payload) &&
		       assay_noise_split(n) &&
		       assay_noise_read(who, back, theirs, rsec.ptr, want) ==
		               ASSAY_NOISE_READ &&
		       assay_noise_split(theirs) &&
		       assay_x25519_public(own, s.ptr) && !memcmp(own, who, 32);
	} else {
		assay_noise_nonce(nonce, i - 1);
		good = assay_gcm_seal(got, n->k, nonce, none, payload) &&
		       assay_gcm_open(back, theirs->k, nonce, none, want);
	}
	good = good && memcmp(got, want.ptr, want.len) == 0 &&
	       memcmp(back, payload.ptr, payload.len) == 0;
	free(got);
	free(back);
	return good;
}

static void test_noise(void)
{
	static const char *const names[] = { "init_prologue", "init_static",
		                             "init_ephemeral",
		                             "init_remote_static",
		                             "resp_static" };
	static const char *const parts[] = { "payload", "ciphertext" };
	struct assay_bytes text = vector_file(
		"conclave/vectors/noise-x-25519-aesgcm-sha256.json");
	static char keys[5][512], texts[2][512], hash[512];
	struct assay_noise n, theirs;
	struct assay_json_str name;
	struct assay_json j;
	size_t i = 0;

	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	if (!assay_json_element(&j))
		return;
	assay_json_object(&j);
	while (assay_json_member(&j, &name)) {
		for (size_t k = 0; k < 5; k++)
			if (assay_json_is(name, names[k]))
				assay_json_text(&j, keys[k], 512);
		if (assay_json_is(name, "handshake_hash"))
			assay_json_text(&j, hash, sizeof(hash));
		if (!assay_json_is(name, "messages"))
			continue;
		assay_json_array(&j);
		for (; assay_json_element(&j); i++) {
			read_texts(&j, parts, texts, 2);
			ok(noise_message(&n, &theirs, i, texts, keys),
			   "Noise's message %zu, both ways", i);
		}
	}
	while (assay_json_element(&j))
		assay_json_skip(&j, NULL);
	ok(assay_json_close(&j, NULL) && i == 6, "Noise: %zu messages", i);
	ok(!memcmp(n.h, from_hex(hash).ptr, 32) && !memcmp(theirs.h, n.h, 32),
	   "Noise's hash of the handshake");
}

/* ---- R3's mails */

struct vector {
	char name[64], seq[24], topic[64], envelope[512], derivation[512],
		header[512], body[512], body_sha[65], mail_sha[65], eph[65];
	char from[65], to[65];
	uint64_t sequence, min_size, body_len, mail_len;
	struct assay_bytes mail;
};

static void read_vector(struct assay_json *j, struct vector *v)
{
	const struct {
		const char *name;
		char *to;
		size_t room;
	} texts[] = {
		{ "name", v->name, sizeof(v->name) },
		{ "topic", v->topic, sizeof(v->topic) },
		{ "envelope", v->envelope, sizeof(v->envelope) },
		{ "key_derivation", v->derivation, sizeof(v->derivation) },
		{ "private_header", v->header, sizeof(v->header) },
		{ "body", v->body, sizeof(v->body) },
		{ "body_sha256", v->body_sha, sizeof(v->body_sha) },
		{ "mail_sha256", v->mail_sha, sizeof(v->mail_sha) },
		{ "ephemeral_private", v->eph, sizeof(v->eph) },
		{ "sender_private", v->from, sizeof(v->from) },
		{ "recipient_private", v->to, sizeof(v->to) },
	};
	struct assay_json_str name;

	memset(v, 0, sizeof(*v));
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (assay_json_is(name, texts[i].name) &&
			    assay_json_peek(j) == '"')
				assay_json_text(j, texts[i].to, texts[i].room);
		if (assay_json_is(name, "seq"))
			assay_json_uint(j, INT64_MAX, &v->sequence);
		else if (assay_json_is(name, "min_size"))
			assay_json_uint(j, INT64_MAX, &v->min_size);
		else if (assay_json_is(name, "body_len"))
			assay_json_uint(j, 1 << 24, &v->body_len);
		else if (assay_json_is(name, "mail_len"))
			assay_json_uint(j, 1 << 24, &v->mail_len);
	}
}

/* Bytes by their hash, in hex. */
static bool hashes_to(struct assay_bytes b, const char *want)
{
	uint8_t hash[32];
	char hex[65];

	assay_sha256(hash, b);
	assay_hex_print(hex, hash, sizeof(hash), false);
	return strcmp(hex, want) == 0;
}

static void test_vector(const struct vector *v)
{
	uint8_t *body = room_for(v->body_len), *out = room_for(v->mail_len);
	struct assay_bytes to = from_hex(v->to), from = from_hex(v->from);
	struct assay_mail m = {
		.sequence = (int64_t)v->sequence,
		.topic = bytes(v->topic),
		.envelope = from_hex(v->envelope),
		.key_derivation = from_hex(v->derivation),
		.private_header = from_hex(v->header),
		.body = { body, v->body_len },
	};
	uint8_t to_key[32], from_key[32];
	struct assay_err err = { 0 };

	for (size_t i = 0; i < v->body_len; i++)
		body[i] = (uint8_t)(31 * i + (i >> 8));
	if (v->body[0])
		memcpy(body, from_hex(v->body).ptr, v->body_len);
	if (!assay_x25519_public(to_key, to.ptr) ||
	    !assay_x25519_public(from_key, from.ptr))
		abort();
	ok(hashes_to(m.body, v->body_sha), "%s: the body", v->name);
	ok(assay_mail_size(&m, v->min_size) == v->mail_len, "%s: %zu bytes",
	   v->name, (size_t)v->mail_len);
	ok(assay_mail_seal_with(out, &m, v->min_size, to_key, from.ptr,
	                        from_hex(v->eph).ptr, &err) &&
	           hashes_to((struct assay_bytes){ out, v->mail_len },
	                     v->mail_sha),
	   "%s: sealed to R3's bytes %s", v->name, err.note);

	struct opened o = open_mail((struct assay_bytes){ out, v->mail_len },
	                            to.ptr, STRICT);
	ok(o.good && o.mail.sequence == m.sequence && o.mail.protocol == 1 &&
	           same(o.mail.topic, m.topic) &&
	           same(o.mail.envelope, m.envelope) &&
	           same(o.mail.key_derivation, m.key_derivation) &&
	           same(o.mail.private_header, m.private_header) &&
	           same(o.mail.body, m.body) &&
	           !memcmp(o.mail.sender, from_key, 32) &&
	           o.mail.key == (v->derivation[1] == '1'
	                                  ? ASSAY_MAIL_KEY_KDS
	                                  : ASSAY_MAIL_KEY_SESSION),
	   "%s: and opened %s", v->name, o.err.note);
	end(&o);
	free(body);
	free(out);
}

static void test_vectors(void)
{
	struct assay_bytes text =
		vector_file("conclave/vectors/mail-vectors.json");
	struct assay_json j;
	struct vector v;
	size_t n = 0;

	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	for (; assay_json_element(&j); n++) {
		read_vector(&j, &v);
		test_vector(&v);
	}
	ok(assay_json_close(&j, NULL) && n == 16, "%zu of R3's mails", n);
}

/* ---- what R3 says of hostile ones */

/* clang-format off */
static const struct {
	const char *begin;        /* of the file's name: the first that fits */
	enum assay_check strict, compat;
} verdicts[] = {
	{ "00-good",                     ASSAY_OK, ASSAY_OK },
	{ "01-",                         ASSAY_M_TRAILING, ASSAY_OK },
	{ "02-",                         ASSAY_M_TRUNCATED, ASSAY_M_TRUNCATED },
	{ "03-flip-kd",                  ASSAY_M_KEY_DERIVATION, ASSAY_M_HANDSHAKE },
	{ "03-flip-pkt_len_lo",          ASSAY_M_SEALED, ASSAY_M_SEALED },
	{ "03-flip-prologue_len_lo",     ASSAY_M_PROLOGUE, ASSAY_M_PROLOGUE },
	{ "03-flip-pkt_ct",              ASSAY_M_SEALED, ASSAY_M_SEALED },
	{ "03-flip-term_tag",            ASSAY_M_SEALED, ASSAY_M_SEALED },
	{ "03-flip-",                    ASSAY_M_HANDSHAKE, ASSAY_M_HANDSHAKE },
	{ "10-",                         ASSAY_M_PAYLOAD, ASSAY_OK },
	{ "11-",                         ASSAY_M_PROLOGUE, ASSAY_OK },
	{ "12-",                         ASSAY_M_PADDING, ASSAY_OK },
	{ "13-user-len-exceeds",         ASSAY_M_PACKET, ASSAY_M_PACKET },
	{ "13-",                         ASSAY_OK, ASSAY_OK },
	{ "14-",                         ASSAY_OK, ASSAY_OK },
	{ "15-plaintext",                ASSAY_M_PACKET, ASSAY_M_PACKET },
	{ "15-",                         ASSAY_M_STREAM, ASSAY_M_STREAM },
	{ "16-",                         ASSAY_M_STREAM, ASSAY_M_STREAM },
	{ "17-",                         ASSAY_M_TRAILING, ASSAY_OK },
	{ "18-topic-bad-utf8",           ASSAY_M_TOPIC, ASSAY_M_TOPIC },
	{ "18-",                         ASSAY_M_TOPIC, ASSAY_OK },
	{ "19-seq-max",                  ASSAY_OK, ASSAY_OK },
	{ "19-",                         ASSAY_M_SEQUENCE, ASSAY_OK },
	{ "20-",                         ASSAY_M_PROTOCOL, ASSAY_M_PROTOCOL },
	/* no rule lets pass a sender whose secret everybody knows */
	{ "21-",                         ASSAY_M_KEY, ASSAY_M_KEY },
	{ "22-",                         ASSAY_M_PROLOGUE, ASSAY_M_PROLOGUE },
	{ "23-",                         ASSAY_OK, ASSAY_OK },
	{ "24-kd-empty",                 ASSAY_OK, ASSAY_OK },
	{ "24-",                         ASSAY_M_KEY_DERIVATION, ASSAY_OK },
	{ "25-",                         ASSAY_M_HANDSHAKE, ASSAY_M_HANDSHAKE },
};
/* clang-format on */

struct verdict {
	char file[96], sender[65], body[512], derivation[128], exception[64];
	struct assay_json_str topic; /* the longest is cut: "aaa..." */
	bool ok;
	uint64_t envelope_len;
};

static void read_verdict(struct assay_json *j, struct verdict *v)
{
	const struct {
		const char *name;
		char *to;
		size_t room;
	} texts[] = {
		{ "file", v->file, sizeof(v->file) },
		{ "sender", v->sender, sizeof(v->sender) },
		{ "body", v->body, sizeof(v->body) },
		{ "key_derivation", v->derivation, sizeof(v->derivation) },
		{ "exception", v->exception, sizeof(v->exception) },
	};
	struct assay_json_str name;

	memset(v, 0, sizeof(*v));
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (assay_json_is(name, texts[i].name))
				assay_json_text(j, texts[i].to, texts[i].room);
		if (assay_json_is(name, "ok"))
			assay_json_bool(j, &v->ok);
		else if (assay_json_is(name, "topic"))
			assay_json_string(j, &v->topic);
		else if (assay_json_is(name, "envelope_len"))
			assay_json_uint(j, UINT32_MAX, &v->envelope_len);
	}
}

/* The topic, up to where it is cut or escaped. */
static bool is_topic(struct assay_bytes topic, const struct verdict *v)
{
	struct assay_bytes want = v->topic.raw;
	const char *dots = memmem(want.ptr, want.len, "...", 3);
	const char *escape = memchr(want.ptr, '\\', want.len);
	const char *stop = dots ? dots : escape;

	if (!stop)
		return same(topic, want);
	want.len = (size_t)(stop - (const char *)want.ptr);
	return topic.len > want.len && !memcmp(topic.ptr, want.ptr, want.len);
}

/* What was opened is what R3 opened. */
static bool as_r3(const struct opened *o, const struct verdict *v)
{
	bool known = strncmp(v->derivation, "RandomSession", 13) == 0;
	struct assay_bytes who = from_hex(v->sender);

	return o->good && !memcmp(o->mail.sender, who.ptr, 32) &&
	       same(o->mail.body, from_hex(v->body)) &&
	       o->mail.envelope.len == v->envelope_len &&
	       is_topic(o->mail.topic, v) &&
	       known == (o->mail.key == ASSAY_MAIL_KEY_SESSION);
}

static void test_verdict(const struct verdict *v)
{
	struct assay_bytes in = vector_file("conclave/mail-variants/%s",
	                                    v->file);
	struct opened strict = open_mail(in, recipient, STRICT);
	struct opened compat = open_mail(in, recipient, COMPAT);
	bool low_order = strncmp(v->file, "21-", 3) == 0;
	size_t k = 0;

	while (strncmp(v->file, verdicts[k].begin, strlen(verdicts[k].begin)))
		k++;
	ok(verdicts[k].strict ? refused(&strict, verdicts[k].strict)
	                      : as_r3(&strict, v),
	   "%s: %s", v->file, strict.good ? "opened" : strict.err.note);
	ok(verdicts[k].compat ? refused(&compat, verdicts[k].compat)
	                      : as_r3(&compat, v),
	   "%s, compatible: %s", v->file,
	   compat.good ? "opened" : compat.err.note);
	ok(v->ok == !verdicts[k].compat || low_order, "... as by R3: %s",
	   v->ok ? "opened" : v->exception);
	end(&strict);
	end(&compat);
}

static void test_verdicts(void)
{
	struct assay_bytes text =
		vector_file("conclave/vectors/mail-verdicts.json");
	struct assay_json j;
	struct verdict v;
	size_t n = 0;

	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	for (; assay_json_element(&j); n++) {
		read_verdict(&j, &v);
		test_verdict(&v);
	}
	ok(assay_json_close(&j, NULL) && n == 66, "%zu verdicts of R3's", n);
}

/* A mail of a real service, of which nobody has the key. */
static void test_kds(void)
{
	struct assay_bytes in =
		vector_file("conclave/kds-doc/kds-doc-encryptedPrivateKey.bin");
	struct assay_mail m;
	struct assay_err err;

	ok(!assay_mail_peek(&m, in, STRICT, &err) &&
	           err.check == ASSAY_M_KEY_DERIVATION &&
	           is_zero(&m, sizeof(m)),
	   "a service's mail has the old key derivation: %s", err.note);
	ok(assay_mail_peek(&m, in, COMPAT, &err) &&
	           m.key_derivation.len == 18 &&
	           m.key == ASSAY_MAIL_KEY_SESSION && m.envelope.len > 0,
	   "which R3 reads");
	struct opened o = open_mail(in, recipient, COMPAT);
	ok(refused(&o, ASSAY_M_HANDSHAKE), "it is for somebody else: %s",
	   o.err.note);
	end(&o);
}

/* ---- mails of our own */

static uint8_t sealed[70000];

static struct assay_bytes seal(const struct assay_mail *m, size_t min_size)
{
	size_t len = assay_mail_size(m, min_size);
	struct assay_err err;

	if (!len || len > sizeof(sealed) ||
	    !assay_mail_seal(sealed, m, min_size, recipient_key, sender, &err))
		abort();
	return (struct assay_bytes){ sealed, len };
}

static const uint8_t session[1];

static struct assay_mail hello(void)
{
	return (struct assay_mail){
		.sequence = 3,
		.topic = bytes("greeting-1"),
		.envelope = bytes("for the host to see"),
		.key_derivation = { session, 1 },
		.private_header = bytes("for the enclave alone"),
		.body = bytes("Hello, enclave!"),
	};
}

static void test_truncation(void)
{
	struct assay_mail m = hello();
	struct assay_bytes in = seal(&m, 40);
	size_t right = 0, lax = 0;

	for (size_t n = 0; n < in.len; n++) {
		struct assay_bytes cut = { in.ptr, n };
		struct opened o = open_mail(cut, recipient, STRICT);
		struct opened c = open_mail(cut, recipient, COMPAT);

		right += refused(&o, ASSAY_M_TRUNCATED);
		lax += refused(&c, ASSAY_M_TRUNCATED);
		end(&o);
		end(&c);
	}
	ok(right == in.len, "of %zu lengths %zu are M_TRUNCATED", in.len,
	   right);
	ok(lax == in.len, "... %zu also in the compatible mode", lax);
}

/* Which check a flipped byte may fail: what stands there says it. */
static bool is_expected(enum assay_check got, size_t at, size_t prologue_end,
                        size_t handshake_end)
{
	if (at < 2)
		return got == ASSAY_M_TRUNCATED || got == ASSAY_M_PROLOGUE;
	if (at == 2)
		return got == ASSAY_M_PROTOCOL || got == ASSAY_M_HANDSHAKE;
	if (at < prologue_end)
		return got == ASSAY_M_PROLOGUE || got == ASSAY_M_TOPIC ||
		       got == ASSAY_M_SEQUENCE ||
		       got == ASSAY_M_KEY_DERIVATION ||
		       got == ASSAY_M_HANDSHAKE;
	if (at < handshake_end)
		return got == ASSAY_M_HANDSHAKE;
	return got == ASSAY_M_SEALED || got == ASSAY_M_TRUNCATED ||
	       got == ASSAY_M_PACKET;
}

static void test_flips(void)
{
	struct assay_mail m = hello();
	struct assay_bytes in = seal(&m, 40);
	size_t prologue_end = 2 + (size_t)(in.ptr[0] << 8 | in.ptr[1]);
	size_t right = 0, total = 0;
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };

	for (size_t at = 0; at < in.len; at++)
		for (size_t k = 0; k < sizeof(masks); k++, total++) {
			sealed[at] ^= masks[k];
			struct opened o = open_mail(in, recipient, STRICT);
			struct opened c = open_mail(in, recipient, COMPAT);
			bool good = refused(&o, o.err.check) &&
			            is_expected(o.err.check, at, prologue_end,
			                        prologue_end + 97) &&
			            refused(&c, c.err.check);

			if (!good)
				note("byte %zu ^ %02x: %s", at, masks[k],
				     o.good ? "opened" : o.err.note);
			right += good;
			sealed[at] ^= masks[k];
			end(&o);
			end(&c);
		}
	struct opened o = open_mail(in, recipient, STRICT);
	ok(o.good, "unaltered it opens");
	end(&o);
	ok(right == total,
	   "of %zu altered mails %zu are refused in their place", total, right);
}

/* What is in memory after opening: the plaintext, and nothing else of it. */
static void test_wiped(void)
{
	struct assay_mail m = hello();
	struct assay_bytes in = seal(&m, 300);
	struct opened o = open_mail(in, recipient, STRICT);
	size_t used = 4 + m.private_header.len + m.body.len;

	ok(o.good && o.mail.body.ptr + o.mail.body.len == o.room + used &&
	           is_zero(o.room + used, o.len - used),
	   "behind the plaintext there are zeros");
	end(&o);
}

static void test_round_trips(void)
{
	static const size_t sizes[] = { 0,     1,      65512, 65513,
		                        65514, 131030, 200000 };
	static const size_t mins[] = { 0, 1, 70, 65517, 65518, 150000 };
	static uint8_t body[200000], out[500000];
	struct assay_mail m = hello();
	size_t good = 0, n = 0;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 31 >> 3);
	m.private_header.len = 0;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t k = 0; k < sizeof(mins) / sizeof(mins[0]); k++) {
			m.body = (struct assay_bytes){ body, sizes[i] };
			size_t len = assay_mail_size(&m, mins[k]);
			struct assay_err err;
			bool made = len <= sizeof(out) &&
			            assay_mail_seal(out, &m, mins[k],
			                            recipient_key, sender,
			                            &err);
			struct opened o =
				open_mail((struct assay_bytes){ out, len },
			                  recipient, STRICT);

			good += made && o.good && same(o.mail.body, m.body) &&
			        len >= mins[k];
			n++;
			end(&o);
		}
	ok(good == n, "%zu of %zu sizes come back", good, n);
	m = hello();
	ok(assay_mail_size(&m, 0) < assay_mail_size(&m, 256) &&
	           assay_mail_size(&m, 4096) > 4096,
	   "padding hides the size");
}

static void test_fresh(void)
{
	struct assay_mail m = hello();
	uint8_t first[256];
	struct assay_bytes in = seal(&m, 0);
	size_t clear = 2 + (size_t)(in.ptr[0] << 8 | in.ptr[1]);

	memcpy(first, in.ptr, in.len);
	in = seal(&m, 0);
	ok(memcmp(first, in.ptr, clear) == 0 &&
	           memcmp(first + clear, in.ptr + clear, 32) != 0 &&
	           memcmp(first + clear + 129, in.ptr + clear + 129, 16) != 0,
	   "no two mails have the same ephemeral key");
	ok(!memmem(in.ptr, in.len, "Hello", 5) &&
	           !memmem(in.ptr, in.len, "alone", 5) &&
	           !memmem(in.ptr, in.len, sender_key, 32) &&
	           memmem(in.ptr, in.len, "for the host to see", 19),
	   "who carries it sees neither text nor sender");
}

static void test_peek(void)
{
	struct assay_mail m = hello(), seen;
	struct assay_bytes in = seal(&m, 0);
	struct assay_err err;

	ok(assay_mail_peek(&seen, in, STRICT, &err) && seen.sequence == 3 &&
	           seen.key == ASSAY_MAIL_KEY_SESSION && seen.protocol == 1 &&
	           same(seen.topic, m.topic) &&
	           same(seen.envelope, m.envelope) && !seen.body.len &&
	           !seen.private_header.len && is_zero(seen.sender, 32),
	   "peeking sees the clear part alone");
	ok(!assay_mail_peek(&seen, (struct assay_bytes){ in.ptr, 20 }, STRICT,
	                    NULL) &&
	           is_zero(&seen, sizeof(seen)),
	   "err may be NULL");
}

/* ---- what is not sent */

static void not_sealed(const struct assay_mail *m, size_t min_size,
                       enum assay_check want, const char *what)
{
	size_t len = assay_mail_size(m, min_size);
	uint8_t out[2048];
	struct assay_err err = { 0 };

	memset(out, 0xa5, sizeof(out));
	ok(!assay_mail_seal(out, m, min_size, recipient_key, sender, &err) &&
	           err.check == want && err.doc == ASSAY_DOC_MAIL &&
	           is_zero(out, len) && out[len] == 0xa5,
	   "%s: %s", what, err.note);
}

static const char *const topics[] = { "", "two words", "colon:", "caf\xc3\xa9",
	                              "a_b" };
static const char *const derivations[] = {
	"0001",
	"02",
	"07",
	"0001020304050607080910111213141516ff", /* the old form: 18 bytes */
	"01",
	"0100000001",
	"010000000161000000000000", /* bytes follow */
	"010000000161030000000162", /* no such master key */
};

static void test_refusals(void)
{
	static uint8_t much[UINT16_MAX];
	char name[300];
	struct assay_mail m;

	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		m = hello();
		m.topic = bytes(topics[i]);
		not_sealed(&m, 0, ASSAY_M_TOPIC, topics[i]);
	}
	m = hello();
	m.topic = (struct assay_bytes){ (uint8_t *)name, 256 };
	not_sealed(&m, 0, ASSAY_M_TOPIC, "a topic of 256 characters");
	m = hello();
	m.sequence = -1;
	not_sealed(&m, 0, ASSAY_M_SEQUENCE, "a sequence number of -1");
	for (size_t i = 0; i < sizeof(derivations) / sizeof(derivations[0]);
	     i++) {
		m = hello();
		m.key_derivation = from_hex(derivations[i]);
		not_sealed(&m, 0, ASSAY_M_KEY_DERIVATION, derivations[i]);
	}
	m = hello();
	m.envelope = (struct assay_bytes){ much, sizeof(much) };
	not_sealed(&m, 0, ASSAY_M_SIZE, "an envelope of 65535 bytes");
	m = hello();
	not_sealed(&m, (size_t)ASSAY_MAIL_MAX, ASSAY_M_SIZE, "much padding");
	not_sealed(&m, SIZE_MAX, ASSAY_M_SIZE, "more padding");
	m.body.len = SIZE_MAX - 2;
	not_sealed(&m, 0, ASSAY_M_SIZE, "a body without an end");
	m = hello();
	m.private_header.len = (size_t)ASSAY_MAIL_MAX + 1;
	not_sealed(&m, 0, ASSAY_M_SIZE, "a private header without an end");
}

/* The largest clear part, and key derivations that are good. */
static void test_limits(void)
{
	static const char *const good[] = {
		"",
		"00",
		"010000000161000000000162",
		/* as long as the old form, and so filled up */
		"01000000046e616d6501000000046161616100",
	};
	static uint8_t much[UINT16_MAX];
	char name[256];
	struct assay_mail m = hello();

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		m.key_derivation = from_hex(good[i]);
		struct opened o = open_mail(seal(&m, 0), recipient, STRICT);

		ok(o.good && (i < 2) == (o.mail.key == ASSAY_MAIL_KEY_SESSION),
		   "key derivation '%s' %s", good[i], o.err.note);
		end(&o);
	}
	memset(name, '-', sizeof(name));
	m = hello();
	m.topic = (struct assay_bytes){ (uint8_t *)name, 255 };
	m.envelope = (struct assay_bytes){ much, UINT16_MAX - 15 - 255 - 1 };
	struct opened o = open_mail(seal(&m, 0), recipient, STRICT);
	ok(o.good && o.mail.topic.len == 255, "the largest clear part");
	end(&o);
	m.envelope.len++;
	ok(assay_mail_size(&m, 0) == 0, "and one byte more");
}

/* ---- hand-made ones: what this sender never writes */

struct made {
	uint8_t protocol, payload;
	const char *packets; /* "hex hex": the plaintexts, each with its end */
	const uint8_t *secret, *whose; /* the sender's; his public key */
	const char *topic;
	const char *extra;  /* in hex, behind the prologue's fields */
	const char *behind; /* in hex, behind the mail */
};

static size_t put_hex(uint8_t *to, const char *hex, size_t digits)
{
	if (!assay_hex_parse(to, digits / 2,
	                     (struct assay_bytes){ (const uint8_t *)hex,
	                                           digits }))
		abort();
	return digits / 2;
}

static size_t make_packets(uint8_t *out, const char *packets,
                           const uint8_t key[32])
{
	const struct assay_bytes none = { NULL, 0 };
	uint8_t plain[512], nonce[12];
	size_t len = 0;

	for (uint64_t i = 0; *packets; i++) {
		size_t digits = strcspn(packets, " ");
		size_t n = put_hex(plain, packets, digits);

		out[len] = 0;
		out[len + 1] = (uint8_t)(n + 16);
		assay_noise_nonce(nonce, i);
		if (!assay_gcm_seal(out + len + 2, key, nonce, none,
		                    (struct assay_bytes){ plain, n }))
			abort();
		len += 2 + n + 16;
		packets += digits + (packets[digits] == ' ');
	}
	return len;
}

/* As the sealing does, but that a sender's key may be whatever he says. */
static struct assay_bytes make(const struct made *h)
{
	const uint8_t payload[1] = { h->payload };
	size_t topic_len = strlen(h->topic), len = 13 + topic_len + 4;
	uint8_t ephemeral[32] = { 9, 9, 9 };
	struct assay_noise n;

	memset(sealed, 0, 2 + len);
	sealed[2] = h->protocol;
	sealed[12] = (uint8_t)topic_len;
	memcpy(sealed + 13, h->topic, topic_len);
	len += put_hex(sealed + len, h->extra, strlen(h->extra));
	sealed[1] = (uint8_t)(len - 2);
	assay_noise_begin(&n, (struct assay_bytes){ sealed + 2, len - 2 },
	                  recipient_key);
	if (!assay_noise_write(
		    sealed + len, &n, recipient_key, h->secret, ephemeral,
		    (struct assay_bytes){ payload, h->protocol ? 1 : 0 }) ||
	    !assay_noise_split(&n))
		abort();
	len += 96 + (h->protocol ? 1u : 0u);
	len += make_packets(sealed + len, h->packets, n.k);
	len += put_hex(sealed + len, h->behind, strlen(h->behind));
	return (struct assay_bytes){ sealed, len };
}

#define USUAL "00000000780005 0000"

/* clang-format off */
static const struct {
	const char *what;
	uint8_t protocol, payload;
	const char *packets, *topic, *extra, *behind;
	enum assay_check strict, compat;
} mades[] = {
	{ "as usual", 1, 0, USUAL, "t", "", "", ASSAY_OK, ASSAY_OK },
	{ "protocol 0", 0, 0, "780001 0000", "t", "", "", ASSAY_OK, ASSAY_OK },
	{ "protocol 0, empty", 0, 0, "0000", "t", "", "", ASSAY_OK, ASSAY_OK },
	{ "protocol 2", 2, 0, USUAL, "t", "", "", ASSAY_M_PROTOCOL, ASSAY_M_PROTOCOL },
	{ "payload 1", 1, 1, USUAL, "t", "", "", ASSAY_M_PAYLOAD, ASSAY_OK },
	{ "bytes in the prologue", 1, 0, USUAL, "t", "00", "", ASSAY_M_PROLOGUE, ASSAY_OK },
	{ "bytes behind", 1, 0, USUAL, "t", "", "00", ASSAY_M_TRAILING, ASSAY_OK },
	{ "a topic with a space", 1, 0, USUAL, "a b", "", "", ASSAY_M_TOPIC, ASSAY_OK },
	{ "a topic of other letters", 1, 0, USUAL, "\xc3\xa9\xe2\x82\xac", "", "", ASSAY_M_TOPIC, ASSAY_OK },
	{ "a topic cut off", 1, 0, USUAL, "a\xe2\x82", "", "", ASSAY_M_TOPIC, ASSAY_M_TOPIC },
	{ "a topic of broken text", 1, 0, USUAL, "\xc3q", "", "", ASSAY_M_TOPIC, ASSAY_M_TOPIC },
	{ "a topic of four-byte text", 1, 0, USUAL, "\xf0\x9f\x98\x80", "", "", ASSAY_M_TOPIC, ASSAY_M_TOPIC },
	{ "padding", 1, 0, "0000000078000000050005 0000 ", "t", "", "", ASSAY_M_PADDING, ASSAY_OK },
	{ "padding of zeros", 1, 0, "0000000078000000000005 0000", "t", "", "", ASSAY_OK, ASSAY_OK },
	{ "padding alone", 1, 0, "0000000000 00000000780005 0000", "t", "", "", ASSAY_OK, ASSAY_OK },
	{ "a byte each", 1, 0, "000001 000001 000001 000001 780001 0000", "t", "", "", ASSAY_OK, ASSAY_OK },
	{ "more user bytes than there are", 1, 0, "00000000780006 0000", "t", "", "", ASSAY_M_PACKET, ASSAY_M_PACKET },
	{ "an end with a user byte", 1, 0, "00000000780005 0001", "t", "", "", ASSAY_M_PACKET, ASSAY_M_PACKET },
	{ "a plaintext of 1 byte", 1, 0, "00", "t", "", "", ASSAY_M_PACKET, ASSAY_M_PACKET },
	{ "no end", 1, 0, "00000000780005", "t", "", "", ASSAY_M_TRUNCATED, ASSAY_M_TRUNCATED },
	{ "nothing but the end", 1, 0, "0000", "t", "", "", ASSAY_M_STREAM, ASSAY_M_STREAM },
	{ "a private header of 2 GiB", 1, 0, "7fffffff780005 0000", "t", "", "", ASSAY_M_STREAM, ASSAY_M_STREAM },
	{ "a private header of -1", 1, 0, "ffffffff780005 0000", "t", "", "", ASSAY_M_STREAM, ASSAY_M_STREAM },
	{ "a private header of one byte more", 1, 0, "00000002780005 0000", "t", "", "", ASSAY_M_STREAM, ASSAY_M_STREAM },
};
/* clang-format on */

static void test_made(void)
{
	for (size_t i = 0; i < sizeof(mades) / sizeof(mades[0]); i++) {
		struct made h = {
			.protocol = mades[i].protocol,
			.payload = mades[i].payload,
			.packets = mades[i].packets,
			.topic = mades[i].topic,
			.extra = mades[i].extra,
			.behind = mades[i].behind,
			.secret = sender,
		};
		struct assay_bytes in = make(&h);
		struct opened s = open_mail(in, recipient, STRICT);
		struct opened c = open_mail(in, recipient, COMPAT);

		ok(mades[i].strict ? refused(&s, mades[i].strict)
		                   : s.good && (!s.mail.body.len ||
		                                *s.mail.body.ptr == 'x'),
		   "%s: %s", mades[i].what, s.good ? "opened" : s.err.note);
		ok(mades[i].compat ? refused(&c, mades[i].compat) : c.good,
		   "... compatible: %s", c.good ? "opened" : c.err.note);
		end(&s);
		end(&c);
	}
}

/* Keys with which everybody knows the secret [CONCLAVE 3.2]. */
static void test_low_order(void)
{
	static const char *const points[] = {
		"00000000000000000000000000000000000000000000000000000000000000"
		"00",
		"01000000000000000000000000000000000000000000000000000000000000"
		"00",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b8"
		"00",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
	};
	struct assay_mail m = hello();
	struct assay_err err;

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct assay_bytes point = from_hex(points[i]);
		struct assay_bytes in = seal(&m, 0);
		size_t len = in.len;
		size_t at = 2 + (size_t)(in.ptr[0] << 8 | in.ptr[1]);

		memcpy(sealed + at, point.ptr, 32);
		struct opened o = open_mail(in, recipient, COMPAT);
		ok(refused(&o, ASSAY_M_KEY), "an ephemeral key %.8s: %s",
		   points[i], o.err.note);
		end(&o);
		ok(!assay_mail_seal(sealed, &m, 0, point.ptr, sender, &err) &&
		           err.check == ASSAY_M_KEY && is_zero(sealed, len),
		   "a recipient %.8s: %s", points[i], err.note);
	}
}

int main(void)
{
	make_keys();
	test_truncation();
	test_flips();
	test_wiped();
	test_round_trips();
	test_fresh();
	test_peek();
	test_refusals();
	test_limits();
	test_made();
	test_low_order();
	if (vectors()) {
		test_noise();
		test_vectors();
		test_verdicts();
		test_kds();
	} else {
		skip("no vectors", "mails by R3");
	}
	return done();
}
