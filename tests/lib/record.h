/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records as the kernel would make them, for tests: a plausible fixed part and
 * a tail that strings are put into one by one.
 */
#ifndef WEIR_TESTS_RECORD_H
#define WEIR_TESTS_RECORD_H

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <weir/event.h>

struct record {
	union {
		struct weir_rec rec;
		struct weir_rec_file file;
		struct weir_rec_connect connect;
		uint8_t bytes[16384];
	};
};

static inline void record_head(struct record *r, uint16_t type, uint32_t len)
{
	memset(r, 0, sizeof(*r));
	r->rec.type = type;
	r->rec.version = WEIR_REC_VERSION;
	r->rec.len = len;
	r->rec.seq = 7;
	r->rec.time_ns = 123456789012ull;
	r->rec.cpu = 1;
	r->rec.generation = 3;
	r->rec.ring = WEIR_RING_RECORDS;
	r->rec.mechanism = WEIR_VIA_LSM;
	r->rec.strength = WEIR_CAN_DENY;
	r->rec.who = (struct weir_subject){
		.start_ns = 100000000000ull, .parent_start_ns = 50000000000ull,
		.cgroup = 4242, .caps = 0x1ff, .pid = 812, .tgid = 812, .ppid = 1,
		.uid = 1000, .gid = 1000, .auid = 1000, .euid = 1000, .session = 5,
		.ns_mnt = 4026531841u, .ns_pid = 4026531836u, .ns_net = 4026531840u,
		.ns_user = 4026531837u, .comm = "bash", .parent_comm = "systemd",
	};
}

/* Puts @len bytes into the tail; their offset. */
static inline uint32_t record_add(struct record *r, const void *bytes, uint32_t len)
{
	uint32_t off = r->rec.len;

	memcpy(r->bytes + off, bytes, len);
	r->rec.len = (off + len + 7) & ~7u;
	return off;
}

static inline void record_file(struct record *r, uint16_t type, const char *path,
			       const char *argv, uint32_t argv_len)
{
	record_head(r, type, sizeof(struct weir_rec_file));
	r->rec.hook = type == WEIR_REC_LOAD ? WEIR_HOOK_LOAD
		    : type == WEIR_REC_MODULE ? WEIR_HOOK_MODULE : WEIR_HOOK_EXEC;
	r->file.file = (struct weir_file){ .ino = 99, .dev = 0x800001, .gen = 12 };
	r->file.size = 81234;
	r->file.mode = 0100755;
	if (path) {
		r->file.path_off = record_add(r, path, (uint32_t)strlen(path) + 1);
		r->file.path_source = WEIR_PATH_WALK;
	}
	if (argv_len) {
		uint32_t off = record_add(r, argv, argv_len);

		r->file.argv_off = off;
		r->file.argv_len = argv_len;
		r->file.argv_source = WEIR_ARGV_STACK;
	}
}

static inline void record_connect(struct record *r, uint32_t addr, uint16_t port)
{
	record_head(r, WEIR_REC_CONNECT, sizeof(struct weir_rec_connect));
	addr = htonl(addr);
	r->rec.hook = WEIR_HOOK_CONNECT;
	r->rec.mechanism = WEIR_VIA_CGROUP;
	r->connect.family = AF_INET;
	r->connect.protocol = IPPROTO_TCP;
	r->connect.port = port;
	memcpy(r->connect.addr, &addr, 4);
}

static inline void record_answer(struct record *r, uint32_t product, uint8_t verdict,
				 uint8_t reason, uint8_t mode, uint8_t would)
{
	r->rec.key = (struct weir_key){ .rule = product + 1, .kind = WEIR_KEY_FILE,
					.flags = WEIR_KEY_ENFORCE };
	r->rec.answer = (struct weir_answer){ verdict, reason, mode, would };
}

#endif /* WEIR_TESTS_RECORD_H */
