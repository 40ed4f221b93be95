# The daily loop; each line leans on script/ or meson.
.PHONY: all test check run tsan fuzz cover spec format tidy bench clean

all: build-asan        # a debug build with ASan and UBSan
	ninja -C build-asan

test: build-asan       # unit tests, scenarios, fuzz corpora: under a minute
	meson test -C build-asan

check:                 # everything CI runs, both compilers
	script/test

run:                   # a gateway on localhost
	script/server

tsan: build-tsan       # what crosses threads, under TSan
	meson test -C build-tsan --suite threads

fuzz:                  # NAME=mqtt_packet TIME=60
	script/fuzz $(NAME) $(TIME)

cover: build-cover     # coverage pages
	@command -v gcovr >/dev/null || { echo "gcovr is missing: script/setup extra installs it"; exit 1; }
	meson test -C build-cover
	ninja -C build-cover coverage-html

spec:                  # clauses and the tests that cite them
	script/spec

format:                # lays out all C files
	script/format

tidy:                  # clang-tidy over all C files
	script/tidy

bench:                 # figures, beside mosquitto in the same run
	script/bench

build-%:
	script/configure $*

clean:
	rm -rf build-asan build-clang build-tsan build-fuzz build-cover build
