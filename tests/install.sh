#!/bin/sh
# Installs BUILD into a folder of its own, looks at the symbols that libamend shows, then builds the example against
# what was installed, as a user would, and runs it on a photo.
set -eu
build=$1
stage=$build/stage
rm -rf "$stage"
cmake --install "$build" --prefix "$stage" >/dev/null

library=$(find "$stage" -name 'libamend.so' -exec dirname {} \;)
shown=$(nm -D --defined-only "$library/libamend.so" | awk '$2 == "T" {print $3}' | sort)
declared=$(sed -n 's/^AMEND_API.*[ *]\(amend_[a-z0-9_]*\)(.*/\1@@AMEND_0/p' include/amend/*.h | sort)
[ "$shown" = "$declared" ] || { printf '%s\n' "libamend.so shows:" "$shown" "the headers declare:" "$declared"; exit 1; }
foreign=$(nm -D --defined-only "$library/libamend.so" | awk '$2 != "T" && $3 != "AMEND_0" {print $3}')
[ -z "$foreign" ] || { echo "libamend.so shows data or weak symbols:" $foreign; exit 1; }

unset AMEND_MODEL # what is installed finds its parts by where it lies, and this is not the prefix of the build
export PKG_CONFIG_PATH="$library/pkgconfig" LD_LIBRARY_PATH="$library"
flags="$(pkg-config --cflags --libs amend)"
$CC -std=c11 -Wall -Wextra -Werror $CFLAGS examples/classify.c -o "$stage/classify" $flags
"$stage/classify" tests/data/astronaut.png 164 72 118 118 >"$stage/classify.txt"
cat "$stage/classify.txt"
awk '{ sum += $2 } END { if (NR < 7 || sum < 0.999 || sum > 1.001) { print "probabilities do not sum to 1"; exit 1 } }' \
    "$stage/classify.txt"
"$stage/bin/amend" --version
