/*
 * assay.h - all of libassay.
 *
 * Every function may be called from any thread; two threads must not write the
 * same struct.  No function reads a clock, opens a socket or keeps a global, and
 * assay_attest alone opens files.
 * NULL is an error of the caller unless a comment says otherwise; `err` may
 * always be NULL.  What a function writes is whole when it succeeds and zeroed
 * when it fails; an `err` is written on failure only.  Strings returned as const
 * char * are static.  A judgement needs some 64 KB of stack.
 */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

#include <assay/attest.h>
#include <assay/base.h>
#include <assay/client.h>
#include <assay/conclave.h>
#include <assay/err.h>
#include <assay/eventlog.h>
#include <assay/evidence.h>
#include <assay/measure.h>
#include <assay/policy.h>
#include <assay/quote.h>
#include <assay/token.h>
#include <assay/verify.h>

#endif
