/* tap.h - the tests' harness: Test Anything Protocol on stdout. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_n, tap_bad;

/* One test: passes if `holds`.  The name may be a format. */
__attribute__((format(printf, 2, 3), unused)) static bool
ok(bool holds, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", holds ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	tap_bad += !holds;
	return holds;
}

/* A test that could not run here, and why. */
__attribute__((format(printf, 2, 3), unused)) static void
skip(const char *why, const char *fmt, ...)
{
	va_list ap;

	printf("ok %d - ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" # SKIP %s\n", why);
}

/* A line for whoever reads the log. */
__attribute__((format(printf, 1, 2), unused)) static void note(const char *fmt,
                                                               ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* The last line of main: return done(); */
__attribute__((unused)) static int done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad ? 1 : 0;
}

/* The folder of shared vectors, or NULL where there is none. */
__attribute__((unused)) static const char *vectors(void)
{
	const char *dir = getenv("ASSAY_VECTORS");
	static char probe[4200];
	FILE *f;

	if (!dir)
		dir = "../shared/vectors";
	snprintf(probe, sizeof(probe), "%s/MANIFEST.md", dir);
	f = fopen(probe, "r");
	if (!f)
		return NULL;
	fclose(f);
	return dir;
}

/* A file as bytes with a NUL behind them (malloc'd), or NULL. */
__attribute__((unused)) static unsigned char *slurp(const char *path,
                                                    size_t *len)
{
	FILE *f = fopen(path, "rb");
	unsigned char *p = NULL;
	long n;

	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 &&
	    fseek(f, 0, SEEK_SET) == 0 && (p = malloc((size_t)n + 1))) {
		*len = fread(p, 1, (size_t)n, f);
		p[*len] = 0;
	}
	fclose(f);
	return p;
}

#endif
