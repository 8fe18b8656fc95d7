#!/usr/bin/env bash
# Installs the chart into a real Kubernetes by Helm, appends, deletes the leader's pod, and compares what each pod gives back.
# The cluster must run the images of this machine's Docker engine (one node with Docker as its runtime, kind after a load,
# ...) and have a default storage class; kubectl must be on the PATH.
# Usage: try-on-cluster.sh KUBECONFIG
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
WALNUT_TEST_KUBECONFIG=$(realpath "${1:?usage: try-on-cluster.sh KUBECONFIG}")
export WALNUT_TEST_KUBECONFIG
command -v kubectl >/dev/null || { echo "kubectl is not on the PATH" >&2; exit 1; }

cd "$root"
mvn -q -B -ntp -DskipTests -pl deploy -am package
deploy/docker/build-image.sh walnut:local
exec mvn -B -ntp -Pkubernetes -pl deploy -am test -Dtest=KubernetesTest -Dsurefire.failIfNoSpecifiedTests=false
