// SPDX-License-Identifier: GPL-2.0-only
/*
 * What looks like a listed product and is not, against the catalogue that is
 * shipped: no finding, and where there is a suspicion the right entry of the
 * confusables clears it. The rows are what was measured to go wrong elsewhere:
 * vendors' names inside Mesa, QEMU, Wireshark and libopenconnect, daemons that
 * share a name, prefixes that are nobody's.
 */
#include <netinet/in.h>

#include "match/finding.h"
#include "shipped.h"
#include "tap.h"

/* Of one row; a name may stand for a process and its unit. */
struct sight {
	const char *title;
	const char *path, *soname, *needed;
	struct fact others[4];
	const char *clears; /* id of the confusable that must be met; NULL: none is */
};

static const struct sight sights[] = {
	/* vendors' names in free software (measured) */
	{ .title = "Mesa's driver for Radeon",
	  .path = "/usr/lib/x86_64-linux-gnu/dri/radeonsi_dri.so",
	  .others = { { IND_ELF_STRING, "VMware, Inc." } },
	  .clears = "graphics-drivers/mesa-gallium-drivers" },
	{ .title = "Mesa's driver for Intel", .path = "/usr/lib/x86_64-linux-gnu/dri/iris_dri.so",
	  .others = { { IND_ELF_STRING, "VMware, Inc." }, { IND_DEB, "libgl1-mesa-dri" } },
	  .clears = "graphics-drivers/mesa-gallium-drivers" },
	{ .title = "the X driver for VMware's card", .soname = "vmware_drv.so",
	  .path = "/usr/lib/xorg/modules/drivers/vmware_drv.so",
	  .others = { { IND_DEB, "xserver-xorg-video-vmware" } },
	  .clears = "graphics-drivers/xserver-xorg-video-vmware" },
	{ .title = "libopenconnect, which names two vendors", .soname = "libopenconnect.so.5",
	  .path = "/usr/lib/x86_64-linux-gnu/libopenconnect.so.5.8.0",
	  .others = { { IND_ELF_STRING, "Palo Alto Networks GlobalProtect" },
		      { IND_ELF_STRING, "Fortinet SSL VPN" } },
	  .clears = "vpn-clients/openconnect-libopenconnect" },
	{ .title = "openconnect", .path = "/usr/sbin/openconnect", .needed = "libopenconnect.so.5",
	  .others = { { IND_COMM, "openconnect" }, { IND_PORT, "tcp/443" } },
	  .clears = "vpn-clients/openconnect-libopenconnect" },
	{ .title = "Wireshark's dissectors", .soname = "libwireshark.so.16",
	  .path = "/usr/lib/x86_64-linux-gnu/libwireshark.so.16.0.8",
	  .others = { { IND_ELF_STRING, "VMware, Inc." }, { IND_ELF_STRING, "Palo Alto User-Id" } },
	  .clears = "parsers/wireshark-dissectors" },
	{ .title = "QEMU", .path = "/usr/bin/qemu-system-x86_64",
	  .others = { { IND_ELF_STRING, "VMWare SVGA" }, { IND_DEB, "qemu-system-x86" } },
	  .clears = "parsers/qemu-device-emulation" },
	{ .title = "libvmdk", .path = "/usr/lib/x86_64-linux-gnu/libvmdk.so.1.0.0",
	  .soname = "libvmdk.so.1", .others = { { IND_DEB, "libvmdk1" } },
	  .clears = "parsers/libvmdk-qemu-img-virt-v2v-libguestfs" },
	/* free clients of vendors' gateways */
	{ .title = "openfortivpn", .path = "/usr/bin/openfortivpn",
	  .others = { { IND_DEB, "openfortivpn" }, { IND_COMM, "openfortivpn" },
		      { IND_PORT, "tcp/10443" } },
	  .clears = "vpn-clients/openfortivpn" },
	{ .title = "NetworkManager's fortisslvpn", .soname = "nm-fortisslvpn-pppd-plugin.so",
	  .path = "/usr/lib/pppd/2.4.9/nm-fortisslvpn-pppd-plugin.so",
	  .others = { { IND_DEB, "network-manager-fortisslvpn" } },
	  .clears = "vpn-clients/networkmanager-fortisslvpn" },
	{ .title = "the free GlobalProtect client", .others = { { IND_DEB, "globalprotect-openconnect" },
	  { IND_COMM, "gpclient" } }, .clears = "vpn-clients/globalprotect-openconnect-yuezk" },
	{ .title = "snx-rs", .path = "/usr/bin/snx-rs", .others = { { IND_COMM, "snx-rs" } } },
	/* daemons that share a name */
	{ .title = "Erlang's epmd", .path = "/usr/bin/epmd",
	  .others = { { IND_COMM, "epmd" }, { IND_UNIT, "epmd.service" }, { IND_LISTEN, "tcp/4369" } },
	  .clears = "name-collisions/erlang-port-mapper" },
	{ .title = "an epmd of its own Erlang", .path = "/opt/erlang/erts-13.1/bin/epmd",
	  .others = { { IND_COMM, "epmd" }, { IND_UNIT, "epmd.service" } } },
	{ .title = "GNOME's orca", .path = "/usr/bin/orca", .others = { { IND_DEB, "orca" },
	  { IND_COMM, "orca" } }, .clears = "name-collisions/orca-screen-reader" },
	{ .title = "the PMD that reads Java", .path = "/opt/pmd/bin/pmd",
	  .others = { { IND_COMM, "pmd" }, { IND_PORT, "tcp/443" } } },
	{ .title = "PikaOS's falcond", .path = "/usr/bin/falcond",
	  .others = { { IND_COMM, "falcond" }, { IND_UNIT, "falcond.service" } } },
	{ .title = "falco", .path = "/usr/bin/falco", .others = { { IND_COMM, "falco" },
	  { IND_UNIT, "falco-modern-bpf.service" } },
	  .clears = "name-collisions/falco-runtime-security" },
	{ .title = "falcon, for web pages", .others = { { IND_DEB, "python3-falcon" } },
	  .clears = "name-collisions/falcon-python-web-framework" },
	{ .title = "redis-sentinel", .path = "/usr/bin/redis-sentinel",
	  .others = { { IND_DEB, "redis-sentinel" }, { IND_UNIT, "redis-sentinel.service" } },
	  .clears = "name-collisions/redis-sentinel-sentinelsat-python-sentinels" },
	{ .title = "Cortex, for metrics", .path = "/usr/bin/cortex",
	  .others = { { IND_COMM, "cortex" }, { IND_UNIT, "cortex.service" } },
	  .clears = "name-collisions/cortex-prometheus-storage-thehive-cortex" },
	{ .title = "HostGuard Pro", .path = "/usr/local/hostguard/bin/hostguard.pl",
	  .others = { { IND_COMM, "hostguardd" } } },
	{ .title = "HostGuard Pro's daemon", .path = "/usr/sbin/hostguardd",
	  .others = { { IND_COMM, "hostguardd" } }, .clears = "name-collisions/hostguard-pro" },
	{ .title = "PostgreSQL's checkpointer", .path = "/usr/lib/postgresql/15/bin/postgres",
	  .others = { { IND_COMM, "postgres" }, { IND_ARGV, "postgres: checkpointer" } } },
	{ .title = "an IKE daemon on a usual port", .path = "/usr/sbin/iked",
	  .others = { { IND_COMM, "iked" }, { IND_PORT, "tcp/10443" } } },
	{ .title = "somebody's updater", .path = "/usr/local/bin/update",
	  .others = { { IND_COMM, "update" }, { IND_PORT, "tcp/443" }, { IND_LISTEN, "tcp/443" } } },
	{ .title = "the server of 1C", .path = "/opt/1cv8/x86_64/8.3.24/ragent",
	  .others = { { IND_COMM, "ragent" }, { IND_LISTEN, "tcp/1540" }, { IND_PORT, "tcp/443" } } },
	/* drivers of the kernel */
	{ .title = "vmxnet3",
	  .path = "/usr/lib/modules/6.1.0-56-amd64/kernel/drivers/net/vmxnet3/vmxnet3.ko",
	  .others = { { IND_MODULE, "vmxnet3" } },
	  .clears = "kernel-drivers/kernel-vmxnet3-vmw-pvscsi-vmw-balloon-vmw-vmci-vmw-vsock-vmci-tr" },
	{ .title = "vsock of KVM", .others = { { IND_MODULE, "vmw_vsock_virtio_transport" } },
	  .clears = "kernel-drivers/kernel-vmw-vsock-virtio-transport-vmw-vsock-virtio-transport-com" },
	{ .title = "Intel's vmd", .others = { { IND_MODULE, "vmd" } },
	  .clears = "kernel-drivers/kernel-vmd-vmac-vmk80xx-vmlfb" },
	{ .title = "Broadcom's tg3", .others = { { IND_MODULE, "tg3" } },
	  .clears = "kernel-drivers/kernel-tg3-bnxt-en-brcmfmac-megaraid-sas-mpt3sas-lpfc" },
	{ .title = "Huawei's hinic", .others = { { IND_MODULE, "hinic" } },
	  .clears = "kernel-drivers/kernel-hinic-hinic3-hns3" },
	{ .title = "hinic for DKMS", .others = { { IND_DEB, "hinic-dkms" } },
	  .clears = "kernel-drivers/kernel-hinic-hinic3-hns3" },
	/* clients of vendors' interfaces */
	{ .title = "oslo.vmware", .others = { { IND_DEB, "python3-oslo.vmware" } },
	  .clears = "api-clients/govc-terraform-provider-vsphere-pyvmomi-oslo-vmware-rbvmomi" },
	{ .title = "vmware-manager", .others = { { IND_DEB, "vmware-manager" } },
	  .clears = "api-clients/vmware-manager" },
	{ .title = "tanidvr", .path = "/usr/bin/tanidvr", .others = { { IND_DEB, "tanidvr" },
	  { IND_PORT, "tcp/37777" } }, .clears = "api-clients/tanidvr-python3-hikvision" },
	{ .title = "python3-hikvision", .path = "/usr/lib/python3/dist-packages/hikvision/api.py",
	  .clears = "api-clients/tanidvr-python3-hikvision" },
	{ .title = "python3-pyfg", .others = { { IND_DEB, "python3-pyfg" } },
	  .clears = "api-clients/python3-pyfg-ansible-terraform-modules-for-fortios-pan-os-check" },
	/* names and addresses that many share */
	{ .title = "HashiCorp's checkpoint", .others = { { IND_DOMAIN, "checkpoint-api.hashicorp.com" } },
	  .clears = "name-collisions/go-criu-checkpoint-restore-hashicorp-go-checkpoint" },
	{ .title = "somebody's bucket", .others = { { IND_DOMAIN, "plant-a.storage.googleapis.com" } } },
	{ .title = "another bucket", .others = { { IND_DOMAIN, "s3.eu-central-1.amazonaws.com" } } },
	{ .title = "a registry of Azure's", .others = { { IND_DOMAIN, "plant.azurecr.io" } } },
	{ .title = "Cloudflare's DNS", .others = { { IND_DOMAIN, "mozilla.cloudflare-dns.com" } } },
	{ .title = "a shop behind Imperva", .others = { { IND_DOMAIN, "x7kq.impervadns.net" },
	  { IND_ASN, "AS19551" } } },
	{ .title = "a guest of Huawei's cloud", .others = { { IND_DOMAIN, "obs.myhuaweicloud.com" } } },
	/* beginnings and ends of names are nobody's */
	{ .title = "fortune", .path = "/usr/games/fortune", .others = { { IND_DEB, "fortune-mod" } } },
	{ .title = "a longer directory", .path = "/opt/forticlient2/fctsched" },
	{ .title = "a listed place in a home", .path = "/home/u/opt/CrowdStrike/falcond" },
	{ .title = "an unlisted vmware-something", .path = "/usr/bin/vmware-something",
	  .others = { { IND_DEB, "vmware-something" }, { IND_MODULE, "vmware_x" } } },
	{ .title = "a longer module", .others = { { IND_MODULE, "falcon_nf2" } } },
	{ .title = "a longer domain", .others = { { IND_DOMAIN, "notfortinet.com" } } },
	{ .title = "a domain that only begins so", .others = { { IND_DOMAIN, "fortinet.com.example" } } },
	{ .title = "an image of the same last name",
	  .others = { { IND_CONTAINER_IMAGE, "plant/defender:3" } } },
	{ .title = "a camera library's name in a directory", .path = "/srv/libhcnetsdk.so/readme" },
	{ .title = "the shell", .path = "/bin/sh", .others = { { IND_COMM, "sh" } } },
};

static struct facts facts_of(const struct sight *s)
{
	struct facts f = { .path = s->path, .soname = s->soname, .others = s->others };

	while (f.other_cnt < ARRAY_SIZE(s->others) && s->others[f.other_cnt].value)
		f.other_cnt++;
	if (s->needed) {
		f.needed = &s->needed;
		f.needed_cnt = 1;
	}
	return f;
}

static bool is_met(const struct catalog *c, const struct match *m, const char *id)
{
	for (uint32_t i = 0; i < m->product_cnt; i++)
		if (!strcmp(c->products[m->products[i].product].id, id))
			return true;
	return false;
}

/* Every accusation that would be enough is cleared by @id, and none is left. */
static bool is_cleared(const struct catalog *c, const struct match *m, const char *id)
{
	for (uint32_t i = 0; i < m->product_cnt; i++) {
		const struct evidence *e = &m->products[i];

		if (e->is_finding || e->may_enforce)
			return false;
		if (e->cleared_by != MATCH_NONE &&
		    (!id || strcmp(c->products[e->cleared_by].id, id) != 0))
			return false;
	}
	return true;
}

static void test_sights(const struct catalog *c, const struct match_index *x)
{
	struct match m = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sights); i++) {
		const struct sight *s = &sights[i];
		struct facts f = facts_of(s);

		ok(!match_facts(x, &f, &m) && is_cleared(c, &m, s->clears) &&
		   (!s->clears || is_met(c, &m, s->clears)), "%s is no finding%s", s->title,
		   s->clears ? ", and the catalogue says why" : "");
	}
	match_free(&m);
}

/* All of them on one host are no finding either: weak ones do not add up. */
static void test_together(const struct match_index *x)
{
	CLEANUP(findings_freep) struct findings *f = NULL;
	int err = findings_new(x, &f);

	for (size_t i = 0; !err && i < ARRAY_SIZE(sights); i++) {
		struct facts facts = facts_of(&sights[i]);
		struct trace t = { .kind = sights[i].path ? TRACE_FILE : TRACE_PACKAGE,
				   .where = sights[i].path ? sights[i].path : sights[i].title,
				   .facts = &facts };

		err = findings_add(f, &t);
	}
	if (!err)
		err = findings_conclude(f);
	for (uint32_t i = 0; !err && i < f->cnt; i++)
		printf("# %s is a finding\n", match_catalog(x)->products[f->items[i].product].id);
	ok(!err && !f->cnt, "all of them on one host together are no finding");
}

int main(void)
{
	CLEANUP(match_index_freep) struct match_index *x = NULL;
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct shipped s;

	if (ok(shipped_read(&s), "the catalogue is there"))
		c = shipped_catalog(&s, 0, NULL);
	if (ok(c && !match_index_new(c, &x), "and is taken")) {
		test_sights(c, x);
		test_together(x);
	}
	shipped_exit(&s);
	return tap_done();
}
