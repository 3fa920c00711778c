// SPDX-License-Identifier: GPL-2.0-only
#include "sense/dump.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/cleanup.h"

/* The kernel answers at once or never. */
#define TIMEOUT_S 10

struct answer {
	dump_fn fn;
	void *ctx;
	int err; /* of the kernel, or what @fn returned */
	bool is_over;
};

static void free_socket(struct nl_sock **sk)
{
	nl_socket_free(*sk);
}

static void free_callbacks(struct nl_cb **cb)
{
	nl_cb_put(*cb);
}

static int take_valid(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;

	a->err = a->fn ? a->fn(a->ctx, nlmsg_hdr(msg)) : 0;
	return a->err ? NL_STOP : NL_OK;
}

/* The end of a list carries an error of its own, when it ended early. */
static int take_finish(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	struct answer *a = arg;

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
		a->err = *(const int *)NLMSG_DATA(h);
	a->is_over = true;
	return NL_STOP;
}

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct answer *a = arg;

	(void)from;
	a->err = error->error;
	a->is_over = true;
	return NL_STOP;
}

static int receive(struct nl_sock *sk, struct nl_cb *cb, struct answer *a)
{
	while (!a->is_over && !a->err) {
		int rc = nl_recvmsgs(sk, cb);

		/* Interrupted lists are told whole all the same. */
		if (rc == -NLE_INTR || rc == -NLE_DUMP_INTR)
			continue;
		if (rc < 0 && !a->err)
			return rc == -NLE_NOMEM ? -ENOMEM : rc == -NLE_AGAIN ? -ETIME : -EIO;
	}
	return a->err;
}

static int take_ack(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;

	(void)msg;
	a->is_over = true;
	return NL_STOP;
}

static int exchange(const struct dump_question *q, int flags, struct answer *a)
{
	CLEANUP(free_socket) struct nl_sock *sk = nl_socket_alloc();
	CLEANUP(free_callbacks) struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int rc;

	if (!sk || !cb)
		return -ENOMEM;
	errno = 0;
	if (nl_connect(sk, q->protocol) < 0)
		return errno ? -errno : -EPROTONOSUPPORT;
	setsockopt(nl_socket_get_fd(sk), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, take_valid, a);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, take_finish, a);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, take_ack, a);
	nl_cb_err(cb, NL_CB_CUSTOM, take_error, a);
	rc = nl_send_simple(sk, q->type, flags, (void *)(uintptr_t)q->body, q->len);
	if (rc < 0)
		return errno ? -errno : -EIO;
	return receive(sk, cb, a);
}

int dump_ask(const struct dump_question *q, dump_fn fn, void *ctx)
{
	struct answer a = { .fn = fn, .ctx = ctx };

	return exchange(q, q->is_one ? NLM_F_ACK : NLM_F_DUMP, &a);
}

int dump_order(const struct dump_question *q)
{
	struct answer a = { 0 };

	return exchange(q, NLM_F_ACK, &a);
}
