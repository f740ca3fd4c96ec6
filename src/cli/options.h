/* options.h - options that more than one verb has, each said once.  `to` is the
 * offset of what the option is read into, in the verb's own struct. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/cli.h"

/* clang-format off */

/* ---- what is judged by */

#define CLI_OPTION_COLLATERAL(to) \
	{ "--collateral", "FILE|DIR", CLI_LIST, to, \
	  "the manufacturer's documents, where the evidence does not hold " \
	  "them; may be given several times" }
#define CLI_OPTION_AT(to) \
	{ "--at", "TIME", CLI_TIME, to, \
	  "as of this time in UTC, such as 2026-11-23T12:00:00Z; else now" }
#define CLI_ROOT_TEXT \
	"trust this root instead of Intel's: a certificate, or a key in hex; " \
	"what rests on it counts as simulation"
#define CLI_OPTION_ROOT(to) { "--root", "FILE", CLI_TEXT, to, CLI_ROOT_TEXT }
#define CLI_OPTION_ROOTS(to) \
	{ "--root", "FILE", CLI_LIST, to, \
	  CLI_ROOT_TEXT "; may be given several times, also as intel" }
#define CLI_OPTION_POLICY(to) \
	{ "--policy", "FILE", CLI_TEXT, to, \
	  "the rules of this policy file must hold" }
#define CLI_OPTION_LIST(to) \
	{ "--list", "FILE", CLI_TEXT, to, \
	  "the list of measurements that the policy asks for" }
#define CLI_OPTION_ACCEPT(to) \
	{ "--accept", "LINE", CLI_LIST, to, \
	  "this constraint must hold: \"C:HASH SEC:SECURE\", or \"S:HASH " \
	  "PROD:1 REVOKE:0\"; may be given several times" }
#define CLI_OPTION_ANY_CODE(to) \
	{ "--any-code", NULL, CLI_FLAG, to, "accept whatever code it is" }
#define CLI_OPTION_ALLOW_DEBUG(to) \
	{ "--allow-debug", NULL, CLI_FLAG, to, \
	  "accept a debug enclave or TD" }
#define CLI_OPTION_STRICT(to) \
	{ "--strict", NULL, CLI_FLAG, to, \
	  "refuse bytes that follow the quote" }
#define CLI_OPTION_JSON(to) \
	{ "--json", NULL, CLI_FLAG, to, \
	  "print lines of JSON, for programs" }
#define CLI_OPTION_JWKS(to) \
	{ "--jwks", "FILE", CLI_TEXT, to, \
	  "the issuer's public keys, as it publishes them at " \
	  "/.well-known/jwks.json" }

/* ---- where documents come from */

#define CLI_OPTION_PCS(to) \
	{ "--pcs", "URL", CLI_LIST, to, \
	  "ask there for documents, at a service that speaks Intel's PCS " \
	  "version 4, instead of Intel; if given several times, in that order" }
#define CLI_OPTION_CA_FILE(to) \
	{ "--ca-file", "PEM", CLI_TEXT, to, \
	  "https: who signs servers' certificates; else the system's" }
#define CLI_OPTION_PROXY(to) \
	{ "--proxy", "URL", CLI_TEXT, to, \
	  "ask through this HTTP proxy; no variable of the environment names " \
	  "one" }
#define CLI_OPTION_CACHE(to) \
	{ "--cache", "DIR", CLI_TEXT, to, \
	  "keep documents there; else in $XDG_CACHE_HOME/assay or " \
	  "~/.cache/assay" }

/* ---- an enclave and its machine */

#define CLI_OPTION_PLATFORM(to) \
	{ "--platform", "DIR", CLI_TEXT, to, \
	  "the simulated machine's folder; else $ASSAY_PLATFORM" }
#define CLI_OPTION_GIVEN_OUT(to) \
	{ "--collateral", "DIR", CLI_TEXT, to, \
	  "the manufacturer's documents, to go out with the attestation" }
#define CLI_OPTION_STORE(to) \
	{ "--store", "FILE", CLI_TEXT, to, \
	  "where what the enclave wants kept is, sealed by it; FILE.lock " \
	  "beside it keeps a second host or run away" }
#define CLI_OPTION_PROTECTED(to) \
	{ "--strict", NULL, CLI_FLAG, to, \
	  "only if the kernel has every protection" }
#define CLI_OPTION_DEBUG(to) \
	{ "--debug", NULL, CLI_FLAG, to, \
	  "a debug enclave, as its quotes say; it may write to stderr" }
#define CLI_OPTION_LISTEN(to, otherwise) \
	{ "--listen", "ADDR:PORT", CLI_TEXT, to, \
	  "where; else " otherwise "; port 0: any that is free, which is " \
	  "printed" }

/* clang-format on */

#endif
