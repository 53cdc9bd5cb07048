# libkinstream: one Makefile, no recursion, no automake.  GNU make >= 4.0.
# What ./configure found is in config.mk; a fresh clone needs only `make`.
#
#   all check check-rooms check-abi check-man check-sim tidy lint format demo install uninstall
#   check-faults check-oom check-asan check-tsan check-valgrind check-i386 check-s390x check-abidiff abi-dump fuzz fuzz-smoke
#   check-long check-e2e check-kill check-postgres coverage mutants bench bench-smoke bench-peers
#   dist distcheck clean distclean maintainer-clean

srcdir  := .
PACKAGE := libkinstream
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

ifneq ($(wildcard config.mk)$(filter-out %clean,$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

# --- the rooms: whom each may use, and which are pure --------------------------
# A room is a folder of lib/ and everything in it.  check-rooms proves this table
# from the includes and from the undefined symbols of the pure rooms' objects.

PURE  := base wire aws kinesis event filter producer consumer metrics model
CORE  := base wire aws kinesis event filter producer consumer metrics io spool stores sinks drive api
MOCK  := base wire aws kinesis model io mock
ROOMS := $(sort $(CORE) $(MOCK) $(if $(filter yes,$(HAVE_CODECS)),codecs))

base_USES     :=
wire_USES     := base
aws_USES      := base wire
kinesis_USES  := base wire aws
event_USES    := base wire aws kinesis
filter_USES   := base wire aws
producer_USES := base wire kinesis event
consumer_USES := base wire aws kinesis event
metrics_USES  := base wire
model_USES    := base wire kinesis
io_USES       := base wire aws kinesis event
spool_USES    := base wire aws kinesis event producer io
stores_USES   := base wire aws kinesis event io
sinks_USES    := base wire aws kinesis event io
drive_USES    := base wire aws kinesis event filter producer consumer metrics io spool stores sinks
api_USES      := base wire aws kinesis event filter producer consumer metrics io spool stores sinks drive
codecs_USES   := base
mock_USES     := base wire aws kinesis model io

files = $(sort $(patsubst $(srcdir)/%,%,$(wildcard $(addprefix $(srcdir)/,$(1)))))

$(foreach room,$(ROOMS),$(eval $(room)_SRC := $(call files,lib/$(room)/*.c)))
$(foreach room,$(ROOMS),$(eval $(room)_OBJ := $($(room)_SRC:.c=.lo)))
codecs_SRC := $(filter-out $(if $(filter yes,$(HAVE_ZLIB)),,lib/codecs/gzip.c) $(if $(filter yes,$(HAVE_ZSTD)),,lib/codecs/zstd.c),$(codecs_SRC))
codecs_OBJ := $(codecs_SRC:.c=.lo)
CORE_OBJ := $(foreach room,$(CORE),$($(room)_OBJ))
MOCK_OBJ := $(foreach room,$(MOCK),$($(room)_OBJ))
LIB_OBJ  := $(foreach room,$(ROOMS),$($(room)_OBJ))

LIB      := lib/libkinstream.la
LIB_MOCK := lib/libkinstream-mock.la
# Of its own, when configure found zlib or zstd.
LIB_CODECS := $(if $(filter yes,$(HAVE_CODECS)),lib/libkinstream-codecs.la)
BUILT      := kinstream kinstream-mock $(if $(LIB_CODECS),kinstream-codecs)
TOOL     := tools/kinstream
HEADERS  := $(call files,include/*.h include/kinstream/*.h)
MANS     := $(call files,man/*.[1357])
TOOL_SRC := $(call files,tools/*.c)
EXAMPLES := $(filter-out $(if $(LIB_CODECS),,examples/smaller),$(patsubst %.c,%,$(call files,examples/*.c)))
ROOM_CHECKS   := $(patsubst %.c,%,$(call files,tests/check_*.c))
FAULT_CHECKS  := $(patsubst %.c,%,$(call files,tests/faults/check_*.c))
PUBLIC_CHECKS := $(patsubst %.c,%,$(call files,tests/public/check_*.c))
# Its calls of the system go through a disk of the test's own.
POWER_CHECK := tests/power/check_power
POWER_CALLS := open close pread write fsync ftruncate rename unlink mkdir flock
SIMS     := tests/sim/sim_produce tests/sim/sim_consume tests/sim/sim_spool
BENCHES  := bench/put bench/produce bench/aggregate bench/get bench/consume bench/idle bench/scale bench/filter bench/parts bench/spool
BENCH_SRC := $(filter-out $(BENCHES:=.c),$(call files,bench/*.c))
SIM_SRC  := $(filter-out $(SIMS:=.c),$(call files,tests/sim/*.c))
FUZZERS  := $(patsubst %.c,%,$(call files,tests/fuzz/fuzz_*.c))
SEEDS    ?= 20000
# Where programs of C stand, and the builds that have a folder of their own.
PROGRAM_FOLDERS := examples tools bench tests $(addprefix tests/,sim host public faults power fuzz oom kill)
VARIANTS        := asan tsan valgrind i386 s390x fuzz coverage peers

# --- flags: KIN_* are ours, CPPFLAGS CFLAGS LDFLAGS stay the user's -------------

KIN_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -Ilib -I$(srcdir)/lib -I$(srcdir)/include $(DEP_CFLAGS)
KIN_CFLAGS   = -std=c11 -fvisibility=hidden -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wpointer-arith -Wwrite-strings -Wno-missing-field-initializers $(WERROR)
map_flags = $(if $(filter yes,$(HAVE_VERSION_SCRIPT)),-Wl$(comma)--version-script=$(1),-export-symbols-regex '^kin_')
comma := ,

V ?= 0
Q  := $(if $(filter 1,$(V)),,@)
LT  = $(LIBTOOL) $(if $(filter 1,$(V)),,--silent) --tag=CC
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' $(1) $@)

COMPILE = $(CC) $(KIN_CPPFLAGS) $(CPPFLAGS) $(KIN_CFLAGS) $(CFLAGS)
LINK    = $(LT) --mode=link $(CC) $(CFLAGS) $(LDFLAGS)

# --- build ----------------------------------------------------------------------

.PHONY: all check check-rooms check-abi check-man check-sim check-long tidy lint format install uninstall \
	check-faults check-asan check-e2e check-kill check-postgres bench bench-smoke demo dist distcheck clean distclean maintainer-clean
all: $(LIB) $(LIB_MOCK) $(LIB_CODECS) $(BUILT:%=lib/%.pc) $(TOOL)

lib/mock/%.lo tools/metrics.o: KIN_CPPFLAGS += $(HTTPD_CFLAGS)
lib/codecs/%.lo: KIN_CPPFLAGS += $(CODECS_CFLAGS) $(if $(filter yes,$(HAVE_ZLIB)),-DKIN_CODECS_ZLIB) $(if $(filter yes,$(HAVE_ZSTD)),-DKIN_CODECS_ZSTD)
lib/%.lo: $(srcdir)/lib/%.c config.mk
	@$(MKDIR_P) $(@D)
	$(call say,CC)
	$(Q)$(LT) --mode=compile $(COMPILE) -MMD -MP -MT $@ -MF $(@:.lo=.d) -c -o $@ $<

# The pattern needs its folder: '%.o: $(srcdir)/%.c' would look in tests/$(srcdir)/.
define program_rule
$(1)/%.o: $$(srcdir)/$(1)/%.c config.mk
	@$$(MKDIR_P) $$(@D)
	$$(call say,CC)
	$$(Q)$$(COMPILE) -I$$(srcdir)/tests $$(CHECK_CFLAGS) -MMD -MP -MT $$@ -MF $$(@:.o=.d) -c -o $$@ $$<
endef
$(foreach folder,$(PROGRAM_FOLDERS),$(eval $(call program_rule,$(folder))))

$(LIB): $(CORE_OBJ) $(srcdir)/lib/kinstream.map
	$(call say,LINK)
	$(Q)$(LINK) $(call map_flags,$(srcdir)/lib/kinstream.map) -no-undefined -version-info $(LT_VERSION) \
		-rpath $(libdir) -o $@ $(CORE_OBJ) $(DEP_LIBS)

# The mock holds its own copy of the rooms it stands on: it needs nothing of the core library.
$(LIB_MOCK): $(MOCK_OBJ) $(srcdir)/lib/kinstream-mock.map
	$(call say,LINK)
	$(Q)$(LINK) $(call map_flags,$(srcdir)/lib/kinstream-mock.map) -no-undefined -version-info $(LT_VERSION) \
		-rpath $(libdir) -o $@ $(MOCK_OBJ) $(DEP_LIBS) $(HTTPD_LIBS)

# Its memory is base's; it needs nothing else of the core library.
lib/libkinstream-codecs.la: $(codecs_OBJ) lib/base/mem.lo $(srcdir)/lib/kinstream-codecs.map
	$(call say,LINK)
	$(Q)$(LINK) $(call map_flags,$(srcdir)/lib/kinstream-codecs.map) -no-undefined -version-info $(LT_VERSION) \
		-rpath $(libdir) -o $@ $(filter %.lo,$^) $(CODECS_LIBS)

# A convenience library of one room (no -rpath): its tests see hidden symbols, and
# link that room and those it uses, nothing else.
define room_rule
lib/lib$(1).la: $$($(1)_OBJ)
	$$(call say,LINK)
	$$(Q)$$(LINK) -o $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))

# Archives are searched in order: the highest floor first.
FLOORS := mock $(if $(LIB_CODECS),codecs) api drive sinks stores spool io model metrics consumer producer filter event kinesis aws wire base
closure = $(1) $(foreach room,$($(1)_USES),$(call closure,$(room)))
room_libs = $(foreach room,$(filter $(call closure,$(1)),$(FLOORS)),lib/lib$(room).la)
.SECONDEXPANSION:
# check_drive comes between the producer and its spool or its memory, to hold one put up while others go on.
$(ROOM_CHECKS): tests/check_%: tests/check_%.o $$(call room_libs,$$*)
	$(call say,LINK)
	$(Q)$(LINK) -no-install $(if $(filter drive,$*),-Wl$(comma)--wrap=kin__spooler_put$(comma)--wrap=kin__mem_alloc) -o $@ $(filter %.o,$^) $(filter %.la,$^) \
		$(CHECK_LIBS) $(DEP_LIBS) $(if $(filter mock,$*),$(HTTPD_LIBS)) $(if $(filter codecs,$*),$(CODECS_LIBS))

$(POWER_CHECK): %: %.o tests/power/disk.o $(foreach room,$(filter sinks $(call closure,stores) $(call closure,spool),$(FLOORS)),lib/lib$(room).la)
	$(call say,LINK)
	$(Q)$(LINK) -no-install $(POWER_CALLS:%=-Wl,--wrap=%) -o $@ $^ $(CHECK_LIBS) $(DEP_LIBS)

$(SIMS): %: %.o $(SIM_SRC:.c=.o) $(foreach room,$(filter $(PURE),$(FLOORS)),lib/lib$(room).la)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(DEP_LIBS)

$(PUBLIC_CHECKS): %: %.o $(LIB) $(LIB_MOCK) $(LIB_CODECS)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(CHECK_LIBS) $(if $(filter %/check_host,$@),-lssl $(DEP_LIBS)) -lpthread

# A host that is not linked with the library.
tests/host/unload: tests/host/unload.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

# libssl comes with libcrypto's headers; the hostile server of these speaks TLS by itself.
$(FAULT_CHECKS): %: %.o $(LIB) $(LIB_MOCK)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(CHECK_LIBS) -lssl $(DEP_LIBS)

$(EXAMPLES): %: %.o $(LIB) $(LIB_MOCK) $(LIB_CODECS)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^

# libssl comes with libcrypto's headers; only the benchmarks' server speaks TLS by itself.
bench/parts: bench/parts.o bench/text.o bench/util.o bench/options.o $(call room_libs,kinesis)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(DEP_LIBS)

bench/spool: bench/spool.o bench/util.o bench/options.o $(call room_libs,spool)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(DEP_LIBS)

# What it filters stands beside it.
bench/filter.o: KIN_CPPFLAGS += -DBENCH_FOLDER='"$(abspath $(srcdir))/bench"'
bench/filter: bench/filter.o bench/util.o bench/options.o $(call room_libs,filter)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(DEP_LIBS)

$(filter-out bench/parts bench/filter bench/spool,$(BENCHES)): %: %.o $(BENCH_SRC:.c=.o) $(LIB)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ -lssl $(DEP_LIBS)

# Says so when it is asked for a codec and has none.
tools/codec.o: KIN_CPPFLAGS += $(if $(LIB_CODECS),-DTOOL_CODECS)
$(TOOL): $(TOOL_SRC:.c=.o) $(LIB) $(LIB_MOCK) $(LIB_CODECS)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(HTTPD_LIBS) -lpthread $(DL_LIBS)

tests/fuzz/fuzz_entry: tools/input.o tools/entry.o
# A fuzz target with an engine: the runner over files, or libFuzzer (make fuzz).  All rooms are there to be linked.
FUZZ_ENGINE ?= tests/fuzz/runner.o
tests/fuzz/%.o: KIN_CPPFLAGS += $(HTTPD_CFLAGS)
$(FUZZERS): %: %.o tests/fuzz/fuzz.o tests/fuzz/runner.o tools/json.o $(foreach room,$(FLOORS),lib/lib$(room).la)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $(filter-out tests/fuzz/runner.o,$(filter %.o,$^)) $(FUZZ_ENGINE) $(filter %.la,$^) $(DEP_LIBS) $(HTTPD_LIBS) $(CODECS_LIBS)

# The rooms for their hook, and the mock as a library: it has its own copy of base/mem.
OOM_CHECKS := $(patsubst %.c,%,$(call files,tests/oom/oom_*.c))
$(OOM_CHECKS): %: %.o $(foreach room,$(filter-out mock,$(FLOORS)),lib/lib$(room).la) $(LIB_MOCK)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $(filter %.o,$^) $(filter %.la,$^) $(DEP_LIBS)

.SECONDARY:
-include $(POWER_CHECK:=.d) tests/power/disk.d
-include $(LIB_OBJ:.lo=.d) $(ROOM_CHECKS:=.d) $(PUBLIC_CHECKS:=.d) $(FAULT_CHECKS:=.d) $(EXAMPLES:=.d) $(TOOL_SRC:.c=.d) \
	$(SIMS:=.d) $(SIM_SRC:.c=.d) $(FUZZERS:=.d) $(OOM_CHECKS:=.d) $(BENCHES:=.d) $(BENCH_SRC:.c=.d)

# --- check ------------------------------------------------------------------------

ifeq ($(HAVE_CHECK),no)
$(ROOM_CHECKS:=.o) $(PUBLIC_CHECKS:=.o) $(FAULT_CHECKS:=.o) $(POWER_CHECK:=.o):
	@echo "make check needs libcheck (Debian: apt-get install check); install it and run ./configure again" >&2; exit 1
endif

ifeq ($(HAVE_CODECS),no)
tests/check_codecs.o tests/public/check_compressed.o tests/fuzz/fuzz_codecs.o:
	@echo "make check needs zlib or zstd (Debian: apt-get install zlib1g-dev libzstd-dev); install them and run ./configure again" >&2; exit 1
endif

# tests/run runs them all, shows what failed and closes with 'N passed, N failed'.
check: all $(ROOM_CHECKS) $(PUBLIC_CHECKS) $(FAULT_CHECKS) $(POWER_CHECK) $(SIMS) $(FUZZERS) tests/host/unload $(EXAMPLES)
	@MAKE='$(MAKE)' CC='$(CC)' CXX='$(CXX)' CFLAGS='$(CFLAGS)' SRCDIR='$(srcdir)' SEEDS='$(SEEDS)' sh $(srcdir)/tests/run $(ROOM_CHECKS) $(PUBLIC_CHECKS) $(POWER_CHECK)

# Broken networks, hostile servers, each fault of the mock: all of it here, a part of it in `make check`.
check-faults: $(FAULT_CHECKS)
	@sh $(srcdir)/tests/faults/run all $(FAULT_CHECKS)

# Each part of so many seeds must meet each move of the state tables and each fault, as in check.
HISTORIES ?= 2000000
check-long: $(SIMS)
	@sh $(srcdir)/tests/sim/long $(HISTORIES) $(SIMS)

check-sim: $(SIMS)
	@for s in $(SIMS); do ./$$s 0 $$(($(SEEDS) / 2)) || exit 1; done

# A room includes only itself, the rooms it uses, and the public header for its types; the
# objects of a pure room need nothing from outside but what tests/symbols/ROOM allows.
check-rooms: $(LIB_OBJ)
	$(Q)$(foreach room,$(ROOMS),! grep -nE '#include "[a-z]+/' $($(room)_SRC:%=$(srcdir)/%) $(wildcard $(srcdir)/lib/$(room)/*.h) /dev/null \
		| grep -v $(foreach used,$(room) $($(room)_USES),-e '#include "$(used)/') &&) :
	$(Q)! grep -lE '#include <(openssl/|jansson|curl/|microhttpd|z(lib|std)\.h)' $(addprefix $(srcdir)/,$(filter-out lib/base/hash.c lib/wire/json.c lib/io/http.c lib/io/http_%.c lib/mock/% lib/codecs/gzip.c lib/codecs/zstd.c,$(LIB_OBJ:.lo=.c))) \
		$(wildcard $(srcdir)/lib/*/*.h) | grep -v '/lib/mock/'
	$(Q)! grep -lE '#include <(openssl/|jansson|curl/|microhttpd)' $(addprefix $(srcdir)/,$(filter-out tools/metrics.c,$(TOOL_SRC))) $(wildcard $(srcdir)/tools/*.h)
	$(Q)$(foreach room,$(PURE),for o in $(foreach o,$($(room)_OBJ:.lo=.o),$(dir $(o)).libs/$(notdir $(o))); do \
		! $(NM) -u $$o | $(SED) -n 's/^ *U \([A-Za-z_0-9]*\).*/\1/p' | sort -u | grep -vxE -f $(srcdir)/tests/symbols/$(room) | $(SED) "s|^|$$o: impure: |" | grep . || exit 1; done &&) :

# Exported symbols, the maps, the headers and the manual pages must name the same functions.
check-abi: $(LIB) $(LIB_MOCK) $(LIB_CODECS)
	@for l in $(BUILT); do \
		$(NM) -D --defined-only lib/.libs/lib$$l.so | $(SED) -n 's/.* T \(kin_[a-z0-9_]*\).*/\1/p' | sort > abi-$$l.tmp; \
		$(SED) -n 's/^[[:space:]]*\(kin_[a-z0-9_]*\);.*/\1/p' $(srcdir)/lib/$$l.map | sort | diff -u - abi-$$l.tmp || exit 1; done
	@$(SED) -n 's/^[[:space:]]*\(kin_[a-z0-9_]*\);.*/\1/p' $(wildcard $(srcdir)/lib/kinstream*.map) | sort -u > abi-all.tmp
	@cat $(HEADERS:%=$(srcdir)/%) | $(SED) -n 's/^KIN_API .*[ *]\(kin_[a-z0-9_]*\)(.*/\1/p' | sort -u | diff -u - abi-all.tmp
	@cat $(MANS:%=$(srcdir)/%) | $(SED) -n 's/^\.F[no] \(kin_[a-z0-9_]*\).*/\1/p' | sort -u | grep -vxE 'kin_(handler|log|log_line|call|metrics)_fn|kin_[a-z_]*_init' | diff -u - abi-all.tmp
	@for h in $(HEADERS); do $(CC) -std=c11 -Wall -Wextra -pedantic -Werror -fsyntax-only -I$(srcdir)/include $(srcdir)/$$h || exit 1; \
		test -z '$(CXX)' || $(CXX) -std=c++17 -x c++ -Wall -Wextra -pedantic -Werror -fsyntax-only -I$(srcdir)/include $(srcdir)/$$h || exit 1; done
	@rm -f abi-*.tmp

# Rendered without a complaint, each example in them and in the README compiles, each scene they name is there.
check-man:
	mandoc -T lint -W warning $(MANS:%=$(srcdir)/%)
	CC='$(CC)' sh $(srcdir)/tests/snippets $(srcdir) $(MANS:%=$(srcdir)/%) $(srcdir)/README.md
	sh $(srcdir)/tests/scenes $(srcdir)

tidy:
	sh $(srcdir)/tests/tidy $(srcdir)

# What only a developer's machine has: both compilers, formatting, static analysis.
# (cppcheck takes out parameters across files for uninitialised: its two ctu checks are off.)
lint: tidy check-man
	clang-format --dry-run -Werror $(addprefix $(srcdir)/,$(call files,lib/*/*.[ch] include/*/*.h tools/*.[ch] examples/*.c examples/*/*.c tests/*.[ch] tests/*/*.[ch] bench/*.[ch] bench/*/*.[ch] lib/*.h))
	for c in gcc clang; do for f in $(addprefix $(srcdir)/,$(LIB_OBJ:.lo=.c) $(TOOL_SRC) $(call files,examples/*.c tests/*.c tests/public/*.c tests/faults/*.c tests/power/*.c tests/kill/*.c tests/e2e/*.c tests/sim/*.c bench/*.c)); do \
		$$c -O1 $(KIN_CPPFLAGS) -I$(srcdir)/tests $(HTTPD_CFLAGS) $(KIN_CFLAGS) -Werror -fsyntax-only $$f || exit 1; done || exit 1; done
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,portability --suppress=missingIncludeSystem --suppress=ctuuninitvar --suppress=ctunullpointer \
		--suppress=normalCheckLevelMaxBranches -I$(srcdir)/lib -I$(srcdir)/include $(addprefix $(srcdir)/,$(LIB_OBJ:.lo=.c) $(TOOL_SRC))
	shellcheck -s sh $(addprefix $(srcdir)/,bootstrap tests/environment tests/run tests/tidy tests/vzeroupper tests/snippets tests/examples tests/command tests/exec tests/host/run tests/postgres/run tests/distcheck tests/faults/run tests/e2e/run)
	shellcheck -s sh $(addprefix $(srcdir)/,tests/memcheck tests/foreign tests/fuzz/smoke tests/sim/long tests/scenes bench/peers/make)
	shellcheck -s sh $(addprefix $(srcdir)/,tests/coverage/run tests/mutants/run tests/mutants/one)
	if test -f $(srcdir)/.ci/run; then shellcheck -s bash -e SC2016 $(srcdir)/.ci/run; fi

format:
	clang-format -i $(addprefix $(srcdir)/,$(call files,lib/*/*.[ch] include/*/*.h tools/*.[ch] examples/*.c examples/*/*.c tests/*.[ch] tests/*/*.[ch] bench/*.[ch] bench/*/*.[ch]))

# --- variants: builds in folders of their own; each leaves this one as it is --------
# A broken invariant, which freezes a handle elsewhere, traps at once.

.PHONY: check-tsan check-valgrind check-i386 check-s390x check-abidiff abi-dump
CLANG ?= clang
variant = $(MKDIR_P) $(1) && cd $(1) && { test -f config.mk || $(abspath $(srcdir))/configure --enable-werror CC='$(2)' \
	CPPFLAGS=-DKIN_ABORT_ON_BUG CFLAGS='-g -O1 -fno-omit-frame-pointer $(3)' >/dev/null; }

check-asan: $(srcdir)/configure
	@$(call variant,build-asan,$(CLANG),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined)
	$(MAKE) -C build-asan check SEEDS=2000 CK_FORK=no

# Not the tests that have no threads: those of the pure rooms and of lost power.  A report is also looked for where an exit status is not: in
# programs that tests stop by a signal.
check-tsan: $(srcdir)/configure
	@$(call variant,build-tsan,$(CLANG),-fsanitize=thread)
	@rm -f build-tsan/report.*
	TSAN_OPTIONS='log_path=$(abspath build-tsan)/report history_size=5 second_deadlock_stack=1' \
		$(MAKE) -C build-tsan check SEEDS=2000 CK_FORK=no POWER_CHECK= ROOM_CHECKS='$(filter-out $(PURE:%=tests/check_%),$(ROOM_CHECKS))'; status=$$?; \
		! cat build-tsan/report.* 2>/dev/null && exit $$status

check-valgrind: $(srcdir)/configure
	@$(call variant,build-valgrind,$(CC))
	+cd build-valgrind && $(MAKE) --no-print-directory $(ROOM_CHECKS) $(PUBLIC_CHECKS) $(SIMS) && \
		SRCDIR='$(abspath $(srcdir))' SEEDS=200 sh $(abspath $(srcdir))/tests/memcheck $(ROOM_CHECKS) $(PUBLIC_CHECKS)

# 32 bits, and big-endian: the pure rooms and the worlds, whose traces must be those of this machine.
check-i386 check-s390x: check-%: $(srcdir)/configure $(SIMS)
	@$(MKDIR_P) build-$*
	+cd build-$* && SRCDIR='$(abspath $(srcdir))' NATIVE='$(CURDIR)' ROOMS='$(PURE)' SEEDS=400 MAKE='$(MAKE)' sh $(abspath $(srcdir))/tests/foreign $*

# tests/fuzz/corpus through the targets (part of check), with each allocation failing (check-oom), and libFuzzer
# itself: make fuzz TARGET=json SECONDS=60, or all of them in turn.  What it finds: build-fuzz/found-TARGET-*.
# With RUNS=N RANDOM_SEED=M and SECONDS=0 a new build makes the same inputs again.
.PHONY: fuzz fuzz-smoke
TARGET  ?= $(FUZZERS:tests/fuzz/fuzz_%=%)
SECONDS ?= 10
RUNS ?= -1
RANDOM_SEED ?= 0
fuzz-smoke: $(FUZZERS)
	@SRCDIR='$(srcdir)' sh $(srcdir)/tests/fuzz/smoke $(FUZZERS)
fuzz: $(srcdir)/configure
	@$(call variant,build-fuzz,$(CLANG),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -fno-sanitize-recover=undefined)
	$(MAKE) -C build-fuzz FUZZ_ENGINE=-fsanitize=fuzzer$(comma)address$(comma)undefined $(TARGET:%=tests/fuzz/fuzz_%)
	for t in $(TARGET); do $(MKDIR_P) build-fuzz/corpus/$$t && ./build-fuzz/tests/fuzz/fuzz_$$t -max_total_time=$(SECONDS) -runs=$(RUNS) -seed=$(RANDOM_SEED) -timeout=10 -rss_limit_mb=1000 \
		-print_final_stats=1 -artifact_prefix=build-fuzz/found-$$t- build-fuzz/corpus/$$t $(srcdir)/tests/fuzz/corpus/$$t || exit 1; done

# Each allocation of ours fails in turn, under the sanitizers: in the parsers over tests/fuzz/corpus, and in the public
# interface against the mock.  (Those of the machines and of the rooms' tables fail in check.)
.PHONY: check-oom
check-oom: $(srcdir)/configure
	@$(call variant,build-asan,$(CLANG),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined)
	$(MAKE) -C build-asan $(FUZZERS) $(OOM_CHECKS)
	cd build-asan && SRCDIR='$(abspath $(srcdir))' sh $(abspath $(srcdir))/tests/fuzz/smoke --oom $(FUZZERS)
	cd build-asan && for c in $(OOM_CHECKS); do ./$$c || exit 1; done

# The shape of both libraries, as abidw sees it in an x86-64 build with -g, against tests/abi.  No release fixes
# it yet: a change that is meant is written down with `make abi-dump`, in the same commit.
ABIDW = abidw --no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed --exported-interfaces-only --type-id-style hash \
	--headers-dir $(srcdir)/include --drop-private-types
check-abidiff: $(LIB) $(LIB_MOCK) $(LIB_CODECS)
	@command -v abidw >/dev/null || { echo "make check-abidiff needs abidw and abidiff; install them: apt-get install abigail-tools" >&2; exit 1; }
	@for l in $(BUILT); do \
		$(ABIDW) --out-file abi-$$l.tmp lib/.libs/lib$$l.so && abidiff $(srcdir)/tests/abi/lib$$l.abi abi-$$l.tmp || { \
		echo "lib$$l is not what tests/abi/lib$$l.abi says; if this is meant, renew that file: make abi-dump" >&2; exit 1; }; done
	@rm -f abi-*.tmp
abi-dump: $(LIB) $(LIB_MOCK) $(LIB_CODECS)
	for l in $(BUILT); do $(ABIDW) --out-file $(srcdir)/tests/abi/lib$$l.abi lib/.libs/lib$$l.so || exit 1; done

# Ratios against bare libcurl, measured in turn: a few minutes; seconds without judging for -smoke.
bench: $(BENCHES)
	@for b in $(BENCHES); do ./$$b || exit 1; done
# Beside what others use: the AWS SDKs for JavaScript, Go and Python, and librdkafka.  Built in a folder of its own.
.PHONY: bench-peers
bench-peers: $(LIB) bench/server.o bench/certificate.o bench/text.o bench/util.o bench/client.o
	@SRCDIR='$(abspath $(srcdir))' CC='$(CC)' CFLAGS='$(KIN_CPPFLAGS) $(CPPFLAGS) $(CFLAGS)' LIBTOOL='$(LIBTOOL)' sh $(srcdir)/bench/peers/make
	@/usr/bin/python3 $(srcdir)/bench/peers/run.py build-peers $(PEERS)
bench-smoke: $(BENCHES)
	@for b in $(BENCHES); do timeout 60 ./$$b --smoke || exit 1; done

# A PostgreSQL server of its own with examples/postgres in it.
check-postgres: all
	sh $(srcdir)/tests/postgres/run $(srcdir)

check-e2e: all tests/e2e/mapping_handler.so
	sh $(srcdir)/tests/e2e/run $(srcdir) $(CURDIR)

# The consumer killed KILLS times at random moments, one with windows, the producer, and one with a spool; and a consumer
# in the middle of much work, with failures and reshards.  SEED repeats a run.
check-kill: all tests/kill/handler tests/kill/moment.so tests/e2e/mapping_handler.so
	@test -x /usr/bin/python3 || { echo "check-kill needs python3: apt-get install -y python3" >&2; exit 1; }
	@. $(abspath $(srcdir))/tests/environment; for trial in run windows puts spool; do \
		KILLS='$(KILLS)' SEED='$(SEED)' /usr/bin/python3 -B $(srcdir)/tests/kill/$$trial.py $(CURDIR) || exit 1; done
	@. $(abspath $(srcdir))/tests/environment; for lanes in 4 1; do SEED='$(SEED)' /usr/bin/python3 $(srcdir)/tests/e2e/mapping.py $(CURDIR) 200000 $$lanes || exit 1; done

tests/kill/handler: %: %.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<
tests/e2e/mapping_handler.so: $(srcdir)/tests/e2e/mapping_handler.c
	@$(MKDIR_P) $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(KIN_CPPFLAGS) $(KIN_CFLAGS) $(CFLAGS) $(LDFLAGS) -fvisibility=default -fPIC -shared -o $@ $<
tests/kill/moment.so: $(srcdir)/tests/kill/moment.c
	@$(MKDIR_P) $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(KIN_CFLAGS) $(CFLAGS) $(LDFLAGS) -fvisibility=default -fPIC -shared -o $@ $< -ldl

demo: examples/demo
	./examples/demo

# --- how good the tests are ---------------------------------------------------------

# Which branches of the pure rooms they take, in a build of its own (LIST=FILE: which they do not).
.PHONY: coverage
COVERAGE_CC = gcc
coverage: $(srcdir)/configure
	@$(MKDIR_P) build-coverage
	cd build-coverage && { test -f config.mk || $(abspath $(srcdir))/configure CC='$(COVERAGE_CC)' CFLAGS='-g -O0 --coverage' --disable-shared >/dev/null; }
	$(MAKE) -C build-coverage $(PURE:%=tests/check_%) $(SIMS)
	cd build-coverage && LIST='$(LIST)' sh $(abspath $(srcdir))/tests/coverage/run $(abspath $(srcdir)) $(PURE)

# Small changes to the machines, of which they must notice nine in ten (MUTANTS=N|all; see tests/mutants/run).
.PHONY: mutants
MUTANT_LIBS = $(patsubst lib/%.la,lib/.libs/%.a,$(foreach room,$(filter $(PURE),$(FLOORS)),lib/lib$(room).la))
mutants: tests/check_consumer tests/check_producer $(SIMS)
	@CC='$(CC)' FLAGS='$(KIN_CPPFLAGS) $(CPPFLAGS) $(KIN_CFLAGS)' LIBS='$(MUTANT_LIBS) $(CHECK_LIBS) $(DEP_LIBS)' \
		sh $(srcdir)/tests/mutants/run $(srcdir)

# --- install ----------------------------------------------------------------------

install: all
	$(MKDIR_P) $(DESTDIR)$(bindir) $(DESTDIR)$(libdir) $(DESTDIR)$(includedir)/kinstream $(DESTDIR)$(pkgconfigdir) \
		$(foreach s,1 3 5 7,$(DESTDIR)$(mandir)/man$(s))
	for l in $(LIB) $(LIB_MOCK) $(LIB_CODECS); do $(LT) --mode=install $(INSTALL) $$l $(DESTDIR)$(libdir)/ && rm -f $(DESTDIR)$(libdir)/$${l##*/} || exit 1; done
	$(LT) --mode=install $(INSTALL) $(TOOL) $(DESTDIR)$(bindir)/kinstream
	for h in $(HEADERS); do $(INSTALL_DATA) $(srcdir)/$$h $(DESTDIR)$(includedir)/$${h#include/} || exit 1; done
	$(INSTALL_DATA) $(BUILT:%=lib/%.pc) $(DESTDIR)$(pkgconfigdir)/
	for m in $(MANS); do $(INSTALL_DATA) $(srcdir)/$$m $(DESTDIR)$(mandir)/man$${m##*.}/$${m##*/} || exit 1; done
	$(call man_links,echo ".so man3/$$page" > $(DESTDIR)$(mandir)/man3/$$name.3)

# One stub a function, so that man(1) finds it: "kin_call_new" is on the page that has its .Fn or .Fo.
man_links = for m in $(filter %.3,$(MANS)); do page=$${m\#\#*/}; \
	for name in $$($(SED) -n 's/^\.F[no] \(kin_[a-z0-9_]*\).*/\1/p' $(srcdir)/$$m | sort -u); do \
	test "$$name.3" = "$$page" || test -f $(srcdir)/man/$$name.3 || { $(1); } || exit 1; done; done

# libtool removes what the .la names; ours is not installed, so lend it one.
uninstall:
	for l in $(BUILT); do $(INSTALL_DATA) lib/.libs/lib$$l.lai $(DESTDIR)$(libdir)/lib$$l.la && \
		$(LT) --mode=uninstall rm -f $(DESTDIR)$(libdir)/lib$$l.la || exit 1; done
	rm -f $(DESTDIR)$(bindir)/kinstream $(HEADERS:include/%=$(DESTDIR)$(includedir)/%)
	rm -f $(BUILT:%=$(DESTDIR)$(pkgconfigdir)/%.pc)
	for m in $(MANS); do rm -f $(DESTDIR)$(mandir)/man$${m##*.}/$${m##*/}; done
	$(call man_links,rm -f $(DESTDIR)$(mandir)/man3/$$name.3)
	rmdir $(DESTDIR)$(includedir)/kinstream 2>/dev/null || :

# --- clean ------------------------------------------------------------------------

BOOTSTRAP := aclocal.m4 configure lib/config.h.in build-aux

clean:
	rm -rf lib/.libs lib/*.la lib/*/.libs lib/*/*.lo lib/*/*.o lib/*/*.d $(VARIANTS:%=build-%)
	rm -f $(ROOM_CHECKS) $(PUBLIC_CHECKS) $(FAULT_CHECKS) $(POWER_CHECK) $(SIMS) $(FUZZERS) $(OOM_CHECKS) $(BENCHES) $(EXAMPLES) $(TOOL)
	rm -f tests/host/unload tests/e2e/mapping_handler.so tests/kill/handler tests/kill/moment.so abi-*.tmp $(PACKAGE)-*.tar.gz
	rm -rf $(foreach d,. $(PROGRAM_FOLDERS),$(d)/.libs) $(foreach d,$(PROGRAM_FOLDERS),$(d)/*.o $(d)/*.d)

distclean: clean
	rm -f config.log config.mk config.status libtool lib/config.h lib/stamp-h1 lib/kinstream.pc lib/kinstream-mock.pc lib/kinstream-codecs.pc
	if test -L Makefile; then rm -f Makefile; find . -mindepth 1 -type d -empty -delete; fi

maintainer-clean: distclean
	rm -rf $(BOOTSTRAP) autom4te.cache configure~ lib/config.h.in~

# --- configure, when its inputs change --------------------------------------------

config.mk: $(srcdir)/lib/config.mk.in config.status
	./config.status $@
lib/kinstream.pc: $(srcdir)/lib/kinstream.pc.in config.status
	./config.status $@
lib/kinstream-mock.pc: $(srcdir)/lib/kinstream-mock.pc.in config.status
	./config.status $@
lib/kinstream-codecs.pc: $(srcdir)/lib/kinstream-codecs.pc.in config.status
	./config.status $@
config.status: $(srcdir)/configure
	if test -x $@; then ./$@ --recheck; else $(srcdir)/configure; fi
$(srcdir)/configure: $(srcdir)/configure.ac
	cd $(srcdir) && autoreconf -i && rm -rf autom4te.cache

# --- dist -------------------------------------------------------------------------

DIST = $(PACKAGE)-$(VERSION)

dist: $(srcdir)/configure
	rm -rf $(DIST) && mkdir $(DIST)
	here=$$PWD && cd $(srcdir) && \
		{ git ls-files -- . ':!:.gitignore' ':!:.ci'; find $(BOOTSTRAP) -type f; } | tar -cf - -T - | tar -xf - -C "$$here/$(DIST)"
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$${SOURCE_DATE_EPOCH:-0} \
		-cf - $(DIST) | gzip -9n > $(DIST).tar.gz
	rm -rf $(DIST)

# Unpack, forbid writing to the sources, build elsewhere, leave nothing behind.  chmod stops nobody
# who is root: then an ordinary user unpacks and builds.
distcheck: dist
	rm -rf distcheck.tmp && mkdir distcheck.tmp && cp $(DIST).tar.gz distcheck.tmp/
	if test $$(id -u) = 0; then user=nobody; away=$$(mktemp -d /tmp/kin-distcheck-XXXXXX) && mv distcheck.tmp/$(DIST).tar.gz $$away/ && chown -R $$user $$away && \
		runuser -u $$user -- env HOME=$$away TMPDIR=/tmp sh $(abspath $(srcdir))/tests/distcheck $$away $(DIST) '$(MAKE)' && rm -rf $$away; \
	else sh $(abspath $(srcdir))/tests/distcheck $$PWD/distcheck.tmp $(DIST) '$(MAKE)'; fi
	rm -rf distcheck.tmp
	@echo "$(DIST).tar.gz is ready"
