#!/bin/sh
# The Python package over LIBRARY: its tests, and `pip install` without a network into a folder of its own.
# 77 (skipped) where no python3 has NumPy. PRELOAD: what a library built with sanitizers needs in Python's process.
set -eu
export AMEND_LIBRARY="$1" PYTHONDONTWRITEBYTECODE=1
stage=$2 preload=${3:-}

for python in "${AMEND_PYTHON:-python3}" /usr/bin/python3 none; do
    "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || { echo "skipped: no python3 with numpy here; AMEND_PYTHON may name one"; exit 77; }

PYTHONPATH=python LD_PRELOAD="$preload" "$python" -m unittest discover -s python/tests

"$python" -m pip --version >/dev/null 2>&1 || { echo "pip install not tried: no pip here"; exit 0; }
rm -rf "$stage"
cp -r python "$stage"
"$python" -m pip install --quiet --no-index --no-deps --target "$stage/site" "$stage"
cd /
PYTHONPATH="$stage/site" LD_PRELOAD="$preload" "$python" -c '
import amend, importlib.metadata, os
assert os.path.dirname(amend.__file__).startswith(os.environ["PYTHONPATH"]), amend.__file__
assert os.path.exists(os.path.join(os.path.dirname(amend.__file__), "py.typed"))
print("installed:", importlib.metadata.version("amend"), "library:", amend.version())'
