#!/bin/sh
# Takes the plan of intent 'shop' back with plain kubectl, from wherever it stopped.
# It can be run again. It needs an administrator's kubeconfig and the API server's address; it needs no DNS,
# no registry, no ringfence and no calico-apiserver. Between the parts it sleeps for a time that is a guess:
# if a node lags, wait longer.
set -u
cd "$(dirname "$0")" || exit 1
: "${SERVER:=https://192.0.2.10:6443}"
# or: SERVER=https://192.0.2.11:6443
k() { kubectl --server="$SERVER" --request-timeout=30s "$@"; }
rest() {
  [ "$AT" -ge "$1" ] || return 0
  echo 'waiting 30 s for the nodes: a guess'
  sleep 30
}
stop() {
  echo "write $1 failed, and nothing after it was done: mend what it says, then run this again" >&2
  exit 1
}
# Where both groups exist Felix reads the stored one, so it goes first.
if k get --raw /apis/crd.projectcalico.org/v1 >/dev/null 2>&1; then FORM=stored; else FORM=v3; fi
group() { if [ "$FORM" = stored ]; then echo crd.projectcalico.org; else echo projectcalico.org; fi; }

# How many of the plan's writes have happened? To go on without looking set AT to a number, 0 or more.
blind() {
  echo 'nobody can tell how far the run has come, and nothing was done: mend what it says, or set AT' >&2
  exit 1
}
there() {
  FOUND="$(k get "$@" --ignore-not-found -o name)" || blind
  [ -n "$FOUND" ]
}
absent() { ! there "$@"; }
is() {
  FOUND="$(k get -f "$1" --ignore-not-found -o jsonpath="$2")" || blind
  [ -n "$FOUND" ] && [ "$FOUND" = "$(k replace --dry-run=server -f "$1" -o jsonpath="$2")" ]
}
if [ -n "${AT:-}" ]; then :
elif absent networkpolicies.networking.k8s.io old --namespace shop && is "$FORM/look-013-networkpolicy-shop-ringfence-web.yaml" '{.metadata.labels}{.spec}'; then AT=14
elif is "$FORM/look-013-networkpolicy-shop-ringfence-web.yaml" '{.metadata.labels}{.spec}' && is "$FORM/look-012-globalnetworkpolicy-ringfence-shop-dns.yaml" '{.metadata.labels}{.spec}'; then AT=13
elif is "$FORM/look-012-globalnetworkpolicy-ringfence-shop-dns.yaml" '{.metadata.labels}{.spec}' && is "$FORM/look-011-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml" '{.metadata.labels}{.spec}'; then AT=12
elif is "$FORM/look-011-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml" '{.metadata.labels}{.spec}' && is "$FORM/look-010-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml" '{.metadata.labels}{.spec}'; then AT=11
elif is "$FORM/look-010-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml" '{.metadata.labels}{.spec}' && there "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-ingress; then AT=10
elif there "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-ingress && there "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-egress; then AT=9
elif there "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-egress && there "networkpolicies.$(group)" ringfence-web --namespace shop; then AT=8
elif there "networkpolicies.$(group)" ringfence-web --namespace shop && there "globalnetworkpolicies.$(group)" ringfence-shop-dns; then AT=7
elif there "globalnetworkpolicies.$(group)" ringfence-shop-dns && there "globalnetworksets.$(group)" ringfence-shop-feed-1; then AT=6
elif there "globalnetworksets.$(group)" ringfence-shop-feed-1 && there "globalnetworkpolicies.$(group)" ringfence-shop-threat-feeds; then AT=5
elif there "globalnetworkpolicies.$(group)" ringfence-shop-threat-feeds && there "globalnetworkpolicies.$(group)" ringfence-shop-guardrails; then AT=4
elif there "globalnetworkpolicies.$(group)" ringfence-shop-guardrails && there "globalnetworkpolicies.$(group)" ringfence-shop-bridge-ingress; then AT=3
elif there "globalnetworkpolicies.$(group)" ringfence-shop-bridge-ingress && there "globalnetworkpolicies.$(group)" ringfence-shop-bridge-egress; then AT=2
elif there "globalnetworkpolicies.$(group)" ringfence-shop-bridge-egress; then AT=1
else AT=0
fi
if [ "$AT" -lt 15 ] && absent networkpolicies.networking.k8s.io old --namespace shop && absent "globalnetworkpolicies.$(group)" ringfence-shop-bridge-egress; then AT=15; fi
if [ "$AT" -lt 16 ] && absent networkpolicies.networking.k8s.io old --namespace shop && absent "globalnetworkpolicies.$(group)" ringfence-shop-bridge-ingress; then AT=16; fi
echo "$AT of the plan's writes have happened"

# 1. Back over: the bridge is removed.
[ "$AT" -lt 16 ] || { k replace -f "$FORM/016-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml" || k create -f "$FORM/016-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml"; } || stop 16
[ "$AT" -lt 15 ] || { k replace -f "$FORM/015-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml" || k create -f "$FORM/015-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml"; } || stop 15

rest 15

# 2. Back over: replaced policies and allows that are not in the set are removed.
{ k replace -f kubernetes/014-kubernetesnetworkpolicy-shop-old.yaml || k create -f kubernetes/014-kubernetesnetworkpolicy-shop-old.yaml; } || stop 14

rest 14

# 3. Back over: allows that passed until now allow.
[ "$AT" -lt 13 ] || { k replace -f "$FORM/013-networkpolicy-shop-ringfence-web.yaml" || k create -f "$FORM/013-networkpolicy-shop-ringfence-web.yaml"; } || stop 13
[ "$AT" -lt 12 ] || { k replace -f "$FORM/012-globalnetworkpolicy-ringfence-shop-dns.yaml" || k create -f "$FORM/012-globalnetworkpolicy-ringfence-shop-dns.yaml"; } || stop 12

rest 12

# 4. Back over: cut-over, namespace by namespace and direction by direction.
[ "$AT" -lt 11 ] || { k replace -f "$FORM/011-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml" || k create -f "$FORM/011-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml"; } || stop 11
[ "$AT" -lt 10 ] || { k replace -f "$FORM/010-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml" || k create -f "$FORM/010-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml"; } || stop 10

rest 10

# 5. Back over: the default deny without rules, over which the bridge still passes; the allows.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-ingress --ignore-not-found --wait=false || stop 9
k delete "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-egress --ignore-not-found --wait=false || stop 8
k delete "networkpolicies.$(group)" ringfence-web --namespace shop --ignore-not-found --wait=false || stop 7
k delete "globalnetworkpolicies.$(group)" ringfence-shop-dns --ignore-not-found --wait=false || stop 6

rest 6

# 6. Back over: additions to network sets.
k delete "globalnetworksets.$(group)" ringfence-shop-feed-1 --ignore-not-found --wait=false || stop 5

rest 5

# 7. Back over: denies of guardrails and feeds, whose new sets are still empty.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-threat-feeds --ignore-not-found --wait=false || stop 4
k delete "globalnetworkpolicies.$(group)" ringfence-shop-guardrails --ignore-not-found --wait=false || stop 3

rest 3

# 8. Back over: the bridge, which passes for pods that nothing isolates today.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-bridge-ingress --ignore-not-found --wait=false || stop 2
k delete "globalnetworkpolicies.$(group)" ringfence-shop-bridge-egress --ignore-not-found --wait=false || stop 1

# What a run that was killed has left to be counted selects nothing; it goes as well.
sweep() {
  k get "$1" --all-namespaces -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.metadata.namespace}{"\n"}{end}' 2>/dev/null | while read -r NAME SPACE; do
    case "${NAME#default.}" in  # as it is stored before 3.32
      ringfence-canary-shop-*[!0-9]*) ;;
      ringfence-canary-shop-?*) k delete "$1" "$NAME" ${SPACE:+--namespace "$SPACE"} --ignore-not-found --wait=false ;;
    esac
  done
}
sweep "globalnetworkpolicies.$(group)"
sweep "networkpolicies.$(group)"
sweep "networkpolicies.networking.k8s.io"
sweep "globalnetworksets.$(group)"
sweep "networksets.$(group)"
sweep "tiers.$(group)"

echo 'taken back'
