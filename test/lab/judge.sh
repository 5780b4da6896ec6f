#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# judge.sh [CHECK…]: is what came up the cluster that was asked for? One line per check, exit code 1 when one fails.
# Looks from outside only, through the kubeconfig that was made before the cluster existed, besides the checks of disks.
# shellcheck disable=SC2317  # checks are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=secrets.sh
. "$LAB_DIR/secrets.sh"
need_root
mapfile -t all < <("$LAB_DIR/roles.sh")
mapfile -t members < <("$LAB_DIR/roles.sh" control-plane worker)
mapfile -t control_planes < <("$LAB_DIR/roles.sh" control-plane)
# etcd runs on nodes of its own, or on the control planes
mapfile -t etcd_members < <("$LAB_DIR/roles.sh" etcd)
[ ${#etcd_members[@]} -gt 0 ] || etcd_members=("${control_planes[@]}")
mapfile -t balancers < <("$LAB_DIR/roles.sh" load-balancer)
if [ ${#balancers[@]} = 0 ]; then balancers=("${control_planes[@]}"); fi
space=lab-check-$$           # a namespace takes its time to go away

# Each check prints one line, what it saw or what is wrong, and returns accordingly.

endpoint() {
  local server host n
  server=$(kc config view -o json | jq -r '.clusters[0].cluster.server'); host=${server#https://}; host=${host%:*}
  for n in "${balancers[@]}"; do
    if ip -n "$(node_ns "$n")" -o -4 addr show | grep -qF " $host/"; then echo "kubeconfig asks $server, which is $n"; return 0; fi
  done
  echo "kubeconfig asks $server, which no load balancer has"; return 1
}

nodes_ready() {
  local got bad
  got=$(kc get nodes -o json) || { echo "the API does not answer"; return 1; }
  bad=$(jq -r --arg v "$LAB_K8S_VERSION" --args '[.items[] | {key: .metadata.name, value: {version: .status.nodeInfo.kubeletVersion,
      ready: any(.status.conditions[]; .type=="Ready" and .status=="True")}}] | from_entries as $have
    | ($ARGS.positional[] | select($have[.]==null) | . + " is missing"),
      ($have | to_entries[] | select(.key as $k | $ARGS.positional | index($k) | not) | .key + " is not of this cluster"),
      ($have | to_entries[] | select(.value.ready | not) | .key + " is not Ready"),
      ($have | to_entries[] | select(.value.version != $v) | .key + " runs " + .value.version)' "${members[@]}" <<<"$got")
  if [ -n "$bad" ]; then paste -sd';' <<<"$bad"; return 1; fi
  echo "${#members[@]} nodes Ready at $LAB_K8S_VERSION"
}

# A node that was killed still counts as Ready for a while: its lease must have been renewed after the time in $LAB_OUT/since.
leases() {
  local since now stale
  since=$(cat "$LAB_OUT/since" 2>/dev/null || echo 0); now=$(date +%s)
  stale=$(kc -n kube-node-lease get leases -o json | jq -r --argjson s "$since" --argjson n "$now" \
    '.items[] | (.spec.renewTime | sub("\\.[0-9]+Z$"; "Z") | fromdate) as $t | select($t < $s or $t < $n - 60) | .metadata.name') || return 1
  if [ -n "$stale" ]; then echo "no sign of life from: $(paste -sd' ' <<<"$stale")"; return 1; fi
  echo "every kubelet renews its lease"
}

etcd_voters() {
  local n list voters learners
  n=$(etcd_node) || { echo "no member of etcd runs"; return 1; }
  list=$(etcd_on "$n" member list -w json 2>/dev/null) || { echo "etcd does not answer"; return 1; }
  voters=$(jq '[.members[] | select(.isLearner != true and (.name // "") != "")] | length' <<<"$list")
  learners=$(jq '[.members[] | select(.isLearner == true or (.name // "") == "")] | length' <<<"$list")
  echo "$voters etcd voters, $learners learners or unstarted members"
  [ "$voters" = "${#etcd_members[@]}" ] && [ "$learners" = 0 ]
}

coredns() {
  local a
  a=$(kc -n kube-system get deploy coredns -o json | jq -r '[.status.conditions[]? | select(.type=="Available").status] | first') || return 1
  echo "CoreDNS Available: $a"
  [ "$a" = True ]
}

credentials_gone() {
  local left
  left=$(kc -n kube-system get secrets -o json | jq -r '.items[] | select(.type=="bootstrap.kubernetes.io/token" or .metadata.name=="kubeadm-certs") | .metadata.name') || return 1
  if [ -n "$left" ]; then echo "join credentials are still in kube-system: $(paste -sd' ' <<<"$left")"; return 1; fi
  echo "no bootstrap token and no kubeadm-certs in the cluster"
}

pod_on() {   # pod_on NAME NODE COMMAND-JSON
  cat <<Y
{apiVersion: v1, kind: Pod, metadata: {name: $1, namespace: $space, labels: {app: $1}}, spec: {
  terminationGracePeriodSeconds: 0, nodeSelector: {kubernetes.io/hostname: $2}, tolerations: [{operator: Exists}],
  containers: [{name: main, image: "lab/cni:v1", imagePullPolicy: IfNotPresent, command: $3}]}}
---
Y
}
# busybox wget crashes here (a static program, and it looks up the port of http by name); nc asks with numbers only.
fetch() {   # fetch ADDRESS PORT, from the client pod
  kc -n "$space" exec client -- busybox sh -c "printf 'GET / HTTP/1.0\r\n\r\n' | busybox nc -w 5 $1 $2" 2>&1 | tr -d '\r' | tail -1
}
pods() {
  local a=${members[-2]} b=${members[-1]} ip out
  local serve='["busybox", "sh", "-c", "mkdir -p /tmp/w && hostname >/tmp/w/index.html && exec busybox httpd -f -p 8080 -h /tmp/w"]'
  { echo "{apiVersion: v1, kind: Namespace, metadata: {name: $space}}"; echo ---
    pod_on server "$a" "$serve"; pod_on client "$b" '["busybox", "sleep", "3600"]'
    echo "{apiVersion: v1, kind: Service, metadata: {name: server, namespace: $space}, spec: {selector: {app: server}, ports: [{port: 80, targetPort: 8080}]}}"
  } | kc apply -f - >/dev/null 2>"$LAB_OUT/apply.err" || { echo "applying: $(tail -1 "$LAB_OUT/apply.err")"; return 1; }
  kc -n "$space" wait pod/server pod/client --for=condition=Ready --timeout=15s >/dev/null 2>&1 ||
    { echo "the pods on $a and $b do not run: $(kc -n "$space" get pods --no-headers | awk '{print $1, $3}' | paste -sd' ')"; return 1; }
  ip=$(kc -n "$space" get pod server -o jsonpath='{.status.podIP}')
  out=$(fetch "$ip" 8080) || true
  [ "$out" = server ] || { echo "a pod on $b does not reach $ip on $a: $out"; return 1; }
  out=$(kc -n "$space" exec client -- busybox nslookup "server.$space.svc.cluster.local" 2>&1) ||
    { echo "a pod on $b does not resolve the service's name: $(tail -1 <<<"$out")"; return 1; }
  ip=$(sed -n '/^Name:/,$s/^Address: *//p' <<<"$out" | head -1)
  out=$(fetch "$ip" 80) || true
  [ "$out" = server ] || { echo "a pod on $b does not reach the service at $ip: $out"; return 1; }
  kc delete namespace "$space" --wait=false >/dev/null 2>&1 || true
  echo "a pod on $b reaches a pod on $a by address and by service name"
}

# Every node has an address and a part of the pods' addresses in each of the two families.
dual_nodes() {
  local got bad
  got=$(kc get nodes -o json) || { echo "the API does not answer"; return 1; }
  bad=$(jq -r 'def families: [.[] | if contains(":") then 6 else 4 end] | sort;
    .items[] | {name: .metadata.name, addresses: [.status.addresses[] | select(.type=="InternalIP").address], cidrs: (.spec.podCIDRs // [])}
    | select((.addresses | families) != [4, 6] or (.cidrs | families) != [4, 6])
    | "\(.name) has addresses \(.addresses | join(",")) and podCIDRs \(.cidrs | join(","))"' <<<"$got")
  if [ -n "$bad" ]; then paste -sd';' <<<"$bad"; return 1; fi
  jq -r '[.items[] | "\(.metadata.name) \([.status.addresses[] | select(.type=="InternalIP").address] | join(" ")), pods \(.spec.podCIDRs | join(" "))"] | join("; ")' <<<"$got"
}

# A service of both families is reached at each of its addresses, from a pod on another node and from that node itself.
dual_service() {
  local a=${members[-2]} b=${members[-1]} ip out answers=0 asked=0 addresses=() pods=() t0=$EPOCHREALTIME
  local serve='["busybox", "sh", "-c", "mkdir -p /tmp/w && hostname >/tmp/w/index.html && exec busybox httpd -f -p [::]:8080 -h /tmp/w"]'
  { echo "{apiVersion: v1, kind: Namespace, metadata: {name: $space}}"; echo ---
    pod_on server "$a" "$serve"; pod_on client "$b" '["busybox", "sleep", "3600"]'
    echo "{apiVersion: v1, kind: Service, metadata: {name: server, namespace: $space}, spec: {ipFamilyPolicy: RequireDualStack, selector: {app: server}, ports: [{port: 80, targetPort: 8080}]}}"
  } | kc apply -f - >/dev/null 2>"$LAB_OUT/apply.err" || { echo "applying: $(tail -1 "$LAB_OUT/apply.err")"; return 1; }
  kc -n "$space" wait pod/server pod/client --for=condition=Ready --timeout=15s >/dev/null 2>&1 ||
    { echo "the pods on $a and $b do not run: $(kc -n "$space" get pods --no-headers | awk '{print $1, $3}' | paste -sd' ')"; return 1; }
  mapfile -t addresses < <(kc -n "$space" get service server -o jsonpath='{range .spec.clusterIPs[*]}{@}{"\n"}{end}')
  mapfile -t pods < <(kc -n "$space" get pod server -o jsonpath='{range .status.podIPs[*]}{.ip}{"\n"}{end}')
  if [ ${#addresses[@]} != 2 ] || [ ${#pods[@]} != 2 ]; then echo "the service has ${addresses[*]}, its pod ${pods[*]}"; return 1; fi
  for ip in "${addresses[@]}"; do
    for _ in 1 2 3 4 5; do
      asked=$((asked+2))
      out=$(fetch "$ip" 80) || true
      if [ "$out" = server ]; then answers=$((answers+1)); else echo "a pod on $b does not reach the service at $ip: $out"; return 1; fi
      case $ip in *:*) out="[$ip]" ;; *) out=$ip ;; esac
      out=$(ip netns exec "$(node_ns "$b")" curl -s --max-time 5 "http://$out/") || true
      if [ "$out" = server ]; then answers=$((answers+1)); else echo "the node $b does not reach the service at $ip: $out"; return 1; fi
    done
  done
  for ip in "${pods[@]}"; do
    out=$(fetch "$ip" 8080) || true
    [ "$out" = server ] || { echo "a pod on $b does not reach $ip on $a: $out"; return 1; }
  done
  kc delete namespace "$space" --wait=false >/dev/null 2>&1 || true
  echo "a service at ${addresses[*]}: $answers of $asked requests answered over both families, from a pod and from its node; its pod at ${pods[*]}; $(( ${EPOCHREALTIME%.*} - ${t0%.*} )) s in all"
}

# scan NODE PATTERNS FIND-ARGS…: files of a node, changed since it was first powered on, that hold a secret.
scan() {
  local n=$1 patterns=$2 r since; shift 2
  r=$(node_root "$n") || { echo "$n does not run"; return 0; }
  since=$(cat "$(node_dir "$n")/prepared-at")
  ( cd "$r" && find "$@" -type f -newerct "@$since" -print0 2>/dev/null | xargs -0r grep -laFf "$patterns" 2>/dev/null | sed "s|^\(\./\)*|$n: /|" ) || true
}

no_leak() {
  local n found='' r
  [ -s "$LAB_OUT/patterns/all" ] || write_patterns "$LAB_OUT/secrets" "$LAB_OUT/patterns"
  for n in "${all[@]}"; do
    r=$(node_root "$n") || { echo "$n does not run"; return 1; }
    # readable by everybody: the file itself, below directories that let everybody pass
    found+=$(scan "$n" "$LAB_OUT/patterns/all" . run tmp dev/shm var/lib/kubelet var/lib/containerd -xdev '(' -type d ! -perm -001 -prune ')' -o -perm -004)$'\n'
    found+=$(scan "$n" "$LAB_OUT/patterns/all" var/log)$'\n'
    found+=$(scan "$n" "$LAB_OUT/patterns/all" var/lib/hakube '(' -name '*.log' -o -name '*.json' ')')$'\n'
    found+=$(node_exec "$n" journalctl --no-pager --all -o json 2>/dev/null | grep -aFf "$LAB_OUT/patterns/all" |
      jq -r '"journal of " + (._SYSTEMD_UNIT // .SYSLOG_IDENTIFIER // "?")' | sort -u | sed "s|^|$n: |" || true)$'\n'
    if grep -qaFf "$LAB_OUT/patterns/all" "$(node_dir "$n")/console.log"; then found+="$n: console"$'\n'; fi
  done
  if [ -s "$LAB_OUT/argv" ]; then found+=$(sort -u "$LAB_OUT/argv" | sed 's/^/argument list of /')$'\n'; fi
  found=$(grep . <<<"$found" | sort -u | paste -sd' ' || true)
  if [ -n "$found" ]; then echo "secrets in: $found"; return 1; fi
  echo "no secret in any log, journal, console, argument list or world-readable file"
}

# Whoever is no control plane must not hold a private key of the cluster in any file, however protected.
keys_held() {
  local n found=''
  for n in "${all[@]}"; do
    case " ${control_planes[*]} " in *" $n "*) continue ;; esac
    found+=$(scan "$n" "$LAB_OUT/patterns/control-plane" . run tmp var/lib/kubelet -xdev)$'\n'
  done
  found=$(grep . <<<"$found" | sort -u | paste -sd' ' || true)
  if [ -n "$found" ]; then echo "keys of the cluster in: $found"; return 1; fi
  echo "who is no control plane holds no key of the cluster"
}

user_data_gone() {
  local n r f found=''
  for n in "${all[@]}"; do
    r=$(node_root "$n") || { echo "$n does not run"; return 1; }
    for f in "$r"/var/lib/cloud/instances/*/{user-data.txt,user-data.txt.i,cloud-config.txt,obj.pkl,scripts/runcmd} \
             "$r"/run/cloud-init/combined-cloud-config.json "$r"/var/lib/cloud/seed/*/{user-data,meta-data}; do
      if [ -s "$f" ]; then found+=" $n:${f#"$r"}"; fi
    done
  done
  if [ -n "$found" ]; then echo "user-data is left in:$found"; return 1; fi
  echo "no user-data on any disk"
}

# judge SECONDS CHECK: ask until the check is content, at most so long.
bad=0
judge() {
  local end=$(( $(date +%s) + $1 )) out
  while ! out=$("$2" 2>/dev/null); do
    if [ "$(date +%s)" -ge "$end" ]; then printf 'FAIL  %s: %s\n' "$2" "${out:-no answer}"; bad=1; return 0; fi
    sleep 1
  done
  printf 'ok    %s\n' "$out"
}

if [ $# = 0 ]; then set -- endpoint nodes_ready leases etcd_voters coredns pods credentials_gone no_leak keys_held user_data_gone; fi
for check in "$@"; do
  case $check in
    nodes_ready|leases|etcd_voters|coredns|pods|dual_nodes|dual_service) judge "${JUDGE_SECONDS:-60}" "$check" ;;
    credentials_gone|user_data_gone) judge "${JUDGE_SECONDS:-30}" "$check" ;;
    *) judge 0 "$check" ;;
  esac
done
exit $bad
