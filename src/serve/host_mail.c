/* host_mail.c - the host in Conclave's profile: docs/conclave.md. */
#include "serve/host_inner.h"

#include <assay/conclave.h>

#include <stdio.h>

/* ---- the attestation [CONCLAVE 1.2] */

static bool say_no(struct sim_host *talk, const char *why)
{
	talk->refused = true; /* it can go on */
	return sim_host_why(talk, "no EII: %s", why);
}

static void fill(struct assay_eii *eii,
                 const struct sim_mail_attested *attested,
                 const struct assay_collateral *c)
{
	*eii = (struct assay_eii){
		.signing_key = attested->signing_key,
		.encryption_key = attested->encryption_key,
		.mode = ASSAY_CONCLAVE_RELEASE, /* its quote says if not */
		.quote = attested->quote,
		.part = {
			/* 3.1: lists in DER */
			[ASSAY_EII_VERSION] = buf_text("65539"),
			[ASSAY_EII_PCK_CRL_CHAIN] = c->pck_crl_issuer_chain,
			[ASSAY_EII_ROOT_CRL] = c->root_ca_crl,
			[ASSAY_EII_PCK_CRL] = c->pck_crl,
			[ASSAY_EII_TCB_CHAIN] = c->tcb_info_issuer_chain,
			[ASSAY_EII_TCB_INFO] = c->tcb_info.doc,
			[ASSAY_EII_QE_CHAIN] = c->qe_identity_issuer_chain,
			[ASSAY_EII_QE_IDENTITY] = c->qe_identity.doc,
		},
	};
}

/* What no client could read is not handed out. */
bool host_eii_make(struct host *h, struct buf *out)
{
	struct sim_host *talk = &h->enclave.talk;
	struct sim_mail_attested attested;
	struct assay_eii eii, read;
	struct assay_err err;
	size_t len;

	if (!sim_host_attest_mail(&attested, talk))
		return false;
	if (!h->documents)
		return say_no(talk, "the manufacturer's documents are missing");
	fill(&eii, &attested, h->documents);
	len = assay_eii_write(NULL, 0, &eii);
	if (len == 0 || len > ASSAY_EVIDENCE_MAX)
		return say_no(talk, "it would have more than 4 MiB");
	buf_put_zeros(out, len);
	if (out->bad)
		return say_no(talk, "memory is short");
	(void)assay_eii_write(out->ptr, len, &eii);
	return assay_eii_parse(&read, buf_bytes(out), ASSAY_CONCLAVE_STRICT,
	                       &err) ||
	       say_no(talk, err.note);
}

/* ---- mail */

bool host_mail_hold(struct sim_host *talk, struct assay_bytes id,
                    struct assay_bytes mail)
{
	return mails_put(talk->posts, id, mail, host_now_ms()) ||
	       sim_host_why(talk, "memory is short for its mail");
}

static bool did_not_open(const struct sim_host *talk)
{
	return talk->refused && talk->check &&
	       talk->check->check >= ASSAY_M_TRUNCATED &&
	       talk->check->check <= ASSAY_M_SIZE;
}

/* Mail to others goes out with the answer, or not at all. */
unsigned host_mail(struct host *h, struct buf *answer, uint64_t who,
                   struct assay_bytes id, struct assay_bytes mail)
{
	struct sim_host *talk = &h->enclave.talk;
	unsigned status = host_turn_take(h, who);
	struct assay_bytes got;

	if (status != 200)
		return status;
	if (sim_host_mail(&got, talk, id, mail)) {
		buf_put_bytes(answer, got);
		pthread_mutex_lock(&h->lock);
		mails_move(&h->mails, &h->held);
		pthread_mutex_unlock(&h->lock);
	} else {
		mails_clear(&h->held);
		status = did_not_open(talk) ? 409 : talk->refused ? 500 : 502;
	}
	host_turn_leave(h, status == 502 ? talk->why : NULL);
	return status;
}
