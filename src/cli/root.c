/* root.c - the root that is trusted, and the time. */
#include "cli/cli.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "format/cert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	KEY_LEN = 64,
	POINT_LEN = 65, /* 04, and the key */
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool key_of_der(uint8_t key[64], const char *path,
                       struct assay_bytes der)
{
	struct assay_cert cert;
	struct assay_err err;

	if (!assay_cert_parse(&cert, der, ASSAY_DOC_ROOT, &err)) {
		cli_warn_err(path, &err);
		return false;
	}
	memcpy(key, cert.key, KEY_LEN);
	return true;
}

/* The one certificate that the text holds. */
static bool key_of_pem(uint8_t key[64], const char *path,
                       struct assay_bytes text)
{
	struct assay_bytes body, second;
	struct assay_scratch room = cli_scratch(text.len + 3);
	size_t pos = 0, n = 0;
	bool good = room.ptr &&
	            assay_pem_next(&body, text, &pos, "CERTIFICATE") &&
	            assay_base64_parse(room.ptr, &n, body, true) &&
	            !assay_pem_next(&second, text, &pos, "CERTIFICATE") &&
	            pos == text.len;

	if (good)
		good = key_of_der(key, path,
		                  (struct assay_bytes){ room.ptr, n });
	else
		cli_warn("%s: want one certificate in PEM, and nothing else",
		         path);
	free(room.ptr);
	return good;
}

/* A slip of the hand makes a key that verifies nothing. */
static bool is_point(const char *path, const uint8_t key[64])
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	bool good = engine && assay_p256_on_curve(engine, key);

	if (!good)
		cli_warn("%s: the key is not a point of P-256", path);
	assay_p256_free(engine);
	return good;
}

static bool key_of_hex(uint8_t key[64], const char *path,
                       struct assay_bytes text)
{
	uint8_t point[POINT_LEN];

	if (assay_hex_parse(key, KEY_LEN, text))
		return is_point(path, key);
	if (assay_hex_parse(point, POINT_LEN, text) && point[0] == 4) {
		memcpy(key, point + 1, KEY_LEN);
		return is_point(path, key);
	}
	cli_warn("%s: want a certificate (PEM or DER), or the 64 bytes of a "
	         "P-256 key in hex",
	         path);
	return false;
}

bool cli_root(uint8_t key[64], const char *path)
{
	struct assay_bytes in;
	uint8_t *file;
	size_t len;
	bool good;

	if (!path || strcmp(path, "intel") == 0) {
		memcpy(key, assay_intel_root_key, KEY_LEN);
		return true;
	}
	if (!cli_read(&file, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	in = (struct assay_bytes){ file, len };
	if (in.len > 1 && in.ptr[0] == 0x30 && in.ptr[1] >= 0x80) {
		good = key_of_der(key, path, in);
	} else {
		while (in.len && is_space(in.ptr[in.len - 1]))
			in.len--;
		while (in.len && is_space(in.ptr[0])) {
			in.ptr++;
			in.len--;
		}
		good = in.len && in.ptr[0] == '-' ? key_of_pem(key, path, in)
		                                  : key_of_hex(key, path, in);
	}
	free(file);
	return good;
}

int64_t cli_now(const struct cli_time *at)
{
	return at->given ? at->at : (int64_t)time(NULL);
}
