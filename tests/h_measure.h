/* h_measure.h - small artefacts for tests, made by hand. */
#ifndef TESTS_H_MEASURE_H
#define TESTS_H_MEASURE_H

#include <assay/measure.h>

#include "crypto/rsa.h"
#include "measure/signed.h"

/*
 * A program of three segments whose bytes all differ from their neighbours; it
 * does nothing, and is never run.
 *
 *   r--  file 0x000, 0x200 bytes, at 0x0000     headers
 *   r-x  file 0x200, 0x40 bytes,  at 0x1200     entry point
 *   rw-  file 0x240, 0x40 bytes,  at 0x2240     0x1900 bytes in memory
 */
enum {
	TINY_LEN = 0x280,
	TINY_PHDRS = 64,    /* where its program headers begin, */
	TINY_PHDR_LEN = 56, /* four of these: three segments, and the stack */
	TINY_SIGNED_LEN = TINY_LEN + ASSAY_SIGNED_TAIL,
};
void tiny_program(uint8_t out[TINY_LEN]);

/* Two pages of stack, three of heap, two threads, "enclave" and "-x". */
struct assay_launch tiny_launch(void);
/* The measurement of the two, from another implementation of
 * docs/measurement.md. */
extern const char tiny_measurement[];

/* The same, signed; NULL key: by one that is made here, the same for the whole
 * run.  Ends the test if that fails. */
void tiny_signed(uint8_t out[TINY_SIGNED_LEN], const struct assay_rsa3 *key);
const struct assay_rsa3 *tiny_key(void);

void put_number(uint8_t *p, uint64_t v, size_t n);
bool all_zero(const void *p, size_t n);
bool is_hex(const uint8_t *p, size_t n, const char *hex);

#endif
