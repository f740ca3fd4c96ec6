/* t_wrap.c - secrets at rest: under a key in a file, and under one in a token. */
#include "crypto/crypto.h"
#include "os/folder.h"
#include "service/wrap.h"
#include "tap.h"

#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/t_wrap.XXXXXX";
static int folder;
static char why[WRAP_WHY];

static const struct wrap_label label = {
	.policy = "prod",
	.policy_version = 3,
	.policy_hash = { 7, 7 },
	.version = 2,
	.made = 1767225600,
	.by = "alice",
};

static bool unseal(struct wrap *w, const char *name, const struct buf *row,
                   const char *want)
{
	static uint8_t secret[WRAP_ROOM];
	size_t len;

	return wrap_unseal(secret, &len, w, name, buf_bytes(row), why) &&
	       len == strlen(want) && !memcmp(secret, want, len);
}

/* Not opened; nothing is left of it, and something is said. */
static bool refuses(struct wrap *w, const char *name, const struct buf *row)
{
	static uint8_t secret[WRAP_ROOM];
	size_t len = 1;

	*why = 0;
	return !wrap_unseal(secret, &len, w, name, buf_bytes(row), why) &&
	       len == 0 && *why && !secret[0] && !secret[5];
}

static void seal(struct buf *row, struct wrap *w, const char *name,
                 const char *secret)
{
	if (!wrap_seal(row, w, name, &label, buf_text(secret), why))
		note("%s", why);
}

/* ---- what holds whatever the key is in */

static void test_rows(const char *what, struct wrap *w, struct wrap *other)
{
	struct buf row = { 0 }, again = { 0 };
	struct wrap_label got;
	size_t n = 0;

	seal(&row, w, "db", "hunter2");
	ok(unseal(w, "db", &row, "hunter2"), "%s: comes back", what);
	ok(wrap_read(&got, buf_bytes(&row)) &&
	           !memcmp(&got, &label, sizeof(got)),
	   "%s: its label is read", what);
	ok(row.len < 200 && !memmem(row.ptr, row.len, "hunter2", 7),
	   "%s: the row does not show it", what);
	seal(&again, w, "db", "hunter2");
	ok(row.len == again.len && memcmp(row.ptr + row.len - 30,
	                                  again.ptr + row.len - 30, 30) != 0,
	   "%s: another nonce each time", what);
	ok(refuses(w, "dc", &row), "%s: under another name: %s", what, why);
	ok(refuses(other, "db", &row), "%s: under another key: %s", what, why);
	for (size_t i = 0; i < row.len; i++) {
		row.ptr[i] ^= 0x10;
		n += refuses(w, "db", &row);
		row.ptr[i] ^= 0x10;
	}
	ok(n == row.len, "%s: each of %zu bytes counts", what, row.len);
	n = 0;
	for (again.len = 0; again.len < row.len; again.len++)
		n += refuses(w, "db", &again);
	ok(n == row.len, "%s: cut short", what);
	ok(unseal(w, "db", &row, "hunter2"), "%s: and still comes back", what);
	buf_free(&row);
	buf_free(&again);
}

static void test_limits(struct wrap *w)
{
	static uint8_t big[WRAP_SECRET_MAX + 1], back[WRAP_ROOM];
	char name[STORE_NAME_MAX + 2];
	struct wrap_label l;
	struct buf row = { 0 };
	size_t len;

	memset(big, 'x', sizeof(big));
	ok(wrap_seal(&row, w, "big", &label,
	             (struct assay_bytes){ big, WRAP_SECRET_MAX }, why) &&
	           wrap_unseal(back, &len, w, "big", buf_bytes(&row), why) &&
	           len == WRAP_SECRET_MAX && !memcmp(big, back, len),
	   "the longest secret: %s", why);
	ok(!wrap_seal(&row, w, "big", &label,
	              (struct assay_bytes){ big, sizeof(big) }, why) &&
	           row.len == 0,
	   "a byte more: %s", why);
	ok(!wrap_seal(&row, w, "none", &label, buf_text(""), why),
	   "no secret: %s", why);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	ok(!wrap_seal(&row, w, name, &label, buf_text("s"), why) &&
	           row.len == 0,
	   "a name that is too long: %s", why);
	buf_free(&row);
	buf_put_zeros(&row, 100);
	memset(&l, 0xee, sizeof(l));
	ok(!wrap_read(&l, buf_bytes(&row)) && !l.version && !*l.policy,
	   "what is no row is not read");
	buf_free(&row);
}

/* ---- a key in a file */

static void test_file(void)
{
	struct wrap *w = wrap_open(folder, NULL, why), *again;
	struct buf row = { 0 };
	struct stat st;
	int elsewhere = folder_open(folder, "other", 0700);
	struct wrap *other = wrap_open(elsewhere, NULL, why);

	ok(w && other && fstatat(folder, "kek", &st, 0) == 0 &&
	           (st.st_mode & 07777) == 0600 && st.st_size == 32,
	   "a key is made: 32 bytes, its owner's alone");
	test_rows("file", w, other);
	test_limits(w);
	seal(&row, w, "a", "kept");
	wrap_close(w);
	again = wrap_open(folder, NULL, why);
	ok(again && unseal(again, "a", &row, "kept"),
	   "the same key is found again");
	wrap_close(again);
	wrap_close(other);
	buf_free(&row);

	if (fchmodat(folder, "kek", 0640, 0) != 0)
		abort();
	again = wrap_open(folder, NULL, why);
	ok(!again, "a key that others can read: %s", why);
	wrap_close(again);
	if (fchmodat(folder, "kek", 0600, 0) != 0 ||
	    !file_put(folder, "kek", buf_text("short"), 0600, false))
		abort();
	again = wrap_open(folder, NULL, why);
	ok(!again, "a key of 5 bytes: %s", why);
	wrap_close(again);
	unlinkat(elsewhere, "kek", 0);
	close(elsewhere);
	unlinkat(folder, "other", AT_REMOVEDIR);
}

/* ---- a key in a token */

static const char *find_module(void)
{
	static const char *const at[] = {
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		if (access(at[i], R_OK) == 0)
			return at[i];
	return NULL;
}

static bool make_token(void)
{
	struct buf text = { 0 };
	char command[400];

	snprintf(command, sizeof(command), "%s/softhsm.conf", dir);
	setenv("SOFTHSM2_CONF", command, 1);
	buf_printf(&text,
	           "directories.tokendir = %s/tokens\n"
	           "objectstore.backend = file\nlog.level = ERROR\n",
	           dir);
	if (mkdirat(folder, "tokens", 0700) != 0 ||
	    !file_put(folder, "softhsm.conf", buf_bytes(&text), 0600, false) ||
	    !file_put(folder, "pin", buf_text("1234\n"), 0600, false) ||
	    !file_put(folder, "wrong pin", buf_text("4321"), 0600, false))
		abort();
	buf_free(&text);
	snprintf(command, sizeof(command),
	         "softhsm2-util --init-token --free --label 'assay test' "
	         "--so-pin 0000 --pin 1234 >%s/said 2>&1",
	         dir);
	return system(command) == 0;
}

static struct wrap *open_token(const char *token, const char *object,
                               const char *module, const char *pin)
{
	char uri[900];

	snprintf(uri, sizeof(uri),
	         "pkcs11:token=%s;object=%s?module-path=%s&pin-source=file:%s/"
	         "%s",
	         token, object, module, dir, pin);
	return wrap_open(folder, uri, why);
}

static void refused(const char *name, struct wrap *w)
{
	ok(!w, "%s: %s", name, why);
	wrap_close(w);
}

static void test_uris(const char *module)
{
	static const char *const uris[] = {
		"pkcs11:",
		"pkcs12:token=a;object=b?module-path=/m&pin-source=file:/p",
		"pkcs11:token=a?module-path=/m&pin-source=file:/p",
		"pkcs11:token=a;object=b?module-path=m&pin-source=file:/p",
		"pkcs11:token=a;object=b?module-path=/m&pin-source=p",
		"pkcs11:token=a;token=b;object=b?module-path=/m&pin-source=/p",
		"pkcs11:token=a;object=b;slot=1?module-path=/m&pin-source=/p",
		"pkcs11:token=%a;object=b?module-path=/m&pin-source=/p",
		"pkcs11:token=%00;object=b?module-path=/m&pin-source=/p",
		"pkcs11:token=%gg;object=b?module-path=/m&pin-source=/p",
		"pkcs11:token=;object=b?module-path=/m&pin-source=/p",
		"pkcs11:token=a;object=b?module-path=/nowhere&pin-source=/p",
	};

	for (size_t i = 0; i < sizeof(uris) / sizeof(*uris); i++)
		refused(uris[i], wrap_open(folder, uris[i], why));
	refused("another token", open_token("elsewhere", "kek", module, "pin"));
	refused("a wrong PIN",
	        open_token("assay%20test", "kek", module, "wrong%20pin"));
	refused("no PIN", open_token("assay%20test", "kek", module, "nopin"));
}

/* The module itself, in the same process as the one that is tested. */
static CK_FUNCTION_LIST *functions(const char *module)
{
	union {
		void *symbol;
		CK_C_GetFunctionList call;
	} get;
	CK_FUNCTION_LIST *p = NULL;
	void *m = dlopen(module, RTLD_NOW | RTLD_LOCAL);

	get.symbol = m ? dlsym(m, "C_GetFunctionList") : NULL;
	if (!get.symbol || get.call(&p) != CKR_OK)
		abort();
	return p;
}

static CK_SLOT_ID first_slot(CK_FUNCTION_LIST *p)
{
	CK_SLOT_ID slots[8];
	CK_ULONG n = 8;

	if (p->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK || !n)
		abort();
	return slots[0];
}

/* A key that can be had out, made while somebody is logged in. */
static void make_loose(CK_FUNCTION_LIST *p)
{
	CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL on = CK_TRUE;
	CK_ULONG len = 32;
	char name[] = "loose";
	CK_ATTRIBUTE key[] = {
		{ CKA_LABEL, name, 5 },  { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_TOKEN, &on, 1 },   { CKA_EXTRACTABLE, &on, 1 },
		{ CKA_ENCRYPT, &on, 1 },
	};
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE made;

	if (p->C_OpenSession(first_slot(p), CKF_SERIAL_SESSION | CKF_RW_SESSION,
	                     NULL, NULL, &session) != CKR_OK ||
	    p->C_GenerateKey(session, &how, key, 5, &made) != CKR_OK)
		abort();
}

static void test_token(const char *module)
{
	CK_FUNCTION_LIST *p;
	struct wrap *w, *other, *again;
	struct buf row = { 0 };

	test_uris(module);
	w = open_token("assay%20test", "kek", module, "pin");
	other = open_token("assay%20test", "other", module, "pin");
	if (!ok(w && other, "keys are made in a token: %s", why))
		return;
	test_rows("token", w, other);
	test_limits(w);
	seal(&row, w, "a", "kept");
	again = open_token("assay%20test", "kek", module, "pin");
	ok(again && unseal(again, "a", &row, "kept"),
	   "the same key is found again");
	p = functions(module);
	make_loose(p);
	refused("a key that can be had out",
	        open_token("assay%20test", "loose", module, "pin"));
	if (p->C_CloseAllSessions(first_slot(p)) != CKR_OK)
		abort();
	ok(unseal(w, "a", &row, "kept"), "after its sessions were ended");
	if (!file_put(folder, "pin", buf_text("4321"), 0600, false) ||
	    p->C_CloseAllSessions(first_slot(p)) != CKR_OK)
		abort();
	ok(refuses(w, "a", &row), "and with a PIN that is wrong by now: %s",
	   why);
	wrap_close(w);
	wrap_close(again);
	wrap_close(other);
	buf_free(&row);
}

int main(void)
{
	const char *module = find_module();
	char command[64];

	assay_crypto_start();
	if (!mkdtemp(dir) || (folder = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		abort();
	test_file();
	if (!module || !make_token())
		skip("no softhsm2", "a key in a token");
	else
		test_token(module);
	close(folder);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? done() : 1;
}
