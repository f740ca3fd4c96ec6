/* world_build.c - the documents of a world, made, viewed and written. */
#include "forge/world.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/folder.h"

static unsigned tee_of(const struct sim_world *w)
{
	return w->kind >= SIM_TDX_V4 ? SIM_TDX : SIM_SGX;
}

static unsigned pck_crl_of(const struct sim_world *w)
{
	return w->ca == SIM_PROCESSOR_CA ? SIM_CRL_PROCESSOR : SIM_CRL_PLATFORM;
}

static bool make_chain(struct sim_world *w, unsigned i)
{
	const struct sim_chain *chain = &w->chain[i];
	struct buf *text = &w->pem[i];

	buf_clear(text);
	if (chain->raw.len) {
		buf_put_bytes(text, chain->raw);
		return !text->bad;
	}
	buf_put_bytes(text, chain->before);
	for (size_t k = 0; k < chain->n; k++) {
		if (k)
			buf_put_bytes(text, chain->between);
		sim_pem(text, chain->label ? chain->label : "CERTIFICATE",
		        buf_bytes(&w->der[chain->who[k]]));
	}
	buf_put_bytes(text, chain->after);
	return !text->bad;
}

bool sim_world_quote(struct buf *quote, const struct sim_world *w,
                     const struct sim_quote_spec *spec)
{
	return sim_quote_make(quote, spec, buf_bytes(&w->pem[SIM_CHAIN_PCK]),
	                      &w->keys[w->quote_pck], &w->keys[w->quote_ak]);
}

bool sim_world_build(struct sim_world *w)
{
	bool good = true;

	for (unsigned i = 0; i < SIM_N_CERTS; i++)
		good &= sim_cert_make(&w->der[i], &w->cert[i],
		                      &w->keys[w->cert_signer[i]]);
	for (unsigned i = 0; i < SIM_N_CHAINS; i++)
		good &= make_chain(w, i);
	for (unsigned i = 0; i < SIM_N_CRLS; i++)
		good &= sim_crl_make(&w->crl_der[i], &w->crl[i],
		                     &w->keys[w->crl_signer[i]]);
	for (unsigned i = 0; i < SIM_N_TEES; i++) {
		good &= sim_tcb_info_make(&w->tcb_info[i], &w->tcb[i],
		                          &w->keys[w->tcb_signer[i]]);
		good &= sim_identity_make(&w->qe_identity[i], &w->qe[i],
		                          &w->keys[w->qe_signer[i]]);
	}
	return good && sim_world_quote(&w->quote, w, &w->quote_spec);
}

void sim_world_collateral(struct assay_collateral *c, const struct sim_world *w)
{
	const unsigned tee = tee_of(w);

	*c = (struct assay_collateral){
		.tcb_info.doc = buf_bytes(&w->tcb_info[tee].whole),
		.qe_identity.doc = buf_bytes(&w->qe_identity[tee].whole),
		.tcb_info_issuer_chain = buf_bytes(&w->pem[SIM_CHAIN_TCB_INFO]),
		.qe_identity_issuer_chain =
			buf_bytes(&w->pem[SIM_CHAIN_QE_IDENTITY]),
		.root_ca_crl = buf_bytes(&w->crl_der[SIM_CRL_ROOT]),
		.pck_crl = buf_bytes(&w->crl_der[pck_crl_of(w)]),
		.pck_crl_issuer_chain = buf_bytes(&w->pem[SIM_CHAIN_PCK_CRL]),
	};
}

void sim_world_ppid_data(struct buf *out, const struct sim_world *w,
                         unsigned type, bool with_pce_id)
{
	static const size_t encrypted_len[] = { [2] = 256, [3] = 384 };
	const struct sim_pck_spec *pck = &w->cert[SIM_PCK].pck;

	if (type == 1)
		buf_put_bytes(out,
		              sim_bytes(&pck->member[SIM_PCK_PPID].octets));
	else
		for (size_t i = 0; i < encrypted_len[type]; i++)
			buf_put_le(out, i * 251 + 1, 1);
	buf_put_bytes(out, sim_bytes(&pck->tcb[SIM_TCB_CPUSVN].octets));
	buf_put_le(out, (uint64_t)pck->tcb[SIM_TCB_PCESVN].value, 2);
	if (with_pce_id)
		buf_put_bytes(out,
		              sim_bytes(&pck->member[SIM_PCK_PCEID].octets));
}

void sim_world_free(struct sim_world *w)
{
	for (unsigned i = 0; i < SIM_N_CERTS; i++)
		buf_free(&w->der[i]);
	for (unsigned i = 0; i < SIM_N_CHAINS; i++)
		buf_free(&w->pem[i]);
	for (unsigned i = 0; i < SIM_N_CRLS; i++)
		buf_free(&w->crl_der[i]);
	for (unsigned i = 0; i < SIM_N_TEES; i++) {
		sim_json_free(&w->tcb_info[i]);
		sim_json_free(&w->qe_identity[i]);
	}
	buf_free(&w->quote);
}

static bool put_file(int dir, const char *file, struct assay_bytes data)
{
	return file_put(dir, file, data, 0644, false);
}

bool sim_file_write(const char *dir, const char *file, struct assay_bytes data)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && put_file(fd, file, data);
	int why = errno;

	if (fd >= 0)
		close(fd);
	errno = why;
	return good;
}

bool sim_world_write(const struct sim_world *w, const char *dir)
{
	struct assay_collateral c;
	struct buf root = { 0 };
	bool good;
	int fd;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return false;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	sim_world_collateral(&c, w);
	sim_pem(&root, "CERTIFICATE", buf_bytes(&w->der[SIM_ROOT]));
	good = !root.bad && put_file(fd, "quote.bin", buf_bytes(&w->quote)) &&
	       put_file(fd, "tcb_info.json", c.tcb_info.doc) &&
	       put_file(fd, "qe_identity.json", c.qe_identity.doc) &&
	       put_file(fd, "tcb_info_issuer_chain.pem",
	                c.tcb_info_issuer_chain) &&
	       put_file(fd, "qe_identity_issuer_chain.pem",
	                c.qe_identity_issuer_chain) &&
	       put_file(fd, "pck_crl.der", c.pck_crl) &&
	       put_file(fd, "pck_crl_issuer_chain.pem",
	                c.pck_crl_issuer_chain) &&
	       put_file(fd, "root_ca_crl.der", c.root_ca_crl) &&
	       put_file(fd, "root.pem", buf_bytes(&root));
	buf_free(&root);
	close(fd);
	return good;
}
