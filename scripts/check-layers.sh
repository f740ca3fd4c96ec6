#!/bin/sh
# check-layers.sh - no file of src/ includes from a layer above its own, and
# each library is known to its layer alone.  The layers, lowest first; a
# program (daemon; main.c and cmd_*.c of cli, which have no headers) is none that
# anybody includes from:
order='base crypto format measure verify policy judge attest seal client enclave token audit os net store forge sim maker launch serve service cli daemon'

grep -H '^#include' src/*/*.[ch] | awk -v order="$order" '
	BEGIN { n = split(order, o); for (i = 1; i <= n; i++) rank[o[i]] = i }
	{ split($0, p, "/"); here = p[2] }
	/"/ {
		match($0, /"[^"\/]*/); up = substr($0, RSTART + 1, RLENGTH - 1)
		if (!rank[here] || !rank[up] || rank[up] > rank[here])
			say(here " may not include " up)
	}
	/"maker\// && here == "launch" { say("launch and maker do not know each other") }
	/<openssl/ && here != "crypto" && $0 !~ "^src/service/door.c:" { say("openssl belongs to crypto") }
	/<sqlite3/ && here != "store" { say("sqlite3 belongs to store") }
	/libpq-fe/ && here != "store" { say("libpq belongs to store") }
	/<curl\// && here != "net" { say("curl belongs to net") }
	/<microhttpd/ && here != "serve" { say("microhttpd belongs to serve") }
	/<p11-kit/ && $0 !~ "^src/service/pkcs11.c:" { say("p11-kit belongs to service/pkcs11.c") }
	function say(what) { print $0 ": " what; bad = 1 }
	END { exit bad }'
