#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir scan over real package databases: this host's dpkg, a copy of it without
# one entry, a forged entry, and a database of rpm that rpmbuild and rpm made.
# WEIR names the binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# scan CODE ARGUMENT...: the object is in $tmp/out.
scan() {
	code=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's own number, and so that of weir
	${alone-} sh -c "${hide-:};"'echo $$ >"$0"; exec "$@"' "$tmp/pid" \
		"$weir" scan --no-cache --json --catalog "$tmp/catalog" "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" -eq "$code" ] && return
	cat "$tmp/err" "$tmp/out"
	echo "exit code $got, not $code"
	return 1
}

# is EXPRESSION: of Python, about the object s, its things t and the packages of these p.
is() {
	python3 - "$tmp/out" "$1" <<-'PYTHON'
	import json, sys
	s = json.load(open(sys.argv[1]))
	t = [thing for product in s["products"] for thing in product["things"]]
	p = {thing["where"]: thing for thing in t if thing["kind"] == "package"}
	good = eval("(" + sys.argv[2] + ")")
	if not good:
	    print(json.dumps(p, indent=1), len(t), s["unread"])
	sys.exit(not good)
	PYTHON
}

# catalog INDICATOR...: one vendor with one product that has them.
catalog() {
	mkdir -p "$tmp/catalog/vendors"
	{
		printf 'vendor: testwall\nname: Testwall\nproducts:\n  - product: agent\n'
		printf '    name: Agent\n    class: vendor_product\n    indicators:\n'
		printf '      - {%s}\n' "$@"
	} >"$tmp/catalog/vendors/testwall.yaml"
}

catalog 'kind: deb, value: dpkg' 'kind: deb, value: libc6' 'kind: deb, value: coreutils' \
	'kind: deb, value: falcon-sensor' 'kind: rpm, value: testwall-agent' \
	'kind: rpm, value: testwall-shim' 'kind: rpm, value: testwall-libs' \
	"kind: package-vendor, value: 'Test''s \"Wall\" Inc.'"

# The programs and libraries of a package, as dpkg itself tells them, by their real names.
runnable_of() {
	dpkg -L "$1" | while read -r path; do
		[ -f "$path" ] || continue
		[ ! -L "$path" ] || continue
		case ${path##*/} in
		*.so | *.so.* | *.ko) ;;
		*) [ -x "$path" ] || continue ;;
		esac
		realpath "$path"
	done | sort -u
}

all_programs() {
	for package in dpkg libc6 coreutils; do
		runnable_of "$package" || return 1
	done | sort -u >"$tmp/want"
	python3 - "$tmp/out" >"$tmp/got" <<-'PYTHON'
	import json, sys
	s = json.load(open(sys.argv[1]))
	for p in s["products"]:
	    for t in p["things"]:
	        if t["kind"] == "file":
	            print(t["where"])
	PYTHON
	sort -o "$tmp/got" "$tmp/got"
	[ "$(wc -l <"$tmp/want")" -gt 100 ] && diff "$tmp/want" "$tmp/got"
}

same_version() {
	# shellcheck disable=SC2016 # a format of dpkg-query's
	version=$(dpkg-query -W -f '${Version}' coreutils)
	is "p['coreutils']['version'] == '$version'"
}

# fake_root: the database of this host in a tree of its own, without any file.
fake_root() {
	mkdir -p "$tmp/root/var/lib/dpkg/info"
	cp /var/lib/dpkg/status "$tmp/root/var/lib/dpkg/"
	cp /var/lib/dpkg/info/coreutils.list "$tmp/root/var/lib/dpkg/info/"
	mkdir -p "$tmp/root/usr/bin"
	cp /bin/true "$tmp/root/usr/bin/true"
	ln -s usr/bin "$tmp/root/bin"
}

# without PACKAGE: its entry is taken out of the copy.
without() {
	status=$tmp/root/var/lib/dpkg/status
	awk -v RS= -v ORS='\n\n' -v name="$1" 'index($0 "\n", "Package: " name "\n") != 1' \
		"$status" >"$status.new" && mv "$status.new" "$status"
}

if [ -r /var/lib/dpkg/status ] && [ -r /var/lib/dpkg/info/coreutils.list ]; then
	ok "this host's packages are told" scan 1 --only dpkg
	ok "of three listed ones three" is "sorted(p) == ['coreutils', 'dpkg', 'libc6']"
	ok "as dpkg tells their version" same_version
	ok "all are borne out by their files" is "not any(x['flags'] for x in p.values())"
	ok "and every program and library of theirs is a row" all_programs
	fake_root
	ok "a copy of the database without the files" scan 1 --only dpkg --root "$tmp/root"
	ok "is believed as far as files are there" \
		is "p['dpkg']['flags'] == ['unverified'] and not p['coreutils']['flags'] and
			'files are missing' in p['coreutils']['detail']"
	without coreutils
	ok "a stripped entry" scan 1 --only dpkg --root "$tmp/root"
	ok "is gone, and others stay" is "'coreutils' not in p and 'dpkg' in p"
else
	skip "this host's packages are told" "no dpkg here"
fi

mkdir -p "$tmp/forged/var/lib/dpkg"
cat >"$tmp/forged/var/lib/dpkg/status" <<STATUS
Package: falcon-sensor
Status: install ok installed
Installed-Size: 0
Version: 99
Description: nothing
STATUS
ok "a forged falcon-sensor is found" scan 1 --only dpkg --root "$tmp/forged"
ok "and is unverified" is "p['falcon-sensor']['state'] == 'unverified' and len(t) == 1 and
	p['falcon-sensor']['detail'] == 'it has no list of files'"

# specify NAME FILES TAG: a package with some odd names in it, as rpmbuild wants it.
specify() {
	cat >"$tmp/$1.spec" <<-SPEC
	Name: $1
	Version: 3.1
	Release: 2
	Epoch: 1
	%define _unpackaged_files_terminate_build 0
	Summary: test
	License: none
	$3
	BuildArch: noarch
	%description
	test
	%install
	mkdir -p %{buildroot}/opt/testwall/bin %{buildroot}/opt/testwall/doc
	printf x >%{buildroot}/opt/testwall/bin/$1
	chmod 755 %{buildroot}/opt/testwall/bin/$1
	ln -s $1 %{buildroot}/opt/testwall/bin/link
	printf x >"%{buildroot}/opt/testwall/doc/it's 100% \"odd\""
	%files
	$2
	SPEC
	sed -i 's/100%/100%%/' "$tmp/$1.spec"
}

build_rpms() {
	mkdir -p "$tmp/rpmroot"
	specify testwall-agent '/opt/testwall' "Vendor: Test's \"Wall\" Inc."
	specify testwall-shim '' ''
	specify other '%ghost /opt/testwall/bin/other' "Vendor: Test's \"Wall\" Inc."
	specify unrelated '/opt/testwall/bin/unrelated' 'Vendor: Somebody'
	for name in testwall-agent testwall-shim other unrelated; do
		rpmbuild -bb --define "_topdir $tmp/rpmbuild" --define "_tmppath $tmp" \
			"$tmp/$name.spec" || return 1
	done
	rpm --root "$tmp/rpmroot" --dbpath /var/lib/rpm -i --nodeps --noscripts \
		"$tmp"/rpmbuild/RPMS/noarch/*.rpm
}

state_of_database() {
	find "$tmp/rpmroot/var/lib/rpm" -printf '%P %s %T@ %C@\n' | sort
}

untouched() {
	state_of_database | diff "$tmp/before" -
}

no_copy_left() {
	! find /var/tmp /tmp -maxdepth 1 -name "weir-rpm-$(cat "$tmp/pid")-*" | grep .
}

# What sqlite left beside the database when nobody has it open, as an image has it.
without_logs() {
	rm -f "$tmp"/rpmroot/var/lib/rpm/*-shm "$tmp"/rpmroot/var/lib/rpm/*-wal
	find "$tmp/rpmroot/var/lib/rpm" -exec chmod go-rwx {} +
	state_of_database >"$tmp/before"
}

# Where the program is an empty file, in a mount namespace of its own.
without_rpm() {
	alone='unshare -m'
	# shellcheck disable=SC2016 # the inner shell asks
	hide='mount --bind /dev/null "$(command -v rpm)"'
	scan "$@"
	result=$?
	unset alone hide
	return "$result"
}

spoil() {
	printf 'no database' >"$tmp/rpmroot/var/lib/rpm/rpmdb.sqlite"
}

if command -v rpmbuild >/dev/null && command -v rpm >/dev/null; then
	ok "rpm makes a database" build_rpms
	without_logs
	ok "which is read from another root" scan 1 --only rpm --root "$tmp/rpmroot"
	ok "with versions and epochs" is "p['testwall-agent']['version'] == '1:3.1-2'"
	ok "a package without files is unverified" \
		is "p['testwall-shim']['flags'] == ['unverified']"
	ok "its programs are rows, and nothing else is" \
		is "[x['where'] for x in t if x['kind'] == 'file'] ==
			['/opt/testwall/bin/testwall-agent']"
	ok "a vendor with quotes is a witness" \
		is "any(e['kind'] == 'package-vendor' for e in p['testwall-agent']['evidence'])"
	ok "what was looked at stays as it was" untouched
	ok "and no copy is left" no_copy_left
	if unshare -m mount --bind /dev/null "$(command -v rpm)" 2>/dev/null; then
		ok "without rpm its database is unread" without_rpm 4 --only rpm \
			--root "$tmp/rpmroot"
		ok "and the line says so" is "'no rpm here' in s['unread'][0]['what']"
	else
		skip "without rpm its database is unread" "no mount namespace to hide rpm in"
	fi
	rm "$tmp/rpmroot/opt/testwall/bin/testwall-agent"
	ok "a program that was taken away" scan 1 --only rpm --root "$tmp/rpmroot"
	ok "is told as missing" is "p['testwall-agent']['detail'] == '1 of 3 files are missing'"
	spoil
	ok "a database that is none is told, and why" scan 4 --only rpm --root "$tmp/rpmroot"
	ok "by its place" is "'/var/lib/rpm' in s['unread'][0]['what']"
else
	skip "rpm makes a database" "no rpmbuild here"
fi
ended
