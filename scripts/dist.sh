#!/bin/sh
# dist.sh NAME REF - makes NAME.tar.gz of REF, the same bytes whoever makes it;
# then builds and tests what it holds.
set -e
git archive --prefix="$1/" "$2" | gzip -9n >"$1.tar.gz"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tar xzf "$1.tar.gz" -C "$dir"
vectors=$(realpath -m "${ASSAY_VECTORS:-../shared/vectors}")
ASSAY_VECTORS=$vectors make -C "$dir/$1" check
sha256sum "$1.tar.gz"
