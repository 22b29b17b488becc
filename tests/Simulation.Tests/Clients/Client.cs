using AkkaHa.Core.Transactions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>What a client knows in the end: an answer, that it was certainly not done, or nothing.</summary>
/// <param name="Reply">The answer; null: it gave up.</param>
/// <param name="NotDone">It gave up, and every attempt was answered with "not done".</param>
/// <param name="At">When.</param>
sealed record Answer(Reply? Reply, bool NotDone, long At)
{
    /// <summary>Its transaction is committed, but the answer came so late that the results are gone.</summary>
    public bool IsCommittedWithoutResults { get; init; }

    /// <summary>The last one that was sent.</summary>
    public uint Attempt { get; init; }

    public bool IsUnknown => Reply is null && !NotDone;

    public ErrorCode? Code => Reply?.Failure?.Code;
}

/// <summary>A client as the contract wants it: it repeats with the same request id and the next attempt, and gives up at some point.</summary>
sealed class Client(SimulatedWorld world, int number, bool hurried = false)
{
    private readonly Rng rng = world.Rng.Fork();
    private readonly long skewMs = world.Rng.Between(-500, 500);
    private int counter;

    public SimulatedWorld World => world;

    public Rng Rng => rng;

    public int Number => number;

    public long Now => world.Scheduler.Now;

    /// <summary>After this it starts nothing new.</summary>
    public bool Stopped { get; set; }

    /// <summary>For a transaction, in seconds.</summary>
    public double Deadline() => hurried ? 0.3 : rng.Pick([0.3, 2, 10]);

    public string Unique() => $"{number}.{++counter}";

    /// <summary>For a transaction: of a form that says when it was issued, or of any other. It begins with this.</summary>
    public string NewTransactionId(string kind) => rng.Chance(0.5) ? NewRequestId() : $"{kind}-{Unique()}";

    public string NewRequestId() => rng.Uuid7(SimulatedWorld.EpochMs + Now + skewMs).ToString();

    /// <summary>A mutation with a request id, or a transaction with its own.</summary>
    public Task<Answer> Mutate(EntityId to, Func<Command> command, string requestId, long giveUpMs = 6000, uint afterAttempt = 0) => Repeat(to, attempt =>
    {
        var made = command();
        made.RequestId = requestId;
        made.Attempt = afterAttempt + attempt;
        return made;
    }, giveUpMs, afterAttempt);

    public Task<Answer> Ask(EntityId to, Func<Command> command, long giveUpMs = 4000) => Repeat(to, _ => command(), giveUpMs);

    public async Task<Answer> Run(TransactionRequest request, long giveUpMs = 8000)
    {
        var answer = await Repeat(world.Shards.TransactionSlotOf(request.TransactionId), _ => new Command { RunTransaction = request.Clone() }, giveUpMs);
        if (answer.Reply?.Transaction is not { } result || result.Results.Count == (result.ConditionsHeld ? request.Then : request.Else).Count) return answer;
        world.Count("answered without results");
        return new Answer(null, false, answer.At) { IsCommittedWithoutResults = true };
    }

    /// <summary>Reads until it has the results: the same request again would not give them.</summary>
    public async Task<Answer> Read(Func<TransactionRequest> request, long giveUpMs)
    {
        for (var until = Now + giveUpMs; ;)
        {
            var answer = await Run(request(), Math.Max(1, until - Now));
            if (!answer.IsCommittedWithoutResults || Now >= until) return answer;
        }
    }

    /// <summary>As a node runs what only reads and has no id: it asks the keys itself. What it can't have in this way is run as any other; the id is for that, and for the records.</summary>
    public async Task<Answer> Snapshot(TransactionRequest request, long giveUpMs = 8000)
    {
        var (until, bare) = (Now + giveUpMs, request.Clone());
        bare.TransactionId = "";
        var read = new SnapshotRead(bare, world.Rules);
        try
        {
            for (var round = 1; round <= SnapshotRead.RoundsAtMost && Now < until; round++)
            {
                var answers = await Task.WhenAll(read.Keys.Select(async key => (Key: key, Answer: await Ask(key, () => new Command { GetKey = new GetKeyRequest { Key = key.Name } }, until - Now))));
                if (answers.Any(a => a.Answer.Reply is null)) return new Answer(null, NotDone: true, Now);
                if (read.Take(answers.ToDictionary(a => a.Key, a => a.Answer.Reply!)) is not { } result) continue;
                world.Count(round > 2 ? "read without rows, after another round" : "read without rows");
                return new Answer(new Reply { Transaction = result }, false, Now);
            }
            world.Count("read without rows in vain");
        }
        catch (NotThisWayException)
        {
            world.Count("not to be read without rows");
        }
        return await Run(request, Math.Max(1, until - Now));
    }

    private async Task<Answer> Repeat(EntityId to, Func<uint, Command> command, long giveUpMs, uint afterAttempt = 0)
    {
        var until = Now + giveUpMs;
        var certain = true;
        for (uint attempt = 1; ; attempt++)
        {
            var made = command(attempt);
            made.Entity = to.ToString();
            var patience = Math.Max(1, Math.Min(until - Now, PatienceFor(made)));
            made.TimeoutMs = (uint)patience;
            var reply = await Once(to, made, patience);
            if (reply is null || reply.Failure?.Code == ErrorCode.OutcomeUnknown) certain = false;
            else if (reply.Failure?.Code != ErrorCode.Unavailable) return new Answer(reply, false, Now) { Attempt = afterAttempt + attempt };
            if (Now >= until) return new Answer(null, certain, Now) { Attempt = afterAttempt + attempt };
            await world.Scheduler.Delay(rng.Between(5, 200));
        }
    }

    private long PatienceFor(Command command) =>
        rng.Between(100, 1500) + (long)(1000 * (command.AcquireLock?.WaitSeconds ?? command.AcquireAllLocks?.WaitSeconds ?? 0));

    private Task<Reply?> Once(EntityId to, Command command, long patienceMs)
    {
        var source = new TaskCompletionSource<Reply?>();
        world.Network.Call(to, command, reply => source.TrySetResult(reply));
        world.Scheduler.After(patienceMs, () => source.TrySetResult(null));
        return source.Task;
    }
}
