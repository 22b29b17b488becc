#!/usr/bin/env bash
# AkkaHa beside etcd, PostgreSQL and Redis, on this machine, by turns. Writes benchmarks/RESULTS.md.
#   benchmarks/compare.sh                  everything; reckoned as an hour and a half
#   benchmarks/compare.sh --quick          about six minutes, and one to two for the builds; short measurements, fewer numbers of clients
#   benchmarks/compare.sh --json rows.json the rows for programs, too
#   benchmarks/compare.sh --help           parts of it: then RESULTS.md stays as it is, unless --results says otherwise
# Installs the peers from Debian's packages, by name. Leave the machine alone meanwhile: it measures.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

need=()
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need+=(postgresql)
command -v etcd >/dev/null || need+=(etcd-server)
command -v redis-server >/dev/null || need+=(redis-server)
if ((${#need[@]})); then
  echo "Installing ${need[*]}"
  if ((EUID != 0)); then echo "as root: apt-get install ${need[*]}; then run this again"; exit 1; fi
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"; } >/tmp/akkaha-apt.log 2>&1; then
    tail -5 /tmp/akkaha-apt.log; exit 1
  fi
fi

results=(--results "$here/RESULTS.md")
for argument in "$@"; do
  case "$argument" in --systems | --workloads | --clients | --results | --help | -h) results=() ;; esac
done
export DOTNET_CLI_TELEMETRY_OPTOUT=1
# The nodes compiled ahead, as one would run them.
dotnet build "$here/Compare" -c Release -v quiet -clp:NoSummary -p:ShipNodeAhead=true
exec dotnet "$here/Compare/bin/Release/net10.0/AkkaHa.Compare.dll" ${results[@]+"${results[@]}"} "$@"
