/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel module, spoken to: one netlink socket, one request at a time.
 * include/weir/genl.h has the grammar.
 */
#ifndef WEIR_SENSE_MODULE_H
#define WEIR_SENSE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/genl.h>

struct module;
struct nlattr;

/* -ENOENT: the module is not loaded. Else *ret is the caller's. */
int module_open(struct module **ret);
struct module *module_close(struct module *m); /* returns NULL; takes NULL */

/* One attribute of a request; .data NULL and .len 0: a flag. */
struct module_attr {
	int type;
	const void *data;
	size_t len;
};

/* By type, NULL for what is not there; valid until the function returns. */
typedef void (*module_fn)(void *ctx, struct nlattr *const *attrs);

/*
 * Sends @command with @cnt attributes and hands each message of the answer to @fn,
 * which may be NULL. 0, or -errno as the module said it.
 */
int module_ask(struct module *m, int command, const struct module_attr *attrs, unsigned int cnt,
	       module_fn fn, void *ctx);

/* The same as a dump, for BOX_DUMP. */
int module_dump(struct module *m, int command, const struct module_attr *attrs, unsigned int cnt,
		module_fn fn, void *ctx);

/* An attribute's value into @ret. False: it is not there, or has another size. */
bool module_take(const struct nlattr *attr, void *ret, size_t size);

#endif /* WEIR_SENSE_MODULE_H */
