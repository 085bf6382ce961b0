#!/usr/bin/env bash
# Prepares a machine for the end-to-end tests; every step is skipped when its result is already there.
#
#   servers    redis-server, nats-server, Docker Engine (started if it is not running)
#   sources    the Kubernetes API's Go types, protobuf files and samples (golang-k8s-api-dev), definitions of other projects
#              (golang-k8s-apiextensions-apiserver-dev, the npm package @razee/mustachetemplate)
#   clients    kubectl 1.36, 1.32 and 1.20 (kubectl-1.36, ...), docker compose v2, python3-kubernetes, prometheus
#   images     busybox:1.36, and where no registry answers stand-ins for the base images of
#              docker-compose.yml (same names and tags), built from Debian packages
#
# Needs Debian (bookworm or newer) and root for what is missing; without them it says what to install and stops.
# Tools that are not installed system-wide go to $KUBUS_TESTBED (default ~/.cache/kubus/testbed).
set -euo pipefail

testbed=${KUBUS_TESTBED:-$HOME/.cache/kubus/testbed}
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$testbed/bin" "$testbed/log"
say() { printf 'testbed: %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

can_install() { [ "$(id -u)" = 0 ] && have apt-get; }
require_install() {
  can_install || { say "missing: $*. Install it and run again (as root on Debian this is done for you)."; exit 1; }
}

updated=
apt_update() { [ -n "$updated" ] || { apt-get update -q >"$testbed/log/apt.log" 2>&1; updated=1; }; }
apt_install() {
  require_install "$@"
  say "installing $*"
  apt_update
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>"$testbed/log/apt.log" 2>&1 ||
    { tail -20 "$testbed/log/apt.log"; exit 1; }
}

# Tools of other Debian suites are unpacked beside the system, never installed into it.
unpack_from() { # suite package what; leaves it in $testbed/apt/<suite>/unpacked
  require_install "$3"
  say "fetching $3 (Debian $1)"
  local lists=$testbed/apt/$1
  mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" "$lists/unpacked"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$(debian_mirror)" "$1" >"$lists/sources.list"
  local options=(-o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" -o Dir::State::status=/dev/null -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=- -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update -q >"$testbed/log/apt-$1.log" 2>&1
  (cd "$lists" && apt-get "${options[@]}" download -q "$2" >>"$testbed/log/apt-$1.log" 2>&1)
  dpkg -x "$lists/$2"_*.deb "$lists/unpacked"
}
other_suite() { # suite package path-inside name
  [ -x "$testbed/bin/$4" ] && return
  unpack_from "$1" "$2" "$4"
  install -m 755 "$testbed/apt/$1/unpacked/$3" "$testbed/bin/$4"
}

debian_mirror() {
  local found
  found=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ')
  echo "${found:-http://deb.debian.org/debian}"
}

packages=()
have redis-server || packages+=(redis-server)
have nats-server || packages+=(nats-server)
have dockerd || have docker || packages+=(docker.io)
docker info >/dev/null 2>&1 || have dockerd || packages+=(docker.io)
have ip || packages+=(iproute2)
have nft || packages+=(nftables)
have iptables || packages+=(iptables)
have git || packages+=(git)
have openssl || packages+=(openssl)
/usr/bin/python3 -c 'import kubernetes' 2>/dev/null || packages+=(python3-kubernetes)
[ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || packages+=(busybox-static)
[ ${#packages[@]} = 0 ] || apt_install ca-certificates "${packages[@]}"

if ! docker info >/dev/null 2>&1; then
  require_install "a running Docker Engine"
  say "starting dockerd"
  setsid nohup dockerd >"$testbed/log/dockerd.log" 2>&1 </dev/null &
  for _ in $(seq 100); do docker info >/dev/null 2>&1 && break; sleep 0.3; done
  docker info >/dev/null 2>&1 || { say "dockerd did not start:"; tail -20 "$testbed/log/dockerd.log"; exit 1; }
fi

# What the schema tables are generated from, and Kubernetes' own samples of every kind: the tests compare them with ours.
for package in golang-k8s-api-dev golang-k8s-apimachinery-dev golang-k8s-apiextensions-apiserver-dev; do
  [ -d "$testbed/apt/sid/unpacked/usr/share/doc/$package" ] || unpack_from sid "$package" "$package"
done
ln -sfn "$testbed/apt/sid/unpacked/usr/share/gocode/src/k8s.io" "$testbed/k8s.io"

# A definition of another project, with an object of its kind; its package is never installed, only looked into.
if [ ! -d "$testbed/mustachetemplate/package" ]; then
  say "fetching @razee/mustachetemplate"
  mkdir -p "$testbed/mustachetemplate"
  (cd "$testbed/mustachetemplate" && npm pack --silent @razee/mustachetemplate@4.0.3 >/dev/null && tar -xzf razee-mustachetemplate-*.tgz)
fi

other_suite sid kubectl usr/bin/kubectl kubectl-1.36
other_suite trixie kubectl usr/bin/kubectl kubectl-1.32
other_suite bookworm kubernetes-client usr/bin/kubectl kubectl-1.20
other_suite sid prometheus usr/bin/prometheus prometheus
if ! docker compose version >/dev/null 2>&1; then
  other_suite trixie docker-compose usr/libexec/docker/cli-plugins/docker-compose docker-compose
  mkdir -p ~/.docker/cli-plugins
  ln -sf "$testbed/bin/docker-compose" ~/.docker/cli-plugins/docker-compose
fi

# busybox as one static binary with its links: the image the examples run.
if ! docker image inspect busybox:1.36 >/dev/null 2>&1 && ! docker pull -q busybox:1.36 >/dev/null 2>&1; then
  say "building a stand-in for busybox:1.36"
  dir=$(mktemp -d)
  mkdir -p "$dir/bin" "$dir/tmp" "$dir/etc" "$dir/root"
  cp /bin/busybox "$dir/bin/"
  for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -sf busybox "$dir/bin/$applet"; done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$dir/etc/passwd"
  tar -C "$dir" -c . | docker import -c 'CMD ["sh"]' - busybox:1.36 >/dev/null
  rm -rf "$dir"
fi

"$root/e2e/testbed/base-images.sh" "$testbed"
say "ready"
