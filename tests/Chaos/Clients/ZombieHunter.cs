using System.Text;
using AkkaHa.Chaos.Histories;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>
/// Asks one node and no other. One that was replaced and does not know it would show old values, keep ended sessions alive, give them locks, and let writes under spent fences through.
/// It does not wait for an answer before it asks the next question: a node that stands still finds many when it goes on, all through the time in which it was replaced, and what it then
/// says is waited for, and written down with its true beginning and end.
/// </summary>
sealed class ZombieHunter(PinnedNode node, Bench bench, int seed) : Workload($"hunter-{node.Name}", bench, seed)
{
    private const int OpenAtMost = 200;
    private static readonly TimeSpan NextAfter = TimeSpan.FromMilliseconds(100);

    private readonly List<Task> open = [];

    public override TimeSpan Think => TimeSpan.FromMilliseconds(20);

    protected override async Task StepAsync()
    {
        // Its refusals alone would fill the history.
        if (node.IsGone)
        {
            await node.WaitAsync();
            return;
        }
        var asked = AskAsync();
        open.Add(asked);
        await Task.WhenAny(asked, Task.Delay(NextAfter));
        if (open.Count >= OpenAtMost) await Task.WhenAny(open);
        foreach (var done in open.Where(o => o.IsCompleted).ToArray())
        {
            await done;
            open.Remove(done);
        }
    }

    protected override Task EndAsync() => Task.WhenAll(open);

    private Task AskAsync() => Random.Next(20) switch
    {
        < 12 => ReadKeyAsync(EntityId.Key(Names.Register(Random.Next(Names.Registers), Now, back: Back()))),
        < 14 => ReadKeyAsync(EntityId.Key(Names.Guarded(Names.Lock(Random.Next(Names.Locks), Now)))),
        < 16 => ReadLockAsync(),
        < 17 => KeepEndedAliveAsync(),
        < 18 => LockForEndedAsync(),
        _ => WriteUnderSpentFenceAsync(),
    };

    /// <summary>Mostly what is in use; now and then a name of minutes ago, which nobody may have changed since.</summary>
    private int Back() => Random.Next(10) switch { 0 => 1, 1 => Random.Next(2, 8), _ => 0 };

    private async Task ReadKeyAsync(EntityId entity)
    {
        var key = Use(entity);
        var call = new KeyOperation(Name, Now, 0, Outcome.Failed, key, KeyAction.Get) { Node = node.Name };
        var answer = await node.SendAsync(HttpMethod.Get, $"/v1/kv/{key}");
        if (answer.Outcome == Outcome.Ok)
            call = call with { Outcome = Outcome.Ok, Seen = Encoding.UTF8.GetString(Convert.FromBase64String(answer.Text("value"))), Revision = answer.Number("revision") };
        else if (answer.IsNotFound)
            call = call with { Outcome = Outcome.Ok, Revision = 0 };
        Bench.Recorder.Add(call with { End = Now });
    }

    private async Task ReadLockAsync()
    {
        var name = Use(EntityId.Lock(Names.Lock(Random.Next(Names.Locks), Now)));
        var read = new LockReadOperation(Name, Now, 0, Outcome.Failed, name, 0) { Node = node.Name };
        var answer = await node.SendAsync(HttpMethod.Get, $"/v1/locks/{name}");
        if (answer.Outcome == Outcome.Ok) read = read with { Outcome = Outcome.Ok, LastFence = answer.Number("lastFence") };
        Bench.Recorder.Add(read with { End = Now });
    }

    private async Task KeepEndedAliveAsync()
    {
        if (Bench.EndedSessions.Pick(Random) is not { } ended) return;
        var call = new SessionOperation(Name, Now, 0, Outcome.Unknown, ended.Session, SessionAction.KeepAlive) { Node = node.Name };
        var answer = await node.SendAsync(HttpMethod.Post, $"/v1/sessions/{ended.Session}:keepAlive", new { });
        Bench.Recorder.Add(call with { End = Now, Outcome = answer.Outcome, SaysEnded = answer.SaysEnded });
    }

    private async Task LockForEndedAsync()
    {
        if (Bench.EndedSessions.Pick(Random) is not { } ended) return;
        Bench.Recorder.Add(await node.AcquireAsync(Name, Use(EntityId.Lock(Names.OfSessions(Random.Next(Names.SessionLocks), Now))), ended.Session, 0, () => Now));
    }

    private async Task WriteUnderSpentFenceAsync()
    {
        if (Bench.SpentFences.Pick(Random) is not { } spent) return;
        var key = Names.Guarded(spent.Lock);
        var call = new KeyOperation(Name, Now, 0, Outcome.Unknown, key, KeyAction.Put)
        {
            Node = node.Name, Lock = spent.Lock, Fence = spent.Fence, Value = $"{spent.Fence}/{Bench.Unique()}",
        };
        var answer = await node.SendAsync(HttpMethod.Put, $"/v1/kv/{key}",
            new { value = Convert.ToBase64String(Encoding.UTF8.GetBytes(call.Value)), @lock = spent.Lock, fence = $"{spent.Fence}" });
        call = call with { Outcome = answer.Outcome };
        if (answer.Outcome == Outcome.Ok) call = call with { Revision = answer.Number("revision") };
        Bench.Recorder.Add(call with { End = Now });
    }
}
