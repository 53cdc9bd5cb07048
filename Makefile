# libkinstream: one Makefile, no recursion, no automake.  GNU make >= 4.0.
# What ./configure found is in config.mk; a fresh clone needs only `make`.
#
#   all check check-rooms check-abi check-man tidy lint format install uninstall
#   check-asan check-e2e demo dist distcheck clean distclean maintainer-clean

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

PURE  := base wire aws kinesis event producer consumer model
CORE  := base wire aws kinesis event producer consumer io stores sinks drive api
MOCK  := base wire aws kinesis model io mock
ROOMS := $(sort $(CORE) $(MOCK))

base_USES     :=
wire_USES     := base
aws_USES      := base wire
kinesis_USES  := base wire aws
event_USES    := base wire aws kinesis
producer_USES := base kinesis event
consumer_USES := base kinesis event
model_USES    := base wire kinesis
io_USES       := base wire aws kinesis event
stores_USES   := base wire aws kinesis event io
sinks_USES    := base wire aws kinesis event io
drive_USES    := base wire aws kinesis event producer consumer io stores sinks
api_USES      := base wire aws kinesis event producer consumer io stores sinks drive
mock_USES     := base wire aws kinesis model io

files = $(sort $(patsubst $(srcdir)/%,%,$(wildcard $(addprefix $(srcdir)/,$(1)))))

$(foreach room,$(ROOMS),$(eval $(room)_SRC := $(call files,lib/$(room)/*.c)))
$(foreach room,$(ROOMS),$(eval $(room)_OBJ := $($(room)_SRC:.c=.lo)))
CORE_OBJ := $(foreach room,$(CORE),$($(room)_OBJ))
MOCK_OBJ := $(foreach room,$(MOCK),$($(room)_OBJ))
LIB_OBJ  := $(foreach room,$(ROOMS),$($(room)_OBJ))

LIB      := lib/libkinstream.la
LIB_MOCK := lib/libkinstream-mock.la
TOOL     := tools/kinstream
HEADERS  := $(call files,include/*.h include/kinstream/*.h)
MANS     := $(call files,man/*.[1357])
TOOL_SRC := $(call files,tools/*.c)
EXAMPLES := $(patsubst %.c,%,$(call files,examples/*.c))
ROOM_CHECKS   := $(patsubst %.c,%,$(call files,tests/check_*.c))
PUBLIC_CHECKS := $(patsubst %.c,%,$(call files,tests/public/check_*.c))
SIMS     := tests/sim/sim_produce tests/sim/sim_consume
SIM_SRC  := $(filter-out $(SIMS:=.c),$(call files,tests/sim/*.c))
SEEDS    ?= 20000

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

.PHONY: all check check-rooms check-abi check-man check-sim tidy lint format install uninstall \
	check-asan check-e2e demo dist distcheck clean distclean maintainer-clean
all: $(LIB) $(LIB_MOCK) lib/kinstream.pc lib/kinstream-mock.pc $(TOOL)

lib/mock/%.lo: KIN_CPPFLAGS += $(HTTPD_CFLAGS)
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
$(foreach folder,tests tests/sim tests/public tests/fuzz examples tools bench,$(eval $(call program_rule,$(folder))))

$(LIB): $(CORE_OBJ) $(srcdir)/lib/kinstream.map
	$(call say,LINK)
	$(Q)$(LINK) $(call map_flags,$(srcdir)/lib/kinstream.map) -no-undefined -version-info $(LT_VERSION) \
		-rpath $(libdir) -o $@ $(CORE_OBJ) $(DEP_LIBS)

# The mock holds its own copy of the rooms it stands on: it needs nothing of the core library.
$(LIB_MOCK): $(MOCK_OBJ) $(srcdir)/lib/kinstream-mock.map
	$(call say,LINK)
	$(Q)$(LINK) $(call map_flags,$(srcdir)/lib/kinstream-mock.map) -no-undefined -version-info $(LT_VERSION) \
		-rpath $(libdir) -o $@ $(MOCK_OBJ) $(DEP_LIBS) $(HTTPD_LIBS)

# A convenience library of one room (no -rpath): its tests see hidden symbols, and
# link that room and those it uses, nothing else.
define room_rule
lib/lib$(1).la: $$($(1)_OBJ)
	$$(call say,LINK)
	$$(Q)$$(LINK) -o $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))

room_libs = $(foreach room,$(1) $($(1)_USES),lib/lib$(room).la)
.SECONDEXPANSION:
$(ROOM_CHECKS): tests/check_%: tests/check_%.o $$(call room_libs,$$*)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.la,$^) -Wl,--end-group \
		$(CHECK_LIBS) $(DEP_LIBS) $(if $(filter mock,$*),$(HTTPD_LIBS))

$(SIMS): %: %.o $(SIM_SRC:.c=.o) $(PURE:%=lib/lib%.la)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.la,$^) -Wl,--end-group $(DEP_LIBS)

$(PUBLIC_CHECKS): %: %.o $(LIB) $(LIB_MOCK)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^ $(CHECK_LIBS) -lpthread

$(EXAMPLES): %: %.o $(LIB)
	$(call say,LINK)
	$(Q)$(LINK) -no-install -o $@ $^

$(TOOL): $(TOOL_SRC:.c=.o) $(LIB) $(LIB_MOCK)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ -lpthread

.SECONDARY:
-include $(LIB_OBJ:.lo=.d) $(ROOM_CHECKS:=.d) $(PUBLIC_CHECKS:=.d) $(EXAMPLES:=.d) $(TOOL_SRC:.c=.d) \
	$(SIMS:=.d) $(SIM_SRC:.c=.d)
