// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/subject.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "inventory/names.h"
#include "inventory/root.h"

/* ELF strings of the file, then one each for the module and the process name. */
#define OTHERS_MORE 2

static const char *const kind_names[] = {
	[SUBJECT_PATH] = "path",
	[SUBJECT_PID] = "pid",
	[SUBJECT_ADDRESS] = "address",
	[SUBJECT_NAME] = "name",
};
_Static_assert(ARRAY_SIZE(kind_names) == SUBJECT_MAX, "every kind has a name");

/* What a word without a slash may be in the catalogue. */
static const uint8_t word_kinds[] = {
	IND_DEB, IND_RPM, IND_UNIT, IND_COMM, IND_SONAME, IND_NEEDED, IND_MODULE,
	IND_DOMAIN, IND_USER, IND_INTERFACE, IND_SYSV_INIT, IND_CONTAINER_IMAGE,
	IND_FILE_NAME, IND_INSTALLER,
};

bool subject_is_word(enum indicator_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(word_kinds); i++)
		if (word_kinds[i] == kind)
			return true;
	return false;
}

const char *subject_kind_name(enum subject_kind kind)
{
	return kind_names[kind];
}

void subject_exit(struct subject *s)
{
	presence_exit(&s->presence);
	identity_free(s->identity);
	free(s->others);
	free(s->path);
	free(s->link);
	memset(s, 0, sizeof(*s));
}

static bool parse_protocol(const char *text, uint8_t *ret)
{
	static const struct {
		const char *name;
		uint8_t number;
	} protocols[] = { { "tcp", IPPROTO_TCP },
			  { "udp", IPPROTO_UDP },
			  { "sctp", IPPROTO_SCTP } };

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (!strcmp(text, protocols[i].name)) {
			*ret = protocols[i].number;
			return true;
		}
	return false;
}

static bool parse_port(const char *text, uint16_t *ret)
{
	unsigned long port;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	port = strtoul(text, &end, 10);
	if (*end || !port || port > 65535)
		return false;
	*ret = (uint16_t)port;
	return true;
}

static bool parse_host(const char *text, struct facts *f)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET, text, f->addr) == 1) {
		f->family = AF_INET;
		return true;
	}
	if (inet_pton(AF_INET6, text, f->addr) != 1)
		return false;
	f->family = AF_INET6;
	/* The kernel's records call it AF_INET, too. */
	if (!memcmp(f->addr, mapped, sizeof(mapped))) {
		f->family = AF_INET;
		memmove(f->addr, f->addr + sizeof(mapped), 4);
		memset(f->addr + 4, 0, sizeof(mapped));
	}
	return true;
}

bool subject_parse_address(const char *text, struct facts *ret)
{
	char copy[PREFIX_TEXT_MAX + 16], *host = copy, *port = NULL, *slash;
	struct facts f = { 0 };

	if (strlen(text) >= sizeof(copy))
		return false;
	memcpy(copy, text, strlen(text) + 1);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		if (!parse_protocol(slash + 1, &f.protocol))
			return false;
	}
	if (*copy == '[') {
		char *end = strchr(copy, ']');

		if (!end || (end[1] && end[1] != ':'))
			return false;
		host = copy + 1;
		port = end[1] ? end + 2 : NULL;
		*end = '\0';
	} else if (strchr(copy, ':') && strchr(copy, ':') == strrchr(copy, ':')) {
		port = strchr(copy, ':') + 1;
		port[-1] = '\0';
	}
	if (!parse_host(host, &f) || (port && !parse_port(port, &f.port)))
		return false;
	if (port && !f.protocol)
		f.protocol = IPPROTO_TCP;
	*ret = f;
	return true;
}

bool subject_is_in(const struct indicator *ind, const struct facts *f)
{
	struct prefix net, one = { .family = (uint8_t)f->family,
				   .len = f->family == AF_INET ? 32 : 128 };
	const char *why;

	memcpy(one.addr, f->addr, sizeof(one.addr));
	return ind->kind == IND_CIDR && !prefix_parse(ind->value, &net, &why) &&
	       prefix_covers(&net, &one);
}

/* Without a port, only prefixes listed for all ports would answer: ask for one. */
static void guess_port(const struct catalog *c, struct subject *s)
{
	struct facts *f = &s->facts;
	const struct indicator *with_port = NULL;

	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (!subject_is_in(ind, f))
			continue;
		if (!ind->port_cnt)
			return;
		if (!f->protocol || ind->ports[0].protocol == f->protocol)
			with_port = with_port ? with_port : ind;
	}
	if (!with_port)
		return;
	s->is_port_guessed = true;
	f->port = with_port->ports[0].first;
	f->protocol = with_port->ports[0].protocol;
}

static void keep_error(struct subject *s, int err)
{
	if (err && !s->err)
		s->err = err;
}

static void add_other(struct subject *s, enum indicator_kind kind, const char *value)
{
	s->others[s->facts.other_cnt++] = (struct fact){ kind, value };
}

/* What the bytes say, and what the name does: of x.ko that it is a module. */
static int add_contents(const struct catalog *c, struct subject *s, int fd)
{
	CLEANUP(cell_freep) struct cell *cell = NULL;
	struct expectation *x = NULL;
	const char *base = strrchr(s->path, '/');
	size_t cnt;
	int err;

	err = expectation_new(c, &x);
	if (!err)
		err = expectation_cell(x, &cell);
	if (!err)
		err = identity_of(x, cell, fd, s->path, s->pid, &s->identity);
	expectation_put(x);
	if (err)
		return err;
	keep_error(s, s->identity->err);
	s->facts = s->identity->facts;
	cnt = s->facts.other_cnt;
	s->others = calloc(cnt + OTHERS_MORE, sizeof(*s->others));
	if (!s->others)
		return -ENOMEM;
	if (cnt)
		memcpy(s->others, s->facts.others, cnt * sizeof(*s->others));
	s->facts.others = s->others;
	if (base && names_module_of(base + 1, s->module, sizeof(s->module)))
		add_other(s, IND_MODULE, s->module);
	if (*s->comm)
		add_other(s, IND_COMM, s->comm);
	return 0;
}

static int add_file(const struct catalog *c, struct subject *s, int fd)
{
	if (fstat(fd, &s->st)) {
		keep_error(s, -errno);
		s->facts.path = s->path;
		return 0;
	}
	s->is_here = true;
	s->is_dir = S_ISDIR(s->st.st_mode);
	if (!s->is_dir)
		return add_contents(c, s, fd);
	/* A directory ends in "/" wherever it is asked for. */
	if (strcmp(s->path, "/") != 0) {
		size_t len = strlen(s->path);
		char *longer = realloc(s->path, len + 2);

		if (!longer)
			return -ENOMEM;
		memcpy(longer + len, "/", 2);
		s->path = longer;
	}
	s->facts.path = s->path;
	return 0;
}

/* Absolute, links not followed: nothing may be there. */
static char *absolute(const char *asked)
{
	CLEANUP(freep) char *cwd = NULL;
	char *path;

	if (*asked == '/')
		return strdup(asked);
	cwd = getcwd(NULL, 0);
	while (!strncmp(asked, "./", 2))
		asked += 2;
	if (!cwd || asprintf(&path, "%s/%s", cwd[1] ? cwd : "", asked) < 0)
		return NULL;
	return path;
}

/* The directory @root, NULL for this host's. The descriptor or -errno. */
static int open_root(const char *root)
{
	int fd = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Of another tree as its own links lead; here as the asker sees it. */
static int open_path(int root_fd, const char *root, const char *path)
{
	int fd = root ? root_open(root_fd, path, O_PATH | O_CLOEXEC) :
			open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 && root)
		errno = -fd;
	return fd;
}

static int read_path(const struct catalog *c, const char *root_path, struct subject *s)
{
	CLEANUP(close_fdp) int root = open_root(root_path);
	CLEANUP(close_fdp) int fd = root < 0 ? root : open_path(root, root_path, s->asked);
	CLEANUP(freep) char *named = absolute(s->asked);
	int err;

	s->kind = SUBJECT_PATH;
	if (!named)
		return -ENOMEM;
	if (fd < 0 || root < 0) {
		/* Its place may still say something. */
		keep_error(s, -errno);
		s->path = take_ptr(named);
		s->facts.path = s->path;
		return 0;
	}
	err = root_path_of(root, fd, &s->path);
	if (err)
		return err;
	if (strcmp(s->path, named) != 0)
		s->link = take_ptr(named);
	return add_file(c, s, fd);
}

static void read_comm(struct subject *s)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(freep) char *comm = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/comm", s->pid);
	if (root < 0 || root_text(root, path, 64, &comm))
		return;
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(s->comm, sizeof(s->comm), "%.15s", comm);
}

static int read_pid(const struct catalog *c, struct subject *s)
{
	static const char deleted[] = " (deleted)";
	CLEANUP(close_fdp) int fd = -1;
	char link[32], path[WEIR_PATH_MAX];
	ssize_t len;

	s->kind = SUBJECT_PID;
	read_comm(s);
	snprintf(link, sizeof(link), "/proc/%u/exe", s->pid);
	len = readlink(link, path, sizeof(path) - 1);
	fd = len < 0 ? -1 : open(link, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		/* A kernel thread has a name and no file: nothing is unread. */
		s->is_kernel = errno == ENOENT && *s->comm;
		keep_error(s, s->is_kernel ? 0 : -errno);
		return 0;
	}
	path[len] = '\0';
	/* A file may be called so; one without a name left is deleted. */
	if (!fstat(fd, &s->st) && !s->st.st_nlink && len > (ssize_t)sizeof(deleted) &&
	    !strcmp(path + len - (sizeof(deleted) - 1), deleted)) {
		path[len - (ssize_t)(sizeof(deleted) - 1)] = '\0';
		s->is_deleted = true;
	}
	s->path = strdup(path);
	return s->path ? add_file(c, s, fd) : -ENOMEM;
}

static int read_address(const struct catalog *c, struct subject *s)
{
	s->kind = SUBJECT_ADDRESS;
	if (!s->facts.port)
		guess_port(c, s);
	return 0;
}

static bool is_called(const struct vendor *v, const char *name)
{
	if (v->confusables)
		return false;
	if (!strcasecmp(v->id, name) || (v->name && !strcasecmp(v->name, name)))
		return true;
	for (const char *const *alias = v->aliases; alias && *alias; alias++)
		if (!strcasecmp(*alias, name))
			return true;
	return false;
}

static int find_presence(const struct catalog *c, const char *root_path, struct subject *s)
{
	CLEANUP(close_fdp) int root = open_root(root_path);
	int err = root < 0 ? root : presence_of(c, root, s->asked, &s->presence);

	if (!err && (s->presence.look.unread_cnt || s->presence.look.unread_more))
		keep_error(s, s->presence.look.unread_cnt ? s->presence.look.unread[0].err : -EIO);
	return err;
}

static int read_name(const struct catalog *c, const char *root, struct subject *s)
{
	s->kind = SUBJECT_NAME;
	for (uint32_t i = 0; i < c->vendor_cnt && !s->vendor; i++)
		if (is_called(&c->vendors[i], s->asked))
			s->vendor = &c->vendors[i];
	if (!s->vendor)
		s->product = catalog_product(c, s->asked);
	if (!s->vendor && !s->product)
		s->directive = catalog_directive(c, s->asked);
	if (s->vendor || s->product || s->directive)
		return 0;
	s->others = calloc(ARRAY_SIZE(word_kinds), sizeof(*s->others));
	if (!s->others)
		return -ENOMEM;
	/* A module has one spelling in the catalogue, and two in life. */
	snprintf(s->module, sizeof(s->module), "%s", s->asked);
	for (char *p = s->module; *p; p++)
		*p = *p == '-' ? '_' : *p;
	for (size_t i = 0; i < ARRAY_SIZE(word_kinds); i++)
		add_other(s, word_kinds[i], word_kinds[i] == IND_MODULE ? s->module : s->asked);
	s->facts.others = s->others;
	return find_presence(c, root, s);
}

static bool is_pid(const char *text, uint32_t *ret)
{
	size_t len = strlen(text);

	/* The kernel's limit, PID_MAX_LIMIT, has seven digits. */
	if (!len || len > 7 || strspn(text, "0123456789") != len)
		return false;
	*ret = (uint32_t)strtoul(text, NULL, 10);
	return *ret > 0;
}

/* A path is said by its slash, unless it is the one of VENDOR/PRODUCT. */
static bool is_path(const struct catalog *c, const char *root, const char *text)
{
	if (*text == '/' || !strncmp(text, "./", 2) || !strncmp(text, "../", 3) ||
	    !strcmp(text, ".") || !strcmp(text, ".."))
		return true;
	return strchr(text, '/') && !root && !catalog_product(c, text) && !access(text, F_OK);
}

int subject_read(const struct catalog *c, const char *root, const char *asked,
		 struct subject *ret)
{
	int err;

	*ret = (struct subject){ .asked = asked };
	if (is_path(c, root, asked))
		err = read_path(c, root, ret);
	else if (is_pid(asked, &ret->pid))
		err = root ? -EINVAL : read_pid(c, ret);
	else if (subject_parse_address(asked, &ret->facts))
		err = read_address(c, ret);
	else
		err = read_name(c, root, ret);
	if (err)
		subject_exit(ret);
	return err;
}
