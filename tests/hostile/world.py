# SPDX-License-Identifier: GPL-2.0-only
"""What a host must not lose, by this test's own account of it: never asked of the agent.

A world is a directory that is, or will be, the root of a host.
"""
import glob
import hashlib
import ipaddress
import os
import struct

VITAL = """/sbin/init /usr/lib/systemd/systemd /usr/lib/systemd/systemd-logind /bin/sh /bin/bash
    /bin/dash /bin/busybox /sbin/agetty /bin/login /sbin/unix_chkpwd /usr/sbin/sshd
    /usr/lib/openssh/sftp-server /bin/su /usr/bin/sudo /usr/bin/dpkg /usr/bin/dpkg-deb
    /usr/bin/dpkg-query /usr/bin/apt /usr/bin/apt-get /usr/lib/apt/methods/http /bin/tar
    /usr/bin/systemctl /bin/mount /sbin/modprobe /bin/kmod /bin/cat /bin/ls /sbin/ip
    /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 /usr/lib/*/libc.so.6
    /usr/lib/*/libpam.so.0 /usr/lib/*/security/pam_unix.so /usr/lib/*/libtinfo.so.6
    /usr/lib/*/libselinux.so.1 /usr/lib/*/libcrypt.so.1 /usr/lib/*/libapt-pkg.so.6.0
    /lib/*/libc.so.6 /lib/*/libpam.so.0 /lib/*/security/pam_unix.so /lib/*/libtinfo.so.6
    /usr/bin/login /usr/bin/su /usr/bin/bash /usr/sbin/agetty /usr/sbin/unix_chkpwd
    /usr/sbin/modprobe /usr/bin/kmod /usr/bin/mount /usr/bin/sed /bin/grep /usr/bin/gpgv
    /usr/bin/perl /usr/lib/*/perl-base/auto/*/*.so /usr/sbin/start-stop-daemon
    /usr/share/debconf/frontend /usr/bin/deb-systemd-helper /bin/mkdir /bin/chmod
    /usr/sbin/weir""".split()

# Of them those that a rule could take for a place's: all but what has no name of its own.
MODULES = ["ext4", "virtio_net", "virtio_blk", "virtio_pci", "overlay", "xfs", "btrfs", "nvme",
           "ahci", "sd_mod", "e1000e", "vmxnet3", "loop", "dm_mod", "br_netfilter", "sctp"]


def build_id(path):
    """Of the .note.gnu.build-id of a 64-bit ELF file; None: it has none."""
    with open(path, "rb") as f:
        data = f.read(1 << 20)
    if data[:5] != b"\x7fELF\x02":
        return None
    offset, size, count = struct.unpack_from("<Q", data, 32) + struct.unpack_from("<HH", data, 54)
    for i in range(count):
        at = offset + i * size
        if at + 56 > len(data) or struct.unpack_from("<I", data, at)[0] != 4:
            continue
        at, end = (lambda o, n: (o, o + n))(*struct.unpack_from("<Q16xQ", data, at + 8))
        while at + 12 <= min(end, len(data)):
            name, desc, kind = struct.unpack_from("<III", data, at)
            body = at + 12 + (name + 3) // 4 * 4
            if kind == 3 and data[at + 12:at + 15] == b"GNU":
                return data[body:body + desc].hex()
            at = body + (desc + 3) // 4 * 4
    return None


class File:
    def __init__(self, path, real):
        st = os.stat(real)
        self.path, self.real = path, real
        self.id, self.size = (st.st_dev, st.st_ino), st.st_size
        with open(real, "rb") as f:
            self.sha256 = hashlib.sha256(f.read()).hexdigest()
        self.build_id = build_id(real)


class World:
    def __init__(self, root="/", modules=None, addresses=None):
        self.root = root.rstrip("/")
        self.vital = []
        seen = set()
        for pattern in VITAL:
            for at in sorted(glob.glob(self.root + pattern)):
                if os.path.isfile(at) and not self.leaves(at) and self.id_of(at) not in seen:
                    seen.add(self.id_of(at))
                    self.vital.append(File(at[len(self.root):], os.path.realpath(at)))
        # Below a directory that may be named.
        self.deep = [f for f in self.vital
                     if f.real[len(self.root):].count("/") > 4] or self.vital
        self.ids = {f.id for f in self.vital}
        self.sums = {(f.sha256, f.size) for f in self.vital}
        self.build_ids = {f.build_id for f in self.vital if f.build_id}
        self.modules = self.loaded() if modules is None else modules
        # (address, the ports of UDP and TCP that must stay open)
        self.addresses = self.reached() if addresses is None else addresses
        self.places = set()
        for f in self.vital:
            at = os.path.dirname(f.real)
            while at not in ("/", self.root):
                self.places.add(self.id_of(at))
                at = os.path.dirname(at)

    def leaves(self, at):
        """A link of an unpacked root that means a file of this host."""
        return self.root and not os.path.realpath(at).startswith(self.root + "/")

    @staticmethod
    def id_of(path):
        st = os.stat(path)
        return st.st_dev, st.st_ino

    @staticmethod
    def loaded():
        try:
            with open("/proc/modules", encoding="ascii") as f:
                return [line.split()[0] for line in f
                        if not any(c in line.split(" ")[-1] for c in "OP")]
        except OSError:
            return []

    @staticmethod
    def reached():
        found = []
        try:
            with open("/proc/1/net/route", encoding="ascii") as f:
                for line in list(f)[1:]:
                    word = line.split()
                    if word[1] == word[7] == "00000000" != word[2]:
                        at = ipaddress.ip_address(bytes.fromhex(word[2])[::-1])
                        found.append((at, [53, 67]))
            with open("/etc/resolv.conf", encoding="utf-8") as f:
                for line in f:
                    word = line.split()
                    if len(word) > 1 and word[0] == "nameserver" and "%" not in word[1]:
                        at = ipaddress.ip_address(word[1])
                        if not (at.is_loopback or at.is_link_local):
                            found.append((at, [53]))
        except OSError:
            pass
        return found

    # --- what an indicator that stops means of it ---

    def matches(self, pattern):
        """What a star of glob's does not take, a leading dot, no vital file has."""
        return glob.glob(self.root + pattern) if pattern.startswith("/") else []

    def is_hit(self, ind):
        kind, value = ind["kind"], ind["value"]
        if kind == "path":
            return any(os.path.isfile(at) and not os.path.islink(at) and not self.leaves(at) and
                       self.id_of(at) in self.ids for at in self.matches(value))
        if kind == "dir":
            return any(os.path.isdir(at) and not self.leaves(at) and
                       self.id_of(at) in self.places for at in self.matches(value))
        if kind == "sha256":
            return (value.lower(), ind.get("size")) in self.sums
        if kind == "build-id":
            return value.lower() in self.build_ids
        if kind == "module":
            return value.replace("-", "_") in self.modules
        if kind == "cidr":
            try:
                net = ipaddress.ip_network(value)
            except ValueError:
                return False
            return any(at.version == net.version and at in net and
                       (not ind.get("ports") or any(f"udp/{p}" in ind["ports"] for p in ports))
                       for at, ports in self.addresses)
        return False
