/* t_base.c - hex, base64, PEM framing, the parts of a JWS, UTF-8 and times. */
#include "base/jws.h"
#include "base/text.h"

#include "tap.h"

#include <dirent.h>
#include <string.h>
#include <time.h>

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && !p[n - 1])
		n--;
	return n == 0;
}

/* The first n bytes of text in memory of exactly that size, so that a sanitizer
 * sees a read beyond them. */
static struct assay_bytes exact(const void *text, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	if (!p)
		abort();
	memcpy(p, text, n);
	return (struct assay_bytes){ p, n };
}

static void drop(struct assay_bytes b)
{
	free((void *)(uintptr_t)b.ptr);
}

/* Deterministic bytes (xorshift). */
static uint8_t noise(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return (uint8_t)(x >> 11);
}

/* ---- hex */

static const struct {
	const char *text;
	size_t n;
	bool good;
} hexes[] = {
	{ "", 0, true },      { "00", 1, true },        { "09afAF", 3, true },
	{ "aB", 1, true },    { "0", 0, false },        { "0", 1, false },
	{ "000", 1, false },  { "000", 2, false },      { "00", 0, false },
	{ "00", 2, false },   { "0g", 1, false },       { "g0", 1, false },
	{ "0G", 1, false },   { "0/", 1, false },       { "0:", 1, false },
	{ "0@", 1, false },   { "0`", 1, false },       { " 0", 1, false },
	{ "0x00", 2, false }, { "\xff\xff", 1, false }, { "00-0", 2, false },
};

static void test_hex(void)
{
	uint8_t all[256], back[256];
	char text[513];

	for (size_t i = 0; i < sizeof(hexes) / sizeof(hexes[0]); i++) {
		struct assay_bytes in = exact(hexes[i].text,
		                              strlen(hexes[i].text));
		uint8_t out[4] = { 0xee, 0xee, 0xee, 0xee };
		bool good = assay_hex_parse(out, hexes[i].n, in);

		ok(good == hexes[i].good &&
		           (good || is_zero(out, hexes[i].n)) &&
		           out[hexes[i].n] == 0xee,
		   "hex \"%s\" as %zu bytes: %d", hexes[i].text, hexes[i].n,
		   good);
		drop(in);
	}
	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assay_hex_print(text, all, 256, false);
	ok(strlen(text) == 512 && strncmp(text + 20, "0a0b0c", 6) == 0 &&
	           assay_hex_parse(back, 256, bytes(text)) &&
	           memcmp(all, back, 256) == 0,
	   "every byte in lower case");
	assay_hex_print(text, all, 256, true);
	ok(strlen(text) == 512 && strncmp(text + 20, "0A0B0C", 6) == 0 &&
	           assay_hex_parse(back, 256, bytes(text)) &&
	           memcmp(all, back, 256) == 0,
	   "every byte in upper case");
	assay_hex_print(text, all, 0, true);
	ok(!*text, "no byte");
}

/* ---- base64 [RFC 4648 4] */

static const struct {
	const char *text;
	const char *want; /* NULL: refused */
	bool ws;
} base64s[] = {
	/* [RFC 4648 10] */
	{ "", "", false },
	{ "Zg==", "f", false },
	{ "Zm8=", "fo", false },
	{ "Zm9v", "foo", false },
	{ "Zm9vYg==", "foob", false },
	{ "Zm9vYmE=", "fooba", false },
	{ "Zm9vYmFy", "foobar", false },
	/* white space only where it is allowed */
	{ "Zm9v\nYmFy", NULL, false },
	{ "Zm9v\nYmFy", "foobar", true },
	{ " Z m\t9\r\nv Y m F y ", "foobar", true },
	{ "Zm9vYg=\n=\n", "foob", true },
	{ " \n", "", true },
	{ " \n", NULL, false },
	{ "Zm9v\fYmFy", NULL, true },
	/* padding missing, misplaced or too much */
	{ "Zg", NULL, false },
	{ "Zg=", NULL, false },
	{ "Zm8", NULL, false },
	{ "Z", NULL, false },
	{ "Z===", NULL, false },
	{ "====", NULL, false },
	{ "=", NULL, false },
	{ "Zm9v=", NULL, false },
	{ "Zm9v==", NULL, false },
	{ "Zm9v====", NULL, false },
	{ "Zm8==", NULL, false },
	{ "Zg===", NULL, false },
	{ "Zg==Zg==", NULL, false },
	{ "Zg=a", NULL, false },
	{ "Zg=A", NULL, false },
	{ "Zg=A=", NULL, false },
	{ "=Zg=", NULL, false },
	{ "Zm8=Zm9v", NULL, false },
	/* stray bits */
	{ "Zh==", NULL, false },
	{ "Zv==", NULL, false },
	{ "Zm9=", NULL, false },
	{ "Zm+=", NULL, false },
	/* other alphabets */
	{ "Zm-_", NULL, false },
	{ "Zm9\xff", NULL, false },
	{ "Zm,v", NULL, false },
};

static void test_base64(void)
{
	uint8_t out[512], in[300];
	char text[512];
	size_t n, bad = 0;

	for (size_t i = 0; i < sizeof(base64s) / sizeof(base64s[0]); i++) {
		const char *want = base64s[i].want;
		struct assay_bytes row = exact(base64s[i].text,
		                               strlen(base64s[i].text));
		bool good;

		memset(out, 0xee, sizeof(out));
		good = assay_base64_parse(out, &n, row, base64s[i].ws);
		ok(good == (want != NULL) &&
		           (want ? n == strlen(want) &&
		                            memcmp(out, want, n) == 0
		                 : n == 0 && (out[0] == 0xee || !out[0])),
		   "base64 row %zu: %d, %zu bytes", i, good, n);
		drop(row);
	}
	for (size_t len = 0; len < sizeof(in); len++) {
		in[len] = noise();
		assay_base64_print(text, in, len);
		if (strlen(text) != (len + 2) / 3 * 4 ||
		    !assay_base64_parse(out, &n, bytes(text), false) ||
		    n != len || memcmp(in, out, n) != 0)
			bad++;
		/* cut anywhere: whole groups are a text, others are not */
		for (size_t cut = 0; len < 8 && cut < strlen(text); cut++) {
			struct assay_bytes part = exact(text, cut);

			bad += assay_base64_parse(out, &n, part, false) !=
			       (cut % 4 == 0);
			drop(part);
		}
	}
	ok(bad == 0, "there and back, and cut (%zu times not)", bad);
	/* every one of the 256 bytes as a digit, in both ways of reading */
	bad = 0;
	for (unsigned c = 0; c < 256; c++) {
		char quad[5] = { 'A', (char)c, 'A', 'A', 0 };
		bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		             (c >= '0' && c <= '9') || c == '+' || c == '/';

		bad += assay_base64_parse(out, &n,
		                          (struct assay_bytes){ (uint8_t *)quad,
		                                                4 },
		                          false) != digit;
		quad[2] = quad[3] = '=';
		bad += assay_base64_parse(out, &n,
		                          (struct assay_bytes){ (uint8_t *)quad,
		                                                4 },
		                          false) !=
		       (c == 'A' || c == 'Q' || c == 'g' || c == 'w');
	}
	ok(bad == 0, "64 digits and no others (%zu are wrong)", bad);
}

/* ---- PEM */

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static const struct {
	const char *name;
	const char *text;
	size_t n_blocks;
	size_t stop;       /* where the walk ends; 999: at the text's end */
	const char *first; /* the first body */
} pems[] = {
	{ "nothing", "", 0, 999, NULL },
	{ "white space", " \r\n\t", 0, 999, NULL },
	{ "a block", BEGIN "\nZg==\n" END "\n", 1, 999, "Zg==\n" },
	{ "without a last line feed", BEGIN "\nZg==\n" END, 1, 999, "Zg==\n" },
	{ "carriage returns", BEGIN "\r\nZg==\r\n" END "\r\n", 1, 999,
	  "Zg==\r\n" },
	{ "an empty block", BEGIN "\n" END "\n", 1, 999, "" },
	{ "two blocks", BEGIN "\nA\n" END "\n" BEGIN "\nB\n" END "\n", 2, 999,
	  "A\n" },
	{ "blank lines",
	  "\n " BEGIN "\nA\n" END "\n\r\n\t" BEGIN "\nB\n" END "\n\n", 2, 999,
	  "A\n" },
	{ "text before", "x" BEGIN "\nA\n" END "\n", 0, 0, NULL },
	{ "text between", BEGIN "\nA\n" END "\nx\n" BEGIN "\nB\n" END "\n", 1,
	  56, "A\n" },
	{ "text after", BEGIN "\nA\n" END "\nx", 1, 56, "A\n" },
	{ "text on the END line", BEGIN "\nA\n" END "x\n", 0, 55, NULL },
	{ "no line feed between", BEGIN "\nA\n" END BEGIN "\nB\n" END "\n", 2,
	  999, "A\n" },
	{ "a dash behind the END line", BEGIN "\nA\n" END "-\n", 1, 55, "A\n" },
	{ "another label",
	  "\n-----BEGIN X509 CRL-----\nA\n-----END X509 CRL-----\n", 0, 1,
	  NULL },
	{ "a longer label", "-----BEGIN CERTIFICATES-----\nA\n" END "\n", 0, 0,
	  NULL },
	{ "another label at the end", BEGIN "\nA\n-----END X509 CRL-----\n", 0,
	  30, NULL },
	{ "lower case", "-----begin CERTIFICATE-----\nA\n" END "\n", 0, 0,
	  NULL },
	{ "six dashes", "-" BEGIN "\nA\n" END "\n", 0, 0, NULL },
	{ "four dashes", "----BEGIN CERTIFICATE-----\nA\n" END "\n", 0, 0,
	  NULL },
	{ "text on the BEGIN line", BEGIN " \nA\n" END "\n", 0, 27, NULL },
	{ "only a carriage return", BEGIN "\rA\n" END "\n", 0, 28, NULL },
	{ "END not on its own line", BEGIN "\nA" END "\n", 0, 29, NULL },
	{ "no END", BEGIN "\nA\n", 0, 0, NULL },
	{ "a dash inside", BEGIN "\nA-B\n" END "\n", 0, 29, NULL },
	{ "a BEGIN inside", BEGIN "\nA\n" BEGIN "\nB\n" END "\n", 0, 30, NULL },
	{ "a header inside", BEGIN "\nX: y-z\n\nA\n" END "\n", 0, 32, NULL },
};

/* The blocks of the text, and where they end. */
static size_t count_blocks(struct assay_bytes text, size_t *pos,
                           struct assay_bytes *first)
{
	struct assay_bytes body;
	size_t n = 0;

	*pos = 0;
	while (assay_pem_next(&body, text, pos, "CERTIFICATE")) {
		if (body.ptr < text.ptr || *pos > text.len ||
		    body.ptr + body.len > text.ptr + *pos)
			return 999;
		if (n++ == 0)
			*first = body;
	}
	return body.ptr || body.len ? 999 : n;
}

static void test_pem(void)
{
	static const char nuls[] = "\0" BEGIN "\nA\n" END "\n\0\0";
	static const char two[] = BEGIN "\nA\n" END "\n" BEGIN "\nB\n" END;
	struct assay_bytes first, in;
	size_t n, pos, bad = 0;

	for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
		size_t len = strlen(pems[i].text);

		in = exact(pems[i].text, len);
		n = count_blocks(in, &pos, &first);
		ok(n == pems[i].n_blocks &&
		           pos == (pems[i].stop == 999 ? len : pems[i].stop) &&
		           (!n ||
		            (first.len == strlen(pems[i].first) &&
		             memcmp(first.ptr, pems[i].first, first.len) == 0)),
		   "PEM, %s: %zu blocks, %zu", pems[i].name, n, pos);
		drop(in);
	}
	in = exact(nuls, sizeof(nuls));
	ok(count_blocks(in, &pos, &first) == 1 && pos == in.len,
	   "PEM, NULs around");
	drop(in);
	/* cut anywhere: never more blocks than END lines, and never "nothing
	 * left" while a block is incomplete */
	for (size_t len = 0; len < sizeof(two) - 1; len++) {
		in = exact(two, len);
		n = count_blocks(in, &pos, &first);
		bad += n != (len >= 55) ||
		       (pos == len) != (len == 0 || len == 55 || len == 56);
		drop(in);
	}
	ok(bad == 0, "PEM, every truncation (%zu are wrong)", bad);
}

/* Intel's chains: every block decodes, and encodes to the same digits. */
static void test_chains(void)
{
	const char *dir = vectors();
	struct dirent *e;
	char path[4700];
	DIR *d = NULL;
	size_t files = 0, blocks = 0, bad = 0;

	if (dir) {
		snprintf(path, sizeof(path), "%s/intel/documents", dir);
		d = opendir(path);
	}
	if (!d) {
		skip("no vectors", "Intel's chains");
		return;
	}
	while ((e = readdir(d))) {
		struct assay_bytes body;
		size_t len, pos = 0;
		unsigned char *p;

		if (!strstr(e->d_name, "chain") || !strstr(e->d_name, ".pem"))
			continue;
		snprintf(path, sizeof(path), "%s/intel/documents/%s", dir,
		         e->d_name);
		p = slurp(path, &len);
		if (!p) {
			bad++;
			continue;
		}
		files++;
		while (assay_pem_next(&body, (struct assay_bytes){ p, len },
		                      &pos, "CERTIFICATE")) {
			uint8_t *der = malloc(3 * body.len / 4 + 3);
			char *again = malloc(2 * body.len + 5);
			size_t n, k = 0;

			if (!der || !again)
				abort();
			bad += !assay_base64_parse(der, &n, body, true);
			assay_base64_print(again, der, n);
			for (size_t i = 0; i < body.len; i++)
				if (body.ptr[i] != '\n' && body.ptr[i] != '\r')
					bad += again[k++] != (char)body.ptr[i];
			bad += again[k] != 0;
			blocks++;
			free(again);
			free(der);
		}
		bad += pos != len;
		free(p);
	}
	closedir(d);
	ok(bad == 0 && files > 0 && blocks > files,
	   "Intel's chains: %zu files, %zu blocks, %zu wrong", files, blocks,
	   bad);
}

/* ---- UTF-8 */

/* What a lead byte and the number of a character say, spelled out. */
static size_t plain_utf8_len(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80             ? 1
	           : (p[0] & 0xe0) == 0xc0 ? 2
	           : (p[0] & 0xf0) == 0xe0 ? 3
	           : (p[0] & 0xf8) == 0xf0 ? 4
	                                   : 0;
	uint32_t c = p[0] & (n == 1 ? 0x7fu : 0x7fu >> n);

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0
	                                                                   : n;
}

static void test_utf8(void)
{
	static const uint8_t tails[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90,
		                         0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	const size_t n = sizeof(tails);
	size_t bad = 0, good = 0;

	for (unsigned lead = 0; lead < 256; lead++)
		for (size_t i = 0; i < n * n * n; i++)
			for (size_t left = 1; left <= 4; left++) {
				uint8_t p[4] = { (uint8_t)lead, tails[i % n],
					         tails[i / n % n],
					         tails[i / n / n] };
				struct assay_bytes in = { p, left };
				size_t want = plain_utf8_len(p, left);

				bad += assay_utf8_len(in.ptr, in.len) != want;
				good += want > 1;
			}
	ok(bad == 0 && good > 1000, "UTF-8: %zu of %zu wrong", bad, good);
}

/* ---- times */

/* clang-format off */
static const struct {
	const char *text;
	bool good;
	int64_t want;
} times[] = {
	{ "1970-01-01T00:00:00Z",           true, 0 },
	{ "1970-01-01T00:00:01Z",           true, 1 },
	{ "2000-02-29T23:59:59Z",           true, 951868799 },
	{ "2026-11-23T12:00:00Z",           true, 1795435200 },
	{ "2038-01-19T03:14:08Z",           true, 2147483648 },
	{ "9999-12-31T23:59:59Z",           true, 253402300799 },
	{ "2026-11-23T12:00:00.5Z",         true, 1795435200 },
	{ "2026-11-23T12:00:00.999999999Z", true, 1795435200 },
	{ "2026-11-23T12:00:00.1234567890Z", false, 0 },
	{ "2026-11-23T12:00:00.Z",          false, 0 },
	{ "2026-11-23T12:00:00,5Z",         false, 0 },
	{ "2026-11-23T12:00:00.5",          false, 0 },
	{ "2026-11-23T12:00:00.x5Z",        false, 0 },
	{ "",                               false, 0 },
	{ "2026-11-23T12:00:00",            false, 0 },
	{ "2026-11-23T12:00:00z",           false, 0 },
	{ "2026-11-23t12:00:00Z",           false, 0 },
	{ "2026-11-23 12:00:00Z",           false, 0 },
	{ "2026-11-23T12:00Z",              false, 0 },
	{ "2026-11-23",                     false, 0 },
	{ "2026-11-23T12:00:00+00:00",      false, 0 },
	{ "2026-11-23T12:00:00ZZ",          false, 0 },
	{ "2026-11-23T12:00:00Z ",          false, 0 },
	{ " 2026-11-23T12:00:00Z",          false, 0 },
	{ "2026-1-23T12:00:00Z",            false, 0 },
	{ "+026-11-23T12:00:00Z",           false, 0 },
	{ "2026-11-2/T12:00:00Z",           false, 0 },
	{ "2026-11-2:T12:00:00Z",           false, 0 },
	{ "12026-11-23T12:00:00Z",          false, 0 },
	{ "1969-12-31T23:59:59Z",           false, 0 },
	{ "0000-01-01T00:00:00Z",           false, 0 },
	{ "2026-00-23T12:00:00Z",           false, 0 },
	{ "2026-13-23T12:00:00Z",           false, 0 },
	{ "2026-11-00T12:00:00Z",           false, 0 },
	{ "2026-11-31T12:00:00Z",           false, 0 },
	{ "2025-02-29T00:00:00Z",           false, 0 },
	{ "2025-02-30T00:00:00Z",           false, 0 },
	{ "2024-02-29T00:00:00Z",           true, 1709164800 },
	{ "2100-02-29T00:00:00Z",           false, 0 },
	{ "2100-03-01T00:00:00Z",           true, 4107542400 },
	{ "2026-11-23T24:00:00Z",           false, 0 },
	{ "2026-11-23T23:60:00Z",           false, 0 },
	{ "2016-12-31T23:59:60Z",           false, 0 },
};
/* clang-format on */

/* The same moment by the C library. */
static bool same_as_libc(int64_t t)
{
	char out[ASSAY_TIME_TEXT], want[ASSAY_TIME_TEXT];
	time_t there = (time_t)t;
	int64_t back;
	struct tm tm;

	if (!gmtime_r(&there, &tm))
		return false;
	strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return strcmp(assay_time_print(out, t), want) == 0 &&
	       assay_time_parse(&back, bytes(out)) && back == t;
}

static void test_times(void)
{
	static const int64_t day = 86400, last = 253402300799;
	static const int64_t nevers[] = { -1, INT64_MIN, 253402300800,
		                          INT64_MAX };
	char out[ASSAY_TIME_TEXT];
	int64_t t;
	size_t bad = 0;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct assay_bytes in = exact(times[i].text,
		                              strlen(times[i].text));
		bool good;

		t = 77;
		good = assay_time_parse(&t, in);
		ok(good == times[i].good && t == times[i].want,
		   "time \"%s\": %d, %lld", times[i].text, good, (long long)t);
		drop(in);
	}
	for (t = 0; t <= last; t += 41 * day + 12345)
		bad += !same_as_libc(t);
	/* the last and first second around each new year and each 1 March */
	for (unsigned year = 1970; year <= 9999; year++)
		for (unsigned month = 1; month <= 3; month += 2) {
			if (!assay_date_to_time(&t, year, month, 1, 0, 0, 0) ||
			    !same_as_libc(t) || (t > 0 && !same_as_libc(t - 1)))
				bad++;
		}
	ok(bad == 0, "times there and back as the C library (%zu are wrong)",
	   bad);
	for (size_t i = 0; i < sizeof(nevers) / sizeof(nevers[0]); i++)
		ok(strcmp(assay_time_print(out, nevers[i]), "never") == 0,
		   "%lld is never", (long long)nevers[i]);
	ok(!assay_date_to_time(&t, 10000, 1, 1, 0, 0, 0) && !t &&
	           !assay_date_to_time(&t, 1969, 12, 31, 0, 0, 0) && !t &&
	           !assay_date_to_time(&t, 2025, 0, 1, 0, 0, 0) && !t &&
	           !assay_date_to_time(&t, 2025, UINT32_MAX, 1, 0, 0, 0) && !t,
	   "dates outside");
}

/* ---- the parts of a JSON Web Signature */

static bool is_text(struct assay_bytes got, const char *want)
{
	return got.len == strlen(want) &&
	       (!got.len || memcmp(got.ptr, want, got.len) == 0);
}

static void test_jws(void)
{
	static const char text[] = "head.body.sig";
	struct assay_jws jws;
	size_t n_good = 0;

	ok(assay_jws_split(&jws, bytes(text)) && is_text(jws.header, "head") &&
	           is_text(jws.payload, "body") && is_text(jws.sig, "sig") &&
	           is_text(jws.signed_part, "head.body"),
	   "three parts, and what is signed");
	ok(assay_jws_split(&jws, bytes("..")) && is_text(jws.header, "") &&
	           is_text(jws.sig, "") && is_text(jws.signed_part, "."),
	   "which may be empty");
	ok(assay_jws_split(&jws, bytes("a.b.c.d")) && is_text(jws.sig, "c.d"),
	   "a dot too many is left where no digit may be");
	for (size_t n = 0; n < sizeof(text); n++) {
		struct assay_bytes cut = exact(text, n);

		if (assay_jws_split(&jws, cut))
			n_good += n >= strlen("head.body.");
		else
			n_good += n < strlen("head.body.") &&
			          is_zero((uint8_t *)&jws, sizeof(jws));
		drop(cut);
	}
	ok(n_good == sizeof(text), "cut off before its second dot it is none");
}

int main(void)
{
	test_hex();
	test_base64();
	test_pem();
	test_chains();
	test_jws();
	test_utf8();
	test_times();
	return done();
}
