/* mail.c - requests that come as Conclave's mail, and answers that go as such:
 * docs/conclave.md. */
#include "enclave/inside.h"

#include "base/err.h"
#include "base/rd.h"
#include "crypto/crypto.h"

#include <inttypes.h>
#include <string.h>

enum { PROTOCOL = 1, KEY_LEN = ASSAY_MAIL_KEY_LEN };

/* ---- keys [CONCLAVE 1.3] */

void assay_enclave_mail_keys(uint8_t data[64], struct assay_enclave *e)
{
	/* SubjectPublicKeyInfo of an Ed25519 key, up to the key [RFC 8410] */
	static const uint8_t begin[ASSAY_SPKI_LEN - KEY_LEN] = {
		0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
		0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
	};
	const struct assay_bytes keys[] = {
		{ e->spki, sizeof(e->spki) },
		{ e->secrets->mail.key, KEY_LEN },
	};

	memcpy(e->spki, begin, sizeof(begin));
	memcpy(e->spki + sizeof(begin), e->sign, KEY_LEN);
	assay_sha512_parts(data, keys, 2);
}

/* ---- numbers [CONCLAVE 3.4] */

/* Those of a key and a topic: zeroed, and at the end, if they are new; NULL, if
 * there is no room for new ones. */
static struct assay_office *find(struct assay_enclave *e, const uint8_t *key,
                                 struct assay_bytes topic)
{
	struct assay_mails *m = &e->mails;
	uint8_t id[ASSAY_SHA256_LEN];
	size_t i = 0;

	assay_sha256_2(id, (struct assay_bytes){ key, KEY_LEN }, topic);
	while (i < m->n && memcmp(m->office[i].id, id, sizeof(id)) != 0)
		i++;
	if (i == ASSAY_N_OFFICES) {
		(void)assay_fail(&e->err, ASSAY_N_MAIL_MANY, ASSAY_DOC_NONE, 0,
		                 "%zu are known", m->n);
		return NULL;
	}
	if (i == m->n) {
		m->office[i] = (struct assay_office){ 0 };
		memcpy(m->office[i].id, id, sizeof(id));
	}
	return &m->office[i];
}

/* From now on they are counted.  None is ever forgotten: his mail could be sent
 * again. */
static void enter(struct assay_mails *m, const struct assay_office *o)
{
	m->n += o == m->office + m->n;
}

static bool is_next(struct assay_enclave *e)
{
	const struct assay_mail *mail = &e->mails.asked;
	struct assay_office *o = find(e, mail->sender, mail->topic);

	if (!o)
		return false;
	if (mail->sequence != o->in)
		return assay_fail(&e->err, ASSAY_N_MAIL_SEQUENCE,
		                  ASSAY_DOC_NONE, 0,
		                  "got %" PRId64 ", want %" PRId64,
		                  mail->sequence, o->in);
	enter(&e->mails, o);
	o->in++;
	return true;
}

/* ---- what is sent */

/* As long as the average, this one counted, so that its length says less
 * [CONCLAVE 3.6]. */
static size_t least(struct assay_mails *m, size_t len)
{
	m->sum += len;
	m->count++;
	return (size_t)(m->sum / m->count);
}

static bool seal(struct assay_enclave *e, const struct assay_mail *mail,
                 const uint8_t to[KEY_LEN])
{
	struct assay_mails *m = &e->mails;
	struct assay_frame *f = &m->sealed;
	const size_t min = least(m, mail->body.len);
	const size_t len = assay_mail_size(mail, min);

	if (mail->body.len > ASSAY_ENCLAVE_MAX || len == 0 ||
	    len > ASSAY_FRAME_BODY_MAX - f->len ||
	    !assay_mail_seal(assay_frame_body(f) + f->len, mail, min, to,
	                     e->secrets->mail.secret, NULL))
		return assay_fail(&e->err, ASSAY_N_MAIL_MADE, ASSAY_DOC_NONE, 0,
		                  "of %zu bytes", mail->body.len);
	f->len += len;
	return true;
}

/* What stands in front of the mail is in the frame. */
static bool send_mail(struct assay_enclave *e, const uint8_t to[KEY_LEN],
                      struct assay_bytes topic, struct assay_bytes body)
{
	struct assay_office *o = find(e, to, topic);
	struct assay_mail mail = { .protocol = PROTOCOL,
		                   .topic = topic,
		                   .body = body };

	if (!o)
		return false;
	enter(&e->mails, o);
	mail.sequence = o->out++;
	return seal(e, &mail, to) &&
	       assay_frame_send(&e->mails.sealed, e->place->out, &e->err);
}

/* ---- for the program */

bool assay_enclave_sender(const struct assay_enclave *e,
                          struct assay_enclave_sender *sender)
{
	const struct assay_mails *m = &e->mails;

	memset(sender, 0, sizeof(*sender));
	if (!m->open)
		return false;
	memcpy(sender->key, m->asked.sender, KEY_LEN);
	memcpy(sender->topic, m->asked.topic.ptr, m->asked.topic.len);
	memcpy(sender->id, m->id.ptr, m->id.len);
	return true;
}

bool assay_enclave_post(struct assay_enclave *e,
                        const struct assay_enclave_sender *to,
                        struct assay_bytes bytes)
{
	struct assay_frame *f = &e->mails.sealed;
	const size_t id_len = strnlen(to->id, sizeof(to->id) - 1);
	const struct assay_bytes topic = { (const uint8_t *)to->topic,
		                           strnlen(to->topic,
		                                   sizeof(to->topic) - 1) };

	f->type = ASSAY_FRAME_POST;
	f->len = 1 + id_len;
	assay_frame_body(f)[0] = (uint8_t)id_len;
	memcpy(assay_frame_body(f) + 1, to->id, id_len);
	if (!e->mails.open || id_len == 0)
		return assay_fail(&e->err, ASSAY_N_MAIL_POST, ASSAY_DOC_NONE, 0,
		                  e->mails.open ? "it goes to nobody"
		                                : "no mail is being answered");
	return send_mail(e, to->key, topic, bytes);
}

/* ---- what comes */

/* What does not open says nothing of what is in it, but by which check. */
static bool open_mail(struct assay_enclave *e, struct assay_bytes in)
{
	struct assay_mails *m = &e->mails;
	struct assay_rd r = assay_rd(in);
	const size_t len = assay_rd_u8(&r, "length");

	m->id = assay_rd_bytes(&r, len, "id");
	if (!assay_rd_ok(&r) || len == 0)
		return assay_fail(&e->err, ASSAY_N_MAIL_ID, ASSAY_DOC_NONE, 0,
		                  "got %zu bytes", in.len);
	if (assay_mail_open(&m->asked, m->room, assay_rd_rest(&r),
	                    e->secrets->mail.secret, ASSAY_CONCLAVE_STRICT,
	                    &e->err))
		return true;
	e->err.note[0] = 0;
	return false;
}

static bool answer(struct assay_enclave *e)
{
	struct assay_mails *m = &e->mails;
	bool yes;

	assay_enclave_clear(e, 0);
	m->open = true;
	yes = e->app->answer(e, m->asked.body, e->app->own);
	m->open = false;
	if (e->err.check)
		return false;
	if (!yes)
		return assay_fail(&e->err, ASSAY_N_MAIL_REFUSED, ASSAY_DOC_NONE,
		                  0, "why is not for the host");
	m->sealed.type = ASSAY_FRAME_MAILED;
	m->sealed.len = 0;
	return send_mail(e, m->asked.sender, m->asked.topic,
	                 (struct assay_bytes){ assay_frame_body(&e->out),
	                                       e->out.len });
}

bool assay_enclave_mail(struct assay_enclave *e, struct assay_bytes in)
{
	struct assay_mails *m = &e->mails;
	const bool good = open_mail(e, in) && is_next(e) && answer(e);

	assay_wipe(m->room, in.len);
	assay_enclave_clear(e, 0);
	assay_wipe(&m->asked, sizeof(m->asked));
	m->id = (struct assay_bytes){ 0 };
	return good;
}
