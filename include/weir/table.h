/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tables: what the agent writes and the kernel looks up.
 *
 * A table is a generation: a number and one inner map per kind of key. The
 * agent builds generation n+1 aside, puts it into the outer maps, writes the
 * number into struct weir_control and later drops n. A hook reads the number
 * once; when the generation it read is gone it reads the number again.
 */
#ifndef WEIR_TABLE_H
#define WEIR_TABLE_H

#include <linux/types.h>
#include <weir/event.h>
#include <weir/limits.h>
#include <weir/verdict.h>

/*
 * Pins. What every build of weir has to understand, older and newer ones, lies
 * at the top by the name of its map and never changes its layout again: which
 * build acts, arm, holds, sequence numbers, losses, marks, the two rings (whose
 * records say themselves what they are). What may change lies in tables-N, N
 * being WEIR_ABI, and what is one build's own (its links, its control) in
 * build-X. So two builds stand side by side, also with different tables.
 */
#define WEIR_PIN_DIR "/sys/fs/bpf/weir"

/*
 * Who acts. One store of @build is the upgrade, and @retiring says which set was
 * active before: for a moment that one still refuses, so that a call which is
 * on its way past both cannot meet two sets that each leave it to the other.
 */
struct weir_active {
	__u64 build;	/* the set of programs that decides; 0: none yet */
	__u64 retiring; /* and one that still refuses; 0: none */
	__u64 since_ns; /* CLOCK_BOOTTIME: the first gate of this boot was proven */
	__u32 abi;	/* the tables of @build */
	__u32 reserved;
	__u64 later[4];
};
_Static_assert(sizeof(struct weir_active) == 64, "never changes");

/* Which lookups can hit at all; an empty map is not even asked. */
#define WEIR_HAS_FILES 0x01u
#define WEIR_HAS_DIRS 0x02u
#define WEIR_HAS_HASHES 0x04u
#define WEIR_HAS_BUILD_IDS 0x08u
#define WEIR_HAS_PREFIX4 0x10u
#define WEIR_HAS_PREFIX6 0x20u
#define WEIR_HAS_MODULES 0x40u
#define WEIR_HAS_EXEMPTIONS 0x80u

#define WEIR_HAS_INSTALLED 0x200u

/* What to record of software that no key names. */
#define WEIR_RECORD_ALL 0x100u

/*
 * One of these per build, written by the agent only. The first three members are
 * there in every layout: a successor goes on from the generation, takes the
 * canary away, and compares what it can do with what is there.
 */
struct weir_control {
	__u64 generation;
	__u32 agent; /* tgid: its children may run the canary */
	__u8 gate[WEIR_HOOK_MAX]; /* enum weir_mechanism that decides, by hook */
	__u64 lapse_ns;	   /* CLOCK_BOOTTIME */
	__u64 record_until_ns; /* WEIR_RECORD_ALL ends by itself */
	__u32 enforce;
	__u32 flags; /* WEIR_HAS_*, WEIR_RECORD_* */
	__u32 argv;  /* 1: take no arguments */
	__u32 deny_unhashable; /* size listed, hash failed: deny */
	__u32 kill;	       /* 1: the policy lets a weak exec gate kill */
	__u32 trial;	       /* 1: not in force yet; acts for the agent's children */
	__u32 links;	       /* how many are pinned when all are there */
	__u32 reserved;
};
_Static_assert(sizeof(struct weir_control) == 64, "table layout is ABI");
_Static_assert(__builtin_offsetof(struct weir_control, lapse_ns) == 16, "never changes");

/* What is read of another build's. */
#define WEIR_CONTROL_HEAD __builtin_offsetof(struct weir_control, lapse_ns)

/* One of these, written by arm, confirm, disarm and the agent's start. */
struct weir_arm {
	__u64 until_ns; /* CLOCK_BOOTTIME; 0: disarmed, WEIR_NEVER: confirmed */
	__u64 off_ns;	/* disarmed for a while: until then, whatever until_ns says */
	__u64 since_ns;
	__u32 session; /* audit session that armed: confirm wants another */
	__u32 uid;
};
_Static_assert(sizeof(struct weir_arm) == 32, "never changes");

/*
 * What somebody did about one product, by its number in struct weir_rule. Kept
 * beside the tables, so that it is the same under every policy; written by the
 * commands and not by the agent, which may be stopped.
 */
struct weir_hold {
	__u64 disarmed_ns; /* CLOCK_BOOTTIME: not stopped until then */
	__u64 window_ns;   /* its removal window is open until then */
	__u64 armed_ns;	   /* armed until then, also when the host is not */
	__u64 since_ns;
	__u32 session, uid;
};
_Static_assert(sizeof(struct weir_hold) == 40, "never changes");

/* Whom an exemption covers: a rule, of it one file or all, for one user or all. */
#define WEIR_ANYBODY (~0u)
struct weir_scope {
	struct weir_file file; /* all zero: every file, and every destination */
	__u32 rule;
	__u32 uid; /* WEIR_ANYBODY: all */
};
_Static_assert(sizeof(struct weir_scope) == 24, "table layout is ABI");

struct weir_exemption {
	__u64 until_ns; /* CLOCK_BOOTTIME; 0: none */
	__u64 used;	/* counted by the kernel */
	__u32 index;	/* in the policy */
	__u8 cap;	/* enum weir_mode */
	__u8 reserved[3];
};
_Static_assert(sizeof(struct weir_exemption) == 24, "table layout is ABI");

struct weir_exemptions {
	struct weir_exemption of[WEIR_EXEMPT_MAX];
};

/* A file that a freeze lets run, as it was when the freeze began. */
struct weir_installed {
	struct weir_file file;
	__u64 size;
	__u64 ctime_ns;
};
_Static_assert(sizeof(struct weir_installed) == 32, "table layout is ABI");

/* A file and a destination of the agent's own, to prove the gates with. */
struct weir_canary {
	struct weir_file file;
	__u8 addr4[4];
	__u16 port;
	__u16 reserved;
};
_Static_assert(sizeof(struct weir_canary) == 24, "table layout is ABI");

struct weir_module_name {
	char name[56]; /* MODULE_NAME_LEN, NUL-padded, '-' as '_' */
};

struct weir_sha256 {
	__u8 digest[WEIR_SHA256_LEN];
};

/* An executable as it was when it was last looked at. */
struct weir_seen {
	struct weir_file file;
	__u64 size;
	__u64 ctime_ns;
	__u64 generation; /* a new table wants every file looked at again */
};

/*
 * A control group by its number: its names from itself upward, "" at the root.
 * Written with a record of listed software, since a unit that fails at once is
 * gone with its group before the record is read.
 */
struct weir_group {
	char name[WEIR_GROUP_DEPTH][WEIR_GROUP_NAME];
};
_Static_assert(sizeof(struct weir_group) == 1024, "table layout is ABI");

/*
 * What a hook found out about one file: kept from the gate to the tracepoint,
 * and handed to the function that writes the record. Kernel-side only, but
 * pinned, hence ABI.
 */
struct weir_look {
	struct weir_file file;
	__u64 size;
	__u64 ctime_ns;
	__u64 generation;
	struct weir_key key;
	struct weir_answer answer;
	__u32 flags; /* WEIR_REC_* */
	__u32 mode;
	__u8 hook;
	__u8 mechanism;
	__u8 strength;
	__u8 reserved[5];
	__u8 sha256[WEIR_SHA256_LEN];
};
_Static_assert(sizeof(struct weir_look) == 104, "table layout is ABI");

struct weir_port {
	__u16 first; /* host byte order */
	__u16 last;
	__u8 protocol; /* IPPROTO_*; 0: any */
	__u8 spares;   /* of an allowance: how many behind it are those of its rule */
	__u8 reserved[2];
	struct weir_key key; /* rule 0: an allowance */
};
_Static_assert(sizeof(struct weir_port) == 20, "table layout is ABI");

/*
 * What hangs on one prefix. An allowance that matches takes what it spares out;
 * of what is left and matches, the first strong key decides, else the first.
 */
struct weir_ports {
	__u32 cnt;
	struct weir_port port[WEIR_PORTS_MAX];
};
_Static_assert(sizeof(struct weir_ports) == 164, "table layout is ABI");

/* Keys of the prefix tries, as BPF_MAP_TYPE_LPM_TRIE wants them. */
struct weir_prefix4 {
	__u32 len;
	__u8 addr[4];
};

struct weir_prefix6 {
	__u32 len;
	__u8 addr[16];
};

#endif /* WEIR_TABLE_H */
