# Everything sets itself up: a virtual environment of its own in .venv, packages from PyPI.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check fix docs drill drill-mishaps drill-lost drill-disk drill-clock drill-silence drill-simulation accuracy bench bench-light bench-live bench-loading bench-memory bench-reach
.PHONY: bench-rejudge bench-ring bench-transport drill-soak new-detector clean

demo: $(VENV)/.run ## watch a live channel break, and the alarms come
	$(BIN)/watchglass demo $(DEMO)

test: $(VENV)/.dev ffprobe postgres ## the whole test suite
	$(BIN)/python -m pytest -n 2 $(TEST)

check: $(VENV)/.dev ## what CI checks besides the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/catalogue.py --check

fix: $(VENV)/.dev ## mend what can be mended without thinking
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## write the generated pages
	$(BIN)/python scripts/catalogue.py

bench: $(VENV)/.dev ## speed: decoding alone, each detector, all together, FFmpeg's filters
	$(BIN)/python benchmarks/speed.py $(BENCH)

drill: $(VENV)/.dev ## servers that fail in sixty ways, and watchers before them (make drill DRILL="--only stall,404")
	$(BIN)/python benchmarks/drill.py $(DRILL)

drill-mishaps: $(VENV)/.dev ## processes that crash, hang and take too much, two thousand spoilt inputs, the service killed
	PYTHONPATH=tests $(BIN)/python benchmarks/mishaps.py $(DRILL)

drill-lost: $(VENV)/.dev ## killed three thousand times: nothing that was recorded is lost
	PYTHONPATH=tests $(BIN)/python benchmarks/lost.py $(DRILL)

drill-simulation: $(VENV)/.dev ## incidents and what is told of them, two thousand seeds of faults, deaths and outages
	WATCHGLASS_SEEDS=2000 $(BIN)/python -m pytest -q -n auto tests/sinks/test_simulation.py

drill-disk: $(VENV)/.dev ## the disk full, the database locked or broken: alarms arrive all the same
	PYTHONPATH=tests $(BIN)/python benchmarks/disk.py $(DRILL)

drill-clock: $(VENV)/.dev ## the clock is set while faults last
	PYTHONPATH=tests $(BIN)/python benchmarks/clock_steps.py $(DRILL)

drill-silence: $(VENV)/.dev ## a dead man's switch: the service stands still, or is killed; a stream that nobody can watch
	PYTHONPATH=tests $(BIN)/python benchmarks/silence.py $(DRILL)

accuracy: $(VENV)/.dev ## how often each detector is right, and how often it cries wolf (hours of work)
	$(BIN)/python benchmarks/accuracy.py $(ACCURACY)

bench-light: $(VENV)/.dev ## the light tier: what it costs, and where
	$(BIN)/python benchmarks/light.py $(BENCH)

bench-live: $(VENV)/.dev ## live: seconds from the media that decides to the alarm, for segments of 2 s and 6 s
	$(BIN)/python benchmarks/live.py $(BENCH)

bench-transport: $(VENV)/.dev ## transport streams: how fast they are checked
	$(BIN)/python benchmarks/transport_speed.py

bench-loading: $(VENV)/.dev ## live: what loading costs, one stream of 5 Mb/s and 60 of the light tier
	$(BIN)/python benchmarks/loading.py $(BENCH)

bench-memory: $(VENV)/.dev ## memory: two hours against two minutes
	$(BIN)/python benchmarks/memory.py

bench-ring: $(VENV)/.dev ## proof: what the last seconds of a stream cost while they are kept, and a clip of them
	$(BIN)/python benchmarks/ring.py $(BENCH)

bench-rejudge: $(VENV)/.dev ## a day of readings judged again: each detector, all together, the size of the file
	$(BIN)/python benchmarks/rejudge.py $(BENCH)

bench-reach: $(VENV)/.dev ## serve: how many streams this machine watches, how soon alarms arrive (make bench-reach BENCH="--tier light")
	$(BIN)/python benchmarks/reach.py $(BENCH)

drill-soak: $(VENV)/.dev ## serve: whether anything grows in half an hour of broken connections
	$(BIN)/python benchmarks/soak.py $(DRILL)

new-detector: $(VENV)/.dev ## make new-detector NAME=audio.click
	$(BIN)/python scripts/new_detector.py $(NAME)

$(VENV)/.run: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) -c constraints.txt -e '.[dev]'
	touch $@

# Tests compare with ffprobe as a second opinion; without it those tests are skipped and say so.
.PHONY: ffprobe
ffprobe:
	@command -v ffprobe >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ffmpeg >/dev/null; } \
	  || echo "ffprobe is missing: the tests that need a second opinion are skipped (Debian: apt install ffmpeg)"

# The database is tested on a PostgreSQL server that the tests start; without one those tests are skipped and say so.
.PHONY: postgres
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } \
	  || echo "PostgreSQL is missing: the tests that need it are skipped (Debian: apt install postgresql)"

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .import_linter_cache
