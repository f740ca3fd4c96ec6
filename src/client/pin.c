/* pin.c - who an enclave was: as a text of lines, and compared. */
#include "client/pin.h"

#include "base/err.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "format/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	NUMBER = 0,
	VALUE_MAX = sizeof(((struct assay_difference *)NULL)->was),
};

/* Which pins have a field. */
enum { OF_SGX = 1, OF_TD = 2, OF_BOTH = OF_SGX | OF_TD };

#define AT(member) offsetof(struct assay_pin, member)

/* The fields, in the order of their lines.  len NUMBER: a uint64_t, in decimal;
 * else so many bytes, in hex. */
/* clang-format off */
static const struct field {
	const char *name;
	size_t at, len;
	unsigned of;
	bool identity; /* it stays, from one start of the enclave to the next */
} fields[] = {
	{ "mrenclave",    AT(measurement),      32, OF_SGX,  true },
	{ "mrsigner",     AT(signer),           32, OF_SGX,  true },
	{ "product",      AT(product),      NUMBER, OF_SGX,  true },
	{ "level",        AT(level),        NUMBER, OF_SGX,  true },
	{ "mrtd",         AT(measurement),      48, OF_TD,   true },
	{ "rtmr0",        AT(rtmr[0]),          48, OF_TD,   true },
	{ "rtmr1",        AT(rtmr[1]),          48, OF_TD,   true },
	{ "rtmr2",        AT(rtmr[2]),          48, OF_TD,   true },
	{ "rtmr3",        AT(rtmr[3]),          48, OF_TD,   true },
	{ "keys",         AT(keys),             64, OF_BOTH, false },
	{ "state",        AT(state),        NUMBER, OF_BOTH, false },
	{ "state_tag",    AT(state_tag),        16, OF_BOTH, false },
};
/* clang-format on */
enum { N_FIELDS = sizeof(fields) / sizeof(*fields) };

_Static_assert(N_FIELDS + 1 <= ASSAY_PIN_MAX_FIELDS, "room for each, and tee");

static const char *const heads[] = {
	[ASSAY_TEE_NONE] = "",
	[ASSAY_TEE_SGX] = "assay-pin-1 sgx\n",
	[ASSAY_TEE_TDX] = "assay-pin-1 tdx\n",
};

static bool has(const struct assay_pin *pin, const struct field *f)
{
	return (pin->tee == ASSAY_TEE_SGX && f->of & OF_SGX) ||
	       (pin->tee == ASSAY_TEE_TDX && f->of & OF_TD);
}

static size_t width(const struct field *f)
{
	return f->len == NUMBER ? sizeof(uint64_t) : f->len;
}

static const uint8_t *place(const struct assay_pin *pin, const struct field *f)
{
	return (const uint8_t *)pin + f->at;
}

static void print_value(char out[VALUE_MAX], const struct assay_pin *pin,
                        const struct field *f)
{
	uint64_t number;

	if (f->len != NUMBER) {
		assay_hex_print(out, place(pin, f), f->len, false);
		return;
	}
	memcpy(&number, place(pin, f), sizeof(number));
	snprintf(out, VALUE_MAX, "%" PRIu64, number);
}

size_t assay_pin_print(const struct assay_pin *pin, char text[ASSAY_PIN_TEXT])
{
	size_t n = (size_t)snprintf(text, ASSAY_PIN_TEXT, "%s",
	                            heads[pin->tee]);
	char value[VALUE_MAX];

	for (size_t i = 0; i < N_FIELDS; i++) {
		if (!has(pin, &fields[i]))
			continue;
		print_value(value, pin, &fields[i]);
		n += (size_t)snprintf(text + n, ASSAY_PIN_TEXT - n, "%s %s\n",
		                      fields[i].name, value);
	}
	return n;
}

/* ---- reading */

/* Decimal, as it is printed: no sign, no needless zero. */
static bool read_number(uint64_t *out, struct assay_bytes text)
{
	uint64_t v = 0;

	if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = text.ptr[i] - (unsigned)'0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = 10 * v + digit;
	}
	*out = v;
	return true;
}

static bool read_value(struct assay_pin *pin, const struct field *f,
                       struct assay_bytes text)
{
	uint8_t *to = (uint8_t *)pin + f->at;
	uint64_t number;

	if (f->len != NUMBER)
		return text.len == 2 * f->len &&
		       assay_hex_parse(to, f->len, text);
	if (!read_number(&number, text))
		return false;
	memcpy(to, &number, sizeof(number));
	return true;
}

/* Whether `text` begins so at *pos; then *pos is behind it. */
static bool skip(struct assay_bytes text, size_t *pos, const char *word)
{
	size_t n = strlen(word);

	if (text.len - *pos < n || memcmp(text.ptr + *pos, word, n) != 0)
		return false;
	*pos += n;
	return true;
}

static bool read_line(struct assay_pin *pin, const struct field *f,
                      struct assay_bytes text, size_t *pos)
{
	const uint8_t *end, *begin;

	if (!skip(text, pos, f->name) || !skip(text, pos, " "))
		return false;
	begin = text.ptr + *pos;
	end = text.len > *pos ? memchr(begin, '\n', text.len - *pos) : NULL;
	if (!end ||
	    !read_value(pin, f,
	                (struct assay_bytes){ begin, (size_t)(end - begin) }))
		return false;
	*pos += (size_t)(end - begin) + 1;
	return true;
}

static bool read_pin(struct assay_pin *pin, struct assay_bytes text,
                     size_t *pos)
{
	if (skip(text, pos, heads[ASSAY_TEE_SGX]))
		pin->tee = ASSAY_TEE_SGX;
	else if (skip(text, pos, heads[ASSAY_TEE_TDX]))
		pin->tee = ASSAY_TEE_TDX;
	else
		return false;
	for (size_t i = 0; i < N_FIELDS; i++)
		if (has(pin, &fields[i]) &&
		    !read_line(pin, &fields[i], text, pos))
			return false;
	return *pos == text.len;
}

bool assay_pin_parse(struct assay_pin *pin, struct assay_bytes text,
                     struct assay_err *err)
{
	size_t pos = 0;

	*pin = (struct assay_pin){ 0 };
	if (read_pin(pin, text, &pos))
		return true;
	*pin = (struct assay_pin){ 0 };
	return assay_fail(err, ASSAY_K_PIN, ASSAY_DOC_NONE, pos,
	                  "here is not what should stand here");
}

/* ---- comparing */

static bool equal(const struct assay_pin *was, const struct assay_pin *is,
                  const struct field *f)
{
	return memcmp(place(was, f), place(is, f), width(f)) == 0;
}

bool assay_pin_same(const struct assay_pin *was, const struct assay_pin *is)
{
	bool same = was->tee == is->tee;

	for (size_t i = 0; i < N_FIELDS; i++)
		if (fields[i].identity && has(is, &fields[i]))
			same = same && equal(was, is, &fields[i]);
	return same;
}

/* What one of them has not is empty. */
static void differ(struct assay_difference *d, const struct field *f,
                   const struct assay_pin *was, const struct assay_pin *is)
{
	*d = (struct assay_difference){ .field = f->name };
	if (has(was, f))
		print_value(d->was, was, f);
	if (has(is, f))
		print_value(d->is, is, f);
}

static void differ_tee(struct assay_difference *d, const struct assay_pin *was,
                       const struct assay_pin *is)
{
	*d = (struct assay_difference){ .field = "tee" };
	snprintf(d->was, sizeof(d->was), "%s", assay_tee_name(was->tee));
	snprintf(d->is, sizeof(d->is), "%s", assay_tee_name(is->tee));
}

size_t assay_pin_compare(struct assay_difference out[ASSAY_PIN_MAX_FIELDS],
                         const struct assay_pin *was,
                         const struct assay_pin *is)
{
	size_t n = 0;

	if (was->tee != is->tee)
		differ_tee(&out[n++], was, is);
	for (size_t i = 0; i < N_FIELDS; i++) {
		const struct field *f = &fields[i];

		if (has(was, f) != has(is, f) ||
		    (has(is, f) && !equal(was, is, f)))
			differ(&out[n++], f, was, is);
	}
	return n;
}

/* ---- who it is now */

static void take_td(struct assay_pin *pin, const struct assay_td_report *td)
{
	memcpy(pin->measurement, td->mrtd, sizeof(td->mrtd));
	memcpy(pin->rtmr, td->rtmr, sizeof(td->rtmr));
}

static void take_sgx(struct assay_pin *pin, const struct assay_sgx_report *r)
{
	memcpy(pin->measurement, r->mrenclave, sizeof(r->mrenclave));
	memcpy(pin->signer, r->mrsigner, sizeof(r->mrsigner));
	pin->product = r->isv_prod_id;
	pin->level = r->isv_svn;
}

void assay_pin_take(struct assay_pin *pin, const struct assay_verdict *verdict,
                    struct assay_bytes config, struct assay_bytes sign)
{
	const struct assay_pin before = *pin;

	*pin = (struct assay_pin){ .tee = verdict->tee, .state = before.state };
	memcpy(pin->state_tag, before.state_tag, sizeof(pin->state_tag));
	if (verdict->tee == ASSAY_TEE_TDX)
		take_td(pin, &verdict->td);
	else
		take_sgx(pin, &verdict->sgx);
	assay_keys_hash(pin->keys, config, sign,
	                (struct assay_bytes){ NULL, 0 });
}
