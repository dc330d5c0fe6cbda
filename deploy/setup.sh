#!/bin/sh
# What the setup of compose.yaml does, once; what was done before is not done again. It works in volumes below /made.
set -eu
umask 077
unset TOCSIN_HOME
participants='--participant NL --participant BE'
brokers='--broker kafka-1 --broker kafka-2 --broker kafka-3'
bus=kafka://kafka-1:9092,kafka-2:9092,kafka-3:9092
witnesses='exercise/witness/NL=http://nl-witness:8470, exercise/witness/BE=http://be-witness:8470'
for_administrators=kafka://kafka-1:9093,kafka-2:9093,kafka-3:9093

# shellcheck disable=SC2086  # several words in one
certificates() {
  rm -rf /made/pki/*
  tocsin kafka certificates new /made/pki/exercise $participants $brokers
  tocsin kafka certificates issue /made/pki/exercise X-NOTARY
  for broker in kafka-1 kafka-2 kafka-3; do
    cp "/made/pki/exercise/brokers/$broker/"* "/made/$broker/"
  done
}

# The nodes are founded in one place; then each gets what is its own into a volume that no other sees. What it does not
# do as a node, as an audit, it does with its own certificate too: the hub's stays with the hub. The notary gets its key
# and a certificate with which it only reads. All find the log where its volume is, by a link.
# shellcheck disable=SC2086
network() {
  rm -rf /made/hub/* /made/notary/* /made/NL/* /made/BE/*
  tocsin kafka provision --id exercise $participants --reader X-NOTARY \
    --bootstrap $for_administrators --identity /made/pki/exercise/admin
  tocsin federation new /made/hub/exercise $participants --bus $bus --bus-identities /made/pki/exercise
  for code in NL BE; do
    mkdir "/made/$code/nodes"
    sed "s|hub/keys/bus|nodes/$code/keys/bus|" /made/hub/exercise/federation.toml > "/made/$code/federation.toml"
    mv "/made/hub/exercise/nodes/$code" "/made/$code/nodes/"
    ln -s /var/lib/log "/made/$code/log"
  done
  rmdir /made/hub/exercise/log
  ln -s /var/lib/log /made/hub/exercise/log
  mkdir -p /made/notary/hub/keys
  cp /made/hub/exercise/federation.toml /made/notary/
  mv /made/hub/exercise/hub/notary.toml /made/notary/hub/
  mv /made/hub/exercise/hub/keys/notary.pem /made/notary/hub/keys/
  cp -r /made/pki/exercise/identities/X-NOTARY /made/notary/hub/keys/bus
  sed -i "s|^witnesses = .*|witnesses = \"$witnesses\"|" /made/notary/hub/notary.toml
  ln -s /var/lib/log /made/notary/log
}

check() {
  exec tocsin kafka check --reader X-NOTARY --folder /made/hub/exercise --properties /setup/server.properties \
    --bootstrap $for_administrators --identity /made/pki/exercise/admin
}

# The hub's catalogue authority, whose node lies in the hub's folder, says what is listed where.
catalogue() {
  exec tocsin substance publish --shipped --as X-HUB/catalogue --folder /made/hub/exercise
}

once() {
  if [ -e "$1" ]; then
    echo "Done before: $2."
  else
    "$2"
    touch "$1"
  fi
}

case "${1-}" in
  certificates) once /made/pki/complete certificates ;;
  network) once /made/hub/complete network ;;
  check) check ;;
  catalogue) catalogue ;;
  *) echo "setup.sh certificates | network | check | catalogue" >&2; exit 2 ;;
esac
