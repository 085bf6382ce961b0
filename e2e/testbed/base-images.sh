#!/usr/bin/env bash
# Makes sure that the base images of Dockerfile and docker-compose.yml exist under their own names and tags: pulled where a
# registry answers, else stand-ins from Debian packages (debootstrap, redis-server, nats-server) and the Node.js that runs the tests.
set -euo pipefail

testbed=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
say() { printf 'testbed: %s\n' "$*"; }

missing() { ! docker image inspect "$1" >/dev/null 2>&1 && ! timeout 60 docker pull -q "$1" >/dev/null 2>&1; }
tag_of() { grep -hoE "(image:|FROM) +$1:[a-z0-9.-]+" "$root/docker-compose.yml" "$root/Dockerfile" | head -1 | awk '{print $2}'; }

node_image=$(tag_of node) redis_image=$(tag_of redis) nats_image=$(tag_of nats)
wanted=()
for image in "$node_image" "$redis_image" "$nats_image"; do missing "$image" && wanted+=("$image"); done
[ ${#wanted[@]} = 0 ] && exit 0

say "building stand-ins for ${wanted[*]}"
command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends debootstrap >"$testbed/log/debootstrap.log" 2>&1
base=$testbed/bookworm
if [ ! -e "$base/.complete" ]; then
  rm -rf "$base"
  debootstrap --variant=minbase --include=ca-certificates,redis-server,nats-server,nftables,iproute2 bookworm "$base" \
    http://deb.debian.org/debian >>"$testbed/log/debootstrap.log" 2>&1
  rm -rf "$base"/var/cache/apt/archives/*.deb "$base"/var/lib/apt/lists/*
  # Programs in the image trust what this machine trusts, so that npm works behind the same proxies.
  cp -L /etc/ssl/certs/ca-certificates.crt "$base/etc/ssl/certs/ca-certificates.crt"
  touch "$base/.complete"
fi
node=$(readlink -f "$root/node_modules/.bin/node")
npm=$(dirname "$(readlink -f "$(command -v npm)")")/..

import() { # image Dockerfile-changes...
  local image=$1
  shift
  local changes=()
  for change in "$@"; do changes+=(-c "$change"); done
  docker import "${changes[@]}" - "$image" >/dev/null
}

for image in "${wanted[@]}"; do
  case $image in
    node:*)
      mkdir -p "$base/usr/local/bin" "$base/usr/local/lib/node_modules"
      cp "$node" "$base/usr/local/bin/node"
      rm -rf "$base/usr/local/lib/node_modules/npm"
      cp -rL "$npm" "$base/usr/local/lib/node_modules/npm"
      ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$base/usr/local/bin/npm"
      ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$base/usr/local/bin/npx"
      tar -C "$base" -c . | import "$image" 'CMD ["node"]' 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'
      ;;
    redis:*) tar -C "$base" -c --exclude=./usr/local . | import "$image" 'CMD ["redis-server"]' 'WORKDIR /data' ;;
    nats:*) tar -C "$base" -c --exclude=./usr/local . | import "$image" 'CMD ["nats-server"]' ;;
  esac
done
