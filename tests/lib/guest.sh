# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests for tests: a kernel from the cache (scripts/fetch-kernels), an
# initramfs of a few megabytes, QEMU without KVM. To be sourced; plain sh.
#
#   guest_image OUT [DIR | FILE | FILE:DEST]...
#   guest_add_binary ROOT FILE [DEST]
#   guest_run KERNEL IMAGE LOG [OPTION...]
#   guest_run_systemd KERNEL ROOTIMAGE LOG [--payload DIR] [OPTION...]
#   OPTION := --append WORDS | --modules A,B | --smp N | --mem MB | --cpu MODEL
#           | --timeout S | --icount | --bzimage
#
# The guest runs /weir/test; what that prints is in LOG. A run counts only when
# its closing line says so: QEMU itself ends the same way on power-off and panic.
#
# Every function is a subshell, so a test's variables and traps stay its own.

# The first line of this form in the log is the guest's last word.
guest_end="WEIR-GUEST-END rc="

guest_cache()
{
	echo "${WEIR_CACHE:-$HOME/.cache/weir}"
}

# The guest's first process. busybox's shell finds its own applets before any
# file; a test that must exec a certain file names it with its path.
guest_init()
{
	cat <<'INIT'
#!/bin/busybox sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

# The value of a word NAME=value on the kernel command line.
param()
{
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1
}

mount_all()
{
	# The shell finds its applets through /proc/self/exe: this one comes first.
	/bin/busybox mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev
	mkdir -p /dev/pts /dev/shm
	mount -t devpts devpts /dev/pts
	mount -t tmpfs tmpfs /tmp
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /dev/shm
	chmod 1777 /tmp /dev/shm
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t bpf bpf /sys/fs/bpf
	mount -t securityfs securityfs /sys/kernel/security
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing
	# Without it execveat of a bare descriptor fails in ways that look like a denial.
	ln -s /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
}

load()
{
	dir=/lib/modules/$(uname -r)
	for name in $(echo "$*" | tr ',' ' '); do
		chain=$(sed -n "s/^$name: //p" "$dir/deps" 2>/dev/null)
		[ -n "$chain" ] || grep -qs "/$name.ko" "$dir/modules.builtin" ||
			echo "# guest: this kernel has no module $name"
		for part in $chain; do
			[ -d "/sys/module/$part" ] || insmod "$dir/$part.ko"
		done
	done
}

# A denied connection must fail at once instead of retrying for minutes, and
# fast open must be on, or a test of it proves nothing.
tune()
{
	level=$(param weir.printk)
	set_sysctl kernel.printk "${level:-3}"
	set_sysctl net.ipv4.tcp_syn_retries 1
	set_sysctl net.ipv4.tcp_fastopen 3
	set_sysctl net.sctp.max_init_retransmits 1
	set_sysctl net.sctp.rto_initial 200
}

set_sysctl()
{
	file=/proc/sys/$(echo "$1" | tr . /)
	[ ! -e "$file" ] || echo "$2" >"$file"
}

network()
{
	ip link set lo up
	ip addr show dev lo | grep -q 127.0.0.1 || ip addr add 127.0.0.1/8 dev lo
	ip addr show dev lo | grep -q ::1 || ip addr add ::1/128 dev lo
}

# Hands over to the system on the disk, with the payload copied into it.
switch_to()
{
	load "virtio_pci,virtio_blk,ext4 $(param weir.modules)"
	tries=100
	until [ -b "$1" ] || [ $tries = 0 ]; do
		tries=$((tries - 1))
		usleep 100000
	done
	mount -t ext4 "$1" /newroot || return 1
	mkdir -p "/newroot/lib/modules"
	cp -a /lib/modules/. /newroot/lib/modules/
	[ ! -d /payload ] || cp -a /payload/. /newroot/
	# The system mounts these itself, as it does on a real host.
	umount /sys/kernel/tracing /sys/kernel/debug /sys/kernel/security /sys/fs/bpf \
		/sys/fs/cgroup /dev/shm /dev/pts /sys /tmp /run
	mount --move /dev /newroot/dev
	umount /proc
	exec switch_root /newroot /sbin/init
}

run_test()
{
	cd /
	if [ -x /weir/test ]; then
		/weir/test
	else
		echo "# guest: no executable /weir/test"
		false
	fi
}

mount_all
exec </dev/null >/dev/console 2>&1
# Leaves alone what the image brought: a real program wins over an applet's link.
mkdir -p /sbin /usr/bin /usr/sbin
/bin/busybox --install -s 2>/dev/null
stty -F /dev/console -onlcr
tune
root=$(param weir.root)
if [ -n "$root" ]; then
	switch_to "$root"
	echo "# guest: no system on $root"
	rc=127
else
	network
	load "$(cat /weir/modules 2>/dev/null) $(param weir.modules)"
	tune
	run_test
	rc=$?
fi
echo
echo "WEIR-GUEST-END rc=$rc"
# Setting a mode waits for the line to drain: power-off would cut it.
stty -F /dev/console -onlcr
poweroff -f
INIT
}

# Puts one argument of guest_image into the tree $1.
guest_place()
(
	dest=
	case $2 in *:*) dest=${2#*:} ;; esac
	from=${2%%:*}
	[ -e "$from" ] || { echo "guest_image: no such file: $from" >&2; exit 1; }
	if [ -d "$from" ]; then
		mkdir -p "$1$dest"
		cp -a --remove-destination "$from/." "$1$dest/"
	else
		dest=${dest:-/weir/$(basename "$from")}
		mkdir -p "$(dirname "$1$dest")"
		cp -L --preserve=mode,timestamps --remove-destination "$from" "$1$dest"
	fi
)

# Packs the tree $1 into the archive $2. Owner is root whoever builds it.
guest_pack()
(
	# Two tests may make the same archive at once: each its own, the last one stays.
	new=$(mktemp "$2.XXXXXX") && cd "$1" || exit
	find . | cpio -o -H newc -R 0:0 --quiet | gzip -1 >"$new" &&
		chmod 644 "$new" && mv "$new" "$2"
)

# Builds an initramfs OUT from busybox, our init and what is given, later ones
# winning: a directory is laid over the root, a file goes to /weir, or to DEST.
guest_image()
(
	set -e
	case $1 in /*) out=$1 ;; *) out=$PWD/$1 ;; esac
	shift
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	chmod 755 "$tree"
	cd_back=$PWD
	cd "$tree"
	mkdir -p bin dev etc lib/modules newroot proc root run sys tmp weir
	guest_init >init
	chmod 755 init
	cp -L "$(command -v busybox)" bin/busybox
	ln -s busybox bin/sh
	echo root:x:0:0:root:/root:/bin/sh >etc/passwd
	echo root:x:0: >etc/group
	echo 127.0.0.1 localhost >etc/hosts
	cd "$cd_back"
	for piece in "$@"; do
		guest_place "$tree" "$piece"
	done
	guest_pack "$tree" "$out"
)

# The loader and libraries FILE needs, by path; nothing for a static one.
guest_libraries()
{
	ldd "$1" 2>/dev/null | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p'
}

# Copies a host program and its libraries into the tree ROOT, to the same paths,
# or the program to DEST.
guest_add_binary()
(
	set -e
	root=$1
	file=$(command -v "$2")
	dest=${3:-$file}
	mkdir -p "$(dirname "$root$dest")"
	cp -L --preserve=mode "$file" "$root$dest"
	for library in $(guest_libraries "$file"); do
		mkdir -p "$(dirname "$root$library")"
		[ -e "$root$library" ] || cp -L --preserve=mode "$library" "$root$library"
	done
)

# The directory of a kernel: a name in the cache, or a directory of one's own
# with vmlinuz (and release and modules, when there are any).
guest_kernel_dir()
{
	case $1 in
	*/*) echo "$1" ;;
	*)   echo "$(guest_cache)/kernels/$1" ;;
	esac
}

# Makes the archive of a kernel's modules once. It is joined to the image at
# run time, so one image serves all kernels.
guest_modules_archive()
(
	archive=$1/modules.cpio.gz
	[ -d "$1/modules" ] || exit 0
	[ -n "$(find "$archive" -newer "$1/modules/order" 2>/dev/null)" ] || {
		tree=$(mktemp -d)
	chmod 755 "$tree" # it becomes the guest's root directory
		trap 'rm -rf "$tree"' EXIT
		mkdir -p "$tree/lib/modules"
		cp -a "$1/modules" "$tree/lib/modules/$(cat "$1/release")"
		guest_pack "$tree" "$archive"
	}
	echo "$archive"
)

# Waits for one of the two slots this machine has for guests, and holds it on
# descriptor 9 until the caller ends. More guests at once only time each other out.
# One looks at a time, so that nobody comes before who has waited longer.
guest_take_slot()
{
	mkdir -p "$(guest_cache)"
	exec 8>"$(guest_cache)/guest-queue"
	flock 8
	while :; do
		for slot in 1 2; do
			exec 9>"$(guest_cache)/guest-slot.$slot"
			flock -n 9 || continue
			exec 8>&-
			return 0
		done
		sleep 0.2
	done
}

# The file to boot. Unpacking bzImage costs an emulated CPU some five seconds, so
# the unpacked kernel is preferred; it sits at its link address (no KASLR).
guest_kernel_file()
{
	if [ -e "$1/vmlinux" ] && [ -z "$2" ]; then
		echo "$1/vmlinux"
	else
		echo "$1/vmlinuz"
	fi
}

# One boot. no_timer_check and tsc=unstable: under load the timer probe fails
# about once in 25 boots, and the guest hangs there. nopti: a page table switch
# per system call makes everything in the guest half as slow again.
guest_boot()
{
	# shellcheck disable=SC2086 # options are lists of words
	timeout --foreground -k 5 "$time" qemu-system-x86_64 -accel "tcg,thread=$threads" $icount \
		-cpu "$cpu" -smp "$smp" -m "$mem" -display none -nodefaults -no-reboot \
		-kernel "$boot" -initrd "$work/initrd" -serial "file:$log" $drive \
		-append "console=ttyS0 quiet panic=-1 tsc=unstable no_timer_check nopti $append" \
		</dev/null
	tr -d '\r' <"$log" >"$work/log" && cat "$work/log" >"$log"
}

guest_ended()
{
	grep -q "^$guest_end" "$log"
}

# The kernel's own fault, to be judged as it is. An int3 in text that was just patched is
# the emulator's: QEMU 7.2 may run what it translated before the patch, until its commit
# deba78709a ("accel/tcg: Always lock pages before translation").
guest_panicked()
{
	grep -q 'Kernel panic' "$log" && ! grep -q 'int3: 0000' "$log"
}

# Boots and judges: 0 when the test in the guest returned 0, 1 when it did not,
# 2 when the guest never came to its end, twice, or its kernel panicked. What the first,
# unfinished boot said is kept as LOG.first. --timeout (default 120 s) is for each boot.
guest_run()
(
	kernel=$1 image=$2 log=$3
	shift 3
	threads=multi icount='' cpu=Nehalem smp=1 mem=1024 time=120 append='' drive='' bzimage=''
	while [ $# -gt 0 ]; do
		case $1 in
		--append)  append="$append $2"; shift ;;
		--modules) append="$append weir.modules=$2"; shift ;;
		--smp)     smp=$2; shift ;;
		--mem)     mem=$2; shift ;;
		--cpu)     cpu=$2; shift ;;
		--timeout) time=$2; shift ;;
		--drive)   drive="-drive if=virtio,snapshot=on,format=raw,file=$2"; shift ;;
		--bzimage) bzimage=yes ;;
		# Counting instructions works on one thread only.
		--icount)  icount="-icount shift=0"; threads=single ;;
		*) echo "guest_run: unknown option $1" >&2; exit 2 ;;
		esac
		shift
	done
	dir=$(guest_kernel_dir "$kernel")
	boot=$(guest_kernel_file "$dir" "$bzimage")
	[ -e "$boot" ] || {
		echo "guest_run: no kernel $kernel: run scripts/fetch-kernels" >&2
		exit 2
	}
	guest_take_slot
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	archive=$(guest_modules_archive "$dir")
	# shellcheck disable=SC2086 # a kernel without modules has no archive
	cat "$image" $archive >"$work/initrd" || exit 2
	rm -f "$log" "$log.first"
	guest_boot
	guest_ended || guest_panicked || {
		mv "$log" "$log.first"
		guest_boot
	}
	guest_ended || exit 2
	grep -q "^${guest_end}0\$" "$log"
)

# Boots the system in ROOTIMAGE (tests/lib/systemd-root.sh), unchanged by the run.
# --payload DIR is laid over its root first; its /weir/test is run at the end of
# the boot.
guest_run_systemd()
(
	set -e
	kernel=$1 rootimage=$2 log=$3
	shift 3
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	mkdir -p "$tree/root/payload"
	if [ "${1-}" = --payload ]; then
		cp -a "$2/." "$tree/root/payload/"
		guest_merge_usr "$tree/root/payload"
		shift 2
	fi
	guest_image "$tree/image" "$tree/root"
	guest_run "$kernel" "$tree/image" "$log" --drive "$rootimage" --timeout 300 \
		--append "weir.root=/dev/vda systemd.show_status=0" "$@"
)

# Moves /bin, /lib and the like under /usr, where a Debian root has links.
guest_merge_usr()
(
	cd "$1" || exit
	for part in bin sbin lib lib64; do
		[ "$(find "$part" -maxdepth 0 -type d 2>/dev/null)" ] || continue
		mkdir -p "usr/$part"
		cp -a "$part/." "usr/$part/"
		rm -rf "$part"
	done
)
