#!/usr/bin/env bash
# Makes a base image with a Java 25 runtime where no registry can be reached: Debian's minimal system from the package
# archive that apt uses, and a runtime linked from the JDK 25 of this machine. Needs root, debootstrap and a Docker engine.
# Usage: base-image.sh [TAG]   (default walnut-base:local; does nothing when the image is there)
set -euo pipefail
tag=${1:-walnut-base:local}

if docker image inspect "$tag" >/dev/null 2>&1; then
  echo "base image $tag is there"
  exit 0
fi
jdk=
for home in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
  if [ -x "$home/bin/jlink" ] && "$home/bin/javac" -version 2>&1 | grep -q '^javac 25\b'; then
    jdk=$home
    break
  fi
done
[ -n "$jdk" ] || { echo "no JDK 25 with jlink in JAVA_HOME or under /usr/lib/jvm" >&2; exit 1; }

command -v debootstrap >/dev/null || {
  echo "installing debootstrap"
  apt-get install -y -q --no-install-recommends debootstrap >/dev/null 2>&1 ||
    { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends debootstrap >/dev/null; }
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | sort -u | head -1)
echo "base image $tag: Debian $suite with the runtime of $jdk"
debootstrap --variant=minbase --include=ca-certificates,iptables,iproute2 "$suite" "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
  { tail -20 "$work/debootstrap.log" >&2; exit 1; }
rm -rf "$work"/root/var/cache/apt/* "$work"/root/var/lib/apt/lists/*
modules=java.se,jdk.attach,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.management.agent,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs
"$jdk/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-man-pages --no-header-files --output "$work/root/opt/java"
tar -C "$work/root" -c . |
  docker import -c 'ENV JAVA_HOME=/opt/java' -c 'ENV PATH=/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$tag" >/dev/null
docker image inspect --format "$tag: {{.Size}} bytes" "$tag"
