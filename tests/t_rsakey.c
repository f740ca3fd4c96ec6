/* t_rsakey.c - an RSA key of one's own: written, read, and what was encrypted to
 * it decrypted; openssl on the other side. */
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/rsakey.h"
#include "h_maker.h"
#include "tap.h"

static bool sh(const char *fmt, ...) ASSAY_PRINTF(1, 2);
static bool sh(const char *fmt, ...)
{
	char command[1024];
	size_t n = (size_t)snprintf(command, sizeof(command),
	                            "cd %s && exec >log 2>&1 && ",
	                            maker_folder());
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - n, fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

static void put(const char *file, const void *p, size_t n)
{
	FILE *f = fopen(maker_path("%s", file), "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(2);
}

/* Whether the key of this file is taken. */
static bool reads(const char *file)
{
	size_t n = 0;
	unsigned char *text = slurp(maker_path("%s", file), &n);
	struct assay_rsa_key *key =
		assay_rsa_key_read((struct assay_bytes){ text, n });

	assay_rsa_key_free(key);
	free(text);
	return key != NULL;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && !p[n - 1])
		n--;
	return n == 0;
}

static void test_files(const struct assay_rsa_key *key)
{
	uint8_t pem[ASSAY_KEY_PEM_MAX], a[ASSAY_RSA3072_LEN],
		b[ASSAY_RSA3072_LEN];
	struct assay_rsa_key *again;
	size_t len;

	ok(assay_rsa_key_write(pem, &len, key), "a key is written");
	put("key.pem", pem, len);
	ok(sh("openssl rsa -in key.pem -check -noout"), "openssl reads it");
	again = assay_rsa_key_read((struct assay_bytes){ pem, len });
	ok(again && assay_rsa_key_modulus(a, key) &&
	           assay_rsa_key_modulus(b, again) &&
	           memcmp(a, b, sizeof(a)) == 0 && a[0] & 0x80,
	   "and it is read again");
	assay_rsa_key_free(again);
	ok(!reads("log") && !reads("none"), "a text is no key, nor is nothing");
	ok(sh("openssl genrsa -out small.pem 2048") && !reads("small.pem"),
	   "one of 2048 bits is not taken");
	ok(sh("openssl genrsa -3 -out three.pem 3072") && !reads("three.pem"),
	   "nor one of another exponent");
	ok(sh("openssl rsa -in key.pem -aes128 -passout pass:x -out "
	      "locked.pem") &&
	           !reads("locked.pem"),
	   "nor one with a passphrase");
	ok(sh("openssl rsa -in key.pem -pubout -out public.pem") &&
	           !reads("public.pem"),
	   "nor a public one");
	ok(sh("openssl ecparam -genkey -name prime256v1 -out ec.pem") &&
	           !reads("ec.pem"),
	   "nor one of a curve");
}

static void test_decrypt(const struct assay_rsa_key *key)
{
	static const uint8_t ppid[16] = "sixteen letters";
	const struct assay_bytes msg = { ppid, sizeof(ppid) };
	uint8_t n[ASSAY_RSA3072_LEN], c[ASSAY_RSA3072_LEN], out[32];
	unsigned taken = 0;
	unsigned char *by_openssl;
	size_t len = 0;

	ok(assay_rsa_key_modulus(n, key) &&
	           assay_rsa_oaep_encrypt(c, n, ASSAY_RSA_KEY_E, msg) &&
	           assay_rsa_oaep_decrypt(out, 16, key, c) &&
	           memcmp(out, ppid, 16) == 0,
	   "what was encrypted is decrypted");
	put("cipher", c, sizeof(c));
	ok(sh("openssl pkeyutl -decrypt -inkey key.pem -in cipher -out plain "
	      "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 && "
	      "printf 'sixteen letters\\0' | cmp - plain"),
	   "by openssl too");
	ok(sh("printf 'sixteen letters\\0' | openssl pkeyutl -encrypt -inkey "
	      "key.pem -out made -pkeyopt rsa_padding_mode:oaep -pkeyopt "
	      "rsa_oaep_md:sha256"),
	   "openssl encrypts");
	by_openssl = slurp(maker_path("made"), &len);
	ok(by_openssl && len == sizeof(c) &&
	           assay_rsa_oaep_decrypt(out, 16, key, by_openssl) &&
	           memcmp(out, ppid, 16) == 0,
	   "and that is decrypted");
	free(by_openssl);
	ok(!assay_rsa_oaep_decrypt(out, 15, key, c) && is_zero(out, 15) &&
	           !assay_rsa_oaep_decrypt(out, 17, key, c) && is_zero(out, 17),
	   "a message of another length is none");
	for (unsigned i = 0; i < sizeof(c); i += 37) {
		c[i] ^= 1;
		memset(out, 1, sizeof(out));
		taken += assay_rsa_oaep_decrypt(out, 16, key, c) ||
		         !is_zero(out, 16);
		c[i] ^= 1;
	}
	memset(c, 0xff, sizeof(c));
	taken += assay_rsa_oaep_decrypt(out, 16, key, c);
	memset(c, 0, sizeof(c));
	taken += assay_rsa_oaep_decrypt(out, 16, key, c);
	ok(taken == 0, "and no ciphertext that was changed is one");
}

int main(void)
{
	struct assay_rsa_key *key = assay_rsa_key_new();

	if (!ok(key != NULL, "a key is made"))
		return done();
	test_files(key);
	test_decrypt(key);
	assay_rsa_key_free(key);
	return done();
}
