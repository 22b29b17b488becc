#!/usr/bin/env bash
# One of two PostgreSQL servers that stand in for each other: pair.sh SELF PEER. The entry point of both containers in docker/standby.yml.
#
# The primary commits only what its standby has too. A primary that does not answer for PATIENCE seconds is replaced by its standby; a standby
# that is gone for so long is not waited for any more. Which of the two is the primary, and whether its standby has all that was acknowledged, stands in
# one file on a volume that both see, and changes only under its lock:
#   primary=NAME standby=synced|behind
# A standby takes over only where that says "synced", and a primary commits alone only after it has written "behind": so nothing acknowledged is ever on one side alone
# when the other takes over. That file is why this is for one machine. Across machines use Patroni or your provider's PostgreSQL.
set -euo pipefail
self=$1 peer=$2
patience=${PATIENCE:-3}
: "${PGDATA:?}" "${POSTGRES_USER:?}" "${POSTGRES_PASSWORD:?}"
export PGPASSWORD=$POSTGRES_PASSWORD PGCONNECT_TIMEOUT=2
witness=/pair/state
server=""

say() { echo "pair: $self: $*"; }
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
sql() { timeout 5 psql -XqAt -h "$1" -U "$POSTGRES_USER" -d postgres -c "$2"; }
# under_lock COMMAND…: nobody else changes the witness meanwhile.
under_lock() { ( flock -x 9; "$@" ) 9>/pair/lock; }
write() { printf 'primary=%s standby=%s\n' "$1" "$2" >"$witness.new"; sync "$witness.new"; mv "$witness.new" "$witness"; sync /pair; }
says() { [[ -f $witness && " $(cat "$witness") " == *" $1 "* ]]; }

first_claim() { [[ -f $witness ]] || write "$self" behind; }
take_over() { says "primary=$peer" && says standby=synced && write "$self" behind; }
about_to_copy() { says "primary=$peer" && write "$peer" behind; }
alone() {
  says "primary=$self" && write "$self" behind && sql 127.0.0.1 "alter system reset synchronous_standby_names" && sql 127.0.0.1 "select pg_reload_conf()" >/dev/null
}

start() {
  docker-entrypoint "$@" -c hba_file=/etc/akkaha/pg_hba.conf -c wal_keep_size=256MB -c wal_receiver_timeout=5s -c wal_sender_timeout=5s -c "cluster_name=$self" &
  server=$!
}
# The official image has docker-entrypoint.sh; an image of one's own may have another entry.
docker-entrypoint() { exec "$(command -v docker-entrypoint.sh || echo /entry)" "$@"; }
stop() { [[ -n $server ]] && kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null; exit 0; }
trap stop TERM INT
alive() { kill -0 "$server" 2>/dev/null; }

clone() {
  say "copying $peer"
  under_lock about_to_copy
  until pg_isready -q -h "$peer" -U "$POSTGRES_USER" -t 2; do sleep 1; done
  rm -rf "$PGDATA"; mkdir -p "$PGDATA"; chown postgres "$PGDATA"; chmod 700 "$PGDATA"
  as_postgres pg_basebackup -h "$peer" -U "$POSTGRES_USER" -D "$PGDATA" -X stream -R -c fast
  # What the primary waits for is not the copy's business once it is one itself.
  sed -i '/^synchronous_standby_names/d' "$PGDATA/postgresql.auto.conf"
}

be_primary() {
  say "is the primary"
  local gone=0
  while alive; do
    sleep 1
    says "primary=$self" || { say "was replaced"; break; }
    sql 127.0.0.1 "select 1" >/dev/null 2>&1 || continue
    if [[ -n $(sql 127.0.0.1 "select 1 from pg_stat_replication where application_name = '$peer' and state = 'streaming'") ]]; then gone=0; continue; fi
    ((++gone >= patience)) || continue
    gone=0
    if says standby=synced || [[ -n $(sql 127.0.0.1 "show synchronous_standby_names") ]]; then say "goes on without $peer"; under_lock alone || true; fi
  done
}

# Has the primary wait for this standby, and notes it when all that was acknowledged before is here. Under the lock: the primary can't decide otherwise meanwhile.
join_in() {
  sql "$peer" "alter system set synchronous_standby_names = '$self'" && sql "$peer" "select pg_reload_conf()" >/dev/null || return 1
  sleep 1
  local mark
  [[ $(sql "$peer" "select sync_state from pg_stat_replication where application_name = '$self' and state = 'streaming'") == sync ]] || return 1
  mark=$(sql "$peer" "select pg_current_wal_flush_lsn()") || return 1
  [[ $(sql 127.0.0.1 "select pg_last_wal_receive_lsn() >= '$mark'::pg_lsn") == t ]] || return 1
  says "primary=$peer" && write "$peer" synced && say "has all that $peer has acknowledged"
}

streams() { [[ -n $(sql 127.0.0.1 "select 1 from pg_stat_wal_receiver where status = 'streaming'") ]]; }

be_standby() {
  say "is the standby of $peer"
  local missed=0
  while alive; do
    sleep 1
    if pg_isready -q -h "$peer" -U "$POSTGRES_USER" -t 1; then
      missed=0
      says standby=synced || ! streams || under_lock join_in || true
    elif says standby=synced && ((++missed >= patience)) && under_lock take_over; then
      say "takes over from $peer"
      as_postgres pg_ctl promote -D "$PGDATA" -w
      be_primary
      return
    fi
  done
}

under_lock first_claim
if says "primary=$self"; then
  start "${@:3}"
  be_primary
else
  # Whatever is here may not be what the primary went on from.
  clone
  start "${@:3}"
  be_standby
fi
say "ends"
kill -INT "$server" 2>/dev/null || true
wait "$server" || true
exit 1
