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

# 1. Take back: Remove the bridge.
k replace -f "$FORM/001-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml" || k create -f "$FORM/001-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml"

# 2. Take back: Remove the bridge.
k replace -f "$FORM/002-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml" || k create -f "$FORM/002-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml"

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 3. Take back: Remove Kubernetes NetworkPolicy 'old' of namespace 'shop', which the set replaces; its content is kept for the way back.
k replace -f kubernetes/003-kubernetesnetworkpolicy-shop-old.yaml || k create -f kubernetes/003-kubernetesnetworkpolicy-shop-old.yaml

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 4. Take back: Cut over ingress of namespace 'shop': take it out of the bridge.
k replace -f "$FORM/004-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml" || k create -f "$FORM/004-globalnetworkpolicy-ringfence-shop-bridge-ingress.yaml"

# 5. Take back: Cut over egress of namespace 'shop': take it out of the bridge.
k replace -f "$FORM/005-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml" || k create -f "$FORM/005-globalnetworkpolicy-ringfence-shop-bridge-egress.yaml"

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 6. Take back: Put the default deny for ingress in place; pods that are bridged still pass.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-ingress --ignore-not-found --wait=false

# 7. Take back: Put the default deny for egress in place; pods that are bridged still pass.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-default-deny-egress --ignore-not-found --wait=false

# 8. Take back: Create NetworkPolicy 'ringfence-web' in namespace 'shop', which allows (layer workloads).
k delete "networkpolicies.$(group)" ringfence-web --namespace shop --ignore-not-found --wait=false

# 9. Take back: Create GlobalNetworkPolicy 'ringfence-shop-dns', which allows (layer dns).
k delete "globalnetworkpolicies.$(group)" ringfence-shop-dns --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 10. Take back: Create the network set 'ringfence-shop-feed-1' with its entries.
k delete "globalnetworksets.$(group)" ringfence-shop-feed-1 --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 11. Take back: Create GlobalNetworkPolicy 'ringfence-shop-threat-feeds', which denies (layer threat-feeds).
k delete "globalnetworkpolicies.$(group)" ringfence-shop-threat-feeds --ignore-not-found --wait=false

# 12. Take back: Create GlobalNetworkPolicy 'ringfence-shop-guardrails', which denies (layer guardrails).
k delete "globalnetworkpolicies.$(group)" ringfence-shop-guardrails --ignore-not-found --wait=false

# Wait until every node has what was taken back, before the stage before it is taken back.
echo 'waiting 30 s for the nodes: a guess'
sleep 30

# 13. Take back: Bridge ingress of the pods that no policy isolates today: pass, as if no layer were there.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-bridge-ingress --ignore-not-found --wait=false

# 14. Take back: Bridge egress of the pods that no policy isolates today: pass, as if no layer were there.
k delete "globalnetworkpolicies.$(group)" ringfence-shop-bridge-egress --ignore-not-found --wait=false

echo 'taken back'
