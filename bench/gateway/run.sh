#!/usr/bin/env bash
# bench/gateway/run.sh — Purser beside nginx's plain proxy_pass (and haproxy), in one run.
# CPU per call, added latency, paced streams, memory of 1,000 slow streams; ratios against nginx.
#   bench/gateway/run.sh                                   everything, 5 rounds (about 15 minutes)
#   bench/gateway/run.sh --reps 3 --scen small-c64,big-c64,sse-paced --nomem
# It works on a copy of the measuring harness (PURSER_BENCH, default ../shared/bench): a mock
# provider, a load generator and their configurations. Proxies run on CPU 0, the rest on CPU 1.
# Needs nginx-light, haproxy, python3 and g++ from Debian's packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
harness=${PURSER_BENCH:-$top/../shared/bench}
binary=${PURSER:-$top/build/release/purser}
[ -d "$harness" ] || { echo "no harness at $harness: set PURSER_BENCH"; exit 2; }
[ -x "$binary" ] || { echo "no $binary: make build"; exit 2; }

work=$top/build/bench-gateway
rm -rf "$work"
mkdir -p "$work"
cp -r "$harness/." "$work/"
chmod -R u+w "$work"
rm -rf "$work/results" "$work/run"

# The key that the load generator's calls carry beside the provider key they would send anyway.
export PURSER_BENCH_KEY=sk-upstream-0123456789abcdef0123456789abcdef  # what the mock is asked with
rows=""
port=18020
for durability in relaxed strict; do
  data=$work/data-$durability
  mkdir -p "$data"
  sed -e "s#@PORT@#$port#; s#@DATA@#$data#; s#@DURABILITY@#$durability#" "$here/purser.yaml" \
    > "$work/purser-$durability.yaml"
  key=$("$binary" keys create --config "$work/purser-$durability.yaml" --user bench --tier free \
    --team bench --feature bench --format json | sed -n 's/.*"secret": *"\([^"]*\)".*/\1/p')
  rows+="purser-$durability|$binary serve --config $work/purser-$durability.yaml"
  rows+="|http://127.0.0.1:$port/v1/chat/completions|x-purser-key: $key|"$'\n'
  port=$((port + 1))
done
{
  grep -E '^(#|direct|nginx\||haproxy)' "$harness/targets.txt"
  printf '%s' "$rows"
} > "$work/targets.txt"
cd "$work"
exec bash ./bench.sh "$@"
