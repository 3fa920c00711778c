// SPDX-License-Identifier: GPL-2.0-only
/* Where container engines, machines and homes keep the roots of other systems. */
#include <stdbool.h>

#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "inventory/homes.h"
#include "inventory/layers.h"
#include "inventory/stores.h"

#define ID "3f9c0a1b2c3d4e5f60718293a4b5c6d7e8f900112233445566778899aabbccdd"
#define CONTAINER "c0ffee001122334455667788990011223344556677889900aabbccddeeff0011"

static const char *label_of(const struct layers *l, const char *path)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (!strcmp(l->list[i].path, path))
			return l->list[i].label;
	return NULL;
}

static const struct {
	const char *path, *label; /* NULL: no layer */
} cases[] = {
	{ "/var/lib/docker/overlay2/" ID "/diff", "docker container c0ffee001122" },
	{ "/var/lib/docker/overlay2/" ID "-init/diff", "docker container c0ffee001122" },
	{ "/var/lib/docker/overlay2/abc/diff", "docker layer abc" },
	{ "/var/lib/docker/overlay2/l/diff", NULL }, /* the folder of short links */
	{ "/var/lib/docker/100000.100000/overlay2/remapped/diff", "docker layer remapped" },
	{ "/var/lib/docker/containerd/daemon/io.containerd.snapshotter.v1.overlayfs/"
	  "snapshots/7/fs", "containerd snapshot 7" },
	{ "/srv/elsewhere/overlay2/d1/diff", "docker layer d1" },
	{ "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/42/fs",
	  "containerd snapshot 42" },
	{ "/var/lib/rancher/k3s/agent/containerd/io.containerd.snapshotter.v1.overlayfs/"
	  "snapshots/1/fs", "containerd snapshot 1" },
	{ "/data/ctrd/io.containerd.snapshotter.v1.native/snapshots/3", "containerd snapshot 3" },
	{ "/var/lib/containers/storage/overlay/" ID "/diff", "podman layer 3f9c0a1b2c3d" },
	{ "/home/ann/.local/share/containers/storage/overlay/x/diff", "podman layer x" },
	{ "/srv/people/bob/.local/share/docker/overlay2/y/diff", "docker layer y" },
	{ "/var/lib/lxc/web\n1/rootfs", "lxc web?1" },
	{ "/var/snap/lxd/common/lxd/storage-pools/default/containers/db/rootfs", "lxd db" },
	{ "/var/lib/machines/bookworm", "machine bookworm" },
	{ "/var/lib/machines/image.raw", NULL }, /* a file */
	{ "/var/lib/machines/host", NULL },	 /* a link to / */
	{ "/var/lib/kubelet/pods/p/volumes/kubernetes.io~empty-dir/scratch", NULL },
};

static void plant(const struct tree *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cases[i].label)
			tree_dir(t, cases[i].path);
	tree_dir(t, "/var/lib/docker/overlay2/l");
	tree_text(t, "/var/lib/docker/image/overlay2/layerdb/mounts/" CONTAINER "/mount-id", ID);
	tree_text(t, "/etc/docker/daemon.json",
		  "{\n  \"log-opts\": {\"x-data-root\": \"/wrong\"},\n"
		  "  \"data-root\": \"/srv/elsewhere/\"\n}\n");
	tree_text(t, "/etc/containerd/config.toml",
		  "#root = \"/commented\"\nstate = \"/run/c\"\nroot = \"/data/ctrd\"\n");
	tree_text(t, "/etc/passwd",
		  "root:x:0:0:root:/root:/bin/bash\n"
		  "daemon:x:1:1::/:/usr/sbin/nologin\n"
		  "bob:x:1001:1001::/srv/people/bob/:/bin/sh\n"
		  "bob2:x:1002:1002::/srv/people/bob:/bin/sh\n"
		  "broken\nnohome:x:1:1\nrel:x:1:1::rel:/bin/sh\n");
	tree_text(t, "/var/lib/machines/image.raw", "x");
	tree_link(t, "/", "/var/lib/machines/host");
	tree_dir(t, "/var/lib/kubelet/pods/p/volumes/kubernetes.io~empty-dir/scratch");
}

static void test_homes(const struct tree *t)
{
	struct homes h;
	uint32_t bobs = 0, roots = 0, anns = 0;

	ok(!homes_read(t->fd, &h), "homes are read");
	for (uint32_t i = 0; i < h.cnt; i++) {
		bobs += !strcmp(h.list[i].path, "/srv/people/bob") && h.list[i].uid == 1001;
		roots += !strcmp(h.list[i].path, "/root") && !h.list[i].uid;
		anns += !strcmp(h.list[i].path, "/home/ann") &&
			h.list[i].uid == HOME_UID_UNKNOWN;
	}
	ok(h.cnt == 3 && bobs == 1 && roots == 1 && anns == 1,
	   "each home once, the one without an account too, and / is none");
	homes_free(&h);
}

static void test_layers(const struct tree *t)
{
	struct layers l;
	uint32_t want = 0;

	ok(!layers_find(t->fd, &l), "layers are found");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *label = label_of(&l, cases[i].path);

		want += cases[i].label != NULL;
		ok(cases[i].label ? label && !strcmp(label, cases[i].label) : !label,
		   "case %zu is %s", i, cases[i].label ? "a layer with its label" : "no layer");
	}
	ok(l.cnt == want && !l.is_cut, "and nothing else is one");
	ok(layers_hold(&l, "/var/lib/machines/bookworm/usr/bin/x") &&
		   layers_hold(&l, "/var/lib/machines/bookworm") &&
		   !layers_hold(&l, "/var/lib/machines/bookworm2/usr/bin/x") &&
		   !layers_hold(&l, "/usr/bin/x") && !layers_hold(&l, "/"),
	   "a path lies in a layer or in none");
	layers_free(&l);
}

static void test_empty(void)
{
	struct tree t;
	struct layers l;

	tree_init(&t);
	ok(!layers_find(t.fd, &l) && !l.cnt && !layers_hold(&l, "/x"),
	   "an empty tree has no layers");
	layers_free(&l);
	/* As many as nobody has: the search ends and says so. */
	for (unsigned int i = 0; i < LAYERS_MAX + 1; i++) {
		char path[96];

		snprintf(path, sizeof(path), "/var/lib/machines/%u", i);
		tree_dir(&t, path);
	}
	ok(!layers_find(t.fd, &l) && l.cnt == LAYERS_MAX && l.is_cut,
	   "a host with too many is read in part, and it is told");
	layers_free(&l);
	tree_exit(&t);
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	plant(&t);
	test_homes(&t);
	test_layers(&t);
	test_empty();
	tree_exit(&t);
	return tap_done();
}
