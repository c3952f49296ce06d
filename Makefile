# The two commands, and a few more. Everything else is CMake (see CMakePresets.json).
#
#   make demo          install what is missing, build, and run the main job on an example
#   make test          install what is missing, build everything, run every test of the fast set
#   make test-nightly  the long sets on top
#   make bench         the measurements that need no other programs
#   make bench-check   ratios of the measurements against committed bounds (docs/benchmarks.md)
#   make profile-guided  a second build whose models are compiled by a profile, in build/guided, and what it gains (docs/benchmarks.md)
#   make formal        every formal proof, and the mutations that break each (docs/formal.md)
#   make timing        synthesis, place and route for ECP5: hours; figures into constraints/results and docs/timing.md
#   make resources     the engine mapped to AMD UltraScale+: an hour; figures into constraints/results and docs/resources.md
#   make board-versa   the bitstream of the Versa board by synthesis, place and route: build/versa/versa.bit (docs/boards.md)
#   make format        clang-format over our C++

BUILD ?= build
JOBS  ?= $(shell nproc)
EXAMPLE ?= examples/campus-voice/site.yaml
CTEST = ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

export CCACHE_DIR ?= $(CURDIR)/.ccache
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_MAXSIZE ?= 2G

.PHONY: demo build test test-nightly bench bench-check profile-guided formal timing resources board-versa format clean

demo:
	@scripts/install-dependencies.sh build
	@cmake -S . -B $(BUILD) -G Ninja -DPORTCULLIS_TESTS=$(if $(wildcard $(BUILD)/tests),ON,OFF) >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target portcullis
	@scripts/demo.sh $(BUILD) $(EXAMPLE)

build:
	@scripts/install-dependencies.sh test
	@cmake -S . -B $(BUILD) -G Ninja -DPORTCULLIS_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)

test: build
	$(CTEST) -LE nightly

test-nightly:
	@scripts/install-dependencies.sh nightly
	@scripts/install-dependencies.sh boards
	@$(MAKE) --no-print-directory build
	$(CTEST)

bench: build
	$(BUILD)/bin/portcullis bench model
	$(BUILD)/bin/portcullis bench rfc2544

bench-check: build
	@python3 bench/check.py $(BUILD)

profile-guided:
	@scripts/install-dependencies.sh build
	@cmake -S . -B $(BUILD) -G Ninja -DPORTCULLIS_TESTS=$(if $(wildcard $(BUILD)/tests),ON,OFF) >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target portcullis
	@bench/profile_guided.sh $(BUILD) $(JOBS) "$(FLAGS)"

formal:
	@scripts/install-dependencies.sh test
	@.venv/bin/python tests/formal/prove.py --build $(BUILD)/formal all

timing:
	@scripts/install-dependencies.sh timing
	@.venv/bin/python constraints/ecp5/timing.py

resources:
	@scripts/install-dependencies.sh test
	@.venv/bin/python constraints/xilinx/resources.py

board-versa:
	@scripts/install-dependencies.sh boards
	@.venv-boards/bin/python constraints/versa/build.py --folder $(BUILD)/versa

format:
	git ls-files '*.h' '*.cpp' '*.cc' | grep -v generated | xargs clang-format -i

clean:
	rm -rf $(BUILD)
