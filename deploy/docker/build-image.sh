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
docker build --quiet --build-arg BASE="$base" -t "$tag" -f "$here/Dockerfile" "$(dirname "$program")/.." >/dev/null
docker image inspect --format "$tag: {{.Size}} bytes" "$tag"
