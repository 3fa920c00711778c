// SPDX-License-Identifier: GPL-2.0-only
#include "collect/proc_net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* Fills @s from one line behind the heading; false: it is not one. */
typedef bool (*line_fn)(char *line, struct diag_socket *s);

static int each_line(int root_fd, const char *name, const struct diag_socket *form,
		     line_fn parse, diag_fn fn, void *ctx)
{
	CLEANUP(close_fdp) int fd = -1;
	CLEANUP(fclosep) FILE *f = NULL;
	CLEANUP(freep) char *line = NULL;
	char path[64];
	size_t size = 0;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	fd = root_open_file(root_fd, path, NULL);
	if (fd < 0)
		return fd;
	f = fdopen(fd, "re");
	if (!f)
		return -ENOMEM;
	(void)take_fd(fd);
	for (int i = 0; !err && getline(&line, &size, f) > 0; i++) {
		struct diag_socket s = *form;

		if (i == PROC_NET_LINES_MAX)
			return -E2BIG;
		line[strcspn(line, "\n")] = '\0';
		if (i && parse(line, &s))
			err = fn(ctx, &s);
	}
	return err;
}

/* "0100007F": words in the byte order of the host. */
static bool read_address(const char *hex, int family, uint8_t *ret)
{
	size_t words = family == AF_INET ? 1 : 4;

	if (strlen(hex) != words * 8)
		return false;
	for (size_t i = 0; i < words; i++) {
		char part[9] = "";
		uint32_t word;

		memcpy(part, hex + i * 8, 8);
		word = (uint32_t)strtoul(part, NULL, 16);
		memcpy(ret + i * 4, &word, sizeof(word));
	}
	return true;
}

static bool is_open_to_all(const struct diag_socket *s)
{
	static const uint8_t none[16];

	return !memcmp(s->remote, none, sizeof(none)) && s->local_port;
}

/* IPv4 in the clothes of IPv6. */
static void unmap(struct diag_socket *s)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (s->family != AF_INET6 || memcmp(s->remote, mapped, sizeof(mapped)) != 0)
		return;
	s->family = AF_INET;
	memmove(s->local, s->local + 12, 4);
	memmove(s->remote, s->remote + 12, 4);
	memset(s->local + 4, 0, 12);
	memset(s->remote + 4, 0, 12);
}

/* " 0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0  UID  0 INODE ..." */
static bool parse_inet(char *line, struct diag_socket *s)
{
	char local[33], remote[33];
	unsigned int local_port, remote_port, state;
	unsigned long long ino;

	if (sscanf(line, "%*u: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x %*x:%*x %*x:%*x %*x %*u %*u"
			 " %llu", local, &local_port, remote, &remote_port, &state, &ino) != 6 ||
	    !read_address(local, s->family, s->local) ||
	    !read_address(remote, s->family, s->remote))
		return false;
	s->local_port = (uint16_t)local_port;
	s->remote_port = (uint16_t)remote_port;
	s->ino = ino;
	unmap(s);
	s->is_listening = state == TCP_LISTEN || (state == TCP_CLOSE && is_open_to_all(s));
	if (s->protocol == IPPROTO_RAW)
		s->local_port = s->remote_port = 0;
	return true;
}

int proc_net_inet(int root_fd, int family, int protocol, diag_fn fn, void *ctx)
{
	static const struct {
		int protocol;
		const char *v4, *v6;
	} lists[] = {
		{ IPPROTO_TCP, "tcp", "tcp6" },
		{ IPPROTO_UDP, "udp", "udp6" },
		{ IPPROTO_UDPLITE, "udplite", "udplite6" },
		{ IPPROTO_RAW, "raw", "raw6" },
	};
	struct diag_socket form = { .family = family, .protocol = (uint8_t)protocol };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i].protocol == protocol)
			return each_line(root_fd, family == AF_INET ? lists[i].v4 : lists[i].v6,
					 &form, parse_inet, fn, ctx);
	return -ENOENT;
}

/* "ffff888: 00000002 00000000 00010000 0001 01 1234 /run/x" */
static bool parse_unix(char *line, struct diag_socket *s)
{
	unsigned int flags, type;
	unsigned long long ino;
	int path = 0;

	if (sscanf(line, "%*[^:]: %*x %*x %x %x %*x %llu %n", &flags, &type, &ino, &path) != 3)
		return false;
	s->ino = ino;
	/* __SO_ACCEPTCON */
	s->is_listening = flags & 0x10000 || type == SOCK_DGRAM;
	if (path)
		snprintf(s->path, sizeof(s->path), "%s", line + path);
	return true;
}

int proc_net_unix(int root_fd, diag_fn fn, void *ctx)
{
	const struct diag_socket form = { .family = AF_UNIX };

	return each_line(root_fd, "unix", &form, parse_unix, fn, ctx);
}

/* "ffff888 3 3 0003 2 1 0 0 1234" */
static bool parse_packet(char *line, struct diag_socket *s)
{
	unsigned long long ino;

	if (sscanf(line, "%*x %*u %*u %*x %*u %*u %*u %*u %llu", &ino) != 1)
		return false;
	s->ino = ino;
	return true;
}

int proc_net_packet(int root_fd, diag_fn fn, void *ctx)
{
	const struct diag_socket form = { .family = AF_PACKET, .is_listening = true };

	return each_line(root_fd, "packet", &form, parse_packet, fn, ctx);
}
