#!/bin/sh
# make-checks-md.sh - docs/checks.md, from include/assay/checks.def.
cat <<'END'
# The checks

Made from include/assay/checks.def by `make docs`.

Every "no" of the verifier is one of these checks that failed, applied to one
document, at one byte of it. Numbers and names are stable: they are never given
to another check. `assay explain NAME` prints a row of this page. Where each
section stands in public documents: [sources.md](sources.md).

The first letter says what it is about: **P** the quote's form, **X**
certificates, **R** revocation lists, **J** signed JSON, **Q** the quote's
signatures, **E** the quoting enclave, **M** and **T** the TDX module and the
platform's level (from 1601 on **M** is mail of Conclave), **C** evidence and collateral as files, **A** policy, **S**
SIGSTRUCTs and what they sign: measured artefacts, **G** getting quotes, **N** an
enclave program and its host, **L** launching one, **H** sealed messages, **K** a
client and the enclave it talks to.

| number | check | holds when | where written | if it fails |
|---|---|---|---|---|
END
sed -n 's/^ASSAY_CHECK(\([0-9]*\), \([A-Z0-9_]*\), "\([^"]*\)", "\([^"]*\)", "\([^"]*\)")$/| \1 | \2 | \4 | \3 | \5 |/p' \
	include/assay/checks.def
