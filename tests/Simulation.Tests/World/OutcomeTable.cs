using AkkaHa.Core.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using Google.Protobuf;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// The table of older outcomes, as slots see it: a write may be slow, fail, or be done with the answer lost, also long after; so may a read, but that it changes nothing.
/// </summary>
sealed class OutcomeTable(SimulatedWorld world)
{
    private readonly Dictionary<string, byte[]> rows = new(StringComparer.Ordinal);

    public int Count => rows.Count;

    public void Archive(Process from, ArchiveEffect effect, Action<Command> hear)
    {
        var bytes = effect.Outcomes.Select(o => (o.TransactionId, Record: o.Record.ToByteArray())).ToArray();
        void Answer(bool stored) => hear(new Command { Sender = "node", OutcomesArchived = new OutcomesArchived { Number = effect.Number, Stored = stored } });
        world.Count("outcomes archived");
        world.Database.Transact(from, () => Store(bytes), _ => Answer(true), () => Answer(false));
    }

    public void LookUp(Process from, LookUpEffect effect, Action<Command> hear)
    {
        void Answer(byte[]? found, bool answered)
        {
            world.Count(!answered ? "look-up failed" : found is null ? "looked up in vain" : "looked up and found");
            hear(new Command
            {
                Sender = "node",
                OutcomeLookedUp = new OutcomeLookedUp { Number = effect.Number, TransactionId = effect.TransactionId, Answered = answered, Stored = ByteString.CopyFrom(found ?? []), NowMs = SimulatedWorld.EpochMs + world.Scheduler.Now },
            });
        }
        // What is read may be old by the time that it is heard of.
        world.Database.Transact(from, () => rows.GetValueOrDefault(effect.TransactionId), found => from.After(world.Rng.Between(0, 3), () => Answer(found, true)), () => Answer(null, false));
    }

    private bool Store((string Id, byte[] Record)[] outcomes)
    {
        foreach (var (id, record) in outcomes)
        {
            if (rows.TryGetValue(id, out var there) && !Same(there, record)) world.Fail("archiving", $"transaction {id} has two outcomes: {StoredTransaction.Parser.ParseFrom(there)} and {StoredTransaction.Parser.ParseFrom(record)}");
            rows[id] = record;
        }
        return true;
    }

    private static bool Same(byte[] one, byte[] other)
    {
        var (a, b) = (StoredTransaction.Parser.ParseFrom(one), StoredTransaction.Parser.ParseFrom(other));
        return a.Committed is null == b.Committed is null && a.Aborted is null == b.Aborted is null;
    }
}
