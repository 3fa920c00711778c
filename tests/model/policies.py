#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random valid policies: what the agent answers against what the manual says.

  policies.py ANSWER [--seed N] [--count N] [--only N]

Policy number k depends on the seed and k alone: `--only k` draws it again, and shows
it. Each is asked about programs and addresses, at each edge of its dates and one second
before and after, by tables that were loaded at different times.
"""
import argparse
import random
import subprocess
import sys
import time

import draw
from model import ALWAYS, DAY, NEVER, Plan, phases_of

REASONS = ["canary", "guard", "no-key", "lapse", "mode", "installed", "exemption", "evidence",
           "class", "flag", "disarmed", "window", "strength", "rule"]
STRENGTHS = ["blind", "watch", "kill", "deny"]
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
USERS = {0: ["root", "0"], 1000: ["alice", "1000"], 1001: ["bob", "1001"]}
EDGES_MAX = 18


class Fault(Exception):
    pass


class Agent:
    def __init__(self, path):
        self.child = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, line, text=b""):
        self.child.stdin.write(line.encode() + b"\n" + text)

    def line(self):
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line.endswith(b"\n"):
            raise Fault(f"the agent's code ended with {self.child.wait()}")
        return line[:-1].decode()

    def lines(self):
        out = []
        while (line := self.line()) != "end":
            out.append(line.split(" "))
        return out


class Oracle:
    """What is left to chance, taken from the agent and held to what is promised."""

    def __init__(self, rules, host, machine_id, policy):
        self.rules, self.host, self.machine_id, self.policy = rules, host, machine_id, policy

    def share(self, index):
        share = int(self.rules[index][0])
        rule = self.policy["rules"][index]
        by = self.policy.get("labels", {}).get(self.host, {}).get(rule.get("spread-by"))
        if self.machine_id is None and by is None:
            return None
        if not 0 <= share < 10000:
            raise Fault(f"a share of {share}")
        return share

    def delay(self, index, which, most, limit):
        delay = int(self.rules[index][1 + which])
        if delay and (delay >= most or delay >= limit):
            raise Fault(f"rule {index}, phase {which}: a delay of {delay} s of {most} s, "
                        f"{limit} s before the window ends")
        return delay


def draw_subjects(r, catalog):
    subjects = []
    for name, product in catalog["products"].items():
        files = [i for i in product["indicators"] if i["kind"] != "cidr"]
        for ind in r.sample(files, min(len(files), 2)):
            uid = r.choice(list(USERS))
            path = r.choice(["/opt/acme/one0/bin/x", "/usr/bin/acme-one0", "/srv/y"])
            subjects.append({"product": name, "ind": ind, "strong": draw.is_strong(ind),
                             "path": path, "uid": uid, "users": USERS[uid],
                             "installed": r.random() < 0.5, "guard": r.random() < 0.04})
        nets = product["nets"]
        for net in nets[:2]:
            ip = net["net"][r.randrange(min(8, net["net"].num_addresses))]
            subjects.append(draw_address(r, ip))
    subjects.append(draw_address(r, draw.ipaddress.ip_address("203.0.113.77")))
    return subjects


def draw_address(r, ip):
    uid = r.choice(list(USERS))
    return {"ip": ip, "protocol": r.choice(["tcp", "tcp", "udp", "sctp"]), "uid": uid,
            "port": r.choice([443, 53, 8000, 8100, 8101, 1]), "users": USERS[uid]}


def tell(agent, s):
    if "ip" in s:
        agent.say(f"net {s['ip']} {PROTOCOLS[s['protocol']]} {s['port']} {s['uid']}")
    else:
        agent.say(f"exec {s['product']} {s['ind']['kind']} {s['ind']['value']} {s['path']} "
                  f"{s['uid']} {s['installed']:d} {s['guard']:d}")


def near_change(plan, at):
    return plan.zone.offset(at - 7200) != plan.zone.offset(at + 7200)


def edges_of(r, plan, base_s):
    """Moments at which the manual says that something may change."""
    at, changes = set(), set()
    for i, rule in enumerate(plan.p["rules"]):
        for k, phase in enumerate(phases_of(rule)):
            at.add(plan.begins(i, k))
            if "from" in phase:
                at.add(plan.begin(phase["from"]))
            for hours in (phase.get("only-during"), phase.get("switch-in")):
                if hours:
                    away = r.choice([0, 0, r.randrange(-9, 9)])
                    spans = list(plan.windows(hours, base_s + away * DAY, 5))
                    at.update(x for span in r.sample(spans, min(2, len(spans))) for x in span)
                    # What begins or ends while the clocks are changed.
                    spans = plan.windows(hours, base_s, 5)
                    changes.update(x for span in spans for x in span if near_change(plan, x))
        at.update(x for span in plan.blackouts[i] for x in span)
    at.update(plan.end(e["until"]) for e in plan.p.get("exemptions", []))
    at -= {ALWAYS, NEVER}
    at = sorted(at)
    at = r.sample(at, min(len(at), EDGES_MAX)) + sorted(changes)[:6]
    near = {x + d for x in at for d in (-1, 0, 1)}
    return sorted(near | {base_s + r.randrange(-30 * DAY, 60 * DAY) for _ in range(6)})


def draw_switches(r):
    sw = {"lapsed": False, "armed": True, "off": False, "window": False, "counted": True,
          "strength": "deny"}
    if r.random() < 0.15:
        sw[r.choice(["lapsed", "armed", "off", "window", "counted"])] ^= True
    if r.random() < 0.1:
        sw["strength"] = r.choice(STRENGTHS)
    return sw


def expected(plan, s, at, sw):
    if "ip" in s:
        return plan.reach(s, at, sw)
    return plan.answer(s["product"], s["strong"], s, at, sw)


def is_beyond(plan, s, at, reach):
    """Windows that the table has no room for are left out."""
    if at < reach:
        return False
    of = [s["product"]] if "path" in s else list(plan.c["products"])
    rules = [plan.rule_for(p) for p in of]
    phases = [plan.in_force(x[1], at) for x in rules if x and x[1] is not None]
    return any(ph and "only-during" in ph for ph in phases)


def check_reach(at, reach):
    """Nightly windows fit for a month, less what phases to come take."""
    if reach < at + 27 * DAY:
        raise Fault(f"of its windows only {(reach - at) / DAY:.1f} days fit")


def compare(agent, r, plan, subjects, base_s, tally):
    edges = edges_of(r, plan, base_s)
    loads = sorted({edges[0] - DAY, r.choice(edges), r.choice(edges)})
    asked = []
    for loaded in loads:
        later = [x for x in edges if x >= loaded]
        agent.say(f"at {loaded}")
        sample = later if loaded == loads[0] else r.sample(later, min(len(later), 20))
        for at in sample:
            sw = draw_switches(r)
            asked.append((loaded, at, sw))
            agent.say(f"ask {at} {sw['lapsed']:d} {sw['armed']:d} {sw['off']:d} {sw['window']:d} "
                      f"{sw['counted']:d} {STRENGTHS.index(sw['strength'])}")
    reach = {}
    for loaded, at, sw in asked:
        if loaded not in reach:
            reach[loaded] = int(agent.line().split(" ")[1])
            check_reach(loaded, reach[loaded])
        got = agent.line().split(" ")
        for s, g in zip(subjects, got, strict=False):
            if is_beyond(plan, s, at, reach[loaded]):
                continue
            want = expected(plan, s, at, sw)
            if want[0] is None:
                continue
            tally["questions"] += 1
            tally["stopped"] += want[0] != "allow"
            reason = want[1] or "shared"
            tally[reason] = tally.get(reason, 0) + 1
            have = ({"a": "allow", "d": "deny", "k": "kill"}[g[0]], REASONS[ord(g[1]) - 97],
                    int(g[2]))
            if have[0] != want[0] or (want[1] and (have[1:] != want[1:])):
                raise Fault(f"loaded at {loaded}, asked at {at}, {sw}: {s}: the agent says "
                            f"{have}, the manual {want}")


def check_keys(agent, plan):
    agent.say("keys")
    have = {tuple(k[1:]) for k in agent.lines()}
    want = {(i["kind"], i["value"], name, str(int(draw.is_strong(i))))
            for name, p in plan.c["products"].items() if plan.rule_for(name)
            for i in p["indicators"]
            if draw.is_key(i) and draw.is_sufficient(i) and i["kind"] != "cidr"}
    if have != want:
        raise Fault(f"keys: too many {have - want}, missing {want - have}")


def one(agent, seed, k, tally, show=False):
    r = random.Random(f"{seed}:{k}")
    catalog, files = draw.draw_catalog(r)
    drawing = draw.Drawing(r, catalog)
    policy = drawing.policy()
    text = draw.to_text(r, policy)
    machine_id = f"{r.getrandbits(128):032x}" if r.random() < 0.9 else None
    if show:
        print(b"\n".join(files).decode(), text.decode(), drawing.host, machine_id, sep="\n")
    for f in files:
        agent.say(f"file {len(f)}", f)
    agent.say(f"host {drawing.host or '-'} {machine_id or '-'}")
    agent.say(f"policy {len(text)}", text)
    verdict = agent.line()
    if verdict != "taken":
        raise Fault(verdict)
    rules = [x[1:] for x in agent.lines()]
    oracle = Oracle(rules, drawing.host, machine_id, policy)
    plan = Plan(policy, catalog, drawing.host, oracle)
    subjects = draw_subjects(r, catalog)
    for s in subjects:
        tell(agent, s)
    base_s = plan.zone.moment(drawing.base)
    agent.say(f"at {base_s}")
    if "port rules" in agent.line():
        tally["full"] = tally.get("full", 0) + 1    # the kernel's table has no room for it
        return
    check_keys(agent, plan)
    compare(agent, r, plan, subjects, base_s, tally)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("answer")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--count", type=int, default=1000)
    ap.add_argument("--only", type=int)
    args = ap.parse_args()
    tally, faults, begun = {"questions": 0, "stopped": 0}, 0, time.monotonic()
    agent = Agent(args.answer)
    for k in range(args.count) if args.only is None else [args.only]:
        try:
            one(agent, args.seed, k, tally, args.only is not None)
        except Fault as fault:
            faults += 1
            print(f"policy {k}: {fault}")
            if faults == 10:
                break
            agent.child.kill()
            agent = Agent(args.answer)
    print(f"seed {args.seed}: {args.count} policies, {tally.pop('questions')} questions, "
          f"{tally.pop('stopped')} stopped, {faults} faults, {time.monotonic() - begun:.0f} s")
    print(" ".join(f"{reason}: {cnt}" for reason, cnt in sorted(tally.items())))
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
