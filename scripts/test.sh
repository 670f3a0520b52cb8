#!/usr/bin/env bash
# Everything up to passing tests. usage: test.sh [release|asan|tsan|debug]
#   release  all tests, real peers included     asan  unit and simulator tests     tsan  queues, threads, workers
# A skipped test is a failure: no peer is optional.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
scripts/setup.sh build test
targets=()
[ "$preset" != tsan ] || targets=(queue_tests net_tests net_web_tests store_writer_tests media_plane_tests media_thread_tests)
scripts/build.sh "$preset" ${targets[@]:+"${targets[@]}"}

select=()
case $preset in
  asan) select=(--label-regex 'unit|sim') ;;
  tsan) select=(--label-regex 'threads') ;;
esac
log=build/$preset/ctest.log
echo "test: $preset (whole log in $log)"
status=0
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j 2 "${select[@]}" >"$log" 2>&1 || status=$?
grep -F '***' "$log" || true
if grep -qE '\*\*\*(Skipped|Not Run)|\(Skipped\)|\(Not Run\)|\(Disabled\)' "$log"; then
  echo "test: skipped tests count as failures" >&2
  status=1
fi
if [ $status -ne 0 ]; then grep -vE '^ *(Start|[0-9]+/[0-9]+ Test).*( Passed |^ *Start)' "$log" | tail -n 150; fi
grep -E 'tests passed|Total Test time' "$log"
exit $status
