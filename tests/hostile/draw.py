# SPDX-License-Identifier: GPL-2.0-only
"""Draws policies and catalogues that mean a host harm.

Each is a Case: what to write, and whether it must be refused: because the manual says
so of its form, or because it would stop what the world must not lose. Of all others
either answer is fine, as long as they do no harm.
"""
import json
import os
import random

from world import MODULES

ENFORCED = ["vendor_product", "oem_embedded"]
SONAMES = ["libc.so.6", "libpam.so.0", "ld-linux-x86-64.so.2", "libcrypto.so.3", "libz.so.1"]
PACKAGES = ["libc6", "bash", "openssh-server", "dpkg", "apt", "systemd", "login", "coreutils"]
UNITS = ["ssh.service", "getty@.service", "systemd-logind.service", "dbus.socket", "-.mount",
         "multi-user.target", "init.scope", "user@0.service"]
DOMAINS = ["*", "*.com", "com", "localhost", ".", "a..b", "-a.test", "1.2.3.4", "archive.test",
           "xn--.test", "a" * 64 + ".test", "gateway.test", "*.in-addr.arpa", "ntp.org."]
DOMAINS_FINE = ["archive.test", "gateway.test", "security.archive.test", "in-addr.arpa"]
NETS = ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "127.0.0.0/8", "127.0.0.1/32", "::1/128",
        "::/1", "10.0.0.0/7", "fe80::/10", "224.0.0.0/4", "::ffff:0:0/96", "::ffff:10.0.0.1/128",
        "255.255.255.255/32", "10.0.0.1/24", "2000::/3", "1.2.3.4", "010.0.0.0/8", "0x0a000000/8",
        "10.0.0.0/33", "10.0.0.0/-1"]
PLACES = ["/", "/usr/", "/usr/bin/", "/lib/", "/etc/", "/etc/init.d/", "/opt/", "/var/",
          "/var/lib/dpkg/", "/var/lib/dpkg/info/", "/*/", "/*/bin/", "/usr/*/", "/u*r/bin/",
          "/proc/", "/proc/1/", "/sys/", "/dev/", "/run/", "//", "/usr//bin/", "/usr/./bin/",
          "/usr/../bin/", "/usr/bin/../bin/", "usr/bin/", "", "/**/", "/usr/b?n/", "/home/",
          "/tmp/", "/root/", "/usr/lib/systemd/", "/lib/modules/", "/a/*/*/*/*/*/"]
NAMES = ["bash", "sshd", "login", "b*", "ba*h", "*sh", "*", "init", "ld*", "lib*.so*", "[b]ash"]

# Refused whatever else is in the file; what stands there replaces a line of the policy.
LINES = ["serial: 0", "serial: -1", "serial: 1.5", "serial: 9007199254740992", "serial: 0x10",
         "serial: 1\nserial: 2", "enforce: yes", "enforce: TRUE", "enforce: \"true\"", "enforce: 1",
         "enforce: &a true", "zone: Mars/Olympus", "zone: ../../etc/passwd", "policy: \"a\\0b\"",
         "policy: ../x", "policy: A", "lapse: 0d", "lapse: -1d", "lapse: 99999999999999999999d",
         "rules: {}", "rules: null", "guard: []", "guard: false", "!!python/object:os.system x: y",
         "? [a]\n: b", "<<: {enforce: true}", "include: /etc/passwd", "\ttab: 1",
         "require: {exec: allow}", "require: {connect: kill}", "record: all", "x\u202ey: 1",
         "\u0435nforce: true", "directives: [../../x]", "%YAML 9.9", "policy: " + "a" * 65,
         "...\n---\npolicy: second"]
PHASES = [
    [{"mode": "block", "from": "0001-01-01"}], [{"mode": "block", "from": "9999-12-31"}],
    [{"mode": "block", "from": "1999-12-31"}], [{"mode": "block", "from": "2026-02-30"}],
    [{"mode": "block", "from": "2026-01-01"}, {"mode": "offline", "from": "2026-02-01"}],
    [{"mode": "freeze", "from": "2026-03-01"}, {"mode": "block", "from": "2026-01-01"}],
    [{"mode": "freeze", "from": "2026-03-01"}, {"mode": "block", "from": "2026-03-01"}],
    [{"mode": "block", "only-during": "Mon 08:00-08:00"}], [], [{"from": "2026-01-01"}],
    [{"mode": "kill"}], [{"mode": "block", "switch-in": "25:00-26:00"}],
    [{"mode": "block", "from": "2026-01-01", "rollout": "0%"}],
    [{"mode": "block", "from": "2026-01-01", "rollout": "101%"}],
]


class Case:
    def __init__(self):
        self.vendor, self.policy, self.bad = "", "", []
        self.harm = []  # indicators that would stop what the world must not lose

    @property
    def must_be_refused(self):
        return bool(self.bad or self.harm)

    def write(self, at):
        for path, text in (("catalog/vendors/evil.yaml", self.vendor), ("policy.yaml", self.policy)):
            os.makedirs(os.path.dirname(f"{at}/{path}"), exist_ok=True)
            with open(f"{at}/{path}", "wb") as f:
                f.write(text if isinstance(text, bytes) else text.encode())


def alias(r, path):
    """The same file by another of its names."""
    for long, short in (("/usr/bin/", "/bin/"), ("/usr/sbin/", "/sbin/"), ("/usr/lib/", "/lib/")):
        if path.startswith(long) and r.random() < 0.5:
            return short + path[len(long):]
        if path.startswith(short) and r.random() < 0.5:
            return long + path[len(short):]
    return path


def starred(r, path, is_wild):
    parts = path.split("/")
    for _ in range(r.randint(1, 2)):
        i = r.randrange(1 if is_wild or len(parts) < 3 else 2, len(parts))
        if parts[i]:
            a = r.randrange(len(parts[i]))
            parts[i] = parts[i][:a] + "*" + parts[i][r.randint(a, len(parts[i])):]
    return "/".join(parts)


def up(r, path, is_wild):
    """A directory above; a tame one is none that the manual calls the system's."""
    parts = path.split("/")[:-1]
    return "/".join(parts[:r.randint(2, max(2, len(parts)))] if is_wild else parts) + "/"


def file_indicator(r, world, links, is_wild):
    draw = r.randrange(9)
    f = r.choice(world.vital if is_wild or draw not in (3, 4) else world.deep)
    real = f.real[len(world.root):]
    if draw == 0:
        return {"kind": "path", "value": r.choice([f.path, real])}
    if draw == 1:
        return {"kind": "path", "value": alias(r, real)}
    if draw == 2:
        return {"kind": "path", "value": starred(r, alias(r, real), is_wild)}
    if draw == 3:
        return {"kind": "dir", "value": up(r, real, is_wild)}
    if draw == 4:
        return {"kind": "dir", "value": starred(r, up(r, alias(r, real), is_wild), is_wild)}
    if draw == 5:
        size = f.size if r.random() < 0.8 else f.size + 1
        value = f.sha256.upper() if r.random() < 0.3 else f.sha256
        return {"kind": "sha256", "value": value} | ({"size": size} if r.random() < 0.9 else {})
    if draw == 6 and f.build_id:
        return {"kind": "build-id", "value": f.build_id}
    if draw == 7 and links:
        link = r.choice(links)
        return {"kind": "path", "value": link} if r.random() < 0.7 else \
            {"kind": "dir", "value": os.path.dirname(link) + "/"}
    if not is_wild:
        return {"kind": "path", "value": "/usr/bin/" + r.choice(NAMES[:3])}
    return {"kind": "path", "value": "/usr/bin/" + r.choice(NAMES)} if r.random() < 0.5 else \
        {"kind": "dir", "value": r.choice(PLACES)}


def ports(r):
    if r.random() < 0.5:
        return {}
    return {"ports": r.sample(["udp/53", "tcp/53", "tcp/22", "tcp/443", "udp/67", "tcp/1-65535"],
                              r.randint(1, 2))}


def other_indicator(r, world, is_wild):
    draw = r.randrange(8)
    if draw == 0:
        return {"kind": "module", "value": r.choice(MODULES + world.modules)}
    if draw in (1, 2) and world.addresses:
        at, _ = r.choice(world.addresses)
        most = at.max_prefixlen
        length = r.choice([most, most, most - 8, most // 2, 9])
        net = int(at) >> (most - length) << (most - length)
        return {"kind": "cidr", "value": f"{type(at)(net)}/{length}"} | ports(r)
    if draw == 3 and is_wild:
        return {"kind": "cidr", "value": r.choice(NETS)} | ports(r)
    if draw == 4:
        return {"kind": "domain", "value": r.choice(DOMAINS if is_wild else DOMAINS_FINE)}
    kind, values = r.choice([("soname", SONAMES), ("needed", SONAMES), ("deb", PACKAGES),
                             ("unit", UNITS), ("comm", ["systemd", "sshd", "bash", "(init)"]),
                             ("port", ["tcp/22", "udp/53"]), ("rpm", PACKAGES),
                             ("file-name", ["bash", "sshd", "ld-linux-x86-64.so.2"]),
                             ("elf-string", ["GNU C Library", "OpenSSH_"])])
    return {"kind": kind, "value": r.choice(values)}


def draw_products(r, world, links):
    products = []
    is_wild = r.random() < 0.25
    for k in range(r.choice([1, 1, 2, 4])):
        inds = []
        for _ in range(r.choice([1, 1, 2, 5])):
            ind = file_indicator(r, world, links, is_wild) if r.random() < 0.6 else \
                other_indicator(r, world, is_wild)
            ind["confidence"] = r.choice(["high"] * 5 + ["medium", "low"])
            if r.random() < 0.3:
                ind["sufficient"] = True
            inds.append(ind)
        products.append({"product": f"p{k}", "name": r.choice(["Evil", "\u0430gent\u0301", "a" * 900] +
                                                          ["\u202eagent"] * is_wild),
                         "class": r.choice(ENFORCED * 4 + ["vendor_oss_in_distro",
                                                           "kernel_mainline_contrib"]),
                         "indicators": inds})
        if r.random() < 0.2:
            products[-1]["remove"] = {"cmd": "rm -rf /", "paths": ["/bin/bash"]}
    return products


def enforced(product, rule):
    return product["class"] in ENFORCED or (product["class"] == "vendor_oss_in_distro" and
                                            "product" in rule)


def draw_rules(r, products, case):
    """One rule for all, or one for each product; their modes, and what harm they do."""
    rules = []
    if r.random() < 0.4:
        targets = [({"vendor": "evil"}, products)]
    else:
        targets = [({"product": "evil/" + p["product"]}, [p]) for p in products]
    for target, meant in targets:
        rule = dict(target)
        draw = r.random()
        if draw < 0.6:
            rule["mode"] = r.choice(["block", "block", "offline", "freeze"])
        elif draw < 0.9:
            rule["phases"] = [{"mode": "observe"}, {"mode": "freeze", "from": "2026-01-01"},
                              {"mode": "block", "from": "2026-02-01"}]
        else:
            rule["mode"] = "observe"
        modes = [rule.get("mode")] + [p["mode"] for p in rule.get("phases", [])]
        if not set(modes) <= {"observe", None}:
            case.harm += [(p, i, "block" in modes or "offline" in modes)
                          for p in meant for i in p["indicators"] if enforced(p, rule)]
        rules.append(rule)
    return rules


def spoil(r, case, policy):
    """Something that the reader has to refuse, or not to stumble over."""
    draw = r.randrange(25)
    text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
                   for key, value in policy.items())
    if draw == 0:
        line = r.choice(LINES)
        case.bad.append(line[:40])
        key = line.split(":")[0]
        lines = [l for l in text.splitlines() if not l.startswith(key + ":")]
        return "\n".join(lines[:1] + [line] + lines[1:]) + "\n" if key != "policy" else \
            "\n".join([line] + lines) + "\n"
    if draw == 1:
        case.bad.append("bytes")
        raw = text.encode()
        at = r.randrange(len(raw))
        return raw[:at] + r.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\0", b"\x1b[2J",
                                    b"\xf4\x90\x80\x80"]) + raw[at:]
    if draw == 2:
        case.bad.append("depth")
        opening = r.choice(["[", "{a: "]) * r.choice([50, 1000, 100000])
        return text + "exemptions: " + opening + "\n"
    if draw == 3:
        case.bad.append("aliases")
        return text + "hosts: &a {x: [y]}\ngroups: *a\n"
    if draw == 4:
        case.bad.append("phases")
        policy["rules"] = [{"vendor": "evil", "phases": r.choice(PHASES)}]
        return "".join(f"{k}: {json.dumps(v)}\n" for k, v in policy.items())
    if draw == 5:
        case.bad.append("twice")
        policy["rules"] = policy["rules"] * 2
        return "".join(f"{k}: {json.dumps(v)}\n" for k, v in policy.items())
    if draw == 6:
        until = r.choice(["0001-01-01", "9999-01-01", "2199-12-31", "2030-01-01"])
        e = {"id": "EX-1", "product": "evil/p0", "until": until, "reason": "r", "owner": "o",
             "hosts": [r.choice(["*", "no-such"])], "cap": r.choice(["block", "offline", "observe"])}
        if until[:4] in ("0001", "9999"):
            case.bad.append("until")
        return text + "exemptions: " + json.dumps([e]) + "\n"
    return text


def huge(r, case, policy):
    """A million of one thing."""
    if r.random() < 0.5:
        policy["rules"] = "@"
        case.bad.append("a million rules about one vendor")
        text = "".join(f"{k}: {json.dumps(v)}\n" for k, v in policy.items())
        return text.replace('"@"', "\n" + "  - {vendor: evil, mode: block}\n" * 1000000)
    case.bad.append("a line of 40 megabytes")
    return "".join(f"{k}: {json.dumps(v)}\n" for k, v in policy.items()) + "zone: " + \
        "a" * 40000000 + "\n"


def draw(seed, k, world, links, with_huge=True):
    r = random.Random(f"{seed}-{k}")
    case = Case()
    products = draw_products(r, world, links)
    policy = {"policy": f"evil-{k}", "serial": k + 1, "enforce": True}
    policy["rules"] = draw_rules(r, products, case)
    if r.random() < 0.2:
        policy["require"] = {"exec": "kill"}
    if r.random() < 0.1:
        policy["enforce"] = False
    case.policy = huge(r, case, policy) if with_huge and k % 250 == 249 else spoil(r, case, policy)
    case.vendor = "vendor: evil\nname: Evil\nproducts: " + \
        json.dumps(products, ensure_ascii=False) + "\n"
    # A place's mark is left by any rule that stops its files; an address's only by two.
    case.harm = [f"{i['kind']} {i['value']}" for p, i, cuts in case.harm
                 if i["confidence"] == "high" and world.is_hit(i) and
                 (cuts or i["kind"] != "cidr")] if policy["enforce"] else []
    return case
