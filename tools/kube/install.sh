#!/usr/bin/env bash
# Builds kube-apiserver and helm from their Go modules and unpacks etcd from Debian's package, into LLMD_KUBE_HOME. Takes a quarter of an
# hour of CPU time, once.
set -euo pipefail

version=1.34.4
helm=3.22.0
home=${LLMD_KUBE_HOME:-$HOME/.cache/llmd/kube}
for tool in go apt-get dpkg; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not on the path"; exit 77; }
done
mkdir -p "$home/bin" "$home/build"

if [[ ! -x $home/bin/etcd ]]; then
    (cd "$home/build" && apt-get download etcd-server >/dev/null && dpkg -x etcd-server_*.deb etcd)
    cp "$home/build/etcd/usr/bin/etcd" "$home/bin/"
fi

if [[ ! -x $home/bin/kube-apiserver ]]; then
    cd "$home/build"
    export GOFLAGS=-mod=mod
    printf 'module kubetools\ngo 1.24\n' > go.mod
    go mod download "k8s.io/kubernetes@v$version"
    theirs=$(go env GOMODCACHE)/k8s.io/kubernetes@v$version/go.mod
    # The module replaces its parts by folders that it does not carry; they are modules of their own.
    {
        echo "module kubetools"
        grep -E '^go ' "$theirs"
        echo "require k8s.io/kubernetes v$version"
        grep -oE '^\s+k8s.io/[a-z0-9-]+ => ./staging' "$theirs" | awk -v v="v0.${version#1.}" '{print "replace " $1 " => " $1 " " v}'
    } > go.mod
    printf 'package kubetools\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver/app"\n' > tools.go
    go mod tidy -e >/dev/null 2>&1 || true
    echo "building kube-apiserver $version"
    # Without its version the server calls itself v0.0.0, which charts refuse.
    stamp=k8s.io/component-base/version
    minor=${version#1.}
    nice go build -ldflags "-X $stamp.gitVersion=v$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%.*}" \
        -o "$home/bin/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
fi
if [[ ! -x $home/bin/helm ]] && ! command -v helm >/dev/null; then
    echo "building helm $helm"
    # The version of Kubernetes for which it renders without a cluster.
    minor=${version#1.}
    flags=
    for package in chartutil lint/rules; do
        flags+=" -X helm.sh/helm/v3/pkg/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/$package.k8sVersionMinor=${minor%.*}"
    done
    GOFLAGS='' GOBIN="$home/bin" nice go install -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@v$helm"
fi
echo "installed in $home/bin"
