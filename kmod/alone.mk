# SPDX-License-Identifier: GPL-2.0-only
# The module without the rest of the tree: in a root that has a compiler and
# headers and nothing of what the agent is built with.

OUTPUT ?= build
WERROR ?= 1
V      ?= 0
Q       = $(if $(filter 1,$(V)),,@)
say     = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2);)
.DEFAULT_GOAL := kmod

include kmod/kmod.mk
