# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An apt root of our own, to fetch packages that this host does not have: the
# host's mirror is used, its dpkg and apt are read and never changed. To be sourced.
#
#   die MESSAGE...              names the script that sourced this
#   sources SUITE...            sources.list lines for the host's mirror
#   apt_open SUITE...           opens the root with these suites; sets $root
#   download DIR PKG...         into DIR, of the root that is open
#   suites_of NAME              where a kernel of the guests ($all_kernels) is from
#   make_work                   sets $work, a directory that is gone at the end
#   lock                        one fetching run at a time, until the end

cache=${WEIR_CACHE:-$HOME/.cache/weir}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

### The mirror

# "URI RELEASE" of every Debian suite this host's apt is configured for.
host_suites()
{
	# shellcheck disable=SC2016 # apt expands these
	apt-get --no-release-info indextargets --format '$(REPO_URI) $(RELEASE)' | sort -u
}

# Where SUITE lives, told from where its siblings live: security suites have
# an archive of their own, all others share one.
mirror_of()
{
	names='(stable|testing|unstable|sid|bullseye|bookworm|trixie|forky)'
	case $1 in
	*-security) pattern=" $names-security\$" ;;
	*)          pattern=" $names\$" ;;
	esac
	host_suites | grep -E "$pattern" | head -n 1 | cut -d ' ' -f 1
}

# sources.list lines for the suites given; those without a mirror are left out.
sources()
{
	for suite in "$@"; do
		uri=$(mirror_of "$suite")
		[ -z "$uri" ] || echo "deb [signed-by=$keyring] $uri $suite main"
	done
}

### An apt root of our own. $root is set by apt_open.

private_apt()
{
	tool=$1
	shift
	"$tool" -qq -o Dir::Etc::SourceList="$root/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$root/state" -o Dir::State::Lists="$root/lists" \
		-o Dir::State::status="$root/status" -o Dir::Cache="$root/cache" \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none \
		-o Acquire::Check-Valid-Until=false "$@"
}

# Opens the apt root that holds exactly the suites given. False when none of
# them can be read: the caller may know another suite.
apt_open()
{
	root=$cache/apt/$(echo "$*" | tr ' ' '+')
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/state"
	: >"$root/status"
	sources "$@" >"$root/sources.list"
	[ -s "$root/sources.list" ] || return 1
	private_apt apt-get -o APT::Update::Error-Mode=any update >"$root/update.log" 2>&1
}

# Downloads packages into the directory given.
download()
{
	(cd "$1" && shift && private_apt apt-get download "$@") >"$root/download.log" 2>&1
}

### The kernels of the guests

all_kernels="5.10 6.1 6.12 7"

# Suites per kernel, one attempt a line; suites of one line are searched together.
suites_of()
{
	case $1 in
	5.10) printf '%s\n' "bullseye-security" "bullseye" ;;
	6.1)  printf '%s\n' "bookworm-security bookworm" "bookworm" ;;
	6.12) printf '%s\n' "bookworm-security bookworm-backports" "bookworm-backports" "trixie" ;;
	7)    printf '%s\n' "trixie-backports" "forky" "sid" ;;
	*)    die "unknown kernel '$1' (known: $all_kernels)" ;;
	esac
}

### One run at a time

make_work()
{
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM HUP
}

# Two runs would otherwise update one apt root at the same time.
lock()
{
	mkdir -p "$cache"
	exec 9>"$cache/fetch.lock"
	flock 9
}
