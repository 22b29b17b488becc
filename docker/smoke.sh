#!/usr/bin/env bash
# Builds the images, starts the cluster, uses it from outside, breaks it, and says how long it stood still. Ends with 0 only if all of it went well.
#   docker/smoke.sh             three nodes, one PostgreSQL
#   docker/smoke.sh --standby   and its synchronous standby; the primary is killed too
# POSTGRES_IMAGE=… for another image than postgres:17, BUILD_NETWORK=host where the build must use this machine's network. Removes its containers and volumes at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

standby=0
for argument in "$@"; do case "$argument" in --standby) standby=1 ;; *) echo "usage: docker/smoke.sh [--standby]" >&2; exit 2 ;; esac; done
compose=(docker-compose); docker compose version >/dev/null 2>&1 && compose=(docker compose)
compose+=(-p akkaha-smoke -f docker-compose.yml); ((standby)) && compose+=(-f docker/standby.yml)
api=http://127.0.0.1
ports=([1]=5080 [2]=5180 [3]=5280)
work=$(mktemp -d)
writer=""

end() {
  local code=$?
  [[ -n $writer ]] && kill "$writer" 2>/dev/null || true
  if ((code)); then "${compose[@]}" logs --tail 15 || true; fi
  "${compose[@]}" down -v >/dev/null 2>&1 || true
  rm -rf "$work"
  ((code)) && echo "smoke: FAILED" || echo "smoke: all went well"
}
trap end EXIT
step() { echo; echo "== $*"; }
die() { echo "smoke: $*" >&2; exit 1; }
until_true() { local seconds=$1 end=$((SECONDS + $1)); shift; until "$@"; do ((SECONDS < end)) || die "not within $seconds s: $*"; sleep 0.5; done; }
ready() { local n; for n in "$@"; do [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' "$api:${ports[$n]}/ready") == 200 ]] || return 1; done; }
members() { [[ $(curl -s -m 2 "$api:${ports[$1]}/v1/cluster" | grep -io '"status":"up"' | wc -l) == "$2" ]]; }
akkaha() { AKKAHA_ENDPOINTS=http://127.0.0.1:5081,http://127.0.0.1:5181,http://127.0.0.1:5281 dotnet src/Cli/bin/Debug/net10.0/AkkaHa.Cli.dll "$@"; }
container() { "${compose[@]}" ps -q "$1"; }
owner() { curl -s "$api:5080/v1/ring?key=kv/$1" | sed 's/.*AkkaHa@\(node[0-9]\):.*/\1/'; }

# Writes one key through the node on port $1, again and again, and notes when each write was acknowledged.
write_all_the_time() {
  while true; do
    [[ $(curl -s -m 2 -o /dev/null -w '%{http_code}' -X PUT -H 'content-type: application/json' -d '{"value":"eA=="}' "$api:$1/v1/kv/smoke/gap") == 200 ]] && date +%s%3N >>"$work/acks" || date +%s%3N >>"$work/failed"
    sleep 0.05
  done
}
watch_writes() { : >"$work/acks"; : >"$work/failed"; write_all_the_time "$1" & writer=$!; sleep 2; }
# What is broken is broken from here on.
break_now() { date +%s%3N >"$work/broken"; }
# What the writes saw of it. The last gap goes on until now: writes that are never acknowledged again are the longest one. None after it was broken, or a gap above 15 s then: it has failed.
report() {
  local now; now=$(date +%s%3N); kill "$writer"; wait "$writer" 2>/dev/null || true; writer=""
  awk -v what="$1" -v failed="$(wc -l <"$work/failed")" -v broken="$(<"$work/broken")" -v now="$now" '
    function see(at) { if (last && at - last > gap) gap = at - last; if (last && at > broken && at - last > after) after = at - last; last = at }
    $1 <= now { see($1); if ($1 > broken) count++ }
    END {
      see(now)
      printf "%s: %d writes acknowledged, %d tries failed, longest gap %.1f s\n", what, NR, failed, gap / 1000
      exit !count || after > 15000
    }' "$work/acks" || die "$1: no write was acknowledged for too long"
}

step "build"
dotnet build src/Cli -v quiet -clp:NoSummary
"${compose[@]}" build -q 2>/dev/null || "${compose[@]}" build
docker image inspect --format 'image: {{.Size}} bytes, user {{.Config.User}}' akkaha/node

step "start"
"${compose[@]}" up -d
until_true 180 ready 1 2 3
until_true 30 members 1 3
"${compose[@]}" exec -T node1 akkaha cluster show

step "use: a key, a lock, a transaction"
akkaha kv put smoke/kept "written before anything was broken"
akkaha lock run smoke/lock --wait 5s -- bash -c 'echo "under the lock, fence $AKKAHA_FENCE"'
echo '{"then":[{"add":{"key":"smoke/n","amount":"5"}},{"add":{"key":"smoke/m","amount":"-5"}}]}' >"$work/transfer.json"
akkaha txn run "$work/transfer.json"
[[ $(akkaha kv get smoke/n) == 5 && $(akkaha kv get smoke/m) == -5 ]] || die "the transaction's keys are wrong"

step "kill -9 of the node that owns the key"
victim=$(owner smoke/gap); other=$([[ $victim == node1 ]] && echo 2 || echo 1)
watch_writes "${ports[$other]}"
break_now
docker kill "$(container "$victim")" >/dev/null
sleep 18
report "$victim killed"
docker start "$(docker ps -aq --filter name="akkaha-smoke.$victim")" >/dev/null
until_true 90 ready 1 2 3; until_true 60 members 1 3

step "rolling restart"
watch_writes "${ports[1]}" # Through node1, which is restarted last: its own restart is not timed.
break_now
for n in 3 2; do "${compose[@]}" restart -t 40 node$n; until_true 90 ready 1 2 3; until_true 60 members 1 3; sleep 3; done
report "node3 and node2 restarted"
"${compose[@]}" restart -t 40 node1; until_true 90 ready 1 2 3; until_true 60 members 2 3

if ((standby)); then
  step "kill -9 of the PostgreSQL primary"
  until_true 60 "${compose[@]}" exec -T postgres grep -q 'primary=postgres standby=synced' /pair/state
  akkaha kv put smoke/last "acknowledged just before"
  watch_writes "${ports[1]}"
  break_now
  docker kill "$(container postgres)" >/dev/null
  until_true 60 "${compose[@]}" exec -T standby grep -q primary=standby /pair/state
  sleep 15
  report "primary killed"
  [[ $(akkaha kv get smoke/last) == "acknowledged just before" ]] || die "an acknowledged write is gone"
  "${compose[@]}" up -d postgres
  until_true 90 "${compose[@]}" exec -T standby grep -q 'primary=standby standby=synced' /pair/state
  echo "the old primary is the new one's standby"
fi

step "down and up, the data kept"
"${compose[@]}" down
"${compose[@]}" up -d
until_true 180 ready 1 2 3
[[ $(akkaha kv get smoke/kept) == "written before anything was broken" ]] || die "a key is gone"
akkaha lock run smoke/lock --wait 5s -- bash -c 'echo "the fence went on growing: $AKKAHA_FENCE"; ((AKKAHA_FENCE > 1))'
