// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every struct that crosses the boundary, once, so that its BTF exists: a
 * test compares sizes and offsets here with what the agent was compiled with.
 */
#include <weir/table.h>

#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

struct weir_layout {
	struct weir_rec_file file;
	struct weir_rec_connect connect;
	struct weir_rule rule;
	struct weir_question question;
	struct weir_active active;
	struct weir_control control;
	struct weir_arm arm;
	struct weir_hold hold;
	struct weir_scope scope;
	struct weir_exemptions exemptions;
	struct weir_installed installed;
	struct weir_canary canary;
	struct weir_seen seen;
	struct weir_look look;
	struct weir_group group;
	struct weir_ports ports;
	struct weir_losses losses;
};

struct weir_layout weir_layout SEC(".data.layout");
