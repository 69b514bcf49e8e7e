# Everyday commands; CMakeLists.txt does the work. `make demo` and `make check` install what is missing first.
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
PHOTO   = tests/data/astronaut.png
FACE    = 164,72,118,118# x,y,width,height of the face in $(PHOTO), for where no detector could be fetched

.PHONY: all demo check format install clean
all:
	cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	cmake --build build --parallel $(JOBS)

demo:
	tools/setup.sh
	$(MAKE) all
	tools/detector.sh && build/amend predict $(PHOTO) --annotate build/demo || \
		build/amend predict $(PHOTO) --box $(FACE) --annotate build/demo
	@echo "The picture with its reading is in build/demo/."

# Every test, with warnings as errors and the address and undefined behaviour sanitizers.
check:
	tools/setup.sh
	-tools/detector.sh
	cmake -S . -B build-check -DAMEND_CHECK=ON
	cmake --build build-check --parallel $(JOBS)
	cd build-check && ctest --output-on-failure --parallel 2

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

install: all
	cmake --install build

clean:
	rm -rf build build-check
