/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of the kernel that we read, and nothing else.
 *
 * Declared by hand and relocated at load time (CO-RE), so this file is the
 * list of what the programs touch, and a build needs no vmlinux.h. A suffix
 * after three underscores is a flavour: the same struct on another kernel.
 */
#ifndef WEIR_BPF_KERNEL_H
#define WEIR_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef _Bool bool;
#define true 1
#define false 0
#ifndef NULL
#define NULL ((void *)0)
#endif

#define EPERM 1
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_SCTP 132
#define IPPROTO_UDPLITE 136
#define IPPROTO_MPTCP 262
#define PT_NOTE 4
#define ELF_MAGIC 0x464c457f
#define PROT_EXEC 4
#define PROT_READ 1
#define S_IFMT 0170000
#define S_IFREG 0100000

/* f_flags of a file that execve itself opened (fs.h: __FMODE_EXEC). */
#define FMODE_EXEC 0x20

/* personality(2): PROT_READ implies PROT_EXEC. */
#define READ_IMPLIES_EXEC 0x0400000

#define OVERLAYFS_SUPER_MAGIC 0x794c7630

/*
 * READ(p, a, b) is p->a->b. Where the kernel knows the type of p, which it does
 * of what it handed to the program, it follows the pointers itself, and a field
 * costs a load; elsewhere, BPF_CORE_READ, each step costs a call. 5.10 cannot
 * say which task is current other than by number, hence takes the latter.
 */
#ifdef WEIR_FLOOR
#define READ(...) BPF_CORE_READ(__VA_ARGS__)
#define current_task() ((struct task_struct *)bpf_get_current_task())
#else
#define READ(...) ___arrow(__VA_ARGS__)
#define current_task() ((struct task_struct *)bpf_get_current_task_btf())
#endif

/*
 * PEEK(type, p, a, b) is the same of any address: from 6.2 on the kernel takes
 * our word for the type of what is there, and reads zeros where there is nothing.
 * A pointer that is to be passed on as a number must come by BPF_CORE_READ.
 */
#ifdef WEIR_FLOOR
#define PEEK(type, p, ...)                                                    \
	({                                                                    \
		struct type *p_ = (void *)(p);                                \
		BPF_CORE_READ(p_, __VA_ARGS__);                               \
	})
#else
const volatile __u64 weir_has_cast; /* 1: the kernel has the next */
extern void *bpf_rdonly_cast(const void *obj, __u32 type_id) __ksym __weak;

#define PEEK(type, p, ...)                                                    \
	({                                                                    \
		struct type *p_ = (void *)(p);                                \
		__typeof__(___arrow(p_, __VA_ARGS__)) v_;                     \
		if (weir_has_cast) {                                          \
			p_ = bpf_rdonly_cast(p_, bpf_core_type_id_kernel(struct type)); \
			v_ = ___arrow(p_, __VA_ARGS__);                       \
		} else {                                                      \
			v_ = BPF_CORE_READ(p_, __VA_ARGS__);                  \
		}                                                             \
		v_;                                                           \
	})
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct xarray {
	void *xa_head;
};

struct address_space {
	struct xarray i_pages;
};

struct elf64_phdr {
	__u32 p_type; /* first in 32-bit files too */
};

struct xa_node {
	void *slots[64];
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	__u32 i_generation;
	long long i_size;
	struct address_space *i_mapping;
	struct timespec64 i_ctime; /* to 6.5 */
};

struct inode___v66 {
	struct timespec64 __i_ctime; /* 6.6 to 6.10 */
};

struct inode___v611 {
	__s64 i_ctime_sec; /* from 6.11 */
	__u32 i_ctime_nsec;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start;
	unsigned long arg_end;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *interp;
	char buf[256];
};

/* sched_process_exec as perf hands it over: no binprm, but where its name is. */
struct trace_event_raw_sched_process_exec {
	__u32 __data_loc_filename;
	int pid;
	int old_pid;
};

struct linux_binprm___check {
	unsigned int is_check : 1; /* from 6.14: AT_EXECVE_CHECK */
};

typedef struct {
	__u32 val;
} kuid_t;

struct capability_set { /* two u32 to 6.2, one u64 since: 8 bytes */
	__u64 val;
};

struct ns_common {
	unsigned int inum;
};

struct user_namespace {
	struct ns_common ns;
};

struct cred {
	kuid_t uid;
	kuid_t gid;
	kuid_t euid;
	struct capability_set cap_effective;
	struct user_namespace *user_ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	const char *name;
	struct kernfs_node *parent; /* to 6.14 */
};

struct kernfs_node___v615 {
	struct kernfs_node *__parent; /* from 6.15 */
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	unsigned int flags;
	unsigned int personality;
	void *stack;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	const struct cred *cred;
	kuid_t loginuid;
	unsigned int sessionid;
	__u64 self_exec_id; /* one more with each exec that succeeded */
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	struct mm_struct *mm;
	char comm[16];
};

struct pt_regs___x86 {
	unsigned long si;
	unsigned long dx;
	unsigned long orig_ax;
	unsigned long cs;
};

struct pt_regs___arm64 {
	__u64 regs[31];
	int syscallno;
};

struct module {
	char name[56];
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr {
	unsigned short sa_family;
	char sa_data[14];
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

/* User space's own layouts: fixed, not to be relocated. */
struct sockaddr_in {
	unsigned short sin_family;
	__be16 sin_port;
	__be32 sin_addr;
};

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	__u8 sin6_addr[16];
};

/* A .ko.xz or .ko.zst is told apart since late 2025. */
enum kernel_read_file_id { READING_MODULE = 2, READING_MODULE_COMPRESSED = 7 };

#endif /* WEIR_BPF_KERNEL_H */
