# SPDX-License-Identifier: GPL-2.0-only
"""Draws catalogues and policies from the grammar of weir-catalog(5) and weir-policy(5).

All that is drawn is valid: what the reader refuses is a fault, of it or of this. A
policy is a dict for the model and a text for the agent, written in one of the ways in
which YAML may be written.
"""
import ipaddress
import json
from datetime import date, timedelta, timezone, datetime

from model import MODES, WEEKDAYS, zone_named

ZONES = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
         "Europe/Dublin", "America/Havana", "Asia/Beirut", "Africa/Casablanca",
         "Pacific/Chatham", "Asia/Kathmandu", "America/Santiago"]
CLASSES = ["vendor_product"] * 7 + ["oem_embedded",
           "vendor_oss_in_distro", "former_vendor_product", "vendor_sdk_in_app",
           "destination_only", "kernel_mainline_contrib", "third_party_client",
           "shared_infrastructure", "name_collision"]
HOSTS = ["db-1", "db-2", "db-3", "web-1", "web-2", "Edge.example.net"]
# No two of these could name one host.
APART = [["db-*"], ["web-?"], ["Edge.*", "edge.*"], ["group:g1"], ["gamma-[no]"]]
GROUPS = {"g1": ["lab-*", "x"], "g2": ["db-1", "web-*"]}
LABELS = {"db-1": {"cluster": "a"}, "db-2": {"cluster": "a", "rack": "r1"},
          "db-3": {"cluster": "b", "rack": "r1"}, "web-1": {"cluster": "a"}}


def digits(r, cnt):
    return "".join(r.choice("0123456789abcdef") for _ in range(cnt))


# --- the catalogue ---

def file_indicator(r, vendor, product, k):
    kind = r.choice(["dir", "path", "path", "sha256", "build-id", "module", "comm", "deb"])
    value = {"dir": f"/opt/{vendor}/{product}{k}/", "path": f"/usr/bin/{vendor}-{product}{k}",
             "module": f"{vendor}{product}{k}", "comm": f"{vendor}{product}{k}",
             "deb": f"{vendor}-{product}{k}", "sha256": digits(r, 64),
             "build-id": digits(r, 40)}[kind]
    ind = {"kind": kind, "value": value}
    if kind == "sha256" and r.random() < 0.8:
        ind["size"] = r.randrange(1, 1 << 40)
    if r.random() < 0.4:
        ind["confidence"] = r.choice(["low", "medium", "high"])
    if r.random() < 0.2:
        ind["sufficient"] = r.random() < 0.5
    return ind


def net_indicator(r):
    """Of few addresses, so that prefixes of many lie in each other."""
    if r.random() < 0.8:
        net = ipaddress.ip_network((0xcb007100 | r.getrandbits(6), r.choice([26, 28, 30, 32])),
                                   strict=False)
    else:
        net = ipaddress.ip_network(((0x20010db8 << 96) | r.getrandbits(4),
                                    r.choice([64, 124, 126, 128])), strict=False)
    ind = {"kind": "cidr", "value": str(net)}
    if r.random() < 0.5:
        ind["ports"] = draw_ports(r)
    if r.random() < 0.25:
        ind["confidence"] = r.choice(["low", "medium", "high"])
    return ind


def draw_ports(r):
    return r.sample(["tcp/443", "udp/53", "tcp/8000-8100", "udp/1-1000", "sctp/443", "tcp/1-65535"],
                    r.randrange(1, 3))


def is_key(ind):
    kinds = ("dir", "path", "sha256", "build-id", "module", "cidr")
    return ind["kind"] in kinds and (ind["kind"] != "sha256" or "size" in ind)


def is_sufficient(ind):
    return ind.get("sufficient", ind["kind"] != "comm")


def is_strong(ind):
    return is_sufficient(ind) and ind.get("confidence", "high") == "high"


def draw_product(r, vendor, name, taken):
    cls = r.choice(CLASSES)
    inds = [file_indicator(r, vendor, name, k) for k in range(r.randrange(1, 4))]
    for _ in range(r.choice([0, 1, 2, 3])):
        ind = net_indicator(r)
        if ind["value"] not in taken:
            inds.append(ind)
            taken.add(ind["value"])
    return {"class": cls, "indicators": inds}


def draw_catalog(r):
    """As the model sees it, and its files."""
    products, vendors, taken = {}, ["acme", "brick", "cairn"][:r.randrange(2, 4)], set()
    files = []
    for v in vendors:
        own = {n: draw_product(r, v, n, taken) for n in ["one", "two", "three"][:r.randrange(1, 4)]}
        wide = [net_indicator(r)] if r.random() < 0.4 else []
        wide = [i for i in wide if i["value"] not in taken]
        taken.update(i["value"] for i in wide)
        files.append({"vendor": v, "name": v.title(), **({"indicators": wide} if wide else {}),
                      "products": [{"product": n, "name": n, **p} for n, p in own.items()]})
        products.update({f"{v}/{n}": p for n, p in own.items()})
        if wide:
            products[v] = {"class": "vendor_product", "indicators": wide}
    directives = {}
    for name in ["order-1", "order-2"]:
        named = {v: r.choice(["named", "named", "reported"]) for v in vendors if r.random() < 0.7}
        named = named or {vendors[0]: "named"}
        directives[name] = named
        files.append({"directive": name, "title": name, "issued": "2026-01-14",
                      "vendors": [{"vendor": v, "status": s} for v, s in named.items()]})
    for p in products.values():
        nets = [i for i in p["indicators"] if i["kind"] == "cidr" and is_sufficient(i)]
        p["nets"] = [{"net": ipaddress.ip_network(i["value"]), "ports": i.get("ports"),
                      "strong": is_strong(i)} for i in nets]
    return {"products": products, "vendors": vendors, "directives": directives}, \
        [json.dumps(f).encode() for f in files]


# --- the policy ---

def has_date(rollout):
    return isinstance(rollout, list) and "from" in rollout[-1]


class Drawing:
    def __init__(self, r, catalog):
        self.r, self.c = r, catalog
        self.zone = r.choice(ZONES)
        self.base = self.draw_base()
        self.host = r.choice(HOSTS * 2 + [None])

    def draw_base(self):
        """The day about which everything happens; mostly one on which clocks are changed."""
        r, zone = self.r, zone_named(self.zone)
        day = date(r.choice([2024, 2026, 2027, 2030, 2036, 2038, 2050, 2099, 2189]), 1, 15)
        if r.random() < 0.3:
            return day + timedelta(days=r.randrange(330))
        first = day + timedelta(days=r.randrange(200))
        for i in range(200):
            d = first + timedelta(days=i)
            noon = int(datetime(d.year, d.month, d.day, 12, tzinfo=timezone.utc).timestamp())
            if zone.offset(noon) != zone.offset(noon + 86400):
                return d + timedelta(days=r.choice([0, 1]))
        return first

    def day(self, spread=12):
        return self.base + timedelta(days=self.r.randrange(-spread, spread + 1))

    def dated(self, day):
        """@day, or a moment within it."""
        r = self.r
        if r.random() < 0.7:
            return day.isoformat()
        clock = f"{r.randrange(24):02}:{r.choice([0, 30, 59]):02}:{r.choice([0, 59]):02}"
        return f"{day.isoformat()}T{clock}{r.choice(['Z', '+08:00', '-03:30', '+00:00'])}"

    def hours(self):
        r = self.r
        days = r.choice(["Mon-Sun", "Sat,Sun", "Mon-Fri", "Fri-Mon", "Tue,Thu", "Sun",
                         "Mon-Wed,Fri-Sun"])
        times = ["00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "04:00", "06:00", "12:15",
                 "20:00", "23:00", "23:30", "24:00"]
        start = r.choice(times[:-1])
        end = r.choice([t for t in times if t not in (start, "00:00")])
        return f"{days} {start}-{end}"

    def rollout(self, first):
        r = self.r
        if r.random() < 0.4:
            return f"{r.choice([1, 5, 50, 99, 100])}%"
        parts, percent, day = [], 0, first
        for _ in range(r.randrange(1, 4)):
            percent += r.randrange(1, 33)
            parts.append({"percent": percent})
            if len(parts) > 1 or r.random() < 0.3:
                day += timedelta(days=r.randrange(1, 5))
                parts[-1]["from"] = day.isoformat()
        return parts

    def phases(self):
        r = self.r
        modes = sorted(r.sample(range(4), r.randrange(1, 5)))
        day, out, low = self.day(), [], 0
        for k, m in enumerate(modes):
            ph = {"mode": MODES[m]}
            if k or r.random() < 0.6:
                ph["from"] = self.dated(day)
                self.decorate(ph, m, low, day)
            day += timedelta(days=r.randrange(2, 9))
            out.append(ph)
            low = m
        return out

    def decorate(self, ph, mode, low, day):
        r = self.r
        what = r.random()
        if what < 0.3:
            ph["switch-in"] = self.hours()
        elif what < 0.55 and mode > low:
            ph["only-during"] = self.hours()
            ph["otherwise"] = MODES[r.randrange(low, mode)]
        if r.random() < 0.2:
            ph["rollout"] = self.rollout(day)
        if r.random() < 0.2 and "only-during" not in ph:
            ph["jitter"] = r.choice(["90s", "30m", "5h", "24h"])

    def blackout(self):
        r, out = self.r, []
        for _ in range(r.randrange(1, 3)):
            first = self.day(15)
            last = first + timedelta(days=r.randrange(0, 4))
            out.append(first.isoformat() if r.random() < 0.4 else f"{first}/{last}")
        return out

    def ip(self):
        r = self.r
        if r.random() < 0.85:
            return ipaddress.ip_address(0xcb007100 | r.getrandbits(6))
        return ipaddress.ip_address((0x20010db8 << 96) | r.getrandbits(4))

    def allow(self):
        r, out = self.r, []
        for _ in range(r.randrange(1, 3)):
            ip = self.ip()
            bits = ip.max_prefixlen - r.choice([0, 0, 2, 4])
            net = ipaddress.ip_network((int(ip), bits) if ip.version == 6 else f"{ip}/{bits}",
                                       strict=False)
            a = {"to": str(net), "why": "a console"}
            if r.random() < 0.5:
                a["ports"] = draw_ports(r)
            out.append({**a, "net": net})
        return out

    def rule(self, level, target, hosts):
        r = self.r
        rule = {"level": level, "target": target}
        if hosts:
            rule["hosts"] = hosts
        if r.random() < 0.35:
            rule["mode"] = r.choice(MODES)
        else:
            rule["phases"] = self.phases()
        if r.random() < 0.2:
            rule["rollout"] = self.rollout(self.base)
        if r.random() < 0.5:
            rule["allow"] = self.allow()
        self.put_off(rule)
        return rule

    def put_off(self, rule):
        """What delays steps, where there are some: nothing else would be taken."""
        r, phases = self.r, rule.get("phases", [{}])
        recurs = any("only-during" in ph for ph in phases)
        dated = any("from" in ph or has_date(ph.get("rollout", rule.get("rollout")))
                    for ph in phases)
        if r.random() < 0.4 and dated and not recurs:
            rule["spread-by"] = r.choice(["cluster", "rack"])
        if r.random() < 0.3 and dated:
            rule["jitter"] = r.choice(["10s", "90s", "2h", "24h"])
        if r.random() < 0.3 and (dated or recurs):
            rule["blackout"] = self.blackout()

    def targets(self):
        r, c = self.r, self.c
        all_of = [("product", p) for p in c["products"]] + [("vendor", v) for v in c["vendors"]] \
            + [("class", p["class"]) for p in c["products"].values()]
        picked = list(dict.fromkeys(r.sample(all_of, min(len(all_of), r.randrange(1, 5)))))
        if r.random() < 0.4:
            picked.append(("directive", r.choice(list(c["directives"]))))
        return picked

    def exemption(self, k):
        r = self.r
        e = {"id": f"EX-{k}", "product": r.choice(list(self.c["products"])[:3]),
             "until": self.dated(self.day() + timedelta(days=r.choice([0, 5, 20]))), "reason": "because: of #this", "owner": "infra"}
        if r.random() < 0.3:
            e["hosts"] = r.choice([["db-*"], ["*"], ["web-1", "db-?"], ["nowhere"]])
        if r.random() < 0.7:
            e["cap"] = r.choice(MODES)
        if r.random() < 0.15:
            e["user"] = r.choice(["root", "alice", "1001", "nobody-here"])
        if r.random() < 0.15:
            e["path"] = r.choice(["/opt/acme/", "/opt/acme/one0/bin/x", "/usr/bin/acme-one0"])
        return e

    def policy(self):
        r = self.r
        p = {"policy": "drawn", "serial": r.choice([1, 12, 2 ** 53 - 1]),
             "enforce": r.random() < 0.85, "rules": []}
        if self.zone != "UTC" or r.random() < 0.5:
            p["zone"] = self.zone
        for level, target in self.targets():
            hosts = r.sample([None] * 5 + APART[:4], r.choice([1, 1, 1, 2, 3]))
            for h in sorted(hosts, key=hosts.index) if hosts.count(None) < 2 else [None]:
                p["rules"].append(self.rule(level, target, h))
        if r.random() < 0.4:
            p["directives"] = [r.choice(list(self.c["directives"]))]
        if any("group:g1" in rule.get("hosts", []) for rule in p["rules"]) or r.random() < 0.2:
            p["groups"] = GROUPS
        if any("spread-by" in rule for rule in p["rules"]) or r.random() < 0.2:
            p["labels"] = LABELS
        if r.random() < 0.25:
            p["blackout"] = self.blackout()
        if r.random() < 0.2:
            p["jitter"] = r.choice(["45s", "3h"])
        if r.random() < 0.6:
            p["exemptions"] = [self.exemption(k) for k in range(r.randrange(1, 6))]
        return p


# --- as text ---

def scalar(r, value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = all(c.isalnum() or c in "-_./" for c in value) and value[0] not in "-."
    if plain and r.random() < 0.7:
        return value
    return json.dumps(value) if r.random() < 0.6 else f"'{value}'"


def flow(r, value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(r, v)}" for k, v in shuffled(r, value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(r, v) for v in value) + "]"
    return scalar(r, value)


def shuffled(r, value):
    items = [(k, v) for k, v in value.items() if k not in ("net", "level", "target")]
    if "level" in value:
        items.append((value["level"], value["target"]))
    r.shuffle(items)
    return items


def block(r, value, indent):
    pad, out = " " * indent, ""
    for k, v in shuffled(r, value):
        if isinstance(v, list) and v and isinstance(v[0], dict) and r.random() < 0.6:
            out += f"{pad}{k}:\n" + "".join(items(r, x, indent + 2) for x in v)
        else:
            out += f"{pad}{k}: {flow(r, v)}\n"
        if r.random() < 0.05:
            out += f"{pad}# a remark: [\n"
    return out


def items(r, value, indent):
    if r.random() < 0.5:
        return f"{' ' * indent}- {flow(r, value)}\n"
    text = block(r, value, indent + 2)
    return " " * indent + "- " + text[indent + 2:]


def to_text(r, policy):
    head = f"policy: {policy['policy']}\n"
    rest = {k: v for k, v in policy.items() if k != "policy"}
    return (head + block(r, rest, 0)).encode()
