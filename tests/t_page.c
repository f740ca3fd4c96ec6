/* t_page.c - the page as it is served: whole, with what browsers are told, and
 * nothing in it that they would be told to refuse. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/files.h"
#include "service/inner.h"
#include "tap.h"

static const struct http_route routes[] = {
	{ .path = "/", .answer = service_page, .when = HTTP_QUICK },
	{ .path = "/app.css", .answer = service_page, .when = HTTP_QUICK },
	{ .path = "/app.js", .answer = service_page, .when = HTTP_QUICK },
	{ .path = "/icon.svg", .answer = service_page, .when = HTTP_QUICK },
	{ .path = "/checks.json", .answer = service_page, .when = HTTP_QUICK },
	{ 0 },
};

static void wrong(struct http_answer *a, unsigned status)
{
	a->status = status;
}

/* ---- a client that sees every byte */

static struct buf said; /* the last answer, ended by a NUL */
static const char *body;

static int call(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fprintf(stderr, "no connection\n");
	return fd;
}

static void get(uint16_t port, const char *path, const char *more)
{
	int fd = call(port);
	char piece[4096];
	ssize_t n;

	dprintf(fd, "GET %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n",
	        path, more);
	buf_clear(&said);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_put(&said, piece, (size_t)n);
	close(fd);
	buf_put(&said, "", 1);
	body = strstr((char *)said.ptr, "\r\n\r\n");
	body = body ? body + 4 : "";
}

static bool says(const char *text)
{
	return strstr((char *)said.ptr, text) != NULL;
}

/* ---- tests */

static const struct {
	const char *path, *file, *type;
} files[] = {
	{ "/", "src/service/page/index.html", "text/html; charset=utf-8" },
	{ "/app.css", "src/service/page/app.css", "text/css; charset=utf-8" },
	{ "/app.js", "src/service/page/app.js",
	  "text/javascript; charset=utf-8" },
	{ "/icon.svg", "src/service/page/icon.svg", "image/svg+xml" },
};

static void test_headers(const char *path)
{
	ok(says("\nContent-Security-Policy: default-src 'none'; script-src "
	        "'self'; style-src 'self'; img-src 'self' data:; connect-src "
	        "'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
	        "'none'\r\n"),
	   "%s: nothing from elsewhere, nothing inline", path);
	ok(says("\nX-Content-Type-Options: nosniff\r\n") &&
	           says("\nReferrer-Policy: no-referrer\r\n") &&
	           says("\nCross-Origin-Opener-Policy: same-origin\r\n") &&
	           says("\nCross-Origin-Resource-Policy: same-origin\r\n") &&
	           says("\nCache-Control: no-cache\r\n"),
	   "%s: and the other headers", path);
}

/* What a browser has it is not sent again. */
static void test_tag(uint16_t port, const char *path)
{
	const char *at = strstr((char *)said.ptr, "ETag: \"");
	char tag[67] = "", more[128];

	if (at)
		memcpy(tag, at + 6, sizeof(tag) - 1);
	snprintf(more, sizeof(more), "If-None-Match: W/\"x\", %s\r\n", tag);
	get(port, path, more);
	ok(says("HTTP/1.1 304") && !*body, "%s: once is enough", path);
	tag[1] ^= 1;
	snprintf(more, sizeof(more), "If-None-Match: %s\r\n", tag);
	get(port, path, more);
	ok(says("HTTP/1.1 200") && *body, "%s: another one is not", path);
}

static void test_file(uint16_t port, size_t i)
{
	struct buf file = { 0 };
	char type[80];

	get(port, files[i].path, "");
	snprintf(type, sizeof(type), "\nContent-Type: %s\r\n", files[i].type);
	ok(says("HTTP/1.1 200") && says(type), "%s is there", files[i].path);
	ok(file_read(&file, AT_FDCWD, files[i].file, 1 << 20) &&
	           strlen(body) == file.len &&
	           memcmp(body, file.ptr, file.len) == 0,
	   "%s is the file, whole", files[i].path);
	test_headers(files[i].path);
	test_tag(port, files[i].path);
	buf_free(&file);
}

static bool has_any(const char *const *words)
{
	for (; *words; words++)
		if (strstr(body, *words)) {
			note("it has %s", *words);
			return true;
		}
	return false;
}

/* What the policy would refuse, or what makes markup of text. */
static void test_tame(uint16_t port)
{
	static const char *const html[] = { " style=",     "<style",
		                            " onclick",    " onload",
		                            "javascript:", "https://",
		                            "<script>",    NULL };
	static const char *const js[] = {
		"innerHTML",      "outerHTML", "insertAdjacentHTML",
		"document.write", "eval(",     "new Function",
		"https://",       "DOMParser", "srcdoc",
		"setTimeout('",   ".cssText",  NULL
	};
	static const char *const css[] = { "@import", "url(", NULL };

	get(port, "/", "");
	ok(!has_any(html), "the page has no script or style in itself");
	get(port, "/app.js", "");
	ok(!has_any(js), "the script makes no markup of text");
	get(port, "/app.css", "");
	ok(!has_any(css), "the style asks for nothing");
}

static void test_checks(uint16_t port)
{
	const struct assay_check_info *check;
	size_t n = 0, there = 0;
	char name[80];

	get(port, "/checks.json", "");
	ok(says("HTTP/1.1 200") && says("\nContent-Type: application/json\r\n"),
	   "/checks.json is there");
	test_headers("/checks.json");
	for (size_t i = 0; (check = assay_check_at(i)); i++, n++) {
		snprintf(name, sizeof(name), "{\"name\":\"%s\",", check->name);
		there += strstr(body, name) != NULL;
	}
	ok(n > 100 && there == n, "all of the %zu checks are in it", n);
	ok(strstr(body, "\"sentence\":\"The quote is signed by the attestation "
	                "key.\"") != NULL,
	   "with their sentences");
	test_tag(port, "/checks.json");
}

int main(void)
{
	struct http_service service = { .routes = routes, .error = wrong };
	char why[HTTP_WHY_LEN];
	struct http_listener *l = http_listen("127.0.0.1:0", &service, why);

	if (!ok(l != NULL, "listens"))
		return done();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		test_file(http_port(l), i);
	test_tame(http_port(l));
	test_checks(http_port(l));
	http_stop(l);
	buf_free(&said);
	return done();
}
