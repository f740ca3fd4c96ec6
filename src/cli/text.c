/* text.c - text that grows, and its way to the terminal. */
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 78, LABEL = 20 };

/* Room for n more characters and a NUL. */
static void grow(struct cli_text *text, size_t n)
{
	size_t cap = text->cap ? text->cap : 1024;
	char *p;

	while (cap - text->len <= n)
		cap *= 2;
	if (cap == text->cap)
		return;
	p = realloc(text->ptr, cap);
	if (!p)
		cli_out_of_memory();
	text->ptr = p;
	text->cap = cap;
}

void cli_put(struct cli_text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	grow(text, 256);
	va_start(ap, fmt);
	n = vsnprintf(text->ptr + text->len, text->cap - text->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= text->cap - text->len) {
		grow(text, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(text->ptr + text->len, text->cap - text->len, fmt,
		          ap);
		va_end(ap);
	}
	text->len += (size_t)n;
}

void cli_put_hex(struct cli_text *text, const uint8_t *p, size_t n, bool upper)
{
	grow(text, 2 * n);
	assay_hex_print(text->ptr + text->len, p, n, upper);
	text->len += 2 * n;
}

void cli_put_label(struct cli_text *text, const char *label)
{
	cli_put(text, "%-*s ", LABEL, label);
}

/* Whether the n bytes at p, of one UTF-8 character, are one that terminals obey:
 * those of ISO 8859 too, U+0080 to U+009F. */
static bool is_control(const uint8_t *p, size_t n)
{
	return p[0] < 0x20 || p[0] == 0x7f ||
	       (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

/* Copies n bytes to `out`, which may be where they are; what is no UTF-8, or what
 * terminals obey, becomes '?'.  Returns the length, at most n. */
static size_t clean(char *out, const char *from, size_t n)
{
	const uint8_t *p = (const uint8_t *)from;
	char *to = out;

	while (n > 0) {
		size_t len = assay_utf8_len(p, n);
		bool good = len && !is_control(p, len);

		len = len ? len : 1;
		if (good)
			memmove(to, p, len);
		else
			*to = '?';
		to += good ? len : 1;
		p += len;
		n -= len;
	}
	return (size_t)(to - out);
}

static void put_clean(struct cli_text *text, const char *p, size_t n)
{
	grow(text, n);
	text->len += clean(text->ptr + text->len, p, n);
	text->ptr[text->len] = 0;
}

void cli_put_name(struct cli_text *text, const char *name)
{
	put_clean(text, name, strlen(name));
}

/* Whether two words stay together: options that follow each other, and what
 * stands between quotation marks with the option before it, are to be copied. */
static bool stays(const char *first, const char *next)
{
	return *next == '"' || (*first == '-' && *next == '-');
}

static size_t word_len(const char *p)
{
	bool quoted = false;
	size_t n = 0;

	while (p[n] && (quoted || p[n] != ' ' || stays(p, p + n + 1)))
		quoted ^= p[n++] == '"';
	return quoted ? strcspn(p, " ") : n;
}

void cli_put_wrapped(struct cli_text *text, const char *first,
                     const char *sentence)
{
	size_t indent = strlen(first), column = indent;
	const char *gap = "";

	cli_put(text, "%s", first);
	for (const char *p = sentence; *p;) {
		size_t n = word_len(p);

		if (column > indent && column + 1 + n > COLUMNS) {
			cli_put(text, "\n%*s", (int)indent, "");
			column = indent;
			gap = "";
		}
		cli_put(text, "%s", gap);
		put_clean(text, p, n);
		column += strlen(gap) + n;
		gap = " ";
		p += n + strspn(p + n, " ");
	}
	cli_put(text, "\n");
}

const char *cli_paint(const struct cli_text *text, enum cli_paint paint)
{
	static const char *const codes[] = {
		[CLI_PLAIN] = "\033[0m",    [CLI_BOLD] = "\033[1m",
		[CLI_GREEN] = "\033[1;32m", [CLI_YELLOW] = "\033[1;33m",
		[CLI_RED] = "\033[1;31m",
	};

	return text->colour ? codes[paint] : "";
}

bool cli_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(STDOUT_FILENO);
}

bool cli_write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t got = write(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

bool cli_flush(struct cli_text *text)
{
	bool good = cli_write_all(STDOUT_FILENO, text->ptr, text->len);

	text->len = 0;
	if (!good)
		cli_warn("cannot write: %s", strerror(errno));
	return good;
}

void cli_text_free(struct cli_text *text)
{
	free(text->ptr);
	*text = (struct cli_text){ .colour = text->colour };
}

/* One write, so that the lines of several threads stay whole. */
void cli_warn(const char *fmt, ...)
{
	static const char head[] = "assay: ";
	char line[1024];
	size_t n = sizeof(head) - 1, left = sizeof(line) - sizeof(head);
	va_list ap;
	int got;

	memcpy(line, head, n);
	va_start(ap, fmt);
	got = vsnprintf(line + n, left, fmt, ap);
	va_end(ap);
	if (got > 0)
		n += (size_t)got < left ? (size_t)got : left - 1;
	n = clean(line, line, n);
	line[n++] = '\n';
	if (!cli_write_all(STDERR_FILENO, line, n))
		return; /* there is nobody left to tell */
}

void cli_put_err(struct cli_text *text, const struct assay_err *err)
{
	const struct assay_check_info *info = assay_check_info(err->check);
	const char *doc = assay_doc_name(err->doc);

	cli_put(text, "%s%s%s %s", doc, *doc ? " " : "",
	        info ? info->name : "?", info ? info->section : "");
	/* at its beginning: it is about the whole */
	if (*doc && err->at)
		cli_put(text, " at byte %zu", err->at);
	cli_put(text, ": ");
	cli_put_name(text, err->note);
}

void cli_put_fault(struct cli_text *text, const char *name,
                   const struct assay_err *err)
{
	const struct assay_check_info *info = assay_check_info(err->check);

	cli_put_name(text, name);
	cli_put(text, ": ");
	cli_put_err(text, err);
	cli_put(text, ". %s", info ? info->todo : "");
}

void cli_warn_err(const char *name, const struct assay_err *err)
{
	struct cli_text text = { 0 };

	cli_put_fault(&text, name, err);
	cli_warn("%s", text.ptr);
	cli_text_free(&text);
}

int cli_print(struct cli_text *text)
{
	int status = cli_flush(text) ? CLI_YES : CLI_TROUBLE;

	cli_text_free(text);
	return status;
}
