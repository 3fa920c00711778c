// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets: who of the catalogue listens, where, and who talks to its
 * destinations.
 *
 * Three walks. The processes that an indicator means come first, with their
 * sockets. Then all sockets of all network namespaces pass by, of which those
 * are kept that are one of these or that an indicator means by themselves. The
 * processes behind the latter are looked for last. So a host with a million
 * connections costs time and no memory, and what nobody asks for is not kept.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/holder.h"
#include "collect/listed.h"
#include "collect/netns.h"
#include "collect/proc_net.h"

/* More of interest are told as unread. */
#define KEPT_MAX 65536

#define FACTS_MAX 64

struct kept {
	struct diag_socket socket;
	uint32_t net; /* index in look.nets */
	bool is_text; /* told by /proc/net */
};

struct look {
	struct survey *s;
	struct listed listen, port;
	struct holders asked, others;
	struct kept *kept;
	uint32_t kept_cnt, kept_cap;
	char *nets[NETNS_MAX];
	uint32_t net_cnt;
	uint32_t over_cnt, denied_cnt, seen_cnt;
	bool is_text; /* /proc/net has to do, for what is asked now */
};

struct question {
	const char *what;
	int family, protocol;
};

static const struct question questions[] = {
	{ "tcp", AF_INET, IPPROTO_TCP },	 { "tcp", AF_INET6, IPPROTO_TCP },
	{ "udp", AF_INET, IPPROTO_UDP },	 { "udp", AF_INET6, IPPROTO_UDP },
	{ "sctp", AF_INET, IPPROTO_SCTP },	 { "sctp", AF_INET6, IPPROTO_SCTP },
	{ "udplite", AF_INET, IPPROTO_UDPLITE }, { "udplite", AF_INET6, IPPROTO_UDPLITE },
	{ "raw", AF_INET, IPPROTO_RAW },	 { "raw", AF_INET6, IPPROTO_RAW },
	{ "unix", AF_UNIX, 0 },			 { "packet", AF_PACKET, 0 },
};

static bool is_socket(const char *target, uint64_t *ret_ino)
{
	if (strncmp(target, "socket:[", 8) != 0)
		return false;
	*ret_ino = strtoull(target + 8, NULL, 10);
	return *ret_ino != 0;
}

/* ---- the processes that are asked for ---- */

struct owner {
	struct holders *holders;
	uint32_t index;
};

static int add_owned(void *ctx, const struct task *t, const char *fd, const char *target)
{
	struct owner *o = ctx;
	uint64_t ino;

	(void)t;
	(void)fd;
	return is_socket(target, &ino) ? holders_add(o->holders, ino, o->index) : 0;
}

static int add_asked(void *ctx, const struct task *t)
{
	struct look *l = ctx;
	struct owner o = { .holders = &l->asked };
	int err;

	if (!task_is_asked(l->s, t))
		return 0;
	err = holders_keep(&l->asked, t, &o.index);
	if (!err)
		err = task_fds_each(t, add_owned, &o);
	if (err == -ENOMEM)
		return err;
	l->denied_cnt += err == -EACCES || err == -EPERM;
	return 0;
}

/* ---- the sockets ---- */

/* What the socket says of itself; @facts borrows from @s and @words. */
static void describe(const struct look *l, const struct diag_socket *s, struct fact *words,
		     size_t *word_cnt, struct facts *facts)
{
	if (s->family == AF_UNIX) {
		facts->path = *s->path ? s->path : NULL;
		return;
	}
	if (s->family == AF_PACKET)
		return;
	if (s->is_listening) {
		listed_add_port(&l->listen, s->protocol, s->local_port, words, word_cnt, FACTS_MAX);
		return;
	}
	facts->family = (uint16_t)s->family;
	facts->protocol = s->protocol;
	facts->port = s->remote_port;
	memcpy(facts->addr, s->remote, sizeof(facts->addr));
}

static bool is_asked(const struct look *l, const struct diag_socket *s)
{
	struct fact words[FACTS_MAX];
	struct facts facts = { .others = words };

	describe(l, s, words, &facts.other_cnt, &facts);
	return survey_is_asked(l->s, &facts);
}

static int keep(struct look *l, const struct diag_socket *s)
{
	uint32_t cap = l->kept_cap ? l->kept_cap * 2 : 64;
	struct kept *list;

	if (l->kept_cnt == KEPT_MAX) {
		l->over_cnt++;
		return 0;
	}
	if (l->kept_cnt == l->kept_cap) {
		list = reallocarray(l->kept, cap, sizeof(*list));
		if (!list)
			return -ENOMEM;
		l->kept = list;
		l->kept_cap = cap;
	}
	l->kept[l->kept_cnt++] = (struct kept){ *s, l->net_cnt - 1, l->is_text };
	return 0;
}

static int take_socket(void *ctx, const struct diag_socket *s)
{
	struct look *l = ctx;
	bool is_owned = s->ino && holders_find(&l->asked, s->ino);

	if (!(++l->seen_cnt % 4096))
		survey_progress(l->s, "sockets", l->seen_cnt, NULL);
	/* Each connection to a listening socket bears its name: once is enough. */
	if (s->family == AF_UNIX && (!*s->path || !s->is_listening))
		return 0;
	return is_owned || is_asked(l, s) ? keep(l, s) : 0;
}

static bool is_absent(int err)
{
	return err == -ENOENT || err == -EPROTONOSUPPORT || err == -EOPNOTSUPP ||
	       err == -EINVAL || err == -ESOCKTNOSUPPORT || err == -EAFNOSUPPORT;
}

static int ask_kernel(struct look *l, const struct question *q)
{
	if (q->family == AF_UNIX)
		return diag_unix(take_socket, l);
	if (q->family == AF_PACKET)
		return diag_packet(take_socket, l);
	return diag_inet(q->family, q->protocol, take_socket, l);
}

static int ask_text(struct look *l, const struct question *q)
{
	if (q->family == AF_UNIX)
		return proc_net_unix(l->s->root_fd, take_socket, l);
	if (q->family == AF_PACKET)
		return proc_net_packet(l->s->root_fd, take_socket, l);
	return proc_net_inet(l->s->root_fd, q->family, q->protocol, take_socket, l);
}

static int ask(struct look *l, const struct question *q, const char *net)
{
	int err = ask_kernel(l, q);

	if (is_absent(err)) {
		l->is_text = true;
		err = ask_text(l, q);
		l->is_text = false;
	}
	/* When neither way knows a protocol, the kernel has most likely none of it. */
	if (!err || err == -ENOMEM || is_absent(err))
		return err == -ENOMEM ? err : 0;
	survey_unread(l->s, err, "%s sockets%s%s", q->what, *net ? ", " : "", net);
	return 0;
}

static int look_at_net(void *ctx, const char *net)
{
	struct look *l = ctx;
	int err = 0;

	l->nets[l->net_cnt] = strdup(net);
	if (!l->nets[l->net_cnt])
		return -ENOMEM;
	l->net_cnt++;
	for (size_t i = 0; i < ARRAY_SIZE(questions) && !err; i++)
		err = ask(l, &questions[i], net);
	return err;
}

/* ---- the processes behind the others ---- */

static int add_wanted(void *ctx, const struct task *t, const char *fd, const char *target)
{
	struct look *l = ctx;
	struct holding key = { 0 };
	uint32_t low = 0, high = l->kept_cnt, index;
	int err;

	(void)fd;
	if (!is_socket(target, &key.object))
		return 0;
	/* The kept ones are sorted by now. */
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (l->kept[mid].socket.ino < key.object)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == l->kept_cnt || l->kept[low].socket.ino != key.object ||
	    holders_find(&l->asked, key.object))
		return 0;
	err = holders_keep(&l->others, t, &index);
	return err ? err : holders_add(&l->others, key.object, index);
}

static int add_other(void *ctx, const struct task *t)
{
	struct look *l = ctx;
	int err = task_fds_each(t, add_wanted, l);

	if (err == -ENOMEM)
		return err;
	l->denied_cnt += err == -EACCES || err == -EPERM;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return (x->socket.ino > y->socket.ino) - (x->socket.ino < y->socket.ino);
}

static int find_holders(struct look *l)
{
	bool is_missing = false;
	int err;

	if (!l->kept_cnt)
		return 0;
	qsort(l->kept, l->kept_cnt, sizeof(*l->kept), compare);
	for (uint32_t i = 0; i < l->kept_cnt; i++)
		is_missing |= l->kept[i].socket.ino &&
			      !holders_find(&l->asked, l->kept[i].socket.ino);
	if (!is_missing)
		return 0;
	l->denied_cnt = 0;
	err = tasks_each(l->s, add_other, l);
	holders_sort(&l->others);
	return err;
}

/* ---- telling ---- */

static const char *name_of(const struct diag_socket *s)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(questions) - 1 &&
	       (questions[i].protocol != s->protocol ||
		(!s->protocol && questions[i].family != s->family)))
		i++;
	return questions[i].what;
}

/* "10.0.0.1:443", "[::1]:443"; without a port when there is none. */
static void format_end(const struct diag_socket *s, const uint8_t *addr, uint16_t port,
		       char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	bool is_six = s->family == AF_INET6;

	inet_ntop(s->family, addr, text, sizeof(text));
	if (port)
		snprintf(buf, size, "%s%s%s:%u", is_six ? "[" : "", text, is_six ? "]" : "", port);
	else
		snprintf(buf, size, "%s", text);
}

/* "tcp 0.0.0.0:902", "tcp 10.0.0.1:40000 to 203.0.113.5:443", "unix /run/x" */
static void format_where(const struct diag_socket *s, const char *net, char *buf, size_t size)
{
	char local[80], remote[80];
	int len;

	if (s->family == AF_UNIX || s->family == AF_PACKET) {
		len = snprintf(buf, size, "%s%s%s", name_of(s), *s->path ? " " : "", s->path);
	} else {
		format_end(s, s->local, s->local_port, local, sizeof(local));
		format_end(s, s->remote, s->remote_port, remote, sizeof(remote));
		len = snprintf(buf, size, "%s %s%s%s", name_of(s), local,
			       s->is_listening ? "" : " to ", s->is_listening ? "" : remote);
	}
	if (*net && len > 0 && (size_t)len < size)
		snprintf(buf + len, size - (size_t)len, " (%s)", net);
}

static int take_trace(struct look *l, const struct kept *k, const struct task *t,
		      const struct facts *facts)
{
	const struct diag_socket *s = &k->socket;
	char where[400], detail[160], user[64];
	struct trace tr = { .kind = TRACE_SOCKET, .flags = TRACE_RUNNING, .where = where,
			    .facts = facts, .detail = detail };
	const char *state = s->is_listening ? "listening" : "connected";

	format_where(s, l->nets[k->net], where, sizeof(where));
	if (t)
		snprintf(detail, sizeof(detail), "%s, held by %s (%u)%s", state, t->comm, t->pid,
			 k->is_text ? ", told by /proc/net" : "");
	else
		snprintf(detail, sizeof(detail), "%s%s%s", state,
			 s->ino ? "" : ", closed already", k->is_text ? ", told by /proc/net" : "");
	if (t) {
		tr.pid = t->pid;
		tr.user = task_user(l->s, t, user, sizeof(user));
		tr.started_by = t->started_by;
		tr.container = t->container;
	}
	return survey_take(l->s, &tr);
}

/*
 * Facts have one path: a socket with a name of its own is told by that, and
 * again by its holder's executable.
 */
static int tell_socket(struct look *l, const struct kept *k)
{
	const struct diag_socket *s = &k->socket;
	const struct task *t = s->ino ? holders_find(&l->asked, s->ino) : NULL;
	struct fact words[FACTS_MAX];
	struct facts facts = { .others = words };
	int err = 0;

	if (!t && s->ino)
		t = holders_find(&l->others, s->ino);
	facts.other_cnt = t ? task_words(t, words) : 0;
	describe(l, s, words, &facts.other_cnt, &facts);
	if (!s->is_listening && facts.family)
		listed_add_port(&l->port, s->protocol, s->remote_port, words, &facts.other_cnt,
				FACTS_MAX);
	if (facts.path && survey_is_asked(l->s, &facts))
		err = take_trace(l, k, t, &facts);
	if (err || (facts.path && (!t || !t->exe)))
		return err;
	facts.path = t ? t->exe : NULL;
	return survey_is_asked(l->s, &facts) ? take_trace(l, k, t, &facts) : 0;
}

static void tell_unread(struct look *l)
{
	if (l->denied_cnt)
		survey_unread(l->s, -EACCES, "%u processes: which sockets they hold",
			      l->denied_cnt);
	if (l->over_cnt)
		survey_unread(l->s, -E2BIG, "%u sockets of interest, beyond %d", l->over_cnt,
			      KEPT_MAX);
}

static int look_at(struct look *l)
{
	int err = listed_all(l->s->catalog, IND_LISTEN, &l->listen);

	if (!err)
		err = listed_all(l->s->catalog, IND_PORT, &l->port);
	if (!err)
		err = tasks_each(l->s, add_asked, l);
	holders_sort(&l->asked);
	if (!err)
		err = netns_each(l->s, "sockets", look_at_net, l);
	if (!err)
		err = find_holders(l);
	for (uint32_t i = 0; i < l->kept_cnt && !err; i++)
		err = tell_socket(l, &l->kept[i]);
	return err;
}

int collect_sockets(struct survey *s)
{
	CLEANUP(freep) struct look *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->s = s;
	err = look_at(l);
	if (!err)
		tell_unread(l);
	listed_free(&l->listen);
	listed_free(&l->port);
	holders_free(&l->asked);
	holders_free(&l->others);
	for (uint32_t i = 0; i < l->net_cnt; i++)
		free(l->nets[i]);
	free(l->kept);
	return err;
}
