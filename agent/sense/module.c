// SPDX-License-Identifier: GPL-2.0-only
#include "sense/module.h"

#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct module {
	struct nl_sock *socket;
	int family;
};

/* An exchange under way: what came of it, and who wants to know. */
struct exchange {
	module_fn fn;
	void *ctx;
	int err;
	bool is_done;
};

static void free_msg(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

/* A socket of libnl knows more errors than there are; these are all that matter. */
static int errno_of(int nl_err)
{
	switch (-nl_err) {
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
		return -EPERM;
	default:
		return -EIO;
	}
}

int module_open(struct module **ret)
{
	struct module *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->socket = nl_socket_alloc();
	if (!m->socket) {
		module_close(m);
		return -ENOMEM;
	}
	err = genl_connect(m->socket);
	if (!err)
		err = m->family = genl_ctrl_resolve(m->socket, WEIR_GENL_NAME);
	if (err < 0) {
		module_close(m);
		return errno_of(err);
	}
	nl_socket_set_buffer_size(m->socket, 1 << 20, 1 << 20);
	nl_socket_disable_seq_check(m->socket);
	*ret = m;
	return 0;
}

struct module *module_close(struct module *m)
{
	if (!m)
		return NULL;
	nl_socket_free(m->socket);
	free(m);
	return NULL;
}

bool module_take(const struct nlattr *attr, void *ret, size_t size)
{
	if (!attr || nla_len(attr) != (int)size)
		return false;
	memcpy(ret, nla_data(attr), size);
	return true;
}

static int on_message(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[WEIR_A_MAX];
	struct exchange *e = ctx;

	if (e->fn && !genlmsg_parse(nlmsg_hdr(msg), 0, attrs, WEIR_A_MAX - 1, NULL))
		e->fn(e->ctx, attrs);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *ctx)
{
	(void)msg;
	((struct exchange *)ctx)->is_done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *said, void *ctx)
{
	struct exchange *e = ctx;

	(void)from;
	e->err = said->error;
	e->is_done = true;
	return NL_STOP;
}

static struct nl_cb *callbacks(struct exchange *e)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, e);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, e);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, e);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, e);
	return cb;
}

static int receive(struct module *m, struct exchange *e)
{
	struct nl_cb *cb = callbacks(e);
	int err = 0;

	if (!cb)
		return -ENOMEM;
	while (!e->is_done && err >= 0)
		err = nl_recvmsgs(m->socket, cb);
	nl_cb_put(cb);
	return e->is_done ? e->err : errno_of(err);
}

static int exchange(struct module *m, int command, int flags, const struct module_attr *attrs,
		    unsigned int cnt, module_fn fn, void *ctx)
{
	struct exchange e = { .fn = fn, .ctx = ctx };
	CLEANUP(free_msg) struct nl_msg *msg = nlmsg_alloc_size(128 << 10);
	unsigned int i;
	int err;

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, m->family, 0, flags, command,
				 WEIR_GENL_VERSION))
		return -ENOMEM;
	for (i = 0; i < cnt; i++)
		if (nla_put(msg, attrs[i].type, attrs[i].len, attrs[i].data))
			return -E2BIG;
	err = nl_send_auto(m->socket, msg);
	return err < 0 ? errno_of(err) : receive(m, &e);
}

int module_ask(struct module *m, int command, const struct module_attr *attrs, unsigned int cnt,
	       module_fn fn, void *ctx)
{
	return exchange(m, command, NLM_F_REQUEST | NLM_F_ACK, attrs, cnt, fn, ctx);
}

int module_dump(struct module *m, int command, const struct module_attr *attrs, unsigned int cnt,
		module_fn fn, void *ctx)
{
	return exchange(m, command, NLM_F_REQUEST | NLM_F_DUMP, attrs, cnt, fn, ctx);
}
