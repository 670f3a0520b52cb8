#!/usr/bin/env bash
# Builds the hub and starts it with a small configuration of two users and the feature numbers. The configuration and its
# passwords are made once, in ./run, and kept.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
scripts/build.sh release junctor

config=run/junctor.toml
if [ ! -f $config ]; then
  mkdir -p run
  secret() { head -c 12 /dev/urandom | base64 | tr -d '+/=' | cut -c1-14; }
  umask 077
  cat >$config <<TOML
# Made by \`make run\`. Every key with its default and reason: junctor.example.toml.
[hub]
data_dir = "run/data"

[[users]]
username = "1001"
password = "$(secret)"
display_name = "Alice"

[[users]]
username = "1002"
password = "$(secret)"
display_name = "Bob"
TOML
  echo "run: wrote $config with users 1001 and 1002"
fi

port=${JUNCTOR_PORT:-5060}
password_of() { sed -n "/username = \"$1\"/,/password/s/^password = \"\(.*\)\"/\1/p" $config; }
echo "run: register phones at 127.0.0.1:$port (udp or tcp), or at this machine's address:"
for user in 1001 1002; do
  echo "run:   user $user, password $(password_of $user)"
done
echo "run: a ready line for baresip (a second phone: the same with 1002):"
echo "run:   baresip -e \"/uanew <sip:1001@127.0.0.1:$port>;auth_pass=$(password_of 1001)\""
echo "run: then dial 9196 (echo), 9197 (tone), or each other. Ctrl-C stops the hub."
exec build/release/src/hub/junctor run --config $config
