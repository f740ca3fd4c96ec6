# assay - one Makefile, no configure step.  `make help` lists the targets.
VERSION := 0.1.0
SOVERSION := 0

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR ?= $(PREFIX)/share/man
COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
DESTDIR ?=
PKG_CONFIG ?= pkg-config
CC ?= cc

# A flavour is a compiler, a sanitizer and a P-256; each has a build folder of
# its own, so changing flags never mixes objects:
#   make check CC=clang
#   make check SAN=address,undefined
#   make check P256=evp    EVP alone, without the older EC calls (slower)
SAN ?=
P256 ?=
comma := ,
B := build/$(notdir $(firstword $(CC)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(P256),-$(P256))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wcast-qual -Wvla -Wundef -Wformat=2
CFLAGS ?= -O2 -g
HARDEN ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong
override CPPFLAGS += -D_GNU_SOURCE -DASSAY_VERSION='"$(VERSION)"' \
        -DASSAY_LIBEXECDIR='"$(LIBEXECDIR)/assay"' -Iinclude -Isrc \
        $(shell $(PKG_CONFIG) --cflags libcrypto p11-kit-1 2>/dev/null)
override CFLAGS += -std=c17 -fPIC -fvisibility=hidden -ffile-prefix-map=$(CURDIR)=. -MMD -MP $(WARN) \
        $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer,$(HARDEN))
override LDFLAGS += $(if $(SAN),-fsanitize=$(SAN),-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now)
LDLIBS := $(or $(shell $(PKG_CONFIG) --libs libcrypto 2>/dev/null),-lcrypto)
# what assayd needs beside it: the ledger's, the listener's and the asker's
DAEMON_LIBS := -Wl,--as-needed -lsqlite3 -lpq -lmicrohttpd -lcurl -lssl

# What goes where.  A new .c file in a layer needs no line here.
LIB_LAYERS := base crypto format measure verify policy judge attest seal client enclave token audit
P256_NOT := src/crypto/$(if $(P256),p256.c,p256-evp.c)
objects = $(patsubst %.c,$B/%.o,$(filter-out $(P256_NOT),$(wildcard $1)))
LIB_O := $(call objects,$(LIB_LAYERS:%=src/%/*.c))
SIM_O := $(call objects,src/os/*.c src/net/*.c src/store/*.c src/forge/*.c src/sim/*.c src/maker/*.c src/launch/*.c src/serve/*.c src/service/*.c)
CLI_O := $(call objects,src/cli/*.c)
DAEMON_O := $(call objects,src/daemon/*.c)
# what is not the program assay itself, but what programs at a terminal share
SHARED_O := $(filter-out %/main.o $B/src/cli/cmd_%,$(CLI_O))
HELP_O := $(call objects,tests/h_*.c)
EXAMPLES := $(patsubst %.c,$B/%,$(wildcard examples/*.c))
BENCH := $(patsubst %.c,$B/%,$(wildcard bench/b_*.c))
FUZZ := $(patsubst fuzz/fuzz_%.c,%,$(wildcard fuzz/fuzz_*.c))
LIB_SO := $B/libassay.so.$(SOVERSION)

# Every test prints TAP: the programs, the scripts, the fuzz corpora (replay.sh)
# and the lints (lints.sh), which look at the source and at what a plain build
# exports.  make check T='t_quote cli%' runs those alone.
T ?=
TESTS := $(patsubst %.c,$B/%,$(wildcard tests/t_*.c)) $(filter-out tests/h_%,$(wildcard tests/*.sh)) \
        scripts/replay.sh $(if $(SAN)$(filter %/coverage,$B),,scripts/lints.sh)
RUN := $(foreach t,$(TESTS),$(if $(filter $(or $T,%),$(basename $(notdir $t))),$t))
# what they said, and how many there were
TAP := $B/tap

all: $B/libassay.a $(LIB_SO) $B/assay $B/assayd $(EXAMPLES) ## build the libraries and both programs

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
# it has these in it
$B/src/service/page.o: $(wildcard src/service/page/*)
$B/libassay.a: $(LIB_O)
$B/libsim.a: $(SIM_O)
$B/libcli.a: $(SHARED_O)
$B/libhelp.a: $(HELP_O)
%.a:
	@echo "  AR    $@"
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(LIB_SO): $(LIB_O)
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F) \
	    $(if $(SAN),,-Wl$(comma)-z$(comma)defs) -o $@ $(filter %.o,$^) $(LDLIBS)

# Two programs: assay needs libassay alone and is linked statically, so that a
# judgement starts in no time (what the linker says of getaddrinfo and dlopen in
# a static libcrypto is shown only if it fails); assayd has what needs other
# libraries.
$B/assay: $(CLI_O) $B/libassay.a
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) $(if $(SAN),,-static) -o $@ $^ $(LDLIBS) -pthread 2>$@.log || (cat $@.log; exit 1)
$B/assayd: $(DAEMON_O) $B/libcli.a $B/libsim.a $B/libassay.a
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(DAEMON_LIBS) $(LDLIBS) -pthread

# An enclave program is one file that needs no loader, and the same one wherever
# it is built: its measurement is.
ENCLAVE_LD := -static-pie -s -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--build-id=none
$B/examples/%: $B/examples/%.o $B/libassay.a
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) $(if $(SAN),,$(ENCLAVE_LD)) -o $@ $^ $(LDLIBS) 2>$@.log || (cat $@.log; exit 1)

# Tests, benchmarks and fuzz targets are one file each.
EXTRA_O := $B/libhelp.a $B/libsim.a $B/libassay.a
TEST_LIBS_t_json_oracle := -ljansson
link = @echo "  LD    $@"; $(CC) $(LDFLAGS) -o $@ $^ $(TEST_LIBS_$(@F)) $(DAEMON_LIBS) $(LDLIBS) -pthread
$B/tests/%: $B/tests/%.o $(EXTRA_O)
	$(link)
$B/bench/%: $B/bench/%.o $(EXTRA_O)
	$(link)
$B/fuzz/replay_%: $B/fuzz/fuzz_%.o $B/fuzz/replay.o $(EXTRA_O)
	$(link)

# How things are built, and from what: when it changes, so must they.
HOW = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIB_O) $(SIM_O) $(CLI_O) $(DAEMON_O)
$(LIB_O) $(SIM_O) $(CLI_O) $(DAEMON_O) $(HELP_O) $B/libassay.a $B/libsim.a $B/libcli.a $B/libhelp.a $(LIB_SO): $B/how
$B/how: FORCE
	@mkdir -p $B; echo '$(HOW)' | cmp -s - $@ || echo '$(HOW)' >$@

# the host that lies, for tests/*.sh and the demo
LIAR := $B/tests/p_liar
demo: $B/assay $B/assayd $(EXAMPLES) $(LIAR) ## how a secret gets into an enclave, and who is found out
	@scripts/demo.sh $B
check: all $(LIAR) $(filter $B/%,$(RUN)) $(FUZZ:%=$B/fuzz/replay_%) ## build and run all tests; T='t_quote cli%': those alone
	@B=$B TAP=$(TAP) FUZZ='$(FUZZ)' LIB_SO=$(LIB_SO) scripts/check.sh $(RUN)
check-long: ## the tests in their exhaustive form
	@ASSAY_LONG=1 $(MAKE) --no-print-directory check T='$(or $T,t_%)' TAP=$B/tap-long
check-all: ## both compilers, sanitizers, EVP alone, long tests, coverage, lint
	@+MAKE='$(MAKE)' scripts/check-all.sh

coverage: ## run the tests and print the lines they reach, per file and layer
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory check B=build/coverage HARDEN= \
	    CFLAGS='-O0 -g --coverage -Wno-format-truncation' LDFLAGS=--coverage
	@scripts/coverage.sh build/coverage format=97 verify=97 policy=97 \
	    measure=97 attest=97 enclave=95 seal=95 client=95
lint: all ## clang-tidy, shellcheck, mandoc, every header by itself
	@scripts/lint.sh $(CPPFLAGS)
format: ## clang-format all C
	clang-format -i $(wildcard include/assay/*.h src/*/*.[ch] examples/*.c tests/*.[ch] fuzz/*.c bench/*.[ch])
docs: ## make docs/checks.md anew from include/assay/checks.def
	scripts/make-checks-md.sh >docs/checks.md
bench: all $(BENCH) $B/bench/empty ## measure: lines of name, value, unit
	@missed=; for b in $(BENCH); do $$b || missed="$$missed $${b##*/}"; done; \
	    [ -z "$$missed" ] || { echo "a target is missed in:$$missed"; exit 1; }
$B/bench/empty: bench/empty.c
	@mkdir -p $(@D)
	@$(CC) -O2 -static -o $@ $<

# make fuzz T=quote SECONDS=60: libFuzzer on one target (or on all, one after
# the other), from its corpus.  What it finds is left in build/.../found.
SECONDS ?= 60
FUZZED := $(or $T,$(FUZZ))
fuzz: ## fuzz: T=quote SECONDS=60
	@$(MAKE) --no-print-directory fuzz-run CC=clang SAN=fuzzer-no-link,address,undefined
fuzz-run: $(FUZZED:%=$B/fuzz/%)
	@for t in $(FUZZED); do B=$B scripts/fuzz.sh $$t $(SECONDS) || exit 1; done
$(FUZZ:%=$B/fuzz/%): $B/fuzz/%: $B/fuzz/fuzz_%.o $(EXTRA_O)
	@echo "  LD    $@"
	@$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(DAEMON_LIBS) $(LDLIBS) -pthread

install: all ## install below PREFIX (/usr/local), or DESTDIR and PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR)/assay \
	    $(DESTDIR)$(PREFIX)/include/assay $(DESTDIR)$(LIBDIR)/pkgconfig
	install $B/assay $(DESTDIR)$(PREFIX)/bin
	install $B/assayd $(DESTDIR)$(LIBEXECDIR)/assay
	install -m 644 include/assay/* $(DESTDIR)$(PREFIX)/include/assay
	install -m 644 $B/libassay.a $(LIB_SO) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(LIBDIR)/libassay.so
	sed 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|;s|@VERSION@|$(VERSION)|' \
	    assay.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/assay.pc
	for page in $(wildcard man/*.[1-8]); do \
	    install -D -m 644 -t $(DESTDIR)$(MANDIR)/man$${page##*.} $$page || exit 1; done
	install -D -m 644 scripts/assay.bash $(DESTDIR)$(COMPLETIONS)/assay
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/assay $(DESTDIR)$(LIBEXECDIR)/assay/assayd \
	    $(patsubst include/%,$(DESTDIR)$(PREFIX)/include/%,$(wildcard include/assay/*)) \
	    $(DESTDIR)$(LIBDIR)/libassay.a $(DESTDIR)$(LIBDIR)/libassay.so \
	    $(DESTDIR)$(LIBDIR)/$(notdir $(LIB_SO)) \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/assay.pc $(DESTDIR)$(COMPLETIONS)/assay
	for page in $(wildcard man/*.[1-8]); do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page#man/} || exit 1; done
	-rmdir $(DESTDIR)$(LIBEXECDIR)/assay $(DESTDIR)$(PREFIX)/include/assay
# a tarball that is the same whoever makes it, tested from the tarball
REF ?= v$(VERSION)
dist: ## make the release's tarball from the tag (or REF=main), and test it
	scripts/dist.sh assay-$(VERSION) $(REF)
clean: ## remove build/
	rm -rf build
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: all demo check check-long check-all coverage lint format docs bench \
        fuzz fuzz-run install uninstall dist clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $B -name '*.d' 2>/dev/null)
