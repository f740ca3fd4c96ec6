/* wrap.c - secrets at rest. */
#include "service/wrap.h"

#include "base/rd.h"
#include "crypto/crypto.h"
#include "enclave/secret.h"
#include "os/folder.h"
#include "service/kek.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_LEN = 16 };
static const char magic[MAGIC_LEN] = "assay-secret-v1";

struct wrap {
	const struct kek_kind *kind;
	void *self;
};

/* ---- a key in a file */

static bool file_seal(void *self, uint8_t *out,
                      const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
                      struct assay_bytes aad, struct assay_bytes plain,
                      char why[WRAP_WHY])
{
	if (assay_gcm_seal(out, self, nonce, aad, plain))
		return true;
	snprintf(why, WRAP_WHY, "memory is short");
	return false;
}

static bool file_open(void *self, uint8_t *out,
                      const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
                      struct assay_bytes aad, struct assay_bytes sealed,
                      char why[WRAP_WHY])
{
	if (assay_gcm_open(out, self, nonce, aad, sealed))
		return true;
	snprintf(why, WRAP_WHY, "it was altered, or wrapped by another key");
	return false;
}

static void file_close(void *self)
{
	assay_secret_free(self, ASSAY_GCM_KEY_LEN);
}

static const struct kek_kind kek_file = { file_seal, file_open, file_close };

static bool make_key(int folder)
{
	uint8_t key[ASSAY_GCM_KEY_LEN];
	bool made = assay_random(key, sizeof(key)) &&
	            file_put(folder, "kek",
	                     (struct assay_bytes){ key, sizeof(key) }, 0600,
	                     true);

	assay_wipe(key, sizeof(key));
	return made;
}

static bool read_key(uint8_t *key, int folder, char why[WRAP_WHY])
{
	struct buf file = { 0 };
	bool good = file_get(&file, folder, "kek", ASSAY_GCM_KEY_LEN, true);

	if (!good && errno == ENOENT)
		good = make_key(folder) &&
		       file_get(&file, folder, "kek", ASSAY_GCM_KEY_LEN, true);
	if (!good)
		snprintf(why, WRAP_WHY, "kek: %s%s", strerror(errno),
		         errno == EACCES
		                 ? ": it must be its owner's alone (chmod 600)"
		                 : "");
	else if (file.len != ASSAY_GCM_KEY_LEN)
		snprintf(why, WRAP_WHY,
		         "kek: it has %zu bytes, not 32: restore it from your "
		         "copy, for without it no secret can be opened",
		         file.len);
	else
		memcpy(key, file.ptr, ASSAY_GCM_KEY_LEN);
	good = good && file.len == ASSAY_GCM_KEY_LEN;
	if (file.len)
		assay_wipe(file.ptr, file.len);
	buf_free(&file);
	return good;
}

static void *file_kek(int folder, char why[WRAP_WHY])
{
	enum assay_secret_kind kind;
	uint8_t *key = assay_secret_new(ASSAY_GCM_KEY_LEN, &kind);

	if (!key) {
		snprintf(why, WRAP_WHY, "memory is short");
		return NULL;
	}
	if (read_key(key, folder, why))
		return key;
	assay_secret_free(key, ASSAY_GCM_KEY_LEN);
	return NULL;
}

struct wrap *wrap_open(int folder, const char *kek, char why[WRAP_WHY])
{
	struct wrap *w = calloc(1, sizeof(*w));

	if (!w) {
		snprintf(why, WRAP_WHY, "memory is short");
		return NULL;
	}
	w->kind = kek ? &kek_pkcs11 : &kek_file;
	w->self = kek ? kek_pkcs11_open(kek, why) : file_kek(folder, why);
	if (w->self)
		return w;
	free(w);
	return NULL;
}

void wrap_close(struct wrap *w)
{
	if (!w)
		return;
	w->kind->close(w->self);
	free(w);
}

/* ---- rows */

static void put_be(struct buf *out, uint64_t value, unsigned n)
{
	uint8_t p[8];

	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(value >> 8 * (n - 1 - i));
	buf_put(out, p, n);
}

static void put_name(struct buf *out, const char *name)
{
	size_t n = strlen(name);

	out->bad |= n > STORE_NAME_MAX;
	put_be(out, n, 1);
	buf_put(out, name, n);
}

static void put_head(struct buf *out, const struct wrap_label *l)
{
	buf_put(out, magic, sizeof(magic));
	put_be(out, l->version, 4);
	put_be(out, (uint64_t)l->made, 8);
	put_be(out, l->policy_version, 4);
	buf_put(out, l->policy_hash, sizeof(l->policy_hash));
	put_name(out, l->policy);
	put_name(out, l->by);
}

/* What is authenticated beside a secret: its name, and its row's head as it
 * stands. */
static void put_aad(struct buf *out, const char *name, struct assay_bytes head)
{
	put_name(out, name);
	buf_put_bytes(out, head);
}

static void read_name(char out[STORE_NAME_MAX + 1], struct assay_rd *r,
                      const char *field)
{
	size_t at = r->pos;
	struct assay_bytes text = assay_rd_bytes(r, assay_rd_u8(r, field),
	                                         field);

	if (text.len > STORE_NAME_MAX ||
	    (text.len && memchr(text.ptr, 0, text.len)))
		assay_rd_spoil(r, at, field);
	else if (text.len)
		memcpy(out, text.ptr, text.len);
}

static uint64_t u64be(struct assay_rd *r, const char *field)
{
	uint64_t high = assay_rd_u32be(r, field);

	return high << 32 | assay_rd_u32be(r, field);
}

/* A row's parts; false: it is none. */
static bool split(struct wrap_label *l, struct assay_bytes *head,
                  struct assay_bytes *nonce, struct assay_bytes *sealed,
                  struct assay_bytes row)
{
	struct assay_rd r = assay_rd(row);
	struct assay_bytes m = assay_rd_bytes(&r, MAGIC_LEN, "magic");

	memset(l, 0, sizeof(*l));
	l->version = assay_rd_u32be(&r, "version");
	l->made = (int64_t)u64be(&r, "made");
	l->policy_version = assay_rd_u32be(&r, "policy version");
	assay_rd_copy(&r, l->policy_hash, sizeof(l->policy_hash), "hash");
	read_name(l->policy, &r, "policy");
	read_name(l->by, &r, "by");
	*head = (struct assay_bytes){ row.ptr, r.pos };
	*nonce = assay_rd_bytes(&r, ASSAY_GCM_NONCE_LEN, "nonce");
	*sealed = assay_rd_rest(&r);
	if (assay_rd_ok(&r) && !memcmp(m.ptr, magic, MAGIC_LEN) &&
	    sealed->len > ASSAY_GCM_TAG_LEN &&
	    sealed->len <= WRAP_SECRET_MAX + ASSAY_GCM_TAG_LEN)
		return true;
	memset(l, 0, sizeof(*l));
	return false;
}

bool wrap_read(struct wrap_label *label, struct assay_bytes row)
{
	struct assay_bytes head, nonce, sealed;

	return split(label, &head, &nonce, &sealed, row);
}

static bool seal(struct buf *row, struct wrap *w, struct assay_bytes aad,
                 struct assay_bytes secret, char why[WRAP_WHY])
{
	uint8_t nonce[ASSAY_GCM_NONCE_LEN];
	size_t at;

	if (!assay_random(nonce, sizeof(nonce))) {
		snprintf(why, WRAP_WHY, "no random numbers");
		return false;
	}
	buf_put(row, nonce, sizeof(nonce));
	at = row->len;
	buf_put_zeros(row, secret.len + ASSAY_GCM_TAG_LEN);
	if (row->bad) {
		snprintf(why, WRAP_WHY, "memory is short, or a name too long");
		return false;
	}
	return w->kind->seal(w->self, row->ptr + at, nonce, aad, secret, why);
}

bool wrap_seal(struct buf *row, struct wrap *w, const char *name,
               const struct wrap_label *label, struct assay_bytes secret,
               char why[WRAP_WHY])
{
	struct buf aad = { 0 };
	bool done;

	buf_clear(row);
	if (secret.len == 0 || secret.len > WRAP_SECRET_MAX) {
		snprintf(why, WRAP_WHY, "a secret has 1 to %d bytes, not %zu",
		         WRAP_SECRET_MAX, secret.len);
		return false;
	}
	put_head(row, label);
	put_aad(&aad, name, buf_bytes(row));
	row->bad |= aad.bad;
	done = seal(row, w, buf_bytes(&aad), secret, why);
	buf_free(&aad);
	if (!done)
		buf_clear(row);
	return done;
}

bool wrap_unseal(uint8_t *secret, size_t *len, struct wrap *w, const char *name,
                 struct assay_bytes row, char why[WRAP_WHY])
{
	struct assay_bytes head, nonce, sealed;
	struct wrap_label label;
	struct buf aad = { 0 };
	bool done;

	*len = 0;
	if (!split(&label, &head, &nonce, &sealed, row)) {
		snprintf(why, WRAP_WHY, "the store's row is damaged");
		return false;
	}
	put_aad(&aad, name, head);
	if (aad.bad)
		snprintf(why, WRAP_WHY, "memory is short");
	done = !aad.bad && w->kind->open(w->self, secret, nonce.ptr,
	                                 buf_bytes(&aad), sealed, why);
	buf_free(&aad);
	if (done)
		*len = sealed.len - ASSAY_GCM_TAG_LEN;
	return done;
}
