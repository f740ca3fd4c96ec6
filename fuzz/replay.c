/* replay.c - feeds files to a fuzz target, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One file; its bytes stand in memory of exactly their size, so that a
 * sanitizer sees a read beyond them. */
static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	long n = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		n = ftell(f);
	if (n >= 0)
		p = malloc(n ? (size_t)n : 1);
	if (!p || fseek(f, 0, SEEK_SET) != 0 ||
	    fread(p, 1, (size_t)n, f) != (size_t)n) {
		perror(path);
		exit(2);
	}
	fclose(f);
	LLVMFuzzerTestOneInput(p, (size_t)n);
	free(p);
}

/* A file, or every file of a folder: how many. */
static size_t replay(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[4096];
	size_t n = 0;

	if (!d) {
		replay_file(path);
		return 1;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof(name), "%s/%s", path, e->d_name) >=
		    (int)sizeof(name)) {
			fprintf(stderr, "%s: a name too long\n", path);
			exit(2);
		}
		replay_file(name);
		n++;
	}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++)
		n += replay(argv[i]);
	printf("%zu inputs replayed\n", n);
	return n ? 0 : 2;
}
