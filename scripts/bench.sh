#!/usr/bin/env bash
# Runs the project's own benchmarks, one after the other, and prints their tables.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh release
for bench in build/release/bench/*_bench; do
  [ -x "$bench" ] || continue
  echo "== $(basename "$bench")"
  "$bench" "$@"
done
