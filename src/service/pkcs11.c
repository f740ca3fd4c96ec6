/*
 * pkcs11.c - a key-encryption key in a PKCS #11 token: it is made there and never
 * leaves; what is wrapped goes in and comes out.  The module is loaded at run
 * time, from the path that the operator names.
 */
#include "service/kek.h"

#include "crypto/crypto.h"
#include "os/files.h"

#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MAX = 256, LABEL_LEN = 32, PIN_MAX = 256, N_SLOTS = 64 };

/* What the URI names. */
struct names {
	char token[PART_MAX], object[PART_MAX];
	char module[PART_MAX], pin_file[PART_MAX];
};

struct token {
	struct names names;
	void *module;
	CK_FUNCTION_LIST *p;
	pthread_mutex_t lock; /* of what follows: one call at a time */
	bool open;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
};

static bool say(char why[WRAP_WHY], const char *what, CK_RV rv)
{
	snprintf(why, WRAP_WHY, "the token: %s: PKCS #11 error 0x%lx", what,
	         (unsigned long)rv);
	return false;
}

/* ---- the URI [RFC 7512] */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded; false: it is too long, or not so encoded. */
static bool decode(char out[PART_MAX], const char *p, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)p[i];

		if (c == '%') {
			int high = n - i > 2 ? digit(p[i + 1]) : -1;
			int low = n - i > 2 ? digit(p[i + 2]) : -1;

			c = high < 0 || low < 0 ? 0 : high << 4 | low;
			i += 2;
		}
		if (!c || k + 1 == PART_MAX)
			return false;
		out[k++] = (char)c;
	}
	out[k] = 0;
	return k > 0;
}

/* One attribute, NAME=VALUE, each known one once. */
static bool read_attribute(struct names *names, const char *p, size_t n)
{
	const struct {
		const char *name;
		char *to;
	} known[] = {
		{ "token=", names->token },
		{ "object=", names->object },
		{ "module-path=", names->module },
		{ "pin-source=", names->pin_file },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t len = strlen(known[i].name);

		if (n > len && !strncmp(p, known[i].name, len))
			return !*known[i].to &&
			       decode(known[i].to, p + len, n - len);
	}
	return false;
}

static bool read_uri(struct names *names, const char *uri, char why[WRAP_WHY])
{
	static const char scheme[] = "pkcs11:", file[] = "file:";
	const char *p = uri + sizeof(scheme) - 1;
	bool good = !strncmp(uri, scheme, sizeof(scheme) - 1);

	for (size_t n; good && *p; p += n + (p[n] != 0)) {
		n = strcspn(p, ";?&");
		good = read_attribute(names, p, n);
	}
	if (!strncmp(names->pin_file, file, sizeof(file) - 1))
		memmove(names->pin_file, names->pin_file + sizeof(file) - 1,
		        strlen(names->pin_file) + 1 - (sizeof(file) - 1));
	if (good && *names->token && *names->object && *names->module == '/' &&
	    *names->pin_file == '/')
		return true;
	snprintf(why, WRAP_WHY,
	         "%.80s: want pkcs11:token=LABEL;object=LABEL?module-path="
	         "/PATH&pin-source=file:/PATH",
	         uri);
	return false;
}

/* ---- the module */

static bool load(struct token *t, char why[WRAP_WHY])
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	union {
		void *symbol;
		CK_C_GetFunctionList call;
	} get;
	CK_RV rv;

	t->module = dlopen(t->names.module, RTLD_NOW | RTLD_LOCAL);
	get.symbol = t->module ? dlsym(t->module, "C_GetFunctionList") : NULL;
	if (!get.symbol) {
		snprintf(why, WRAP_WHY, "%s",
		         t->module ? "the module has no C_GetFunctionList"
		                   : dlerror());
		return false;
	}
	rv = get.call(&t->p);
	if (rv == CKR_OK)
		rv = t->p->C_Initialize(&args);
	return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ||
	       say(why, "it does not start", rv);
}

/* Labels are filled up with blanks. */
static bool has_label(const CK_TOKEN_INFO *info, const char *label)
{
	size_t n = strlen(label);

	if (n > LABEL_LEN || memcmp(info->label, label, n) != 0)
		return false;
	while (n < LABEL_LEN && info->label[n] == ' ')
		n++;
	return n == LABEL_LEN;
}

static bool find_slot(CK_SLOT_ID *slot, struct token *t, char why[WRAP_WHY])
{
	CK_SLOT_ID slots[N_SLOTS];
	CK_ULONG n = N_SLOTS;
	CK_TOKEN_INFO info;
	CK_RV rv = t->p->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return say(why, "its slots are not listed", rv);
	for (CK_ULONG i = 0; i < n; i++) {
		*slot = slots[i];
		if (t->p->C_GetTokenInfo(*slot, &info) == CKR_OK &&
		    has_label(&info, t->names.token))
			return true;
	}
	snprintf(why, WRAP_WHY, "no token is called %.64s", t->names.token);
	return false;
}

/* ---- the session */

/* The PIN is the file's first line. */
static bool login(struct token *t, char why[WRAP_WHY])
{
	struct buf pin = { 0 };
	size_t n = 0;
	CK_RV rv;

	if (!file_read(&pin, AT_FDCWD, t->names.pin_file, PIN_MAX)) {
		snprintf(why, WRAP_WHY, "%.160s: %s", t->names.pin_file,
		         strerror(errno));
		return false;
	}
	while (n < pin.len && pin.ptr[n] != '\n' && pin.ptr[n] != '\r')
		n++;
	rv = t->p->C_Login(t->session, CKU_USER, pin.ptr, n);
	if (pin.len)
		assay_wipe(pin.ptr, pin.len);
	buf_free(&pin);
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ||
	       say(why, "it refuses the PIN", rv);
}

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* How many keys have the name; one of them is t->key. */
static bool count_keys(CK_ULONG *n, struct token *t, char why[WRAP_WHY])
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_OBJECT_HANDLE found[2];
	CK_ATTRIBUTE want[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, t->names.object, strlen(t->names.object) },
	};
	CK_RV rv = t->p->C_FindObjectsInit(t->session, want, 2);

	*n = 0;
	if (rv == CKR_OK) {
		rv = t->p->C_FindObjects(t->session, found, 2, n);
		(void)t->p->C_FindObjectsFinal(t->session);
	}
	if (rv != CKR_OK)
		return say(why, "it does not search", rv);
	t->key = *n ? found[0] : 0;
	return true;
}

static bool make_key(struct token *t, char why[WRAP_WHY])
{
	CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = ASSAY_GCM_KEY_LEN;
	CK_ATTRIBUTE key[] = {
		{ CKA_LABEL, t->names.object, strlen(t->names.object) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_ENCRYPT, &yes, sizeof(yes) },
		{ CKA_DECRYPT, &yes, sizeof(yes) },
	};
	CK_RV rv = t->p->C_GenerateKey(t->session, &how, key,
	                               sizeof(key) / sizeof(*key), &t->key);

	return rv == CKR_OK || say(why, "it makes no key", rv);
}

/* A key that can be had out of the token protects no more than a file. */
static bool check_key(struct token *t, char why[WRAP_WHY])
{
	CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
	CK_ULONG len = 0;
	CK_ATTRIBUTE is[] = {
		{ CKA_SENSITIVE, &sensitive, sizeof(sensitive) },
		{ CKA_EXTRACTABLE, &extractable, sizeof(extractable) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};
	CK_RV rv = t->p->C_GetAttributeValue(t->session, t->key, is, 3);

	if (rv != CKR_OK)
		return say(why, "it does not say what its key is", rv);
	if (sensitive && !extractable && len == ASSAY_GCM_KEY_LEN)
		return true;
	snprintf(why, WRAP_WHY,
	         "the key %.64s is not of 256 bits, sensitive and not "
	         "extractable: name another object, and it is made so",
	         t->names.object);
	return false;
}

static bool find_key(struct token *t, char why[WRAP_WHY])
{
	CK_ULONG n;

	if (!count_keys(&n, t, why))
		return false;
	if (n > 1) {
		snprintf(why, WRAP_WHY, "more than one key is called %.64s",
		         t->names.object);
		return false;
	}
	return (n || make_key(t, why)) && check_key(t, why);
}

static void end_session(struct token *t)
{
	if (t->open)
		(void)t->p->C_CloseSession(t->session);
	t->open = false;
}

static bool begin_session(struct token *t, char why[WRAP_WHY])
{
	CK_SLOT_ID slot;
	CK_RV rv;

	if (!find_slot(&slot, t, why))
		return false;
	rv = t->p->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	                         NULL, NULL, &t->session);
	if (rv != CKR_OK)
		return say(why, "no session", rv);
	t->open = true;
	if (login(t, why) && find_key(t, why))
		return true;
	end_session(t);
	return false;
}

/* ---- AES-256-GCM */

/* What is to be done. */
struct work {
	bool seal;
	uint8_t *out;
	size_t out_len, room; /* of what comes out; that the token is told of */
	const uint8_t *nonce;
	struct assay_bytes aad, in;
};

/* PKCS #11 has no const. */
static unsigned char *loose(struct assay_bytes b)
{
	union {
		const uint8_t *in;
		unsigned char *out;
	} p = { b.ptr };

	return p.out;
}

static CK_RV crypt_once(const struct work *w, struct token *t)
{
	CK_GCM_PARAMS gcm = {
		.iv_ptr = loose(
			(struct assay_bytes){ w->nonce, ASSAY_GCM_NONCE_LEN }),
		.iv_len = ASSAY_GCM_NONCE_LEN,
		.iv_bits = ASSAY_GCM_NONCE_LEN * 8,
		.aad_ptr = loose(w->aad),
		.aad_len = w->aad.len,
		.tag_bits = ASSAY_GCM_TAG_LEN * 8,
	};
	CK_MECHANISM how = { CKM_AES_GCM, &gcm, sizeof(gcm) };
	CK_ULONG n = w->room;
	CK_RV rv = w->seal ? t->p->C_EncryptInit(t->session, &how, t->key)
	                   : t->p->C_DecryptInit(t->session, &how, t->key);

	if (rv == CKR_OK)
		rv = w->seal ? t->p->C_Encrypt(t->session, loose(w->in),
		                               w->in.len, w->out, &n)
		             : t->p->C_Decrypt(t->session, loose(w->in),
		                               w->in.len, w->out, &n);
	return rv == CKR_OK && n != w->out_len ? CKR_FUNCTION_FAILED : rv;
}

/* A token may have been taken out and put back, or its session ended: whatever
 * fails is tried once more in a new one. */
static bool crypt_locked(const struct work *w, struct token *t,
                         char why[WRAP_WHY])
{
	CK_RV rv;

	if (t->open && crypt_once(w, t) == CKR_OK)
		return true;
	end_session(t);
	if (!begin_session(t, why))
		return false;
	rv = crypt_once(w, t);
	return rv == CKR_OK ||
	       say(why,
	           w->seal ? "it does not encrypt"
	                   : "it does not decrypt what was altered, or "
	                     "wrapped by another key",
	           rv);
}

static bool crypt(const struct work *w, struct token *t, char why[WRAP_WHY])
{
	bool done;

	pthread_mutex_lock(&t->lock);
	done = crypt_locked(w, t, why);
	pthread_mutex_unlock(&t->lock);
	if (!done)
		assay_wipe(w->out, w->room);
	return done;
}

static bool token_seal(void *self, uint8_t *out,
                       const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
                       struct assay_bytes aad, struct assay_bytes plain,
                       char why[WRAP_WHY])
{
	const size_t len = plain.len + ASSAY_GCM_TAG_LEN;

	return crypt(&(struct work){ true, out, len, len, nonce, aad, plain },
	             self, why);
}

/* SoftHSM wants room for the tag, which does not come out. */
static bool token_open(void *self, uint8_t *out,
                       const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
                       struct assay_bytes aad, struct assay_bytes sealed,
                       char why[WRAP_WHY])
{
	const size_t len = sealed.len - ASSAY_GCM_TAG_LEN;

	return crypt(&(struct work){ false, out, len, sealed.len, nonce, aad,
	                             sealed },
	             self, why);
}

/* The module stays loaded, and started: others of the process may use it, and
 * what it leaves behind may not bear being unmapped. */
static void token_close(void *self)
{
	struct token *t = self;

	end_session(t);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

const struct kek_kind kek_pkcs11 = { token_seal, token_open, token_close };

void *kek_pkcs11_open(const char *uri, char why[WRAP_WHY])
{
	struct token *t = calloc(1, sizeof(*t));

	if (!t || pthread_mutex_init(&t->lock, NULL) != 0) {
		snprintf(why, WRAP_WHY, "memory is short");
		free(t);
		return NULL;
	}
	if (read_uri(&t->names, uri, why) && load(t, why) &&
	    begin_session(t, why))
		return t;
	token_close(t);
	return NULL;
}
