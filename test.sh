#!/usr/bin/env bash
# Builds everything and runs the tests. Ends with one line: N passed, N failed.
#   ./test.sh          all but the long ones (meant to be under 20 minutes on 2 cores; 23 on a slow machine)
#   ./test.sh --long   the long ones too: many seeds, many kills, chaos
# Installs what the tests need from Debian's packages, by name.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

long=0
for argument in "$@"; do
  case "$argument" in
    --long) long=1 ;;
    *) echo "usage: ./test.sh [--long]" >&2; exit 2 ;;
  esac
done

need=()
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need+=(postgresql)
[[ -x /usr/bin/chromium ]] || need+=(chromium)
# Takes the alerts, and scrapes a node; without it those tests are skipped.
if ((long)) && ! command -v promtool >/dev/null; then need+=(prometheus); fi
if ((${#need[@]})); then
  echo "Installing ${need[*]}"
  if ((EUID != 0)); then echo "as root: apt-get install ${need[*]}; then run this again"; echo "0 passed, 1 failed"; exit 1; fi
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"; } >/tmp/akkaha-apt.log 2>&1; then
    tail -5 /tmp/akkaha-apt.log; echo "0 passed, 1 failed"; exit 1
  fi
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 AKKAHA_LONG=$long
patience=1800
if ((long)); then export AKKAHA_SEEDS=${AKKAHA_SEEDS:-20000}; patience=7200; fi
# One compiler for all projects: a third of the time. It must not outlive the build, or whoever waits for our output waits for it too. Optimized, with Debug's assertions: most of the time is spent in it.
if ! dotnet build AkkaHa.sln -v quiet -clp:NoSummary -p:UseSharedCompilation=true -p:Optimize=true; then echo "0 passed, 1 failed"; exit 1; fi
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
# The tests start hundreds of nodes, none for long, and the command line as often: compiled ahead, and the rest quickly, one is ready with half of the work. Where that can't be done they stay as built.
ahead() {
  local from=$1 to; shift
  local out; out=$(mktemp -d)
  if dotnet publish "$from" -c Debug --use-current-runtime --self-contained false -p:PublishReadyToRun=true -p:TieredCompilationQuickJit=true -p:Optimize=true -p:ShipNode=false -o "$out" -v quiet -nologo >"$out.log" 2>&1; then
    for to in "$@"; do cp -r "$out/." "$to"; done
  else
    tail -5 "$out.log"
  fi
  rm -rf "$out" "$out.log"
}
ahead src/Node tests/*/bin/Debug/net10.0/node src/Cli/bin/Debug/net10.0/node
ahead src/Cli src/Cli/bin/Debug/net10.0

# Nodes that wait for something are most of what the tests run: on a machine whose processors are all busy, threads that spin before they sleep only take time from others.
export DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0

results=$(mktemp -d); [[ ${AKKAHA_KEEP:-} == 1 ]] || trap 'rm -rf "$results"' EXIT
export results patience; status=0
# One part of a project's tests: its name, the project, and which of them (all, if not said).
run() {
  timeout -k 30 "$patience" dotnet test "tests/$2" --no-build -v quiet --logger "trx;LogFileName=$results/$1.trx" ${3:+--filter "$3"}
}
export -f run
# Two at a time, the longest first; the tests of whole clusters in thirds. Three at a time are no quicker on two cores, which are busy then.
parts() {
  local failover='FullyQualifiedName~.Failover.|FullyQualifiedName~.Rules.|FullyQualifiedName~.Transactions.|FullyQualifiedName~.Chaos.'
  local use='FullyQualifiedName~.Client.|FullyQualifiedName~.CommandLine.|FullyQualifiedName~.DistributedLock.|FullyQualifiedName~.Locks.|FullyQualifiedName~.Recipes.|FullyQualifiedName~.Eventual.'
  local part
  printf '%s\0' failover Cluster.Tests "$failover"
  printf '%s\0' others Cluster.Tests "$(echo "$failover|$use" | sed 's/~/!~/g; s/|/\&/g')"
  printf '%s\0' use Cluster.Tests "$use"
  for part in $(ls -rd tests/*.Tests | grep -v Cluster); do printf '%s\0' "$(basename "$part")" "$(basename "$part")" ""; done
}
parts | xargs -0 -n 3 -P 2 bash -c 'run "$@"' run || status=1

count() { grep -ho '<Counters [^>]*' "$@" 2>/dev/null | grep -oE " ($what)=\"[0-9]*\"" | grep -o '[0-9]*' | awk '{ n += $1 } END { print n + 0 }'; }
results_of() { sed -n '/<UnitTestResult [^>]*outcome="Failed"/,/<\/UnitTestResult>/p' "$@" 2>/dev/null; }
# What failed, and why: the runner's quiet output does not say.
results_of "$results"/*.trx | sed -n -e 's/.*testName="\([^"]*\)".*/FAILED \1/p' -e '/<Message>/,/<\/Message>/p' | sed -e 's/<[^>]*>//g' | cut -c1-600
# Whose process ended before it could say what it found.
unknown=0
while IFS= read -r -d '' part && IFS= read -r -d '' _ && IFS= read -r -d '' _; do
  [[ -s $results/$part.trx ]] || { echo "FAILED $part: it ended without results"; unknown=$((unknown + 1)); }
done < <(parts)
passed=$(what=passed count "$results"/*.trx); failed=$(what='failed|error|timeout|aborted' count "$results"/*.trx)
# A run that broke off counts, even where no test of it says so.
if ((status != 0 && failed == 0)); then failed=1; fi
if ((unknown > 0)); then echo "$passed passed, $((failed + unknown)) failed"; exit 1; fi

# Real servers and processes depend on the machine. A few tests of them that failed beside others are run again, alone, and must pass three times in a row; this is said. A judge's verdict stands, and so does
# whatever failed in the rules and in the simulation, which depend on nothing.
verdicts() { results_of "$results"/*.trx | awk '/<Message>/ { on = 1 } on && /VIOLATION/ { n++ } /<\/Message>/ { on = 0 } END { print n + 0 }'; }
if ((failed > 0 && failed <= 6 && $(verdicts) == 0)); then
  for part in failover use others Node.Tests Dashboard.Tests ClientApi.Tests; do
    names=$(results_of "$results/$part.trx" | sed -n 's/.*testName="\([^"(]*\).*/\1/p' | sort -u)
    [[ -n $names ]] || continue
    cases=$(results_of "$results/$part.trx" | grep -c 'testName=')
    case $part in *.Tests) project=$part ;; *) project=Cluster.Tests ;; esac
    for try in 1 2 3; do
      run "again-$part-$try" "$project" "FullyQualifiedName=$(echo $names | sed 's/ /|FullyQualifiedName=/g')" || continue 2
    done
    printf 'PASSED ALONE, THREE TIMES: %s\n' $names
    passed=$((passed + cases)); failed=$((failed - cases))
  done
fi
echo "$passed passed, $failed failed"
((failed == 0))
