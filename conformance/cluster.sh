# Read by run and faults: a cluster of its own with Nantian Gateway in it, as deploy/kustomize/base installs it. Sets: home, lab, run, version.
# Before: results (a folder), channel, keep.

fail() { printf '%s: %s\n' "conformance/$(basename "$0")" "$1" >&2; exit 2; }

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d' >&2; exit 2; }

in_lab() { "$lab/kubelab" exec --dir "$run" -- "$@"; }

build() {
  [ "$(id -u)" = 0 ] || fail "not root (expected root: network namespaces are made)"
  for tool in ip nft nsenter kubectl; do
    command -v $tool >/dev/null || fail "$tool is not installed (Debian: apt install iproute2 nftables util-linux kubernetes-client)"
  done
  mkdir -p "$results"
  results=$(cd "$results" && pwd)
  lab=${NANTIAN_LAB_BIN:-$home/conformance/lab/bin}
  if [ -z "${NANTIAN_LAB_BIN:-}" ]; then
    command -v go >/dev/null || fail "go is not installed (expected Go 1.25 or later)"
    echo "building the lab (log in $results/lab-build.log)"
    make -C "$home/conformance/lab" all >"$results/lab-build.log" 2>&1 || { tail -5 "$results/lab-build.log" >&2; fail "the lab does not build"; }
  fi
  "$home/nantian" aot-cache || fail "the program does not build"
  # Of the sources between two releases: the next release, and the commit.
  version=$(git -C "$home" describe --tags --exact-match 2>/dev/null) || {
    version=v$(sed -n 's|^  <version>\(.*\)-SNAPSHOT</version>|\1|p' "$home/pom.xml" | head -n 1)
    version=$version+$(git -C "$home" rev-parse --short HEAD 2>/dev/null || echo unknown)
  }
}

save_logs() {
  in_lab kubectl get pods -A -o wide >"$results/pods.txt" 2>&1 || true
  for each in control proxy; do
    in_lab kubectl logs -n nantian-system -l app.kubernetes.io/component=$each --prefix --tail=-1 >"$results/$each.log" 2>&1 || true
  done
}

# The ServiceAccounts hold what they need and the proxies' nothing: no request of the control plane was refused (what of its rights is not used is seen by
# RightsTest), and the proxies' account may do what one may that nobody has given anything.
check_rights() {
  local of may
  for of in nantian-proxy nobody; do
    may=$(in_lab kubectl auth can-i --list -n nantian-system --as="system:serviceaccount:nantian-system:$of")
    [ $of = nobody ] || printf '%s\n' "$may" >"$results/rights-of-proxy.txt"
    [ $of != nobody ] || [ "$(sort "$results/rights-of-proxy.txt")" = "$(sort <<<"$may")" ] ||
      { printf '%s\n' "$may" >"$results/rights-of-nobody.txt"; echo "the proxies' ServiceAccount has rights (rights-of-*.txt in $results)"; return 1; }
  done
  in_lab kubectl logs -n nantian-system -l app.kubernetes.io/component=control --prefix --tail=-1 >"$results/control.log"
  # Rights may arrive a moment after the pods; and in a namespace that is being deleted nobody may create anything.
  if [ "$(grep -c event=kind_forbidden "$results/control.log")" != "$(grep -c event=kind_permitted "$results/control.log")" ] ||
    grep 'message="403 ' "$results/control.log" | grep -v -e event=kind_forbidden -e 'being terminated'; then
    echo "the control plane lacks rights (control.log in $results)"
    return 1
  fi
}

end() {
  local status=$?
  trap - EXIT INT TERM
  save_logs
  if [ -n "$keep" ]; then
    echo "the cluster goes on: $lab/kubelab exec --dir $run -- kubectl get gateways -A; end it with $lab/kubelab down --dir $run"
  else
    "$lab/kubelab" down --dir "$run" >/dev/null 2>&1 || true
    rm -rf "$run" "$run.images"
  fi
  exit $status
}

start() {
  run=$(mktemp -d "${TMPDIR:-/tmp}/nantian-conformance.XXXXXX")
  trap end EXIT
  trap 'exit 130' INT TERM
  # Pods see the program where it is, except below /tmp, which is their own.
  local seen=$home
  case $home in /tmp/*) seen=/srv/nantian ;; esac
  {
    printf 'images:\n- match: nantian-gateway\n  entrypoint: [/bin/bash, "%s/nantian"]\n  binds: ["%s:%s"]\n' "$seen" "$home" "$seen"
    printf '  env:\n    NANTIAN_BUILD: never\n'
    [ -z "${NANTIAN_JAVA_HOME:-}" ] || printf '    NANTIAN_JAVA_HOME: "%s"\n' "$NANTIAN_JAVA_HOME"
    [ -z "${JAVA_OPTS:-}" ] || printf '    JAVA_OPTS: "%s"\n' "$JAVA_OPTS"
  } >"$run.images"
  "$lab/kubelab" up --dir "$run" --name "nc$((RANDOM % 10000))" --crds "$channel" --images "$run.images" >"$results/lab.log" ||
    { tail -3 "$results/lab.log" >&2; fail "the lab does not start"; }
  in_lab kubectl apply -k "$home/deploy/kustomize/base" >"$results/install.log"
  for each in nantian-control nantian-proxy; do
    in_lab kubectl rollout status -n nantian-system deployment/$each --timeout=180s >>"$results/install.log" ||
      fail "$each does not become ready (logs in $results)"
  done
}
