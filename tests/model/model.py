# SPDX-License-Identifier: GPL-2.0-only
"""What weir-policy(5) says a policy means, once more and by other means.

Written from the manual pages, not from the code: a policy is the dict that was
drawn (tests/model/draw.py), times are worked out with Python's own zones, and a
mode is looked for by going through the phases at each single moment, where the
agent makes steps beforehand. Two numbers that the manual calls chance are taken
from the agent, and held to what is promised of them: a host's share of a rollout,
and its delay.
"""
import functools
import re
import zoneinfo
from datetime import date, datetime, timedelta, timezone

MODES = ["observe", "freeze", "offline", "block"]
LEVELS = ["product", "class", "vendor", "directive"]
NEVER, ALWAYS = float("inf"), float("-inf")
DAY = 86400

# Which level of rule may stop a class; what is not here is never stopped.
STOPS_CLASS = {
    "vendor_product": set(LEVELS), "oem_embedded": set(LEVELS),
    "vendor_oss_in_distro": {"product"}, "former_vendor_product": {"class", "product"},
    "vendor_sdk_in_app": {"class", "product"}, "destination_only": {"class", "product"},
}
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


class Zone:
    """Local time: the first moment at which the zone's clock shows it, or a later one."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)
        self.known = {}

    def offset(self, at):
        return int(datetime.fromtimestamp(at, self.zone).utcoffset().total_seconds())

    def day_of(self, at):
        return datetime.fromtimestamp(at, self.zone).date()

    def moment(self, day, minute=0):
        """@minute of @day; may be 24 * 60."""
        key = day.toordinal() * 2000 + minute
        if key not in self.known:
            self.known[key] = self.find(day, minute)
        return self.known[key]

    def find(self, day, minute):
        shown = int((datetime(day.year, day.month, day.day) + timedelta(minutes=minute) -
                     datetime(1970, 1, 1)).total_seconds())
        early, late = shown - 15 * 3600, shown + 15 * 3600
        # What was before the last change, and what is after it; most days have none.
        first, last = self.offset(early), self.offset(late)
        if first == last:
            return shown - first
        lo, hi = early, late
        while hi - lo > 1:
            mid = (lo + hi) // 2
            lo, hi = (mid, hi) if self.offset(mid) == first else (lo, mid)
        if shown - first < hi:
            return shown - first    # before the change, or its first pass
        return max(hi, shown - last)


@functools.lru_cache(maxsize=None)
def zone_named(name):
    return Zone(name)


@functools.lru_cache(maxsize=None)
def pattern(text):
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c)
                              for c in text) + r"\Z", re.S)


def matches_any(host, patterns):
    return host is not None and any(pattern(p).match(host) for p in patterns)


@functools.lru_cache(maxsize=None)
def hours_of(text):
    """Days of the week, and the minutes of beginning and end; the end may be on the next day."""
    days, clock = text.split(" ")
    which = set()
    for part in days.split(","):
        ends = [WEEKDAYS.index(d) for d in part.split("-")]
        at = ends[0]
        while at != ends[-1]:
            which.add(at)
            at = (at + 1) % 7
        which.add(at)
    start, end = ((int(c[:2]) * 60 + int(c[3:])) for c in clock.split("-"))
    return which, start, end if end > start else end + 24 * 60


def spell(text):
    """90s, 30m, 2h, 30d as seconds."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": DAY}[text[-1]]


class Plan:
    """One policy on one host."""

    def __init__(self, policy, catalog, host, oracle):
        self.p, self.c, self.host, self.oracle = policy, catalog, host, oracle
        self.zone = zone_named(policy.get("zone", "UTC"))
        self.modes, self.moments, self.covering = {}, {}, {}
        self.blackouts = [self.closed(r) for r in policy["rules"]]
        self.labels = policy.get("labels", {})

    # --- dates ---

    def begin(self, text):
        if len(text) == 10:
            return self.zone.moment(date.fromisoformat(text))
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())

    def end(self, text):
        if len(text) == 10:
            return self.zone.moment(date.fromisoformat(text) + timedelta(days=1))
        return self.begin(text)

    def closed(self, rule):
        """The policy's blackouts and the rule's, those that touch as one."""
        spans = []
        for text in self.p.get("blackout", []) + rule.get("blackout", []):
            first, last = (text.split("/") * 2)[:2]
            spans.append([self.begin(first), self.end(last)])
        merged = []
        for start, end in sorted(spans):
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        return merged

    @staticmethod
    def outside(spans, at):
        for start, end in spans:
            if start <= at < end:
                return end
        return at

    @staticmethod
    def next_closed(spans, at):
        return min((start for start, _ in spans if start > at), default=NEVER)

    def windows(self, text, around, cnt):
        """Of the days from two before @around on; a time that is left out makes it shorter."""
        which, start, end = hours_of(text)
        day = self.zone.day_of(around) - timedelta(days=2)
        for i in range(cnt):
            d = day + timedelta(days=i)
            if d.weekday() not in which:
                continue
            a = self.zone.moment(d, start)
            b = self.zone.moment(d + timedelta(days=end // 1440), end % 1440)
            if a < b:
                yield a, b

    # --- when a phase begins here ---

    def part(self, index, phase):
        """When the rollout takes this host in: ALWAYS, a moment, or NEVER."""
        rollout = phase.get("rollout", self.p["rules"][index].get("rollout"))
        if rollout is None or phase["mode"] == "observe":
            return ALWAYS
        if isinstance(rollout, str):
            rollout = [{"percent": int(rollout[:-1])}]
        share = self.oracle.share(index)
        for part in rollout:
            if share is None and part["percent"] < 100:
                continue
            if share is None or share < part["percent"] * 100:
                return self.begin(part["from"]) if "from" in part else ALWAYS
        return NEVER

    def turn(self, rule):
        by = rule.get("spread-by")
        mine = self.labels.get(self.host, {}).get(by) if by else None
        if mine is None:
            return 0
        return sum(1 for h, l in self.labels.items() if l.get(by) == mine and h < self.host)

    def taken(self, rule, phase, spans, date_s):
        """The moment without delay, and what the delay has to stay before."""
        turn = 0 if "only-during" in phase else self.turn(rule)
        if "switch-in" not in phase:
            at = self.outside(spans, date_s)
            for _ in range(turn):
                at = self.outside(spans, at + DAY)
            return at, self.next_closed(spans, at)
        for a, b in self.windows(phase["switch-in"], date_s, 2000):
            at = self.outside(spans, max(a, date_s))
            if at >= b:
                continue
            if not turn:
                return at, min(b, self.next_closed(spans, at))
            turn -= 1
        raise AssertionError("no window in years")

    def begins(self, index, which):
        if (index, which) not in self.moments:
            self.moments[index, which] = self.find_begin(index, which)
        return self.moments[index, which]

    def find_begin(self, index, which):
        rule = self.p["rules"][index]
        phase = phases_of(rule)[which]
        part = self.part(index, phase)
        if part == NEVER:
            return NEVER
        date_s = max(self.begin(phase["from"]) if "from" in phase else ALWAYS, part)
        if date_s == ALWAYS:
            return ALWAYS
        at, limit = self.taken(rule, phase, self.blackouts[index], date_s)
        most = phase.get("jitter", rule.get("jitter", self.p.get("jitter", "0s")))
        return at + self.oracle.delay(index, which, spell(most), limit - at)

    # --- the mode at a moment ---

    def in_force(self, index, at):
        phases = phases_of(self.p["rules"][index])
        for which in reversed(range(len(phases))):
            if self.begins(index, which) <= at:
                return phases[which]
        return None

    def is_open(self, index, phase, at):
        for a, b in self.windows(phase["only-during"], at, 5):
            if self.outside(self.blackouts[index], a) <= at and a <= at < b:
                return True
        return False

    def mode(self, index, at):
        if (index, at) not in self.modes:
            phase = self.in_force(index, at)
            if phase is None:
                mode = "observe"
            elif "only-during" in phase and not self.is_open(index, phase, at):
                mode = phase["otherwise"]
            else:
                mode = phase["mode"]
            self.modes[index, at] = MODES.index(mode)
        return self.modes[index, at]

    # --- the rule for a product ---

    def is_here(self, rule):
        if "hosts" not in rule:
            return True
        groups = self.p.get("groups", {})
        return any(matches_any(self.host, groups[h[6:]] if h.startswith("group:") else [h])
                   for h in rule["hosts"])

    def narrowest(self, level, target):
        found = [i for i, r in enumerate(self.p["rules"])
                 if r["level"] == level and r["target"] == target and self.is_here(r)]
        found.sort(key=lambda i: "hosts" not in self.p["rules"][i])
        return found[0] if found else None

    def by_directive(self, vendor):
        found = None
        for name, d in self.c["directives"].items():
            if vendor not in d:
                continue
            rule = self.narrowest("directive", name)
            if rule is not None and d[vendor] == "named":
                return "directive", rule
            if rule is not None or name in self.p.get("directives", []):
                found = "directive", None    # observed
        return found

    def rule_for(self, product):
        """(level, number of the rule or None for plain observing); None: not watched."""
        if product not in self.covering:
            vendor = product.split("/")[0]
            of = {"product": product, "class": self.c["products"][product]["class"],
                  "vendor": vendor}
            found = None
            for level in LEVELS[:3]:
                rule = self.narrowest(level, of[level])
                if rule is not None:
                    found = level, rule
                    break
            self.covering[product] = found or self.by_directive(vendor)
        return self.covering[product]

    # --- the verdict ---

    def cap(self, product, subject, at):
        cap = MODES.index("block")
        for e in self.p.get("exemptions", []):
            if e["product"] != product or at >= self.end(e["until"]):
                continue
            if "hosts" in e and not matches_any(self.host, e["hosts"]):
                continue
            if "user" in e and e["user"] not in subject["users"]:
                continue
            if "path" in e and not covers(e["path"], subject.get("path")):
                continue
            cap = min(cap, MODES.index(e.get("cap", "observe")))
        return cap

    def answer(self, product, strong, subject, at, sw):
        """Verdict, reason and mode for what is known to be of @product."""
        if subject.get("guard"):
            return "allow", "guard", 0
        rule = self.rule_for(product) if product else None
        if rule is None:
            return "allow", "no-key", 0
        mode = self.mode(rule[1], at) if rule[1] is not None else 0
        return (*self.judge(rule[0], mode, product, strong, subject, at, sw), mode)

    def judge(self, level, mode, product, strong, subject, at, sw):
        is_file = "path" in subject
        installed = subject.get("installed") and sw["counted"]

        def stops(m):
            if not is_file:
                return m >= MODES.index("offline")
            return MODES[m] == "block" or (m > 0 and sw["counted"] and not installed)

        if sw["lapsed"]:
            return "allow", "lapse"
        if not stops(mode):
            return "allow", "installed" if is_file and installed and mode else "mode"
        cap = self.cap(product, subject, at)
        if cap < mode and not stops(cap):
            return "allow", "exemption"
        if not strong:
            return "allow", "evidence"
        if level not in STOPS_CLASS.get(self.c["products"][product]["class"], ()):
            return "allow", "class"
        if not self.p.get("enforce", False):
            return "allow", "flag"
        if not sw["armed"] or sw["off"]:
            return "allow", "disarmed"
        if sw["window"]:
            return "allow", "window"
        if sw["strength"] in ("blind", "watch"):
            return "allow", "strength"
        return sw["strength"], "rule"

    def may_reach(self, product, ip, protocol, port):
        rule = self.rule_for(product)
        if rule is None or rule[1] is None:
            return False
        return any(ip in a["net"] and port_in(a.get("ports"), protocol, port)
                   for a in self.p["rules"][rule[1]].get("allow", []))

    def owners(self, subject):
        """Products that list an address, each with the strength of the best that does."""
        found, lifted = {}, False
        for product, what in self.c["products"].items():
            if self.rule_for(product) is None:
                continue
            for ind in what["nets"]:
                if subject["ip"] not in ind["net"] or \
                        not port_in(ind.get("ports"), subject["protocol"], subject["port"]):
                    continue
                if self.may_reach(product, subject["ip"], subject["protocol"], subject["port"]):
                    lifted = True
                else:
                    found[product] = found.get(product, False) or ind["strong"]
        return found, lifted

    def reach(self, subject, at, sw):
        """As answer(); more than one product may list an address, and any of them stops it."""
        if "owners" not in subject:
            subject["owners"] = self.owners(subject)
        found, lifted = subject["owners"]
        answers = {p: self.answer(p, s, subject, at, sw) for p, s in found.items()}
        if not answers:
            return self.answer(None, False, subject, at, sw)
        if len(answers) == 1 and not lifted:
            return list(answers.values())[0]
        # The rule that is the first to go offline decides, whatever it does later.
        if any(self.wavers(p, subject, at) for p in found):
            return None, None, None
        stopped = [a[0] for a in answers.values() if a[0] != "allow"]
        return (stopped or ["allow"])[0], None, None

    def wavers(self, product, subject, at):
        rule = self.rule_for(product)[1]
        return self.cap(product, subject, at) < MODES.index("offline") or \
            (rule is not None and
             any("only-during" in ph for ph in phases_of(self.p["rules"][rule])))

def phases_of(rule):
    return rule.get("phases") or [{"mode": rule["mode"]}]


def covers(scope, path):
    if path is None:
        return False
    return path.startswith(scope) if scope.endswith("/") else path == scope


def port_in(ports, protocol, port):
    if not ports:
        return True
    for p in ports:
        name, numbers = p.split("/")
        first, last = (numbers.split("-") * 2)[:2]
        if name == protocol and int(first) <= port <= int(last):
            return True
    return False
