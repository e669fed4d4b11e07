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
stop() {
  echo "write $1 failed, and nothing after it was done: mend what it says, then run this again" >&2
  exit 1
}
# Where both groups exist Felix reads the stored one, so it goes first.
if k get --raw /apis/crd.projectcalico.org/v1 >/dev/null 2>&1; then FORM=stored; else FORM=v3; fi
group() { if [ "$FORM" = stored ]; then echo crd.projectcalico.org; else echo projectcalico.org; fi; }

# 1. Back over: replaced policies and allows that are not in the set are removed.
{ k replace -f kubernetes/001-kubernetesnetworkpolicy-shop-old.yaml || k create -f kubernetes/001-kubernetesnetworkpolicy-shop-old.yaml; } || stop 1

echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 2. Back over: allows that passed until now allow.
{ k replace -f "$FORM/002-networkpolicy-shop-ringfence.web.yaml" || k create -f "$FORM/002-networkpolicy-shop-ringfence.web.yaml"; } || stop 2
{ k replace -f "$FORM/003-globalnetworkpolicy-ringfence.shop-dns.yaml" || k create -f "$FORM/003-globalnetworkpolicy-ringfence.shop-dns.yaml"; } || stop 3

echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 3. Back over: cut-over, namespace by namespace and direction by direction.
k delete "globalnetworkpolicies.$(group)" ringfence.shop-default-deny-egress --ignore-not-found --wait=false || stop 4
k delete "globalnetworkpolicies.$(group)" ringfence.shop-default-deny-ingress --ignore-not-found --wait=false || stop 5

echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 4. Back over: the allows.
k delete "networkpolicies.$(group)" ringfence.web --namespace shop --ignore-not-found --wait=false || stop 6
k delete "globalnetworkpolicies.$(group)" ringfence.shop-dns --ignore-not-found --wait=false || stop 7

echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 5. Back over: additions to network sets.
k delete "globalnetworksets.$(group)" ringfence-shop-feed-1 --ignore-not-found --wait=false || stop 8

echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 6. Back over: denies of guardrails and feeds, whose new sets are still empty.
k delete "globalnetworkpolicies.$(group)" ringfence.shop-threat-feeds --ignore-not-found --wait=false || stop 9
k delete "globalnetworkpolicies.$(group)" ringfence.shop-guardrails --ignore-not-found --wait=false || stop 10

echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 7. Back over: the tier, which passes what it does not decide.
k delete "tiers.$(group)" ringfence --ignore-not-found --wait=false || stop 11

echo 'taken back'
