#!/usr/bin/env bash
# Builds the image from the distribution that `mvn package` left in deploy/target.
# Usage: build-image.sh [TAG] [BASE]   (default walnut:local on walnut-base:local, which is made when it is missing)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tag=${1:-walnut:local}
base=${2:-walnut-base:local}

program=$(find "$here/../target" -maxdepth 3 -path '*/walnut-*/bin/walnut' | head -1)
[ -n "$program" ] || { echo "no distribution in deploy/target: run 'mvn -DskipTests package' first" >&2; exit 1; }
if [ "$base" = walnut-base:local ]; then
  "$here/base-image.sh" "$base"
fi
replaced=$(docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null || true)
docker build --quiet --build-arg BASE="$base" -t "$tag" -f "$here/Dockerfile" "$(dirname "$program")/.." >/dev/null
if [ -n "$replaced" ] && [ "$replaced" != "$(docker image inspect --format '{{.Id}}' "$tag")" ] &&
  [ -z "$(docker image inspect --format '{{join .RepoTags ""}}' "$replaced")" ]; then
  # Refused, and left, while a container uses it.
  docker image rm "$replaced" >/dev/null 2>&1 || echo "the image that $tag replaced is in use and stays: $replaced"
fi
docker image inspect --format "$tag: {{.Size}} bytes" "$tag"
