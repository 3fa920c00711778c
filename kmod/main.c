// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir's kernel module: the gates where BPF has none, the identity of any file,
 * and a black box that outlives the agent.
 *
 * Loaded, it does nothing: gates are put up by an agent that has CAP_SYS_ADMIN,
 * decide by the tables it was given, and keep the module in memory for as long
 * as they stand. include/weir/genl.h says how it is spoken to.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "agent.h"
#include "blackbox.h"
#include "genl.h"
#include "gates.h"
#include "state.h"
#include "table.h"

struct weir_site *const weir_sites[] = {
	&weir_site_exec,
	&weir_site_mmap,
	&weir_site_mprotect,
	&weir_site_read_file,
	&weir_site_connect,
	&weir_site_sendmsg,
	&weir_site_connectx,
	NULL,
};

static int __init weir_init(void)
{
	int err;

	err = weir_table_init();
	if (err)
		return err;
	err = weir_state_init();
	if (err)
		goto err_table;
	err = weir_box_init();
	if (err)
		goto err_state;
	err = weir_agent_init();
	if (err)
		goto err_box;
	/* Last: from here on user space can reach us. */
	err = weir_genl_init();
	if (err)
		goto err_agent;
	return 0;

err_agent:
	weir_agent_exit();
err_box:
	weir_box_exit();
err_state:
	weir_state_exit();
err_table:
	weir_table_exit();
	return err;
}

/* Only reached when no gate stands: each of them holds the module. */
static void __exit weir_exit(void)
{
	weir_genl_exit();
	weir_agent_exit();
	weir_box_exit();
	weir_state_exit();
	weir_table_exit();
}

module_init(weir_init);
module_exit(weir_exit);

MODULE_DESCRIPTION("weir: gates for restricted software, and a black box");
MODULE_LICENSE("GPL");
