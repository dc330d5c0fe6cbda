#!/bin/sh
# Puts beside itself what the image is built of: the wheels that the lock files name, each checked against its hash.
# What already lies here is taken instead of asking a registry. Arguments go to pip.
set -eu
cd "$(dirname "$0")"

# What builds tocsin's own wheel is locked with the tests' tools; only it is wanted here.
awk '/^[^ ]/ { kept = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } kept' \
  ../../requirements-test.lock > build.txt

exec python3 -m pip download --disable-pip-version-check --quiet --only-binary :all: --require-hashes \
  --find-links . --dest . --requirement ../../requirements.lock --requirement build.txt "$@"
