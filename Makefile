# Symbolon. `make help` lists the targets; V=1 shows the commands; VARIANT names a build:
# release (default), gcc, clang, asan, valgrind, coverage, fuzz, ct. Everything built lies in build/VARIANT.
VARIANT ?= release
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
FUZZ_SECONDS ?= 60

ifeq ($(origin CC),default)
CC := $(if $(filter fuzz clang,$(VARIANT)),clang,gcc)
endif
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-print-directory

B := build/$(VARIANT)
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $1	$(patsubst $(B)/%,%,$@)")

# --- Flags. Asked of the compiler when a recipe runs, because only then is it surely installed.
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wpointer-arith \
  -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wformat=2 \
  -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference
PROBED := -Wimplicit-fallthrough=5 -Wduplicated-cond -Wlogical-op -fstack-clash-protection -fcf-protection
SAN := -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
FORT := -D_FORTIFY_SOURCE=3
EXTRA_release  := $(FORT)
EXTRA_gcc      := $(FORT) -Werror
EXTRA_clang    := $(FORT) -Werror
EXTRA_ct       := $(FORT) -DSYM_CTCHECK
EXTRA_valgrind := -DSYM_SANDBOX_OPEN
EXTRA_asan     := $(SAN) -Wno-null-dereference -DSYM_SANDBOX_OPEN
EXTRA_coverage := --coverage -O1 -DSYM_SANDBOX_OPEN
EXTRA_fuzz     := $(SAN) -fsanitize=fuzzer-no-link
LINK_asan := $(SAN)
LINK_fuzz := $(SAN)
LINK_coverage := --coverage

probed = $(eval probed := $(shell for f in $(PROBED); do \
  $(CC) -Werror $$f -x c -c /dev/null -o /dev/null 2>/dev/null && echo $$f; done))$(probed)
flags = $(strip $(CC) -std=c11 -D_GNU_SOURCE -I. -isystem build/gen $(CFLAGS) $(CPPFLAGS) -fPIE \
  -fstack-protector-strong $(WARN) $(probed) $(EXTRA_$(VARIANT)) $(if $(CI)$(WERROR),-Werror))
# For the one shim in C++: without the warnings that only C has.
flags_cxx = $(filter-out -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough=5, \
  $(patsubst -std=c11,-std=c++17,$(patsubst $(CC),$(CXX),$(flags))))
LDALL = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LINK_$(VARIANT)) $(LDFLAGS)
LIBS := -lprotobuf-c -lyajl -lseccomp -lnanomsg -llmdb -lssl -lcrypto -lsodium -lpthread
# What reads the files of users. The daemon is linked without: no parser shares memory with its keys.
LIBS_CLI    := -lcsv -lm
LIBS_FULL   := -lphonenumber -licui18n -licuuc $(LIBS_CLI) -linih -llapacke -lmicrohttpd -lstdc++
# Tests are many: in the build that `make test` makes they are compiled and linked quickly rather than well. What
# benchmarks measure as well is not, and `make lint` optimises all of it, for the warnings that come of it.
# Where nobody is to debug them they do without what a debugger needs.
QUICK_release := -O0 -U_FORTIFY_SOURCE $(if $(CI),-g0)
quick = $(if $(filter-out tests/bench/% tests/support/% tests/ct/%,$(filter tests/%,$1)),$(QUICK_$(VARIANT)))
CFLAGS_tests/crypto/test_scalar := -O2 # what the stack keeps of a call is part of the test
gold = $(eval gold := $(shell $(CC) -fuse-ld=gold -Wl,--version >/dev/null 2>&1 && echo -fuse-ld=gold))$(gold)
# One file may get more: instructions that it is only run with where crypto/cpu.h finds them. The kernels
# of the vole engine also count on short loops being unrolled.
# gcc's replacement of temporaries by their expressions makes it spill a third more in avx2.c; in ifma.h, where
# two products at a time fill both ports, scheduling before registers are given out is worth a tenth. clang makes
# vectors of public counters there, which tests/ct/check_object.py could not tell from lanes.
$(foreach f,vole/aes_portable vole/code_generic sha256/sha_portable,$(eval CFLAGS_crypto/$f := -O3))
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null || uname -m)),)
CFLAGS_crypto/laplace_avx2 := -mavx2
CFLAGS_crypto/mask_aesni := -mavx2 -maes
CFLAGS_crypto/mask_vaes := -mavx512f -mavx512bw -mvaes -maes
CFLAGS_crypto/ristretto/ifma = $(if $(filter ct,$(VARIANT)),-include tests/ct/emulated_ifma.h,-mavx512f -mavx512dq -mavx512ifma \
  $(if $(findstring clang,$(CC)),$(LANES_ONLY),-fschedule-insns -fsched-pressure))
CFLAGS_crypto/ristretto/avx2 = -mavx2 $(if $(findstring clang,$(CC)),$(LANES_ONLY),-fno-tree-ter)
LANES_ONLY = $(if $(findstring clang,$(CC)),-fno-vectorize -fno-slp-vectorize,-fno-tree-vectorize -fno-tree-slp-vectorize)
# Where in registers and on the stack each limb lies at each instruction takes half of the time to compile these, and
# changes none of them.
ifeq ($(findstring clang,$(CC)),)
CFLAGS_crypto/ristretto/ifma += -fno-var-tracking
CFLAGS_crypto/ristretto/avx2 += -fno-var-tracking
endif
CFLAGS_crypto/ristretto/ifma_amd = $(CFLAGS_crypto/ristretto/ifma)
CFLAGS_crypto/sha256/sha_avx2 := -O3 -mavx2
# Without AVX: its instructions between those of SHA, which have no such form, cost 70 cycles each.
CFLAGS_crypto/sha256/sha_ni := -O3 -msse4.1 -msha
CFLAGS_crypto/sha256/sha_avx512 := -O3 -mavx512f -mavx512bw
CFLAGS_crypto/sha512/sha512_avx2 = -mavx2 $(LANES_ONLY)
CFLAGS_crypto/sha512/sha512_avx512 = $(if $(filter ct,$(VARIANT)),,-mavx512f) $(LANES_ONLY)
CFLAGS_crypto/vole/kernel_aesni := -O3 -mavx2 -maes -mpclmul
CFLAGS_crypto/vole/kernel_vaes512 := -O3 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mvaes -mvpclmulqdq
CFLAGS_crypto/vole/code_vaes512 := $(CFLAGS_crypto/vole/kernel_vaes512) -mavx512vbmi -mgfni
CFLAGS_crypto/vole/spread_vaes512 := $(CFLAGS_crypto/vole/kernel_vaes512)
CFLAGS_crypto/vole/gather_vaes512 := $(CFLAGS_crypto/vole/kernel_vaes512)
endif

# --- What there is. A layer is the archive of its folder; main.c stays out of it, for the tests, and what
# stands in for a part of it in the one program without that.
LAYERS := crypto proto node cli
PROTO := $(wildcard proto/*.proto)
GEN   := $(PROTO:proto/%.proto=build/gen/proto/%.pb-c.c)
srcs   = $(wildcard $1/*.c $1/*/*.c $1/*/*.cc)
objs   = $(addprefix $(B)/,$(addsuffix .o,$(basename $(filter-out %/main.c cli/elsewhere.c,$(call srcs,$1)))))
progs  = $(patsubst %.c,$(B)/%,$(wildcard $1))
BINS  := $(B)/symbolond $(B)/symbolon $(B)/symbolon-full
TESTS := $(foreach l,$(LAYERS),$(call progs,tests/$l/test_*.c))
TOOLS := $(filter-out %/table_liar,$(call progs,tests/tools/*.c tests/attack/*.c))
CRASHERS := $(B)/tests/crash/writer # and faulty.so
# Daemons for tests alone: one adds no noise, another's is known, the third lies. Each differs in one object.
ODD_exact  := crypto/laplace -DSYM_TEST_NO_NOISE
ODD_seeded := proto/tab_member_consent -DSYM_TEST_SEEDED_NOISE
ODD_liar   := tests/attack/table_liar -DSYM_TEST_LIAR
ODD := $(foreach o,exact seeded liar,$(B)/$o/symbolond)
# And a command line whose backups cost little (tests/support/cheap_backup.h).
CHEAP := $(B)/cheap/symbolon
FUZZERS := $(call progs,tests/fuzz/fuzz_$(or $(FUZZ),*).c)
BENCHES := $(call progs,tests/bench/bench_*.c)
CTS     := $(call progs,tests/ct/ct_*.c)
PROGRAMS := $(TESTS) $(TOOLS) $(CRASHERS) $(FUZZERS) $(BENCHES) $(CTS) $(CTS:%=%-planted)
sources := $(sort $(foreach l,$(LAYERS),$(call srcs,$l)) $(PROTO) $(call srcs,tests/support))
OBJECTS := $(addprefix $(B)/,$(addsuffix .o,$(basename $(filter-out $(PROTO),$(sources))))) $(PROGRAMS:=.o) $(B)/tests/fuzz/replay.o $(B)/tests/crash/faulty.o
CODE := $(wildcard $(foreach l,$(LAYERS) tests,$l/*.[ch] $l/*/*.[ch] $l/*/*.cc))

$(B)/proto.a: $(GEN:build/%.c=$(B)/%.o)
with_crypto := $(B)/crypto.a
with_proto  := $(B)/proto.a $(with_crypto)
with_node   := $(B)/node.a $(with_proto)
with_cli    := $(B)/cli.a $(with_proto)
with_all    := $(B)/node.a $(B)/cli.a $(with_proto)

all: $(BINS) $(foreach l,$(LAYERS),$(B)/$l.a) ## build the programs (default)
test-programs: all $(TESTS) $(TOOLS) $(FUZZERS) $(ODD) $(CHEAP) $(B)/tests/crash/faulty.so

# --- How it is built.
.SECONDARY:
.SECONDEXPANSION:
setup:
	$(Q).ci/setup build $(if $(filter-out all demo install,$(or $(MAKECMDGOALS),all)),test) \
	  $(if $(findstring clang,$(CC)),clang) $(if $(filter lint format,$(MAKECMDGOALS)),lint)
$(B)/flags $(B)/sources: FORCE | setup
	$(Q)mkdir -p $(@D); echo '$($(@F))' | cmp -s - $@ || echo '$($(@F))' >$@

build/gen/%.pb-c.c build/gen/%.pb-c.h: %.proto $(PROTO) | setup
	$(Q)mkdir -p build/gen && protoc-c --c_out=build/gen $<

$(B)/gen/%.o: build/gen/%.c $(B)/flags
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(flags) -w -c -o $@ $<

$(B)/%-planted.o: %.c $(B)/flags | $(GEN)
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(flags) $(CFLAGS_$*) -DPLANT_BRANCH -MD -MP -c -o $@ $<

$(B)/exact/%.o $(B)/seeded/%.o $(B)/liar/%.o: %.c $(B)/flags | $(GEN)
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(flags) $(CFLAGS_$*) $(lastword $(ODD_$(word 1,$(subst /, ,$(@:$(B)/%=%))))) -MD -MP -c -o $@ $<

$(B)/%.o: %.c $(B)/flags | $(GEN)
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(flags) $(call quick,$*) $(CFLAGS_$*) -MD -MP -c -o $@ $<

$(B)/%.o: %.cc $(B)/flags | setup
	$(call say,CXX)
	$(Q)mkdir -p $(@D) && $(flags_cxx) -MD -MP -c -o $@ $<

$(B)/%.a: $$(call objs,$$*) $(B)/sources
	$(call say,AR)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcs $@ $(filter %.o,$^)

# What no compiler tells: the gazetteer is assembled into its object.
$(B)/cli/ingest/places.o: cli/ingest/places.bin
# The page of reports, which the same is done with. Where npm was missing it is tried again each time.
PAGE := $(addprefix build/pictures/,top.html top-ui.html middle.html bottom.html bottom-ui.html)
$(PAGE) &: $(shell find cli/pictures -type f ! -name '*.[ch]' ! -name README.md) $(if $(wildcard build/pictures/incomplete),FORCE) | setup
	$(Q)sh cli/pictures/build.sh build/pictures
$(B)/cli/pictures/page.o: $(PAGE)
$(B)/symbolond: $(B)/node/main.o $(with_node)
$(B)/symbolon: $(B)/cli/main.o $(B)/cli/elsewhere.o $(with_cli)
$(B)/symbolon-full: $(B)/cli/main.o $(with_cli)
$(ODD): $(B)/%/symbolond: $(B)/%/$$(firstword $$(ODD_$$*)).o $(B)/node/main.o $(with_node)
LIES := table_owner_step table_owner_write table_rows_step table_rows_write table_evaluator_step \
	table_member_agree table_member_wants cells_write
$(B)/liar/symbolond: LDALL += $(LIES:%=-Wl,--wrap=sym_%)
$(CHEAP): $(B)/cli/main.o $(B)/cli/elsewhere.o $(with_cli)
$(CHEAP) $(B)/tests/cli/test_backup_command: $(B)/tests/support/cheap_backup.o
$(CHEAP) $(B)/tests/cli/test_backup_command: LDALL += -Wl,--wrap=sym_backup_header
$(foreach l,$(LAYERS),$(eval $(filter $(B)/tests/$l/%,$(TESTS)): $(B)/tests/support.a $(with_$l)))
$(TOOLS) $(CRASHERS) $(BENCHES) $(CTS) $(CTS:%=%-planted): $(B)/tests/support.a $(with_all)
$(FUZZERS): $(if $(filter fuzz,$(VARIANT)),,$(B)/tests/fuzz/replay.o) $(B)/tests/support.a $(with_all)
$(FUZZERS): LDALL += $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer)
# What runs whole tabulations in memory can do without noise, or memory (tests/support/tab_rig.h).
$(filter $(B)/tests/proto/test_tabulate% $(B)/tests/node/test_deliveries $(B)/tests/fuzz/fuzz_tabulate% $(B)/tests/bench/bench_joint%,$(PROGRAMS)): LDALL += -Wl,--wrap=sym_laplace_add,--wrap=sym_verify,--wrap=sym_exchange_key_agree,--wrap=sym_agree_many,--wrap=malloc,--wrap=calloc
# Where a test stands in for a clock, or for what waits.
$(B)/tests/cli/test_overlap_command: LDALL += -Wl,--wrap=sym_pause,--wrap=sym_steady_us
$(B)/tests/node/test_control: LDALL += -Wl,--wrap=sym_now_ms,--wrap=sym_wall_ms
$(B)/tests/node/test_directory: LDALL += -Wl,--wrap=nanosleep
$(B)/tests/node/test_links: LDALL += -Wl,--wrap=sym_now_ms
$(B)/tests/node/test_loop: LDALL += -Wl,--wrap=clock_gettime
$(B)/tests/node/test_workers: LDALL += -Wl,--wrap=pthread_join
# Where a frame cannot be read, for want of memory.
$(B)/tests/node/test_exchange_memory: LDALL += -Wl,--wrap=sym_session_receive
# Where the other side's messages of engine vole fail a check.
$(B)/tests/node/test_exchange_checks: LDALL += -Wl,--wrap=sym_vole_worked
# Where a cheater of engine vole may change what it hashes.
$(filter $(B)/tests/proto/test_vole_cheats%,$(PROGRAMS)): LDALL += -Wl,--wrap=sym_prefix_hash_once
$(PROGRAMS): LIBS := -lcmocka -lcjson $(LIBS) -lm
$(TESTS) $(TOOLS) $(FUZZERS): LDALL += $(if $(QUICK_$(VARIANT)),$(gold) $(if $(CI),-Xlinker --strip-debug))
$(B)/symbolon $(CHEAP): LIBS += $(LIBS_CLI)
$(B)/symbolon-full $(filter-out $(B)/tests/crypto/% $(B)/tests/proto/% $(B)/tests/node/%,$(PROGRAMS)): LIBS += $(LIBS_FULL)
$(PROGRAMS): %: %.o
$(PROGRAMS) $(BINS) $(ODD) $(CHEAP):
	$(call say,LD)
	$(Q)mkdir -p $(@D) && $(CC) $(LDALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
# What is preloaded: it takes the place of functions whose header declares them otherwise.
CFLAGS_tests/crash/faulty := -fPIC
$(B)/tests/crash/faulty.so: $(B)/tests/crash/faulty.o
	$(call say,LD)
	$(Q)$(CC) -shared -Wl,-z,relro,-z,now -o $@ $<

# --- Running it.
RUN = $(Q)python3 tests/run.py --build $(B) $(if $(T),--only '$(T)')
ENV = PYTHONDONTWRITEBYTECODE=1 SYMBOLON_BUILD=$(abspath $(B))
again = +$(Q)$(MAKE) $1 VARIANT=$2
test: test-programs ## all tests; T=PATTERN picks some, by name
	$(RUN)
asan: ## all tests under the address and undefined-behaviour sanitizers
	$(call again,test,asan)
valgrind: ## all tests under valgrind
	$(call again,test,valgrind)
ctcheck: ## constant time: secrets are undefined under valgrind; planted branches are caught
	$(call again,ctcheck-objects,release)
	$(call again,ctcheck-run,ct)
VECTOR_OBJECTS := $(if $(filter x86_64%,$(shell uname -m)),$(addprefix $(B)/crypto/,ristretto/ifma.o ristretto/ifma_amd.o ristretto/avx2.o sha512/sha512_avx2.o sha512/sha512_avx512.o vole/kernel_vaes512.o vole/code_vaes512.o vole/gather_vaes512.o))
ctcheck-objects: $(VECTOR_OBJECTS)
	$(Q)python3 tests/ct/check_object.py --self-test
	$(Q)$(if $^,python3 tests/ct/check_object.py $^)
ctcheck-run: $(CTS) $(CTS:%=%-planted)
	$(RUN) --ctcheck
fuzz: ## fuzz each decoder for FUZZ_SECONDS=60; FUZZ=NAME picks one
	$(call again,fuzz-run,fuzz)
fuzz-run: $(FUZZERS)
	$(Q)python3 tests/run.py --build $(B) --only '*/fuzz_$(or $(FUZZ),*)' --fuzz $(FUZZ_SECONDS)
test-crash: all $(CRASHERS) $(B)/tests/crash/faulty.so ## power cuts, kill -9, failing disks (root)
	$(RUN) --crash
mutants: ## breaks the product in each way that tests/mutants lists; the test named there must fail
	$(Q)$(MAKE) $(addprefix $(B)/,$(shell python3 tests/tools/mutants.py --programs --only '$(T)'))
	$(Q)python3 tests/tools/mutants.py --build $(B) --only '$(T)'
coverage: ## line coverage of all tests
	$(Q)[ ! -d build/coverage ] || find build/coverage -name '*.gcda' -delete
	$(call again,test,coverage)
	$(Q)python3 tests/tools/coverage.py build/coverage
bench: bench-engines bench-table ## engine by size in one table, and a table of six lists; all other benchmarks: bench-all
# One after the other, also with -j: what runs beside a measurement is part of it.
bench-table: $(B)/tests/bench/bench_table $(if $(filter bench,$(MAKECMDGOALS)),| bench-engines)
	$(Q)$<
bench-engines: all $(B)/tests/bench/bench_overlap $(B)/tests/bench/bench_vole ## the same of SIZES=20,22,10x22 and ENGINES=dh,vole,standing
	$(Q)$(ENV) python3 tests/bench/bench_engines.py $(if $(SIZES),--sizes $(SIZES)) $(if $(ENGINES),--engines $(ENGINES))
bench-all: all $(BENCHES) ## all benchmarks
	$(Q)set -e; for b in $(BENCHES); do $$b; done
	$(Q)set -e; for b in $(wildcard tests/bench/bench_*.py); do $(ENV) python3 $$b; done
bench-federation: all $(TOOLS) $(B)/tests/bench/bench_joint ## one joint tabulation of N=200 real nodes, CELLS=100000
	$(Q)$(ENV) python3 tests/bench/bench_tabulate_federation.py $(or $(N),200) $(or $(CELLS),100000)
demo: all ## two banks and the police compare lists, six nodes count together, on this machine
	$(Q)$(ENV) python3 tests/e2e/demo.py
lint: | setup ## layers, format, gcc and clang with -Werror, cppcheck
	$(Q)python3 tests/check_layers.py
	$(Q)clang-format --dry-run -Werror $(CODE)
	$(call again,objects,gcc)
	$(call again,objects,clang)
	$(Q)cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --suppress=varFuncNullUB --enable=warning,portability -I. $(LAYERS)
objects: $(OBJECTS)
format: | setup ## clang-format all C files
	$(Q)clang-format -i $(CODE)

# --- Installing it.
INTO := $(DESTDIR)$(PREFIX)
MANPAGES := $(wildcard cli/man/*.[1-8])
install: all ## install below DESTDIR and PREFIX=/usr/local
	$(Q)install -d $(DESTDIR)$(BINDIR) $(INTO)/share/bash-completion/completions $(INTO)/lib/systemd/system $(INTO)/lib/sysusers.d
	$(Q)install -m755 $(BINS) $(DESTDIR)$(BINDIR)
	$(Q)$(B)/symbolon completion bash >$(B)/completion && install -m644 $(B)/completion $(INTO)/share/bash-completion/completions/symbolon
	$(Q)for m in $(MANPAGES); do install -D -m644 $$m $(INTO)/share/man/man$${m##*.}/$${m##*/}; done
	$(Q)sed 's|@BINDIR@|$(BINDIR)|' node/systemd/symbolon.service >$(INTO)/lib/systemd/system/symbolon.service
	$(Q)install -m644 node/systemd/sysusers.conf $(INTO)/lib/sysusers.d/symbolon.conf
uninstall: ## remove what install put there
	$(Q)rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(notdir $(BINS))) $(INTO)/lib/sysusers.d/symbolon.conf \
	  $(INTO)/share/bash-completion/completions/symbolon $(INTO)/lib/systemd/system/symbolon.service
	$(Q)for m in $(notdir $(MANPAGES)); do rm -f $(INTO)/share/man/man$${m##*.}/$$m; done
clean: ## remove build/
	$(Q)rm -rf build
help: ## this list
	$(Q)sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

-include $(OBJECTS:.o=.d) $(foreach o,exact seeded liar,$(B)/$o/$(firstword $(ODD_$o)).d)
FORCE:
.DEFAULT_GOAL := all
.PHONY: all setup test-programs test asan valgrind ctcheck ctcheck-objects ctcheck-run test-crash mutants fuzz fuzz-run coverage bench bench-engines bench-table bench-all bench-federation demo lint objects \
  format install uninstall clean help FORCE
