/* cmd_key.c - assay key: keys that sign enclaves. */
#include "cli/enclave.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/rsa.h"
#include "crypto/signkey.h"
#include "measure/sigstruct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print_signer(const uint8_t modulus[ASSAY_RSA3_LEN])
{
	struct cli_text text = { 0 };
	struct cli_facts f = { .text = &text };
	uint8_t mrsigner[32];

	assay_mrsigner(mrsigner, modulus);
	cli_fact_hex(&f, NULL, "Code signing key hash", mrsigner, 32);
	return cli_flush(&text) ? CLI_YES : CLI_TROUBLE;
}

/* ---- key new */

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = write(fd, p, n);

		if (got < 0 && errno != EINTR)
			return false;
		p += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return fsync(fd) == 0;
}

/* A key, and what is said of it: the signer's hash, or the public key. */
struct made {
	uint8_t pem[ASSAY_KEY_PEM_MAX];
	size_t len;
	bool list; /* it signs lists of measurements */
	uint8_t modulus[ASSAY_RSA3_LEN];
	uint8_t public[64];
};

static bool make_rsa(struct made *m)
{
	struct assay_rsa3 *key = assay_rsa3_new();
	bool good = key && assay_rsa3_modulus(m->modulus, key) &&
	            assay_rsa3_write(m->pem, &m->len, key);

	assay_rsa3_free(key);
	return good;
}

static bool make_p256(struct made *m)
{
	struct assay_sign_key *key = NULL;
	const char *why;

	if (assay_sign_key_make(m->pem, &m->len, ASSAY_SIGN_P256))
		key = assay_sign_key_read(
			(struct assay_bytes){ m->pem, m->len }, &why);
	if (key)
		memcpy(m->public, assay_sign_key_public(key)->key,
		       sizeof(m->public));
	assay_sign_key_free(key);
	return key != NULL;
}

/* Makes a key and writes it; false, with a message. */
static bool write_key(int fd, struct made *m, const char *path)
{
	bool made = m->list ? make_p256(m) : make_rsa(m);
	bool good = made && write_all(fd, m->pem, m->len);

	if (!made)
		cli_warn("%s: no key could be made", path);
	else if (!good)
		cli_warn("%s: %s", path, strerror(errno));
	assay_wipe(m->pem, sizeof(m->pem));
	return good;
}

static int print_public(const uint8_t key[64])
{
	struct cli_text text = { 0 };

	cli_put_label(&text, "Public key");
	cli_put_hex(&text, key, 64, false);
	cli_put(&text, "\n");
	return cli_flush(&text) ? CLI_YES : CLI_TROUBLE;
}

/* The file must be new: a key that is overwritten is lost for good. */
static int make_key(const char *path, bool list)
{
	struct made m = { .list = list };
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0) {
		cli_warn("%s: %s", path,
		         errno == EEXIST ? "it is there already; a key is "
		                           "never overwritten"
		                         : strerror(errno));
		return CLI_TROUBLE;
	}
	good = write_key(fd, &m, path);
	if (close(fd) != 0 && good) {
		cli_warn("%s: %s", path, strerror(errno));
		good = false;
	}
	if (good)
		return list ? print_public(m.public) : print_signer(m.modulus);
	unlink(path);
	return CLI_TROUBLE;
}

struct options {
	bool list;
};
static const struct cli_option new_options[] = {
	{ "--list", NULL, CLI_FLAG, offsetof(struct options, list),
	  "a key that signs lists of measurements: P-256" },
	{ 0 },
};

static int cmd_new(int argc, char **argv)
{
	struct options o = { 0 };
	struct cli_list files = { 0 };
	int status;

	if (!cli_options(&o, &files, &status, &cmd_key_new, argc, argv))
		return status;
	if (files.n != 1)
		return cli_usage(&cmd_key_new, "want one file to write");
	return make_key(files.item[0], o.list);
}

const struct cli_verb cmd_key_new = {
	.name = "key new",
	.operands = "FILE",
	.summary =
		"Make a key that signs enclaves: RSA-3072 with the exponent 3, "
		"in PEM.",
	.options = new_options,
	.run = cmd_new,
};

/* ---- key show */

static int cmd_show(int argc, char **argv)
{
	struct cli_list files = { 0 };
	uint8_t modulus[ASSAY_RSA3_LEN];
	struct assay_bytes pem;
	struct assay_err err;
	int status;

	if (!cli_options(NULL, &files, &status, &cmd_key_show, argc, argv))
		return status;
	if (files.n != 1)
		return cli_usage(&cmd_key_show, "want one key");
	if (!cli_artefact(&pem, files.item[0]))
		return CLI_TROUBLE;
	if (!assay_signing_public(modulus, pem, &err)) {
		cli_warn_err(files.item[0], &err);
		return CLI_NO;
	}
	return print_signer(modulus);
}

const struct cli_verb cmd_key_show = {
	.name = "key show",
	.operands = "FILE",
	.summary = "Print the hash of a key that signs enclaves, private or "
		   "public: MRSIGNER.",
	.run = cmd_show,
};
