/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The module's door: one generic netlink family, "weir".
 *
 * Every request is from a process with CAP_NET_ADMIN over the initial network
 * namespace; what changes whether anything is stopped wants CAP_SYS_ADMIN too.
 * The agent's socket is believed without: its owner had that when it said HELLO,
 * and may have given it up since.
 *
 * Attributes are strict: one that is unknown, too short or too long refuses the
 * whole request. Structs travel as they are declared in this folder, in host
 * byte order; an ABI that differs is told by HELLO and to be believed.
 *
 *	HELLO		VERSION [AGENT]
 *			-> VERSION ABI FEATURES
 *	    AGENT makes the sender's socket the agent's: when it is closed, by
 *	    whatever end of its process, the module notices. So does it when the
 *	    agent has said nothing for WEIR_GENL_SILENCE_S; any request counts.
 *
 *	TABLE_BEGIN	GENERATION PREFIX4_CNT PREFIX6_CNT
 *	TABLE_ADD	KIND ENTRIES
 *	TABLE_COMMIT	CONTROL
 *	    Builds a table aside and puts it in force with its control, as a whole
 *	    or not at all. Another BEGIN drops what was not committed. An ENTRIES
 *	    is any number of entries: key and value of the kind, back to back.
 *
 *	PUT		KIND ENTRIES
 *	DROP		KIND ENTRIES
 *	    Changes what is in force: of WEIR_KIND_FILES, _GUARD and _HOLDS only.
 *	    DROP has keys alone for entries.
 *
 *	CONTROL		CONTROL [CANARY]
 *	    Its generation has to be that of the table in force.
 *
 *	ATTACH		HOOKS
 *	    Puts gates on the functions of these hooks (1 << enum weir_hook), beside
 *	    those that stand. What cannot be had is no error: STATUS says why.
 *	DETACH
 *	    Takes all of them away, which is refused while the host is armed.
 *
 *	ARM		ARM
 *	CONFIRM
 *	DISARM		[ARM]
 *	    The words of weir(8), for when there is no agent to ask. ARM is a whole
 *	    struct weir_arm. CONFIRM makes an arm that has not run out lasting.
 *	    Disarmed, and with no agent there to watch, the module takes its gates
 *	    away by itself.
 *
 *	STATUS
 *	    -> VERSION ABI FEATURES CONTROL ARM AGENT_PID
 *	       SITES { SITE { SITE_NAME HOOKS SITE_STATE SITE_ERROR } ... }
 *	       COUNTERS BOX_SEQ BOX_DIGEST
 *
 *	BOX_DUMP (dump)	[BOX_SEQ]
 *	    -> BOX_RECORD, one a message, from BOX_SEQ or the oldest that is kept
 *
 *	IDENTIFY	FD
 *	    -> FILE
 *	    Of what the sender has open: the key that the gates know it by. What is in
 *	    it nobody asks here: generic netlink would wait for a file that never
 *	    answers.
 */
#ifndef WEIR_GENL_H
#define WEIR_GENL_H

#include <linux/types.h>
#include <weir/table.h>

#define WEIR_GENL_NAME "weir"
#define WEIR_GENL_VERSION 1

/* An agent that says nothing for so long is taken for gone. */
#define WEIR_GENL_SILENCE_S 60

enum weir_genl_command {
	WEIR_C_UNSPEC = 0,
	WEIR_C_HELLO = 1,
	WEIR_C_TABLE_BEGIN = 2,
	WEIR_C_TABLE_ADD = 3,
	WEIR_C_TABLE_COMMIT = 4,
	WEIR_C_PUT = 5,
	WEIR_C_DROP = 6,
	WEIR_C_CONTROL = 7,
	WEIR_C_ATTACH = 8,
	WEIR_C_DETACH = 9,
	WEIR_C_ARM = 10,
	WEIR_C_CONFIRM = 11,
	WEIR_C_DISARM = 12,
	WEIR_C_STATUS = 13,
	WEIR_C_BOX_DUMP = 14,
	WEIR_C_IDENTIFY = 15,
	WEIR_C_MAX = 16,
};

enum weir_genl_attribute {
	WEIR_A_UNSPEC = 0,
	WEIR_A_VERSION = 1,	 /* u32: WEIR_GENL_VERSION */
	WEIR_A_ABI = 2,		 /* u32: WEIR_ABI */
	WEIR_A_FEATURES = 3,	 /* u32: WEIR_FEATURE_* */
	WEIR_A_AGENT = 4,	 /* flag */
	WEIR_A_AGENT_PID = 5,	 /* u32: 0: there is none */
	WEIR_A_GENERATION = 6,	 /* u64 */
	WEIR_A_PREFIX4_CNT = 7,	 /* u32 */
	WEIR_A_PREFIX6_CNT = 8,	 /* u32 */
	WEIR_A_KIND = 9,	 /* u32: enum weir_kind */
	WEIR_A_ENTRIES = 10,	 /* bytes */
	WEIR_A_CONTROL = 11,	 /* struct weir_control */
	WEIR_A_CANARY = 12,	 /* struct weir_canary */
	WEIR_A_ARM = 13,	 /* struct weir_arm */
	WEIR_A_HOOKS = 14,	 /* u32: bit per enum weir_hook */
	WEIR_A_SITE = 15,	 /* nested: one function of the kernel */
	WEIR_A_SITE_NAME = 16,	 /* string */
	WEIR_A_SITE_STATE = 17,	 /* u32: enum weir_site_state */
	WEIR_A_SITE_ERROR = 18,	 /* u32: the errno that kept us away, 0: none */
	WEIR_A_COUNTERS = 19,	 /* struct weir_box_counters */
	WEIR_A_BOX_SEQ = 20,	 /* u64: of the next record to be made */
	WEIR_A_BOX_DIGEST = 21,	 /* bytes: of the last one made */
	WEIR_A_BOX_RECORD = 22,	 /* struct weir_box_record */
	WEIR_A_FD = 23,		 /* u32 */
	WEIR_A_FILE = 24,	 /* struct weir_file */
	WEIR_A_PAD = 25,
	WEIR_A_SITES = 26,	 /* nested: SITE, as many as there are */
	WEIR_A_MAX = 27,
};

/* What a table holds, by key and value. */
enum weir_kind {
	WEIR_KIND_RULES = 0,	   /* __u32: struct weir_rule */
	WEIR_KIND_GUARD = 1,	   /* struct weir_file: __u32 */
	WEIR_KIND_FILES = 2,	   /* struct weir_file: struct weir_key */
	WEIR_KIND_DIRS = 3,	   /* struct weir_file: struct weir_key */
	WEIR_KIND_SIZES = 4,	   /* __u64: struct weir_key */
	WEIR_KIND_HASHES = 5,	   /* struct weir_sha256: struct weir_key */
	WEIR_KIND_BUILD_IDS = 6,   /* struct weir_build_id: struct weir_key */
	WEIR_KIND_EXEMPTIONS = 7,  /* struct weir_scope: struct weir_exemptions */
	WEIR_KIND_INSTALLED = 8,   /* struct weir_installed: __u32 */
	WEIR_KIND_CONTENTS = 9,	   /* struct weir_sha256: __u32 */
	WEIR_KIND_HOLDS = 10,	   /* __u64: struct weir_hold; outlives the table */
	WEIR_KIND_PREFIX4 = 11,	   /* struct weir_prefix4: struct weir_ports */
	WEIR_KIND_PREFIX6 = 12,	   /* struct weir_prefix6: struct weir_ports */
	WEIR_KIND_MAX = 13,
};

#define WEIR_FEATURE_CONTENT 1u /* gates may read files: digests and build-ids count */

enum weir_site_state {
	WEIR_SITE_FREE = 0,	/* nothing of ours is there */
	WEIR_SITE_TAKEN = 1,	/* our gate stands there */
	WEIR_SITE_FOREIGN = 2,	/* somebody else has it: a live patch, another product */
	WEIR_SITE_ABSENT = 3,	/* this kernel has no such function, or no means to hook it */
};

enum weir_box_kind {
	WEIR_BOX_LOADED = 1,	/* the module: the chain begins */
	WEIR_BOX_DENIED = 2,
	WEIR_BOX_TABLE = 3,	/* another table is in force */
	WEIR_BOX_ARMED = 4,
	WEIR_BOX_CONFIRMED = 5,
	WEIR_BOX_DISARMED = 6,
	WEIR_BOX_AGENT_HERE = 7,
	WEIR_BOX_AGENT_GONE = 8,
	WEIR_BOX_AGENT_SILENT = 9,
	WEIR_BOX_LAPSED = 10,	/* the table is too old: everything is allowed */
	WEIR_BOX_ATTACHED = 11,
	WEIR_BOX_DETACHED = 12,
	WEIR_BOX_MAX = 13,
};

/* The end of a path that is longer is kept: WEIR_REC_PATH_CUT. */
#define WEIR_BOX_PATH 256

/*
 * rec.cpu is no CPU's, since the box numbers its records for the whole host: it is
 * this and the second of CLOCK_BOOTTIME in which the module was loaded. So the
 * numbers of one load are not those of another.
 */
#define WEIR_BOX_CPU 0x80000000u

/*
 * One line of the black box. What it holds is a record as include/weir/event.h
 * has it, with a tail of one path; of what is no denial only the head of one:
 * when, who, under which table. digest is SHA-256 over the digest of the record
 * before and this one up to digest; the first follows 32 zero bytes. Who reads
 * from the middle takes the first digest on trust. Numbers have no gaps: what is
 * missing was overwritten.
 */
struct weir_box_record {
	__u64 seq; /* from 1, for as long as the module is loaded */
	__u32 kind; /* enum weir_box_kind */
	__u32 reserved;
	union {
		struct weir_rec rec; /* type 0: no denial */
		struct weir_rec_file file;
		struct weir_rec_connect connect;
	};
	char path[WEIR_BOX_PATH]; /* of a file: rec.len counts it in */
	__u8 digest[WEIR_SHA256_LEN];
};
_Static_assert(sizeof(struct weir_box_record) == 576, "record layout is ABI");
_Static_assert(__builtin_offsetof(struct weir_box_record, path) ==
	       __builtin_offsetof(struct weir_box_record, file) + sizeof(struct weir_rec_file),
	       "a file's record and its tail are one piece");

struct weir_box_counters {
	__u64 denied;
	__u64 unhashed;	 /* a size was listed and the digest could not be had */
	__u64 unaudited; /* the audit system took no record */
	__u64 overwritten; /* records of the box that gave way to newer ones */
	__u64 canaries[WEIR_HOOK_MAX]; /* stopped; these are in no record */
};
_Static_assert(sizeof(struct weir_box_counters) == 64, "record layout is ABI");

#endif /* WEIR_GENL_H */
