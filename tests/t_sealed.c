/* t_sealed.c - sealed state: its form, whom it opens for, and that nothing else
 * opens.  Plain files stand for the machine's keys. */
#include "enclave/sealed.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/hkdf.h"
#include "enclave/secret.h"
#include "h_oom.h"
#include "tap.h"

#define KEYS "/dev/attestation/keys"
#define MEASUREMENT KEYS "/_sgx_mrenclave"
#define SIGNER KEYS "/_sgx_mrsigner"

enum { ROOM = ASSAY_ENCLAVE_MAX + ASSAY_SEALED_MORE + 1 };

static char root[] = "/tmp/assay-sealed-XXXXXX";
static struct assay_err err;
static uint8_t sealed[ROOM], opened[ROOM];
static size_t opened_len;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the machine's keys */

static const char *at(const char *name)
{
	static char path[2][256];
	static unsigned n;

	snprintf(path[++n % 2], sizeof(path[0]), "%s%s", root, name);
	return path[n % 2];
}

static void store(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

static const uint8_t key_a[17] = "measurement's key",
		     key_b[17] = "signer's key...";

static void make_tree(void)
{
	must(mkdtemp(root) && mkdir(at("/dev"), 0700) == 0 &&
	     mkdir(at("/dev/attestation"), 0700) == 0 &&
	     mkdir(at(KEYS), 0700) == 0);
	store(at(MEASUREMENT), key_a, 16);
	store(at(SIGNER), key_b, 16);
}

static void remove_tree(void)
{
	must(unlink(at(MEASUREMENT)) == 0 && unlink(at(SIGNER)) == 0 &&
	     rmdir(at(KEYS)) == 0 && rmdir(at("/dev/attestation")) == 0 &&
	     rmdir(at("/dev")) == 0 && rmdir(root) == 0);
}

/* A program that is started anew. */
static struct assay_sealer start(enum assay_seal_to to)
{
	struct assay_sealer s;

	must(assay_sealer_start(&s, to, root, NULL));
	return s;
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static struct assay_bytes text_of(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

/* How long the sealed text is. */
static size_t seal(struct assay_sealer *s, const char *text)
{
	must(assay_seal(sealed, s, text_of(text), NULL));
	return strlen(text) + ASSAY_SEALED_MORE;
}

static bool unseal(struct assay_sealer *s, const uint8_t *p, size_t n)
{
	static uint8_t place[ASSAY_ENCLAVE_MAX + ASSAY_SEALED_MORE];
	struct assay_bytes state = { place, 77 };
	bool done;

	must(n <= sizeof(place));
	memset(&err, 0, sizeof(err));
	if (n > 0)
		memcpy(place, p, n);
	done = assay_unseal(&state, s, place, n, &err);
	opened_len = state.len;
	must(done ? state.ptr > place && state.len < n : !state.ptr);
	if (done)
		memcpy(opened, state.ptr, state.len);
	return done;
}

static bool is_text(const char *text)
{
	return opened_len == strlen(text) &&
	       memcmp(opened, text, opened_len) == 0;
}

/* It does not open, for this reason, and nothing of it is there. */
static bool refused(struct assay_sealer *s, const uint8_t *p, size_t n,
                    enum assay_check check)
{
	const uint64_t newest = s->newest;

	memset(opened, 0, n);
	return !unseal(s, p, n) && err.check == check && !opened_len &&
	       s->newest == newest && is_zero(opened, n);
}

/* ---- the form [ASSAY sealed] */

static const uint8_t hand_nonce[12] = "a nonce, 12.";

/* A sealed text, as docs/enclave-program.md says. */
static size_t seal_by_hand(uint8_t *out, const uint8_t machine_key[16],
                           uint8_t to, uint8_t number, const char *text)
{
	uint8_t info[17] = "assay-sealed-v1", key[32];
	uint8_t head[32] = "ASSAYSLD";

	info[16] = to;
	must(assay_hkdf_sha256(key, 32, (struct assay_bytes){ machine_key, 16 },
	                       (struct assay_bytes){ 0 },
	                       (struct assay_bytes){ info, 17 }));
	head[8] = 1;
	head[10] = to;
	memcpy(head + 12, hand_nonce, 12);
	head[24] = number;
	memcpy(out, head, 32);
	memset(out + 32, 0, 4096); /* the tags of states */
	memset(out + 32 + 16 * number, 't', 16);
	memcpy(out + 32 + 4096, text, strlen(text));
	must(assay_gcm_seal(
		out + 32, key, hand_nonce, (struct assay_bytes){ head, 32 },
		(struct assay_bytes){ out + 32, 4096 + strlen(text) }));
	return 32 + 4096 + strlen(text) + 16;
}

static void test_form(void)
{
	struct assay_sealer s = start(ASSAY_SEAL_MEASUREMENT);
	static uint8_t other[80 + 4096];
	size_t n = seal_by_hand(sealed, key_a, 1, 9, "by hand");

	ok(unseal(&s, sealed, n) && is_text("by hand") && s.newest == 9,
	   "what is made as the page says opens");
	ok(memcmp(s.marks.tag[9], "tttttttttttttttt", 16) == 0 &&
	           is_zero(s.marks.tag[8], 16),
	   "and has the tags of the states before");
	n = seal(&s, "state");
	ok(memcmp(sealed, "ASSAYSLD\1\0\1\0", 12) == 0 &&
	           memcmp(sealed + 24, "\12\0\0\0\0\0\0\0", 8) == 0,
	   "the next state is number 10");
	must(n <= sizeof(other));
	memcpy(other, sealed, n);
	(void)seal(&s, "state");
	ok(memcmp(other + 12, sealed + 12, 12) != 0 &&
	           memcmp(other + 32, sealed + 32, n - 32) != 0,
	   "the same state sealed again is another");
	s = start(ASSAY_SEAL_SIGNER);
	n = seal_by_hand(sealed, key_b, 2, 1, "of the signer");
	ok(unseal(&s, sealed, n) && is_text("of the signer"),
	   "to the signer: another key");
}

static void test_round(void)
{
	static uint8_t state[ASSAY_ENCLAVE_MAX + 1];
	struct assay_sealer s = start(ASSAY_SEAL_MEASUREMENT), again = s;
	struct assay_bytes most = { state, ASSAY_ENCLAVE_MAX };
	size_t n = seal(&s, "");

	ok(unseal(&again, sealed, n) && opened_len == 0, "no bytes are state");
	memset(state, 'x', sizeof(state));
	must(assay_seal(sealed, &s, most, NULL));
	n = most.len + ASSAY_SEALED_MORE;
	ok(unseal(&again, sealed, n) && opened_len == most.len &&
	           memcmp(opened, state, most.len) == 0,
	   "1 MiB is state");
	most.len++;
	memset(&err, 0, sizeof(err));
	ok(!assay_seal(sealed, &s, most, &err) &&
	           err.check == ASSAY_N_SEAL_SIZE && s.newest == 2,
	   "a byte more is not");
	memset(opened, 0, sizeof(opened));
}

/* ---- whom it opens for */

static void test_policy(void)
{
	struct assay_sealer program = start(ASSAY_SEAL_MEASUREMENT);
	struct assay_sealer signer = start(ASSAY_SEAL_SIGNER);
	struct assay_sealer nobody = start(ASSAY_SEAL_NOBODY);
	size_t n = seal(&program, "mine");

	ok(refused(&signer, sealed, n, ASSAY_N_SEAL_POLICY) && err.at == 10,
	   "state of a measurement is not a signer's");
	n = seal(&signer, "ours");
	ok(refused(&program, sealed, n, ASSAY_N_SEAL_POLICY),
	   "state of a signer is not a measurement's");
	ok(refused(&nobody, sealed, n, ASSAY_N_SEAL_NONE),
	   "a program that seals to nobody opens nothing");
	memset(&err, 0, sizeof(err));
	ok(!assay_seal(sealed, &nobody, text_of("x"), &err) &&
	           err.check == ASSAY_N_SEAL_NONE,
	   "and seals nothing");
	ok(is_zero(nobody.key, sizeof(nobody.key)), "and has no key");

	n = seal(&program, "mine");
	sealed[10] = ASSAY_SEAL_SIGNER;
	ok(refused(&signer, sealed, n, ASSAY_N_SEAL_OPEN),
	   "a changed word about whom it is for does not help");
}

static void test_machine(void)
{
	struct assay_sealer here = start(ASSAY_SEAL_MEASUREMENT), other;
	size_t n = seal(&here, "of this machine");

	store(at(MEASUREMENT), key_b, 16);
	other = start(ASSAY_SEAL_MEASUREMENT);
	ok(refused(&other, sealed, n, ASSAY_N_SEAL_OPEN) && err.at == 32,
	   "another machine, or another program, does not open it");
	other = start(ASSAY_SEAL_SIGNER);
	sealed[10] = ASSAY_SEAL_SIGNER;
	ok(memcmp(other.key, here.key, 32) != 0 &&
	           refused(&other, sealed, n, ASSAY_N_SEAL_OPEN),
	   "one machine key for both would still make two");
	store(at(MEASUREMENT), key_a, 16);
	other = start(ASSAY_SEAL_MEASUREMENT);
	sealed[10] = ASSAY_SEAL_MEASUREMENT;
	ok(unseal(&other, sealed, n) && is_text("of this machine"),
	   "the same program on the same machine does");
}

/* ---- what was changed */

static void test_flips(void)
{
	struct assay_sealer s = start(ASSAY_SEAL_MEASUREMENT);
	struct assay_sealer fresh = start(ASSAY_SEAL_MEASUREMENT);
	const size_t n = seal(&s, "a state of 32 bytes, and not one");
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		const enum assay_check check = i < 10   ? ASSAY_N_SEAL_FORM
		                               : i < 12 ? ASSAY_N_SEAL_POLICY
		                                        : ASSAY_N_SEAL_OPEN;

		for (unsigned bit = 0; bit < 8; bit++) {
			sealed[i] ^= (uint8_t)(1 << bit);
			good &= refused(&fresh, sealed, n, check);
			sealed[i] ^= (uint8_t)(1 << bit);
		}
	}
	ok(good, "no bit of %zu bytes can be another", n);
	good = true;
	for (size_t i = 0; i < n; i++)
		good &= refused(&fresh, sealed, i,
		                i < ASSAY_SEALED_MORE ? ASSAY_N_SEAL_FORM
		                                      : ASSAY_N_SEAL_OPEN);
	ok(good, "nothing shorter opens");
	sealed[n] = 0;
	ok(refused(&fresh, sealed, n + 1, ASSAY_N_SEAL_OPEN),
	   "nothing longer does");
	ok(refused(&fresh, NULL, 0, ASSAY_N_SEAL_FORM), "nor nothing");
	ok(unseal(&fresh, sealed, n), "unchanged it opens");
}

/* ---- what is older */

static void test_old(void)
{
	struct assay_sealer s = start(ASSAY_SEAL_MEASUREMENT), anew;
	static uint8_t first[64 + 4096], second[sizeof(first)];
	const size_t n = seal(&s, "1st");

	memcpy(first, sealed, n);
	(void)seal(&s, "2nd");
	memcpy(second, sealed, n);
	ok(refused(&s, first, n, ASSAY_N_SEAL_OLD) && err.at == 24,
	   "the state before the newest is refused");
	ok(unseal(&s, second, n) && is_text("2nd"), "the newest opens");
	ok(unseal(&s, second, n), "and again");
	anew = start(ASSAY_SEAL_MEASUREMENT);
	ok(unseal(&anew, first, n) && is_text("1st"),
	   "after a restart nothing says that there is a newer one");
	ok(unseal(&anew, second, n) && is_text("2nd"), "a newer one is seen");
	ok(refused(&anew, first, n, ASSAY_N_SEAL_OLD), "and then remembered");
	(void)seal(&anew, "3rd");
	ok(sealed[24] == 3, "the next one is newer than what was seen");
}

/* ---- where the keys come from */

static bool no_key(const char *place, enum assay_seal_to to)
{
	struct assay_sealer s;

	memset(&err, 0, sizeof(err));
	memset(&s, 0x5a, sizeof(s));
	return !assay_sealer_start(&s, to, place, &err) &&
	       err.check == ASSAY_N_SEAL_KEY && is_zero(&s, sizeof(s));
}

static void test_keys(void)
{
	static char deep[PATH_MAX];

	store(at(MEASUREMENT), key_a, 15);
	ok(no_key(root, ASSAY_SEAL_MEASUREMENT) &&
	           strcmp(err.note, "_sgx_mrenclave: not 16 bytes") == 0,
	   "a key of 15 bytes");
	store(at(MEASUREMENT), key_a, 17);
	ok(no_key(root, ASSAY_SEAL_MEASUREMENT), "a key of 17 bytes");
	store(at(MEASUREMENT), key_a, 0);
	ok(no_key(root, ASSAY_SEAL_MEASUREMENT), "an empty key");
	must(unlink(at(SIGNER)) == 0);
	ok(no_key(root, ASSAY_SEAL_SIGNER) &&
	           strstr(err.note, "_sgx_mrsigner: No such file"),
	   "no key for the signer");
	memset(deep, 'x', sizeof(deep) - 1);
	ok(no_key(deep, ASSAY_SEAL_SIGNER) && strstr(err.note, "too long"),
	   "a root that is too long");
	store(at(MEASUREMENT), key_a, 16);
	store(at(SIGNER), key_b, 16);
}

/* ---- no memory */

/* What libcrypto can do without counts as done. */
static void test_seal_memory(struct assay_sealer *s, size_t n)
{
	unsigned n_refused = 0;
	bool good = true;
	long i = 0;

	do {
		const uint64_t newest = s->newest;

		memset(&err, 0, sizeof(err));
		memset(sealed, 0x5a, n);
		oom_failed = false;
		oom_left = i++;
		bool made = assay_seal(sealed, s, text_of("state"), &err);

		oom_left = -1;
		n_refused += !made;
		good &= made ? s->newest == newest + 1
		             : oom_failed && err.check == ASSAY_N_SEAL_MADE &&
		                        is_zero(sealed, n) &&
		                        s->newest == newest;
	} while (oom_failed);
	ok(good && n_refused > 1, "no memory to seal with, %u times: zeros",
	   n_refused);
}

static void test_open_memory(struct assay_sealer *s, size_t n)
{
	unsigned n_refused = 0;
	bool good = true;
	long i = 0;

	do {
		memset(opened, 0, n);
		oom_failed = false;
		oom_left = i++;
		bool made = unseal(s, sealed, n);

		oom_left = -1;
		n_refused += !made;
		good &= made ? is_text("state")
		             : oom_failed && err.check == ASSAY_N_SEAL_OPEN &&
		                        is_zero(opened, n);
	} while (oom_failed);
	ok(good && n_refused > 1, "no memory to open with, %u times: zeros",
	   n_refused);
}

static void test_memory(void)
{
	struct assay_sealer s = start(ASSAY_SEAL_MEASUREMENT);
	const size_t n = strlen("state") + ASSAY_SEALED_MORE;

	test_seal_memory(&s, n);
	test_open_memory(&s, n);
}

/* ---- memory for secrets */

static void test_secret(void)
{
	static const char *const kinds[] = { "plain", "locked", "secret" };
	enum assay_secret_kind kind = ASSAY_SECRET_PLAIN;
	uint8_t *p = assay_secret_new(100, &kind);

	ok(p && is_zero(p, 100), "secrets have memory (%s)", kinds[kind]);
	must(p != NULL);
	memset(p, 1, 100);
	assay_secret_free(p, 100);
	assay_secret_free(NULL, 100);
	ok(!assay_secret_new(SIZE_MAX / 4, &kind), "but not without end");
}

int main(void)
{
	must(oom_begin());
	make_tree();
	test_form();
	test_round();
	test_policy();
	test_machine();
	test_flips();
	test_old();
	test_keys();
	test_memory();
	test_secret();
	remove_tree();
	return done();
}
