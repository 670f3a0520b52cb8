# Two commands for newcomers: `make run` and `make test`. Everything else is here for those who stay.
.DEFAULT_GOAL := help
.PHONY: help setup build run test asan tsan fuzz soak bench format clean

help:       ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 12

setup:      ## install the Debian packages that are missing (sudo when not root)
	@scripts/setup.sh build test

build:      ## build the hub (release)
	@scripts/setup.sh build
	@scripts/build.sh release

run:        ## install what is missing, build, and start the hub with two users
	@scripts/run.sh

test:       ## install what is missing, build, and pass every test
	@scripts/test.sh release

asan:       ## unit and simulator tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test.sh asan

tsan:       ## queues and threads under ThreadSanitizer
	@scripts/test.sh tsan

fuzz:       ## every fuzz target, 10 s each (SECONDS_EACH=N to change)
	@scripts/fuzz.sh

soak:       ## 100,000 random calls in the simulator (CALLS=N SEED=N to change)
	@scripts/build.sh release junctor-soak
	build/release/junctor-soak --calls $${CALLS:-100000} --seed $${SEED:-1}

bench:      ## the project's own benchmarks
	@scripts/setup.sh build test
	@scripts/bench.sh

format:     ## clang-format over all sources
	git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

clean:      ## remove everything that was built
	rm -rf build
