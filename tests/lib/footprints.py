#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What each product of the catalogue would leave on a host, as inert files.

    footprints.py make DIRECTORY            a tree for each product, and expect.json
    footprints.py things                    "PRODUCT TAB PATH-OR-NAME" lines, for weir explain
    footprints.py judge DIRECTORY           TAP, from what is in DIRECTORY then: things, those
                                            lines; explained/N.json, what was said to the Nth;
                                            scanned/PRODUCT.json, scans of the trees

The trees are made from the catalogue's files and from nothing else: paths,
directories with a program in them, units, init scripts, modules, an entry of
dpkg with the files it lists, users, a line of cron, images in Docker's store,
and ELF files that the compiler makes, with the names, texts and build-ids that
are listed. A star stands for some text. None of it does anything.
"""
import collections
import glob
import json
import os
import subprocess
import sys
import zlib

import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RELEASE = "6.1.0-99-amd64"
SUFFICIENT = set("dir path sha256 build-id soname needed elf-string deb rpm unit module cidr domain".split())
BUILD_IDS = 3			# files per product; there may be hundreds
THINGS = 2			# to be explained per product
PLACES = {"path", "dir", "config", "log", "data-dir", "sysv-init", "unix-socket", "device"}
# Kinds that a tree on disk can show.
SHOWN = PLACES - {"unix-socket", "device"} | {"deb", "unit", "module", "soname", "needed", "elf-string",
    "build-id", "file-name", "installer", "user", "container-image"}
FAMILY = dict({k: "place" for k in PLACES}, **{k: "content" for k in
    ("sha256", "build-id", "soname", "needed", "elf-string", "symbol", "ca-certificate")})


def catalogue():
    """Pairs of an id and a product, as the files have them."""
    for path in sorted(glob.glob(os.path.join(ROOT, "catalog", "vendors", "*.yaml"))):
        with open(path, encoding="utf-8") as f:
            vendor = yaml.safe_load(f)
        for p in vendor.get("products") or []:
            yield vendor["vendor"] + "/" + p["product"], p


def is_sufficient(i):
    return i.get("sufficient", i["kind"] in SUFFICIENT)


def values(product, kind):
    return [str(i["value"]) for i in product["indicators"] or [] if i["kind"] == kind]


def star(value, text="7"):
    return value.replace("*", text)


def put(tree, path, text="inert\n", mode=0o644):
    """A file, unless something of that name is there or is in the way."""
    full = tree + path
    try:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.exists(full):
            return
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
    except (FileExistsError, NotADirectoryError):
        return
    os.chmod(full, mode)


def program(tree, path):
    put(tree, path, "#!/bin/sh\n# inert\n", 0o755)


def shared_object(tree, path, soname="", needed="", text="", build_id=""):
    """A real ELF file with these properties."""
    full = tree + path
    os.makedirs(os.path.dirname(full), exist_ok=True)
    source = "__attribute__((used)) static const char text[] = %s;\n" % json.dumps(text or "inert")
    command = ["cc", "-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-o", full, "-Wl,--build-id=" +
        ("0x" + build_id if build_id else "sha1")]
    if soname:
        command.append("-Wl,-soname," + soname)
    if needed:
        stub = os.path.join(os.path.dirname(full), needed)
        subprocess.run(["cc", "-shared", "-fPIC", "-nostdlib", "-x", "c", "/dev/null", "-o", stub,
            "-Wl,-soname," + needed], check=True)
        command[1:1] = ["-Wl,--no-as-needed"]
        command += ["-x", "none", stub]
    subprocess.run(command, input=source.encode(), check=True)
    if needed:
        os.unlink(stub)


def put_base(tree):
    put(tree, "/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    put(tree, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    put(tree, "/etc/group", "root:x:0:\n")
    put(tree, "/etc/crontab", "17 * * * * root run-parts /etc/cron.hourly\n")
    put(tree, "/etc/openfortivpn-not.conf")
    for name in ("sh", "ls", "epmd", "orca"):
        program(tree, "/usr/bin/" + name)
    put(tree, "/usr/lib/systemd/system/cron.service", "[Service]\nExecStart=/usr/sbin/cron -f\n")
    put(tree, "/usr/lib/modules/%s/kernel/net/vmw_vsock/vsock.ko" % RELEASE)
    put(tree, "/var/lib/dpkg/info/bash.list", "/.\n/usr\n/usr/bin\n/usr/bin/sh\n")
    put(tree, "/var/lib/dpkg/status", stanza("bash"))


def stanza(name):
    return ("Package: %s\nStatus: install ok installed\nMaintainer: A Person <a@person.example>\n"
        "Architecture: amd64\nInstalled-Size: 100\nVersion: 1.2.3\nDescription: inert\n\n" % name)


def append(tree, path, text):
    with open(tree + path, "a", encoding="utf-8") as f:
        f.write(text)


def put_places(tree, product):
    for value in values(product, "path"):
        program(tree, star(value))
    for value in values(product, "dir"):
        program(tree, star(value) + "bin/inert")
    for value in values(product, "sysv-init"):
        program(tree, star(value))
    for value in values(product, "data-dir"):
        put(tree, star(value).rstrip("/") + "/inert.dat")
    for kind in ("config", "log"):
        # Some of these are directories; the catalogue does not say which.
        for value in sorted(values(product, kind), key=len, reverse=True):
            put(tree, star(value))
    for value in values(product, "file-name"):
        put(tree, "/srv/application/lib/" + star(value))
    for value in values(product, "installer"):
        put(tree, "/root/downloads/" + star(value))


def put_services(tree, product):
    program_of = (values(product, "path") + ["/usr/bin/sh"])[0]
    for value in values(product, "unit"):
        put(tree, "/usr/lib/systemd/system/" + value,
            "[Unit]\nDescription=inert\n[Service]\nExecStart=%s\n" % star(program_of))
    for value in values(product, "module"):
        put(tree, "/usr/lib/modules/%s/updates/%s.ko" % (RELEASE, star(value)))
    if values(product, "path"):
        put(tree, "/etc/cron.d/inert", "5 4 * * * root %s --inert\n" % star(program_of))
    for value in values(product, "user"):
        append(tree, "/etc/passwd", "%s:x:990:990::/nonexistent:/usr/sbin/nologin\n" % value)
        append(tree, "/etc/group", "%s:x:990:\n" % value)


def put_packages(tree, product):
    for value in values(product, "deb"):
        doc = "/usr/share/doc/%s/copyright" % value
        put(tree, doc)
        append(tree, "/var/lib/dpkg/status", stanza(value))
        listed = [star(v) for v in values(product, "path") if os.path.exists(tree + star(v))][:3]
        put(tree, "/var/lib/dpkg/info/%s.list" % value, "\n".join(["/."] + listed + [doc]) + "\n")
    images = {star(v): {star(v) + ":7.1": "sha256:" + "7" * 64} for v in values(product, "container-image")}
    if images:
        put(tree, "/var/lib/docker/image/overlay2/repositories.json", json.dumps({"Repositories": images}))


def put_elf(tree, product):
    base = "/srv/application/lib/"
    for n, value in enumerate(values(product, "soname")):
        shared_object(tree, base + "renamed-%d.so" % n, soname=value)
    for n, value in enumerate(values(product, "needed")):
        shared_object(tree, base + "needs-%d.so" % n, needed=value)
    for n, value in enumerate(values(product, "elf-string")):
        shared_object(tree, base + "says-%d.so" % n, text=value)
    for n, value in enumerate(values(product, "build-id")[:BUILD_IDS]):
        shared_object(tree, base + "built-%d.so" % n, build_id=value)


def expectation(ident, product):
    """What a scan of the tree must say: found, cleared, weak or nothing."""
    shown = [i for i in product["indicators"] or [] if i["kind"] in SHOWN]
    sufficient = sorted({i["kind"] for i in shown if is_sufficient(i)})
    families = {FAMILY.get(i["kind"], "name") for i in shown}
    if product["class"] == "kernel_mainline_contrib":
        want = "cleared"
    elif sufficient or len(families) > 1:
        want = "found"
    else:
        want = "weak" if shown else "nothing"
    return {"product": ident, "class": product["class"], "want": want, "sufficient": sufficient}


def file_name(ident):
    return ident.replace("/", "_")


def make(where):
    rows = []
    for ident, product in catalogue():
        tree = os.path.join(where, "trees", file_name(ident))
        put_base(tree)
        put_places(tree, product)
        put_services(tree, product)
        put_packages(tree, product)
        put_elf(tree, product)
        rows.append(expectation(ident, product))
    with open(os.path.join(where, "expect.json"), "w", encoding="utf-8") as f:
        json.dump(rows, f, indent=1)
    print("\n".join(file_name(r["product"]) for r in rows))


def destinations():
    """Of each vendor some of where its products connect to; all of it where there is no more."""
    for path in sorted(glob.glob(os.path.join(ROOT, "catalog", "vendors", "*.yaml"))):
        with open(path, encoding="utf-8") as f:
            vendor = yaml.safe_load(f)
        for i in (vendor.get("indicators") or [])[:2]:
            print("%s\t%s" % (vendor["vendor"], str(i["value"]).split("/", maxsplit=1)[0]))


def things():
    """One thing of each kind and product that weir explain can be asked about."""
    destinations()
    kinds = ["path", "deb", "unit", "dir", "module", "rpm", "soname", "container-image", "file-name"]
    for ident, product in catalogue():
        chosen = {}
        for i in product["indicators"] or []:
            if i["kind"] in kinds and is_sufficient(i):
                chosen.setdefault(i["kind"], star(str(i["value"])) + ("bin/inert" if i["kind"] == "dir" else ""))
        # Not always the same kinds, but the same in each run.
        turn = zlib.crc32(ident.encode()) % len(kinds)
        for kind in [k for k in kinds[turn:] + kinds[:turn] if k in chosen][:THINGS]:
            print("%s\t%s" % (ident, chosen[kind]))


def verdict(row, scan):
    """None, or what is wrong."""
    ident = row["product"]
    found = {p["id"]: p for p in scan["products"]}
    others = sorted(set(found) - {ident})
    if others:
        return "found as " + ", ".join(others)
    if row["want"] == "found":
        if ident not in found:
            return "not found"
        if row["sufficient"] and not found[ident]["sufficient"]:
            return "found without anything sufficient"
        return None
    if ident in found:
        return "is a finding"
    kept = (scan["cleared"] or []) + (scan["weak"] or [])
    if row["want"] == "nothing":
        return "something is there" if any(k["product"] == ident for k in kept) else None
    mine = [k for k in kept if k["product"] == ident]
    if not mine:
        return "not even listed"
    if row["want"] == "cleared" and not all(k["cleared_by"] and k["cleared_by"]["class"] == row["class"] for k in mine):
        return "not cleared by its class"
    return None


def kinds_seen(scan, ident):
    return {e["kind"] for p in scan["products"] if p["id"] == ident for t in p["things"] for e in t["evidence"]}


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, wrong, title):
        self.count += 1
        print("%sok %d - %s" % ("not " if wrong else "", self.count, title))
        if wrong:
            self.failed = 1
            print("\n".join("# " + w for w in (wrong if isinstance(wrong, list) else [wrong])[:20]))


def load(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as f:
        return json.load(f)


def judge_things(tap, where):
    """weir explain, asked for one thing after the other."""
    wrong, asked = {}, collections.Counter()
    with open(os.path.join(where, "things"), encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            ident, thing = line.rstrip("\n").split("\t")
            said = load(where, "explained", "%d.json" % n)
            named = {e["product"] for e in said["evidence"] if e["sufficient"] and not e["confusable"]}
            if not named:
                # Destinations that are weak, and words that are the name of a product or vendor.
                named = {said["product"]["id"]} if said["product"] else set()
            asked[ident] += 1
            if named != {ident} and said["vendor"] != ident.split("/")[0]:
                wrong.setdefault(ident, []).append("%s: %s" % (thing, ", ".join(sorted(named)) or "nobody's"))
    for ident in asked:
        tap.ok(wrong.get(ident), "%s is explained by each of %d things" % (ident, asked[ident]))


def judge_trees(tap, where):
    words = {"found": "found in its tree, and nothing else is", "cleared": "cleared in its tree, by its class",
        "weak": "too weak for a finding", "nothing": "without a footprint, and nothing is found"}
    seen, made = set(), set()
    for row in load(where, "expect.json"):
        try:
            scan = load(where, "scanned", file_name(row["product"]) + ".json")
            wrong = verdict(row, scan)
            if not wrong and not scan["complete"]:
                wrong = "incomplete: %s" % scan["unread"][:3]
            seen |= kinds_seen(scan, row["product"])
            made |= set(row["sufficient"]) if row["want"] == "found" else set()
        except (OSError, ValueError) as e:
            wrong = str(e)
        tap.ok(wrong, "%s is %s" % (row["product"], words[row["want"]]))
    tap.ok(", ".join(sorted(made - seen)), "every sufficient kind that lay in a tree was recognised in one")


def judge(where):
    tap = Tap()
    judge_things(tap, where)
    judge_trees(tap, where)
    print("1..%d" % tap.count)
    return tap.failed


def main():
    words = sys.argv[1:]
    if words[:1] == ["make"] and len(words) == 2:
        return make(words[1])
    if words[:1] == ["things"] and len(words) == 1:
        return things()
    if words[:1] == ["judge"] and len(words) == 2:
        return judge(words[1])
    print(__doc__.split("\n\n")[1], file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
