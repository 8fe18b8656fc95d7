#!/usr/bin/env bash
# Sees to it that a Docker engine answers: does nothing when one does, else installs Debian's and starts it (needs root).
# Says aloud what it does; exit 1 when no engine answers in the end.
set -uo pipefail

say() { printf '[docker] %s\n' "$*"; }

if docker info >/dev/null 2>&1; then
  say "an engine answers: $(docker version --format '{{.Server.Version}}')"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  say "no Docker engine answers, and installing one needs root"
  exit 1
fi
if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null || ! command -v debootstrap >/dev/null; then
  say "installing docker.io, iptables, debootstrap"
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends docker.io iptables debootstrap >/dev/null || exit 1
fi
say "starting dockerd (log: /var/log/dockerd.log)"
rm -f /var/run/docker.pid
setsid dockerd >/var/log/dockerd.log 2>&1 </dev/null &
for _ in $(seq 60); do
  if docker info >/dev/null 2>&1; then
    say "the engine answers: $(docker version --format '{{.Server.Version}}')"
    exit 0
  fi
  sleep 1
done
say "dockerd did not answer within 60 s; the end of its log:"
tail -20 /var/log/dockerd.log
exit 1
