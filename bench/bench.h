/* bench.h - what a benchmark needs: a clock, medians, rows with targets. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Processor time of this thread, in seconds: what others do on the machine
 * counts for less. */
static inline double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the samples. */
static inline double bench_median(double *sample, size_t n)
{
	qsort(sample, n, sizeof(*sample), bench_order);
	return sample[n / 2];
}

/* A row: name value unit ratio target.  Returns 1 for a miss, else 0; target 0:
 * there is none.  `least`: the ratio is to be at least the target. */
static inline int bench_row(const char *name, double value, const char *unit,
                            double ratio, double target, bool least)
{
	bool miss = target > 0 && (least ? ratio < target : ratio > target);

	printf("%-28s %10.1f %-4s %8.3f", name, value, unit, ratio);
	if (target > 0)
		printf(" %s%.3g%s", least ? ">=" : "<=", target,
		       miss ? "  MISSED" : "");
	putchar('\n');
	return miss;
}

#endif
