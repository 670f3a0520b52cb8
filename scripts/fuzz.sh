#!/usr/bin/env bash
# Builds every fuzz target with clang 19 and runs each for SECONDS_EACH seconds (10). Inputs that were found are kept under
# build/asan/corpus; a crash prints the file that reproduces it.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build test
scripts/build.sh asan fuzzers
seconds=${SECONDS_EACH:-10}
passed=0 failed=0
for target in build/asan/fuzz/*; do
  [ -x "$target" ] && [ -f "$target" ] || continue
  name=$(basename "$target")
  corpus=build/asan/corpus/$name
  mkdir -p "$corpus"
  if "$target" "$corpus" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/asan/$name-" >"build/asan/$name.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/asan/$name.log")
    echo "fuzz: $name $runs inputs, no fault"
    passed=$((passed + 1))
  else
    echo "fuzz: $name FAILED" >&2
    tail -n 40 "build/asan/$name.log" >&2
    failed=$((failed + 1))
  fi
done
echo "fuzz: $passed targets without fault, $failed with"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
