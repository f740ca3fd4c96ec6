#!/bin/sh
# upgrade.sh ASSAY - a test: a program is upgraded, from its first version to the
# first one refused; what clients say who know it by its measurement, by a list of
# them, by its signer, and from before; and what becomes of its state.
. tests/h_liar.sh
request=ada answer=waiting:

# version NAME LEVEL TEXT - an average with this text in it, NAME.signed
version() {
	LC_ALL=C sed "s/no party has this token/$3/" "$built/examples/average" >"$1"
	exits 0 "signed: $1" sign "$1" --key key --product 1 --revocation "$2" \
		-- "$ada" "$bob" "$cleo"
	code=$(measured "$1.signed")
}
# runs NAME - that version has a host in the last one's place
runs() {
	hosted --platform maker/processors/p --collateral $pcs \
		--store "state.$1" "$1.signed"
}

needs_enclaves upgrade "$built/examples/average"

pcs=maker/pcs/standard/53494D000001
hash() { printf %s "$1" | sha256sum | cut -c 1-64; }
ada=$(hash ada) bob=$(hash bob) cleo=$(hash cleo)
exits 0 'a manufacturer' sim maker init maker
exits 0 'its processor' sim maker make-processor maker p
exits 0 'a key' key new key

# ---- version 1, and who accepts it

version one 0 'no party has this token'
one=$code
signer=$("$assay" measure --json one.signed |
	sed 's/.*"mrsigner":"\([0-9a-f]*\)".*/\1/')
by_signer="S:$signer PROD:1 REVOKE:0 SEC:INSECURE"
runs one
request='ada 000000000000100'
answered 'by its measurement' --accept "C:$one SEC:INSECURE"
request=ada
answered 'by its signer' --accept "$by_signer" --remember pin
refused 'as another product of that signer' '"rules":\["constraint.PROD"\]' \
	--accept "S:$signer PROD:2 REVOKE:0 SEC:INSECURE"
refused 'by another signer' '"rules":\["constraint.S"\]' \
	--accept "S:$one PROD:1 REVOKE:0 SEC:INSECURE"

# ---- version 2: it has another measurement, and a higher revocation level

version two 1 'no such party is here..'
two=$code
[ "$one" != "$two" ]
ok 'it is another program' $?
list="C:$one C:$two SEC:INSECURE"
echo "{\"simulation\":true,\"mrenclave\":[\"$one\",\"$two\"]}" >list.json
echo "{\"simulation\":true,\"mrsigner\":\"$signer\",\"isv_prod_id\":1,
	\"min_isv_svn\":1}" >signer.json
answered 'the list has the first one' --accept "$list"
runs two
refused 'who knows the first one alone' '"rules":\["constraint.C"\]' \
	--accept "C:$one SEC:INSECURE"
answered 'the list has the second one, too' --accept "$list"
answered 'so has the list in a policy' --policy list.json
answered 'the same signer' --accept "$by_signer"
answered 'the signer in a policy' --policy signer.json

# ---- who remembers the first one is asked

refused 'the change is shown' '^- mrenclave was ' --accept "$by_signer" --remember pin
says "$one"
says "$two"
says '^- level was 1'
says 'is 2$'
! grep -qE '^- (mrsigner|product) ' err
ok '- and what is the same is not' $?
grep -q "^mrenclave $one" pin
ok '- and not remembered' $?
call 1 'it is taken, but its state is not that of before' --accept "$by_signer" \
	--remember pin --accept-change
says 'state is older than what pin remembers, or another'
grep -q "^mrenclave $two" pin
ok 'who it is now is remembered' $?
answered 'who begins anew' --accept "$by_signer" --remember new
answered 'and comes again' --accept "$by_signer" --remember new

# ---- what the first one sealed

cp state.one state.two
end "$liar"
end "$host"
host='' liar=''
exits 1 'the second one cannot open it' host --listen 127.0.0.1:0 \
	--platform maker/processors/p --collateral $pcs --store state.two \
	two.signed
says N_SEAL_OPEN
cmp -s state.one state.two
ok 'it is left as it was' $?
runs one
request='ada 000000000000007'
call 1 'the first one can' --accept "$by_signer"
says 'you have handed in your number before'
request=ada

# ---- the first one is given up: the same rule, raised

higher="S:$signer PROD:1 REVOKE:1 SEC:INSECURE"
sed 's/"min_isv_svn":1/"min_isv_svn":2/' signer.json >higher.json
refused 'the old enclave' '"rules":\["constraint.REVOKE"\]' --accept "$higher"
refused 'by a policy, too' '"rules":\["min_isv_svn"\]' --policy higher.json
refused 'the list without it' '"rules":\["constraint.C"\]' \
	--accept "C:$two SEC:INSECURE"
refused 'and who remembers the new one' '^- level was 2' --accept "$by_signer" \
	--remember new
rm state.two
runs two
answered 'the new enclave' --accept "$higher"
answered 'by a policy, too' --policy higher.json

# ---- a list that runs out

in_days() { date -u -d "$1 days" +%FT%TZ; }
answered 'a list that is good for a week' --accept "$list EXPIRE:P7D"
answered 'is so after six days' --accept "$list EXPIRE:P7D" --at "$(in_days 6)"
refused 'and after eight no more' '"rules":\["constraint.EXPIRE"\]' \
	--accept "$list EXPIRE:P7D" --at "$(in_days 8)"
answered 'where one without end is' --accept "$list" --at "$(in_days 8)"
echo "1..$n"
