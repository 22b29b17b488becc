using AkkaHa.Core.Entities;
using AkkaHa.Node.Metrics;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Membership;

/// <summary>
/// Brings the node up and keeps it up: waits for the database, starts an incarnation, and should the cluster have downed that one, starts the next.
/// Until then the process answers that it is alive, and not ready.
/// </summary>
internal sealed class NodeLifecycle(
    NodeSettings settings, Database database, RuleSwitches rules, Admission admission, ILoggerFactory loggers, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaveAtMost = TimeSpan.FromSeconds(25);

    /// <summary>An incarnation that has not been let into the cluster for so long is given up for another; the next ones have twice as long each, up to <see cref="JoinAtMost"/>.</summary>
    private static readonly TimeSpan JoinAtFirst = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan JoinAtMost = TimeSpan.FromMinutes(5);

    private readonly ILogger log = loggers.CreateLogger("AkkaHa.Node");
    private volatile RunningNode? running;
    private volatile string waitingFor = "starting";

    /// <summary>The present incarnation; null while there is none.</summary>
    public RunningNode? Running => running;

    /// <summary>What it waits for, while there is none.</summary>
    public string WaitingFor => waitingFor;

    /// <summary>An incarnation has begun.</summary>
    public event Action<RunningNode>? Started;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the path of the host's start: the process is alive before the database is.
        await Task.Yield();
        if (rules != RuleSwitches.AllOn) log.LogCritical("SAFETY RULES ARE SWITCHED OFF (AkkaHa:Testing:Break = {Rules}): this node is for tests only", settings.Testing.Break);
        var joinWithin = JoinAtFirst;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                waitingFor = "the database";
                await new Schema(database, settings).EnsureAsync(stoppingToken);
                waitingFor = "the actor system";
                var node = await RunningNode.StartAsync(settings, database, rules, admission, loggers, stoppingToken);
                running = node;
                Started?.Invoke(node);
                log.LogInformation("Node {Address}, incarnation {Incarnation}: HTTP {Http}, gRPC {Grpc}", node.Cluster.SelfAddress, node.Parts.Incarnation, node.Facts.Http, node.Facts.Grpc);
                var keptOut = node.WhenKeptOutAsync(joinWithin, stoppingToken);
                var over = await Task.WhenAny(
                    node.Parts.Leases.WhenFenced, node.Signals.WhenAskedToLeave, node.Signals.WhenRemoved, node.System.WhenTerminated, node.Joining.WhenBeside, keptOut, Task.Delay(Timeout.Infinite, stoppingToken));
                if (stoppingToken.IsCancellationRequested) break;
                if (over == node.Signals.WhenAskedToLeave)
                {
                    log.LogInformation("This node was asked to leave");
                    lifetime.StopApplication();
                    return;
                }
                running = null;
                joinWithin = over != keptOut ? JoinAtFirst : joinWithin < JoinAtMost / 2 ? 2 * joinWithin : JoinAtMost;
                var (reason, what) =
                    over == node.Parts.Leases.WhenFenced ? ("fenced", "has been fenced by another node")
                    : over == keptOut ? ("kept-out", "has not been let into the cluster")
                    : over == node.Joining.WhenBeside ? ("beside", "is alone beside a cluster that lives") : ("removed", "was taken out of the cluster");
                OwnershipMeter.IncarnationEnded(reason);
                log.LogWarning("Incarnation {Incarnation} {What}; starting another", node.Parts.Incarnation, what);
                waitingFor = "the end of the last incarnation";
                await node.EndAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (InvalidSettingsException e)
            {
                log.LogCritical("{Message}", e.Message);
                Environment.ExitCode = 2;
                lifetime.StopApplication();
                return;
            }
            catch (Exception e)
            {
                waitingFor += $" ({e.Message})";
                log.LogWarning("Not started yet, will try again: {Message}", e.Message);
                await Task.Delay(TryAgainAfter, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (running is not { } node) return;
        log.LogInformation("Leaving the cluster");
        try
        {
            await node.LeaveAsync().WaitAsync(LeaveAtMost, CancellationToken.None);
            if (node.Parts.GrantKeeper.LastFailure is { } failure) log.LogWarning("Not every shard could be given back in the database: {Failure}", failure);
        }
        catch (TimeoutException)
        {
            log.LogWarning("Leaving took more than {Seconds} s; going without", LeaveAtMost.TotalSeconds);
        }
        running = null;
    }
}
