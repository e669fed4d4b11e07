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
# Where both groups exist Felix reads the stored one, so it goes first.
if k get --raw /apis/crd.projectcalico.org/v1 >/dev/null 2>&1; then FORM=stored; else FORM=v3; fi
group() { if [ "$FORM" = stored ]; then echo crd.projectcalico.org; else echo projectcalico.org; fi; }

# Wait until every node has what has been written so far.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 1. Take back: Remove Kubernetes NetworkPolicy 'old' of namespace 'shop', which the set replaces; its content is kept for the way back.
k replace -f kubernetes/001-kubernetesnetworkpolicy-shop-old.yaml || k create -f kubernetes/001-kubernetesnetworkpolicy-shop-old.yaml

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 2. Take back: Cut over ingress of namespace 'shop'.
k delete "globalnetworkpolicies.$(group)" ringfence.shop-default-deny-ingress --ignore-not-found --wait=false

# 3. Take back: Cut over egress of namespace 'shop'.
k delete "globalnetworkpolicies.$(group)" ringfence.shop-default-deny-egress --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 4. Take back: Create NetworkPolicy 'ringfence.web' in namespace 'shop', which allows (layer workloads).
k delete "networkpolicies.$(group)" ringfence.web --namespace shop --ignore-not-found --wait=false

# 5. Take back: Create GlobalNetworkPolicy 'ringfence.shop-dns', which allows (layer dns).
k delete "globalnetworkpolicies.$(group)" ringfence.shop-dns --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 6. Take back: Create the network set 'ringfence-shop-feed-1' with its entries.
k delete "globalnetworksets.$(group)" ringfence-shop-feed-1 --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 7. Take back: Create GlobalNetworkPolicy 'ringfence.shop-threat-feeds', which denies (layer threat-feeds).
k delete "globalnetworkpolicies.$(group)" ringfence.shop-threat-feeds --ignore-not-found --wait=false

# 8. Take back: Create GlobalNetworkPolicy 'ringfence.shop-guardrails', which denies (layer guardrails).
k delete "globalnetworkpolicies.$(group)" ringfence.shop-guardrails --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 9. Take back: Create the tier 'ringfence', which passes what it does not decide.
k delete "tiers.$(group)" ringfence --ignore-not-found --wait=false

echo 'taken back'
