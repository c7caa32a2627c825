#!/bin/bash
# tests/tokenizer/run.sh — is the tokenizer equal to the published one, and how much faster?
# run.sh BUILD: needs BUILD's target tokenizer_encode, and npm's tiktoken, which it fetches once.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
build=$(realpath "${1:-$root/build/release}")
data=$(realpath -m "${PURSER_DATA:-$root/../shared/data}")
published=$root/build/tiktoken

cmake --build "$build" --target tokenizer_encode >/dev/null
mkdir -p "$published"
[ -d "$published/node_modules/tiktoken" ] ||
  npm install --silent --no-save --prefix "$published" tiktoken@1.0.22
cd "$published"
exec taskset -c 0 node --max-old-space-size=3000 "$root/tests/tokenizer/compare.mjs" \
  "$build/tests/tokenizer/tokenizer_encode" "$root" "$data"
