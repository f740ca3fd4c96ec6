/*
 * party.h - who takes part: what the examples with several parties share.
 *
 * Each party makes up a token that nobody can guess, and tells the others its
 * SHA-256.  The hashes are the program's arguments, so they are measured: who
 * accepts the measurement knows that these parties take part and no others, not
 * even the host.  A request begins with the token, and only the enclave can read
 * it.
 */
#ifndef PARTY_H
#define PARTY_H

#include <assay/enclave.h>

#include <openssl/sha.h>

#include <stdio.h>
#include <string.h>

enum {
	PARTIES_MAX = 32,
	DIGITS_MAX = 15,
	LINE_LEN = 64, /* of an answer, but for its end */
};

/* Who they are: n arguments, 64 hex digits each. */
struct parties {
	char *const *hash;
	unsigned n;
};

/* False: they are not at least `least`, or one of them is no hash or stands
 * there twice. */
static inline bool parties_read(struct parties *p, unsigned least, int argc,
                                char *const *argv)
{
	if (argc < (int)least || argc > PARTIES_MAX)
		return false;
	*p = (struct parties){ argv, (unsigned)argc };
	for (unsigned i = 0; i < p->n; i++) {
		if (strlen(argv[i]) != 2 * SHA256_DIGEST_LENGTH ||
		    strspn(argv[i], "0123456789abcdef") != strlen(argv[i]))
			return false;
		for (unsigned k = 0; k < i; k++)
			if (strcmp(argv[i], argv[k]) == 0)
				return false;
	}
	return true;
}

/* The bytes up to `end`, or all; `text` goes on behind it. */
static inline struct assay_bytes cut(struct assay_bytes *text, char end)
{
	const uint8_t *at = text->len ? memchr(text->ptr, end, text->len)
	                              : NULL;
	const size_t n = at ? (size_t)(at - text->ptr) : text->len;
	const struct assay_bytes part = { text->ptr, n };

	text->ptr += n + (at != NULL);
	text->len -= n + (at != NULL);
	return part;
}

/* Whose token that is; n, if nobody's. */
static inline unsigned parties_find(const struct parties *p,
                                    struct assay_bytes token)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	char hex[2 * sizeof(hash) + 1];
	unsigned i = 0;

	SHA256(token.ptr, token.len, hash);
	for (size_t k = 0; k < sizeof(hash); k++)
		snprintf(hex + 2 * k, 3, "%02x", hash[k]);
	while (i < p->n && strcmp(p->hash[i], hex) != 0)
		i++;
	return i;
}

/* A whole number of at most 15 digits, and nothing else. */
static inline bool digits_read(int64_t *value, struct assay_bytes text)
{
	*value = 0;
	if (text.len < 1 || text.len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		*value = 10 * *value + (text.ptr[i] - '0');
	}
	return true;
}

/* The same in exactly 15 digits, such as 000000000004200: the host sees a
 * request's length, and so no number may be longer than another. */
static inline bool number_read(int64_t *value, struct assay_bytes text)
{
	return text.len == DIGITS_MAX && digits_read(value, text);
}

static inline bool say(struct assay_enclave *e, const char *text)
{
	return assay_enclave_put(e, (struct assay_bytes){ (const uint8_t *)text,
	                                                  strlen(text) });
}

/* An answer of one line, or a refusal: with blanks, of the same length whatever
 * it says. */
static inline bool say_line(struct assay_enclave *e, const char *text)
{
	char line[LINE_LEN + 2];

	snprintf(line, sizeof(line), "%-*.*s\n", LINE_LEN, LINE_LEN, text);
	return say(e, line);
}

static inline bool refuse_line(struct assay_enclave *e, const char *text)
{
	char line[LINE_LEN + 2];

	snprintf(line, sizeof(line), "%-*.*s", LINE_LEN + 1, LINE_LEN, text);
	return assay_enclave_refuse(e, line);
}

#endif
