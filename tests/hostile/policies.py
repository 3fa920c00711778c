#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hostile policies: refused with one clear line, or harmless.

  policies.py JUDGE [--seed N] [--count N] [--only K] [--keep DIR]
  policies.py --write DIR --count N [--root ROOT] [--modules A,B] [--address IP]...

Policy number K depends on the seed, on K and on the files of the host alone. The
second form writes them for a guest whose root will be ROOT: DIR/K/policy.yaml and
catalog/, and DIR/K/must when it has to be refused.
"""
import argparse
import ipaddress
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from draw import draw
from world import World

# A file and a line where one can be told, what is wrong, and no more than a line.
CLEAR = re.compile(r"^refused [^ ]+?(:\d+:\d+)?: (error: )?.{10,}$")


def make_links(at, world):
    """Other names of what must not be lost."""
    links = []
    for i, f in enumerate(world.vital[:12]):
        for kind, how in (("hard", os.link), ("soft", os.symlink)):
            os.makedirs(f"{at}/{kind}{i}", exist_ok=True)
            try:
                how(f.real, f"{at}/{kind}{i}/x")
                links.append(f"{at}/{kind}{i}/x")
            except OSError:
                pass
    return links


def fault_of(case, answer):
    if not answer:
        return "no answer: the reader died"
    if answer == "accepted":
        return "accepted" if case.must_be_refused else None
    if not CLEAR.match(answer):
        return "not one clear line"
    return None


def judge(args, world, links, tmp):
    child = subprocess.Popen([args.judge], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    counts = {"accepted": 0, "refused": 0, "faults": 0, "meets": 0}
    longest = 0.0
    for k in range(args.count) if args.only is None else [args.only]:
        case = draw(args.seed, k, world, links)
        at = f"{args.keep or tmp}/{k}"
        case.write(at)
        begin = time.monotonic()
        child.stdin.write(at + "\n")
        child.stdin.flush()
        answer = child.stdout.readline().rstrip("\n")
        longest = max(longest, time.monotonic() - begin)
        counts["accepted" if answer == "accepted" else "refused"] += 1
        counts["meets"] += "(guard: " in answer
        fault = fault_of(case, answer)
        if fault:
            counts["faults"] += 1
            print(f"seed {args.seed}, --only {k}: {fault}: {answer[:300]}\n"
                  f"  must be refused for {case.bad + case.harm}")
        if args.only is not None:
            print(case.vendor, case.policy, answer, case.bad, case.harm, sep="\n")
        if not answer:
            break
        if not args.keep:
            shutil.rmtree(at)
    child.stdin.close()
    print(f"{sum(counts[w] for w in ('accepted', 'refused'))} policies of seed {args.seed}, "
          f"{counts['refused']} refused, {counts['meets']} of them for the guard, "
          f"{counts['accepted']} accepted, {counts['faults']} faults, longest {longest:.1f} s")
    return counts["faults"] or child.wait()


def write(args, world):
    for k in range(args.count):
        case = draw(args.seed, k, world, args.link, with_huge=False)
        case.write(f"{args.write}/{k}")
        if case.must_be_refused:
            with open(f"{args.write}/{k}/must", "w", encoding="utf-8") as f:
                f.write(f"{case.bad + case.harm}\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("judge", nargs="?")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=1000)
    p.add_argument("--only", type=int)
    p.add_argument("--keep")
    p.add_argument("--write")
    p.add_argument("--root", default="/")
    p.add_argument("--modules")
    p.add_argument("--address", action="append", default=[])
    p.add_argument("--link", action="append", default=[])
    args = p.parse_args()
    if args.write:
        write(args, World(args.root, args.modules.split(",") if args.modules else [],
                          [(ipaddress.ip_address(a), [53]) for a in args.address]))
        return 0
    # Beside what it links to, where it can be: a hard link stays in its file system.
    tmp = tempfile.mkdtemp(prefix="weir-hostile-", dir="/var/tmp")
    try:
        world = World()
        return 1 if judge(args, world, make_links(tmp, world), tmp) else 0
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
