using Akka.Actor;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Telemetry;

namespace AkkaHa.Node.Membership;

/// <summary>The entities, through the sharding region of the present incarnation.</summary>
internal sealed class EntityRegion : IEntities, IDisposable
{
    /// <summary>After the order to stop, what is still being waited for gets this long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Of one call to its entity: a cluster in turmoil must not multiply what it is asked.</summary>
    private const int MostSendings = 8;

    /// <summary>
    /// After a shard has its next owner, what waited for that here is delivered: only who hears nothing for this long was lost. Sooner, thousands of calls that are
    /// about to be answered would all be repeated, just when the machine has most to do.
    /// </summary>
    private static readonly TimeSpan AnsweredAfterMove = TimeSpan.FromMilliseconds(300);

    private readonly NodeLifecycle lifecycle;
    private readonly CancellationTokenSource stopping = new();

    public EntityRegion(NodeLifecycle lifecycle, NodeSettings settings, IHostApplicationLifetime lifetime)
    {
        this.lifecycle = lifecycle;
        Shards = new ShardMap(settings.Shards);
        lifetime.ApplicationStopping.Register(() => stopping.CancelAfter(Grace));
    }

    public ShardMap Shards { get; }

    public async Task<Reply> AskAsync(Command command, TimeSpan timeout, CancellationToken ct)
    {
        if (lifecycle.Running is not { } node)
            return Replies.Failure(ErrorCode.Unavailable, $"this node has not started yet; it waits for {lifecycle.WaitingFor}");
        if (node.Parts.Leaving) return Replies.Failure(ErrorCode.Unavailable, "this node is leaving");
        if (!node.Signals.IsMember) return Replies.Failure(ErrorCode.Unavailable, "this node is not a member of the cluster yet");
        // What waits for its shard to have an owner, or goes to another node, is not this node's to do.
        if (node.Parts.Admission.Sheds && node.Parts.Grants.EpochOf(Shards.ShardOf(command.Entity)) is not null) node.Parts.Admission.AwaitTurn(command);
        using var trace = NodeTracing.Ask(command);
        // One source for all that ends the wait: the time, too.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct, stopping.Token);
        patience.CancelAfter(timeout);
        try
        {
            return await AskAsync(node, command, patience);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return NotAnswered(command, stopping.IsCancellationRequested ? "this node is leaving" : $"no answer from the owner of '{command.Entity}' within {timeout.TotalSeconds:0.###} s");
        }
        finally
        {
            command.EndWait();
        }
    }

    /// <summary>
    /// What is under way to a node that dies, or to a shard that is being handed over, may be lost without a word. When its holder is gone, or it has had its next owner for a while,
    /// a read is sent again, and the first answer counts. A change is not: a first attempt's refusal is not stored, so a second copy could be done after the first was refused. Its caller
    /// hears at once that the outcome is unknown, and repeats it as the next attempt.
    /// </summary>
    private async Task<Reply> AskAsync(RunningNode node, Command command, CancellationTokenSource patience)
    {
        var shard = Shards.ShardOf(command.Entity);
        var next = node.Disturbances.Next(shard);
        var mayBeLost = node.Parts.Moves.MayHaveHadOwner(shard);
        var answer = SendAsync(node, command, patience.Token);
        if (await Task.WhenAny(answer, next.Any) == answer) return await answer;
        try
        {
            return await AskOnAsync(node, command, answer, next, mayBeLost, patience.Token);
        }
        finally
        {
            // Answers that nobody waits for any more.
            await patience.CancelAsync();
        }
    }

    /// <summary>After the first disturbance.</summary>
    private async Task<Reply> AskOnAsync(RunningNode node, Command command, Task<Reply> answer, Disturbance next, bool mayBeLost, CancellationToken patience)
    {
        var mutation = CommandKinds.IsMutation(command);
        var (shard, moved, lost, hasMoved) = (next.Shard, next.Moved, next.Lost, false);
        var asked = new List<Task<Reply>>(1) { answer };
        while (true)
        {
            var first = await Task.WhenAny([.. asked, moved, lost, node.Signals.WhenOver]);
            if (first is Task<Reply> answered && (!answered.IsFaulted || asked.Count == 1)) return await answered;
            if (first == node.Signals.WhenOver) return NotAnswered(command, "this node's incarnation has ended");
            if (first is Task<Reply> failed)
            {
                asked.Remove(failed);
                continue;
            }
            if (first == lost)
            {
                var concerned = await lost == node.Parts.Moves.HolderOf(shard);
                lost = node.Signals.NextMemberLost;
                if (!concerned) continue;
            }
            if (first == moved && !mayBeLost)
            {
                // Nobody had ever had it: the call has waited in the region for its first owner, and gets there.
                (moved, mayBeLost) = (node.Parts.Moves.Next(shard), true);
                continue;
            }
            if (first == moved && !hasMoved)
            {
                (moved, hasMoved) = (Task.Delay(AnsweredAfterMove, patience), true);
                continue;
            }
            if (mutation) return NotAnswered(command, $"'{command.Entity}' changed its owner meanwhile");
            if (first == moved) (moved, hasMoved) = (node.Parts.Moves.Next(shard), false);
            if (!patience.IsCancellationRequested && asked.Count < MostSendings) asked.Add(SendAsync(node, command, patience));
        }
    }

    private static Task<Reply> SendAsync(RunningNode node, Command command, CancellationToken patience) => node.Region.Ask<Reply>(command, Timeout.InfiniteTimeSpan, patience);

    private static Reply NotAnswered(Command command, string why) =>
        Replies.Failure(CommandKinds.IsMutation(command) ? ErrorCode.OutcomeUnknown : ErrorCode.Unavailable, why);

    public void Tell(Command command) => lifecycle.Running?.Region.Tell(command, ActorRefs.NoSender);

    public void Dispose() => stopping.Dispose();
}
