#!/usr/bin/env bash
# Installs what amend is built from, and only what is missing.
#   tools/setup.sh               compiler, libraries
#   tools/setup.sh --witnesses   also PyTorch, torchvision and Pillow, which some tests compare with (implied by CI=true)
set -euo pipefail

tools=(make cmake pkg-config gcc g++ libc6-dev)
libraries=(libdnnl-dev libjpeg-dev libpng-dev libwebp-dev libcairo2-dev libjansson-dev libinih-dev libcmocka-dev
    libzip-dev libprotobuf-c-dev protobuf-c-compiler libonnx-dev fonts-dejavu-core)
witnesses=(python3-torch python3-torchvision python3-pil python3-onnx)
modules=(libpng libjpeg libwebp cairo jansson inih libprotobuf-c libzip cmocka) # the libraries as pkg-config knows them, without oneDNN

with_witnesses=false
[ "${CI:-}" = true ] && with_witnesses=true
case "${1:-}" in
"") ;;
--witnesses) with_witnesses=true ;;
*)
    sed -n '2,4s/^# *//p' "$0" >&2
    exit 2
    ;;
esac

# The given packages that dpkg does not have.
missing() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup: run as root: $*" >&2
        return 1
    fi
}

apt_install() {
    echo "setup: installing $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    mapfile -t needed < <(missing "${tools[@]}" "${libraries[@]}")
    wished=()
    if $with_witnesses; then mapfile -t wished < <(missing "${witnesses[@]}"); fi
    [ $((${#needed[@]} + ${#wished[@]})) -gt 0 ] || exit 0
    as_root apt-get update
    if [ ${#needed[@]} -gt 0 ]; then apt_install "${needed[@]}"; fi
    if [ ${#wished[@]} -gt 0 ]; then
        apt_install "${wished[@]}" || echo "setup: without ${wished[*]}: the tests that compare with them are skipped" >&2
    fi
    exit 0
fi

# Another system: nothing is installed, but everything may be there.
if command -v cmake >/dev/null && command -v pkg-config >/dev/null && pkg-config --exists "${modules[@]}"; then
    exit 0
fi
cat >&2 <<END
setup: please install cmake, make, pkg-config, a C compiler with OpenMP, oneDNN, and (pkg-config names) ${modules[*]}.
  Debian, Ubuntu  apt-get install ${tools[*]} ${libraries[*]}
  Fedora          dnf install make cmake pkgconf-pkg-config gcc gcc-c++ onednn-devel libjpeg-turbo-devel libpng-devel \
libwebp-devel cairo-devel jansson-devel inih-devel libzip-devel protobuf-c-devel protobuf-c-compiler onnx-devel libcmocka-devel \
dejavu-sans-fonts
  Arch            pacman -S make cmake pkgconf gcc onednn libjpeg-turbo libpng libwebp cairo jansson libinih libzip protobuf-c onnx cmocka \
ttf-dejavu
END
exit 1
