#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# weir bundle: what minisign signs is taken, what is bent afterwards is not; what
# weir signs minisign takes; the same files make the same bytes.
# WEIR names the binary, default build/weir.

# Functions are called through ok.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

command -v minisign >/dev/null || skip_all "no minisign (scripts/deps test)"

cd "$tmp" || exit 1

# key NAME: NAME.key without a passphrase, trust/NAME.pub.
key() { minisign -G -W -p "$tmp/trust/$1.pub" -s "$tmp/$1.key" >/dev/null; }
mkdir trust
for name in release second third; do key "$name" || exit 1; done
mkdir away && mv trust/third.pub away/
cat >policy.yaml <<-'YAML'
	policy: plant-a
	serial: 12
	rules: [{vendor: examplewall, mode: block}]
YAML
cp -r "$root/tests/fixtures/catalog" catalog
printf 'catalog: test\nserial: 41\n' >catalog/serial.yaml
terms='serial=41 expires=2190-01-31 scope=db-*,web-?'

make_bundle() {
	"$weir" bundle make --name plant-a --serial 41 --created 2026-11-22T06:00:00Z \
		--expires 2190-01-31 --scope 'db-*,web-?' --policy policy.yaml \
		--catalog catalog "$@"
}

# verify CODE ARGUMENT...: what was printed is in $tmp/out.
verify() {
	code=$1
	shift
	"$weir" bundle verify --trust "$tmp/trust" --host db-7 "$@" >"$tmp/out" 2>&1
	got=$?
	cat "$tmp/out"
	[ "$got" -eq "$code" ] || { echo "exit code $got, not $code"; return 1; }
}

# refused TEXT FILE [ARGUMENT...]: exit 2 and one line with TEXT.
refused() {
	want=$1
	shift
	verify 2 "$@" && [ "$(wc -l <"$tmp/out")" -eq 1 ] && grep -qF -- "$want" "$tmp/out"
}

# fresh [COMMENT [KEY]]: x.bundle signed by minisign.
fresh() {
	cp made.bundle x.bundle && rm -f x.bundle.minisig*
	minisign -S -s "${2-release}.key" -t "${1-$terms}" -m x.bundle >/dev/null
}

makes() { make_bundle made.bundle | grep -qF "minisign -S" && make_bundle other.bundle; }
ok "a bundle is made, and the command that signs it is told" makes
ok "the same files make the same bytes" cmp made.bundle other.bundle

reads_tar() {
	tar tf made.bundle >names && [ "$(head -1 names)" = bundle.yaml ] &&
		tar xOf made.bundle policy.yaml | cmp - policy.yaml
}
ok "tar reads it" reads_tar

taken() { fresh && verify 0 x.bundle && grep -q '^signed *by release$' "$tmp/out"; }
ok "what minisign signed is taken, and the key is named" taken

legacy() {
	cp made.bundle x.bundle && rm -f x.bundle.minisig* &&
		minisign -S -l -s release.key -t "$terms" -m x.bundle >/dev/null &&
		verify 0 x.bundle
}
ok "so is a signature of the old kind" legacy

bent() { fresh && printf x | dd of=x.bundle bs=1 seek=600 conv=notrunc 2>/dev/null &&
	refused "not of this file" x.bundle; }
ok "one byte more in the bundle is noticed" bent

cut() { fresh && truncate -s -512 x.bundle && refused "not of this file" x.bundle; }
ok "a bundle that was cut is refused" cut

bent_comment() { fresh && sed -i 's/scope=db/scope=ab/' x.bundle.minisig &&
	refused "comment was altered" x.bundle; }
ok "a comment that was altered is refused" bent_comment

short() { fresh && sed -i '2s/....$//' x.bundle.minisig &&
	refused "no minisign signature: a line of base64" x.bundle; }
ok "a signature that was cut is refused" short

other_file() { fresh && cp x.bundle.minisig y && make_bundle --hold x.bundle &&
	cp y x.bundle.minisig && refused "not of this file" x.bundle; }
ok "the signature of another file is refused" other_file

other_key() { fresh "$terms" third && refused "which does not count here" x.bundle; }
ok "a key that is not trusted does not count" other_key

unsigned() { rm -f x.bundle.minisig && refused "not signed" x.bundle; }
ok "an unsigned bundle is refused" unsigned

for comment in "serial=42 expires=2190-01-31 scope=db-*,web-?" \
	"serial=41 expires=2190-02-01 scope=db-*,web-?" "serial=41 expires=2190-01-31" \
	"serial=41 expires=2190-01-31 scope=db-*,web-? hold=true"; do
	differs() { fresh "$comment" && refused "another in the signed comment" x.bundle; }
	ok "terms that are not the manifest's are refused: $comment" differs
done
for comment in "scope=db-*" "serial=41" "serial=41 expires=never" "serial=041 expires=2190-01-31" \
	"serial=41 serial=41 expires=2190-01-31" "serial=41 expires=2190-01-31 scop=db-*" \
	"serial=41 expires=2190-01-31 scope=" "hello"; do
	bad_terms() { fresh "$comment" && refused "its trusted comment" x.bundle; }
	ok "bad terms are refused: $comment" bad_terms
done
default_comment() { fresh && minisign -S -s release.key -m x.bundle >/dev/null &&
	refused "its trusted comment" x.bundle; }
ok "a signature with minisign's own comment is refused" default_comment

signs() {
	make_bundle --key release.key s.bundle && verify 0 s.bundle &&
		minisign -V -p trust/release.pub -m s.bundle | grep -qF "bundle=plant-a $terms"
}
ok "what weir signs is taken by minisign, which shows the terms" signs

signs_same() { mv s.bundle.minisig first && make_bundle --key release.key s.bundle &&
	cmp first s.bundle.minisig; }
ok "a signature is the same every time" signs_same

out_of_scope() { fresh && verify 1 --host dc-1 x.bundle && grep -q "not in its scope" "$tmp/out"; }
ok "a host that is not meant is told" out_of_scope

expired() {
	"$weir" bundle make --name old --serial 1 --created 2020-01-01 --expires 2020-02-01 \
		--policy policy.yaml --key release.key old.bundle && verify 1 old.bundle &&
		grep -q "expired" "$tmp/out"
}
ok "an expired bundle is told" expired

two() {
	printf 'need: 2\n' >trust/trust.yaml
	fresh && refused "1 of 2 signatures" x.bundle || return 1
	minisign -S -s release.key -t "$terms" -m x.bundle -x x.bundle.minisig.1 >/dev/null
	refused "key release has signed already" x.bundle || return 1
	minisign -S -s second.key -t "$terms" -m x.bundle -x x.bundle.minisig.1 >/dev/null
	verify 0 x.bundle && grep -q "by release, second" "$tmp/out" || return 1
	minisign -S -s second.key -t "serial=41 expires=2190-01-31" -m x.bundle \
		-x x.bundle.minisig.1 >/dev/null
	refused "its terms differ" x.bundle
}
ok "two signatures are wanted of two keys, with the same terms" two

rules() {
	cat >trust/trust.yaml <<-'YAML'
		need: 1
		keys:
		- {key: release, until: 2020-01-01}
		- {key: second, for: [catalog]}
	YAML
	fresh && refused "does not count at this date" x.bundle && fresh "$terms" second &&
		refused "keys that may sign a bundle of kind \"both\"" x.bundle &&
		"$weir" bundle make --name c --serial 1 --expires 2190-01-31 --catalog catalog \
			--key second.key c.bundle && verify 0 c.bundle
}
ok "keys count from when, until when and for what the trust file says" rules

bad_rules() {
	printf 'need: 2\nkeys: [{key: release}]\n' >trust/trust.yaml
	fresh && refused "2 signatures are needed and 1 keys" x.bundle || return 1
	printf 'need: 1\nkeys: [{key: nobody}]\n' >trust/trust.yaml
	refused 'there is no "nobody.pub"' x.bundle
}
ok "a trust file that nobody could satisfy is refused" bad_rules
rm -f trust/trust.yaml

writable() { fresh && chmod 0666 trust/second.pub &&
	refused "others than root can write it" x.bundle; }
if [ "$(id -u)" = 0 ]; then
	ok "a key that others can write is refused" writable
	chmod 0644 trust/second.pub
fi

passphrase() {
	printf 'p\np\n' | minisign -G -f -p away/p.pub -s p.key >/dev/null 2>&1
	make_bundle --key p.key x.bundle 2>said.txt && return 1
	grep -q "has a passphrase" said.txt
}
ok "a secret key with a passphrase is left to minisign" passphrase

foreign() {
	mkdir -p t && cp policy.yaml t/ && tar xf made.bundle -C t && echo x >t/aaa
	tar --format=ustar --sort=name -C t -cf x.bundle aaa bundle.yaml policy.yaml &&
		minisign -S -s release.key -t "$terms" -m x.bundle >/dev/null &&
		refused "does not belong into a bundle" x.bundle
}
ok "a foreign file in it is refused, whoever signed" foreign

shows() { fresh && "$weir" bundle show x.bundle && "$weir" bundle show --json x.bundle |
	jq -e '.serial == 41 and .kind == "both" and .signatures[0].comment == $c' --arg c "$terms"; }
ok "show tells what is in it, without keys" shows

bad_policy() { sed 's/vendor: examplewall/vendor: nobody/' policy.yaml >bad.yaml &&
	! "$weir" bundle make --name b --serial 1 --expires 2190-01-31 --policy bad.yaml \
		--catalog catalog b.bundle && ! [ -e b.bundle ]; }
ok "a policy that no host would take is not packed" bad_policy
ended
