/* page.c - the page at /: its files, which are part of the program, and what a
 * browser is told to keep to.  docs/page.md. */
#include "service/inner.h"

#include "base/text.h"
#include "crypto/crypto.h"

#include <string.h>

/* A file of src/service/page, which the assembler puts in: its path is that from
 * the project's folder, where everything is built. */
#define FILE_IN(name, path) \
	__asm__(".pushsection .rodata\n" \
	        "page_" #name ": .incbin \"src/service/page/" path "\"\n" \
	        "page_" #name "_end: .byte 0\n" \
	        ".popsection\n"); \
	extern const uint8_t page_##name[], page_##name##_end[]
FILE_IN(html, "index.html");
FILE_IN(css, "app.css");
FILE_IN(js, "app.js");
FILE_IN(icon, "icon.svg");

static const struct {
	const char *path, *type;
	const uint8_t *from, *to;
} files[] = {
	{ "/", "text/html; charset=utf-8", page_html, page_html_end },
	{ "/app.css", "text/css; charset=utf-8", page_css, page_css_end },
	{ "/app.js", "text/javascript; charset=utf-8", page_js, page_js_end },
	{ "/icon.svg", "image/svg+xml", page_icon, page_icon_end },
};

/* ---- what a browser is told */

/* Nothing from elsewhere, nothing inline, in nobody's frame. */
static void put_headers(struct http_answer *a)
{
	static const char *const headers[][2] = {
		{ "Content-Security-Policy",
		  "default-src 'none'; script-src 'self'; style-src 'self'; "
		  "img-src 'self' data:; connect-src 'self'; "
		  "form-action 'self'; base-uri 'none'; "
		  "frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cache-Control", "no-cache" },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		http_put_header(a, headers[i][0], buf_text(headers[i][1]));
}

/* The answer; its body only where the browser does not have it. */
static void answer_bytes(struct http_answer *a, const struct http_request *r,
                         const char *type, struct assay_bytes bytes)
{
	char tag[2 * ASSAY_SHA256_LEN + 3] = "\"";
	const char *has = http_header(r, "If-None-Match");
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, bytes);
	assay_hex_print(tag + 1, digest, sizeof(digest), false);
	tag[sizeof(tag) - 2] = '"';
	tag[sizeof(tag) - 1] = '\0';
	put_headers(a);
	http_put_header(a, "ETag", buf_text(tag));
	if (has && strstr(has, tag)) {
		a->status = 304;
		return;
	}
	a->status = 200;
	a->type = type;
	buf_put_bytes(&a->body, bytes);
}

/* ---- every check, for what the page says of them */

enum { CHECKS_MAX = 256 << 10 };

static void put_checks(struct assay_json_out *o)
{
	const struct assay_check_info *check;

	assay_json_put_object(o, NULL);
	assay_json_put_array(o, "checks");
	for (size_t i = 0; (check = assay_check_at(i)); i++) {
		assay_json_put_object(o, NULL);
		assay_json_put_text(o, "name", check->name);
		assay_json_put_text(o, "section", check->section);
		assay_json_put_text(o, "sentence", check->sentence);
		assay_json_put_text(o, "todo", check->todo);
		assay_json_put_end(o, '}');
	}
	assay_json_put_end(o, ']');
	assay_json_put_end(o, '}');
}

static void answer_checks(struct http_answer *a, const struct http_request *r)
{
	struct buf room = { 0 };
	struct assay_json_out o;

	buf_put_zeros(&room, CHECKS_MAX);
	if (room.bad) {
		a->bad = true;
		return;
	}
	assay_json_begin(&o, (char *)room.ptr, room.len);
	put_checks(&o);
	if (o.ok)
		answer_bytes(a, r, "application/json",
		             (struct assay_bytes){ room.ptr, o.len });
	else
		a->bad = true;
	buf_free(&room);
}

/* ---- its paths */

void service_page(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	const char *path = http_path(r);

	(void)self;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(path, files[i].path) == 0) {
			answer_bytes(a, r, files[i].type,
			             (struct assay_bytes){
					     files[i].from,
					     (size_t)(files[i].to -
			                              files[i].from) });
			return;
		}
	answer_checks(a, r);
}
