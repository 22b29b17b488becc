using Akka.Cluster.Sharding;
using Akka.Configuration;
using AkkaHa.Messages;
using AkkaHa.Node.Detection;
using AkkaHa.Node.Entities;
using AkkaHa.Node.Eventual;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Placement;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Membership;

/// <summary>Akka's configuration for a node. Every timing that decides how long a failover takes is here.</summary>
internal static class AkkaConfig
{
    public const string LeasePath = "akkaha.shard-lease";

    public static Config For(NodeSettings settings, MemberFacts facts, Database database)
    {
        var d = settings.Detection;
        return ConfigurationFactory.ParseString($$"""
            akka {
              loglevel = INFO
              stdout-loglevel = OFF
              loggers = ["Akka.Hosting.Logging.LoggerFactoryLogger, Akka.Hosting"]
              log-dead-letters = off
              log-dead-letters-during-shutdown = off
              coordinated-shutdown {
                run-by-clr-shutdown-hook = off
                # An incarnation that is over ends at once: there is nothing to hand over that others would not take anyway.
                run-by-actor-system-terminate = off
                exit-clr = off
                phases.cluster-sharding-shutdown-region.timeout = 15s
              }
              actor {
                provider = cluster
                default-dispatcher.executor = "{{TypeName<CommonQueue>()}}"
                serializers.akkaha = "{{TypeName<EntitySerializer>()}}"
                serializers.akkaha-eventual = "{{TypeName<EventualSerializer>()}}"
                # In place of Akka's own, whose messages it reads and writes.
                serializers.akka-sharding = "{{TypeName<PlacementSerializer>()}}"
                serialization-identifiers."{{TypeName<PlacementSerializer>()}}" = {{PlacementSerializer.AkkasIdentifier}}
                serialization-bindings {
                  "AkkaHa.Messages.Internal.Command, AkkaHa.Messages" = akkaha
                  "AkkaHa.Messages.Internal.Reply, AkkaHa.Messages" = akkaha
                  "AkkaHa.Messages.Internal.MemberSignal, AkkaHa.Messages" = akkaha
                  "AkkaHa.Messages.Internal.HistoryQuery, AkkaHa.Messages" = akkaha
                  "AkkaHa.Messages.Internal.HistoryReport, AkkaHa.Messages" = akkaha
                  "AkkaHa.Messages.Storage.Envelope, AkkaHa.Messages" = akkaha
                  "AkkaHa.Messages.Storage.Snapshot, AkkaHa.Messages" = akkaha
                  "{{TypeName<ReplicatedBucket>()}}" = akkaha-eventual
                  "{{TypeName<BucketDelta>()}}" = akkaha-eventual
                  "AkkaHa.Messages.Internal.ClockReading, AkkaHa.Messages" = akkaha-eventual
                }
              }
              remote {
                log-remote-lifecycle-events = off
                retry-gate-closed-for = 500ms
                dot-netty.tcp {
                  public-hostname = "{{settings.Remote.Host}}"
                  hostname = "{{(settings.Remote.BindHost.Length > 0 ? settings.Remote.BindHost : settings.Remote.Host)}}"
                  public-port = {{settings.Remote.Port}}
                  port = {{(settings.Remote.BindPort > 0 ? settings.Remote.BindPort : settings.Remote.Port)}}
                  connection-timeout = 2s
                  maximum-frame-size = {{Limits.RemotingFrameBytes}}b
                  send-buffer-size = {{2 * Limits.RemotingFrameBytes}}b
                  receive-buffer-size = {{2 * Limits.RemotingFrameBytes}}b
                }
              }
              cluster {
                roles = [{{string.Join(",", facts.AsRoles().Select(r => $"\"{r}\""))}}]
                app-version = "{{MemberFacts.Version}}"
                seed-nodes = []
                seed-node-timeout = 3s
                gossip-interval = {{d.GossipMs}}ms
                leader-actions-interval = {{d.GossipMs}}ms
                unreachable-nodes-reaper-interval = {{d.GossipMs}}ms
                use-dispatcher = akkaha.cluster-dispatcher
                periodic-tasks-initial-delay = 300ms
                retry-unsuccessful-join-after = 2s
                shutdown-after-unsuccessful-join-seed-nodes = off
                run-coordinated-shutdown-when-down = off
                failure-detector {
                  implementation-class = "{{TypeName<CrashAwareFailureDetector>()}}"
                  heartbeat-interval = {{d.HeartbeatMs}}ms
                  acceptable-heartbeat-pause = {{d.PauseMs}}ms
                  expected-response-after = {{d.HeartbeatMs}}ms
                }
                downing-provider-class = "{{TypeName<EvidenceDowning>()}}"
                split-brain-resolver {
                  active-strategy = keep-majority
                  stable-after = {{d.StableAfterMs}}ms
                }
                singleton { hand-over-retry-interval = 200ms, use-lease = "{{LeasePath}}", lease-retry-interval = 100ms }
                sharding {
                  state-store-mode = ddata
                  remember-entities = off
                  passivate-idle-entity-after = off
                  use-lease = "{{LeasePath}}"
                  lease-retry-interval = 100ms
                  retry-interval = 100ms
                  rebalance-interval = 500ms
                  handoff-timeout = 3s
                  shard-start-timeout = 5s
                  shard-failure-backoff = 500ms
                  entity-restart-backoff = 500ms
                  coordinator-failure-backoff = 500ms
                  # A fifth of it passes before more nodes are asked than a majority needs: one that has just come, or is just going, may give no answer.
                  waiting-for-state-timeout = 500ms
                  updating-state-timeout = 500ms
                  buffer-size = 20000
                  use-dispatcher = akkaha.region-dispatcher
                  # Written on the coordinator's own node alone, and spread by gossip (ADR 0024): after a crash, one shard after the other gets its next place, and all wait for the last.
                  coordinator-state { write-majority-plus = -1000, read-majority-plus = 0 }
                  distributed-data { majority-min-cap = 1, gossip-interval = 200ms, notify-subscribers-interval = 100ms, max-delta-elements = 500, durable.keys = [], use-dispatcher = akkaha.sharding-dispatcher }
                }
                # Eventual data has the replicator of the extension to itself; sharding has its own, with settings of its own above.
                distributed-data {
                  name = akkaha-eventual
                  gossip-interval = 250ms
                  notify-subscribers-interval = 100ms
                  # So many buckets of ordinary size fit into one message: see EventualKeeper for large ones.
                  max-delta-elements = 24
                  delta-crdt.max-delta-size = 2000
                  use-dispatcher = akkaha.eventual-dispatcher
                  durable {
                    keys = ["{{BucketKey.Prefix}}*"]
                    store-actor-class = "{{TypeName<BucketStore>()}}"
                  }
                }
              }
            }
            {{LeasePath}} {
              lease-class = "{{TypeName<ShardLease>()}}"
              heartbeat-timeout = {{settings.Ownership.LeaseMs}}ms
              heartbeat-interval = {{settings.Ownership.RenewEveryMs}}ms
              lease-operation-timeout = 10s
            }
            # Every command passes the region and its shard. On threads of their own, each would be handed to another thread and back. And they go on until nothing waits: what is done with one message there is
            # next to nothing, and if they made room for others as entities do, calls would wait for them in a node that has much to do and threads enough.
            akkaha.region-dispatcher {
              executor = "{{TypeName<CommonQueue>()}}"
              throughput = 10000
            }
            # Eventual data has threads of its own, since it also writes its file on them, and stays usable when the rest is stuck.
            akkaha.eventual-dispatcher {
              type = ForkJoinDispatcher
              executor = fork-join-executor
              throughput = 20
              dedicated-thread-pool { thread-count = 2, threadtype = background }
            }
            # Where shards are is spread on threads of their own too: everything that a dead node had waits for it.
            akkaha.sharding-dispatcher {
              type = ForkJoinDispatcher
              executor = fork-join-executor
              throughput = 20
              dedicated-thread-pool { thread-count = 2, threadtype = background }
            }
            # Heartbeats have threads of their own: a pool that is busy with clients' work must not make a node look dead.
            akkaha.cluster-dispatcher {
              type = ForkJoinDispatcher
              executor = fork-join-executor
              throughput = 5
              dedicated-thread-pool { thread-count = 2, threadtype = background }
            }
            """)
            .WithFallback(JournalSetup.Config(database, settings))
            .WithFallback(ClusterSharding.DefaultConfig());
    }

    private static string TypeName<T>() => $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}";
}
