/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records: the bytes that go from the kernel to the agent.
 *
 * Every record begins with struct weir_rec. Its len counts the fixed part and
 * the tail, so a reader skips what it does not know. Strings sit in the tail,
 * NUL-terminated; the fixed part holds their offset from the start of the
 * record, 0 for "absent". Fields are appended, never renumbered, and each
 * addition raises the version. Only fixed-width types, no holes, host byte
 * order. Sizes are asserted here and compared with the BTF of the programs
 * in a test.
 *
 * Sequence: seq counts per CPU and per ring from 1 without holes, over the
 * records that are written down: canaries and WEIR_REC_NEW have 0. It is taken
 * before the space is reserved, so a record that found the ring full leaves a
 * hole: a hole is a loss, and the counters of struct weir_losses say of what
 * kind.
 */
#ifndef WEIR_EVENT_H
#define WEIR_EVENT_H

#include <linux/types.h>
#include <weir/limits.h>
#include <weir/verdict.h>

#define WEIR_REC_VERSION 1

enum weir_rec_type {
	WEIR_REC_EXEC = 1,
	WEIR_REC_LOAD = 2,    /* a file mapped executable */
	WEIR_REC_MODULE = 3,  /* a kernel module */
	WEIR_REC_CONNECT = 4, /* connect, send or SCTP connectx */
	WEIR_REC_NEW = 5,     /* an executable never seen: identify it */
	WEIR_REC_MAX = 6,
};

/* Denials have a ring of their own: watching never crowds them out. */
enum weir_ring {
	WEIR_RING_DENIALS = 0,
	WEIR_RING_RECORDS = 1,
	WEIR_RING_MAX = 2,
};

/* Where a record was made. */
enum weir_hook {
	WEIR_HOOK_EXEC = 0,
	WEIR_HOOK_LOAD = 1,
	WEIR_HOOK_MODULE = 2,
	WEIR_HOOK_CONNECT = 3,
	WEIR_HOOK_MAX = 4,
};

enum weir_mechanism {
	WEIR_VIA_NONE = 0,
	WEIR_VIA_LSM = 1,
	WEIR_VIA_FMOD_RET = 2,
	WEIR_VIA_CGROUP = 3,
	WEIR_VIA_TRACEPOINT = 4,
	WEIR_VIA_MODULE = 5,
	WEIR_VIA_MAX = 6,
};

/* Where a path came from. */
enum weir_path_source {
	WEIR_PATH_NONE = 0,
	WEIR_PATH_WALK = 1, /* dentries and mounts, up to the global root */
	WEIR_PATH_NAME = 2, /* as the caller wrote it: may be relative */
};

/* Where the arguments came from. */
enum weir_argv_source {
	WEIR_ARGV_NONE = 0,
	WEIR_ARGV_STACK = 1, /* of the new program */
	WEIR_ARGV_REGS = 2,  /* of a denied exec: the caller's registers */
};

/* In weir_rec.flags. */
#define WEIR_REC_PATH_CUT 0x0001u  /* deeper than the walk could follow */
#define WEIR_REC_ARGV_CUT 0x0002u  /* more arguments than are kept */
#define WEIR_REC_UNHASHED 0x0004u  /* size is listed, hash failed */
#define WEIR_REC_HASHED 0x0008u	   /* sha256 holds the file's digest */
#define WEIR_REC_SCRIPT 0x0010u	   /* interpreter differs from the file */
#define WEIR_REC_DELETED 0x0020u   /* no link left: memfd, unlinked */
#define WEIR_REC_TOO_DEEP 0x0040u  /* place not judged: walk ended early */
#define WEIR_REC_SLIPPED 0x0080u   /* got past a gate that should deny */
#define WEIR_REC_CANARY 0x0100u	   /* the agent's own proof */
#define WEIR_REC_INIT_MOD 0x0400u  /* seen once it was in, by name: no file known */
#define WEIR_REC_PORTLESS 0x0800u  /* raw socket: the port is unknown */
#define WEIR_REC_FIRST 0x1000u	   /* file not looked at before: identify it */

/* A file as the kernel sees it; never made from stat(2), see kernel.h. */
struct weir_file {
	__u64 ino;
	__u32 dev; /* s_dev: major << 20 | minor */
	__u32 gen; /* i_generation */
};
_Static_assert(sizeof(struct weir_file) == 16, "table key is ABI");

struct weir_build_id {
	__u32 len; /* bytes used of id; the rest is 0 */
	__u8 id[WEIR_BUILD_ID_MAX];
};
_Static_assert(sizeof(struct weir_build_id) == 68, "table key is ABI");

/* Who did it. */
struct weir_subject {
	__u64 start_ns; /* CLOCK_BOOTTIME; with tgid it names a process */
	__u64 parent_start_ns;
	__u64 cgroup;
	__u64 caps; /* effective */
	__u32 pid;
	__u32 tgid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 auid; /* ~0: not set */
	__u32 euid;
	__u32 session; /* audit session, ~0: not set */
	__u32 ns_mnt;
	__u32 ns_pid;
	__u32 ns_net;
	__u32 ns_user;
	char comm[WEIR_COMM_LEN];
	char parent_comm[WEIR_COMM_LEN];
};
_Static_assert(sizeof(struct weir_subject) == 112, "record layout is ABI");

struct weir_rec {
	__u16 type; /* enum weir_rec_type */
	__u16 version;
	__u32 len; /* bytes with the tail, multiple of 8 */
	__u64 seq;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u32 cpu;
	__u32 flags;
	__u64 generation; /* of the table that decided */
	__u8 ring;	  /* enum weir_ring */
	__u8 hook;	  /* enum weir_hook */
	__u8 mechanism;	  /* enum weir_mechanism */
	__u8 strength;	  /* enum weir_strength */
	struct weir_answer answer;
	struct weir_key key;
	__u32 reserved;
	struct weir_subject who;
};
_Static_assert(sizeof(struct weir_rec) == 176, "record layout is ABI");

/* exec, load, module, new: something happened to a file. */
struct weir_rec_file {
	struct weir_rec rec;
	struct weir_file file;
	__u64 size;
	__u64 ctime_ns;
	__u32 mode; /* i_mode */
	__u32 path_off;
	__u16 path_source;
	__u16 argv_source;
	__u32 argv_off; /* argv_len bytes of NUL-terminated strings */
	__u32 argv_len;
	__u32 interp_off;
	__u8 sha256[WEIR_SHA256_LEN];
	__u32 name_off; /* as the caller wrote it */
	__u32 reserved;
};
_Static_assert(sizeof(struct weir_rec_file) == 272, "record layout is ABI");

/* connect: an address was asked for. */
struct weir_rec_connect {
	struct weir_rec rec;
	__u16 family;	/* AF_INET or AF_INET6; mapped v4 is AF_INET */
	__u16 protocol; /* IPPROTO_* */
	__u16 port;	/* host byte order */
	__u16 call;	/* enum weir_call */
	__u8 addr[16];	/* network byte order; IPv4 in the first four */
};
_Static_assert(sizeof(struct weir_rec_connect) == 200, "record layout is ABI");

enum weir_call {
	WEIR_CALL_CONNECT = 0,
	WEIR_CALL_SEND = 1,
	WEIR_CALL_CONNECTX = 2,
	WEIR_CALL_MAX = 3,
};

/*
 * Records that found no room, per CPU; read by the agent, never reset. Builds of
 * weir share them, hence the room for types to come.
 */
#define WEIR_LOSS_TYPES 15

struct weir_losses {
	__u64 by_type[WEIR_LOSS_TYPES];
	__u64 denials; /* of these, how many said "denied" */
};
_Static_assert(sizeof(struct weir_losses) == 128, "never changes");
_Static_assert(WEIR_REC_MAX <= WEIR_LOSS_TYPES, "every type can be counted");

#endif /* WEIR_EVENT_H */
