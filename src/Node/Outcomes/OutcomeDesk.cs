using System.Threading.Channels;
using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Node.Metrics;
using Google.Protobuf;

namespace AkkaHa.Node.Outcomes;

/// <summary>
/// Does for the slots of one incarnation what they want of the table of older outcomes, outside their turns, and tells each what came of it. Look-ups that come together are one
/// query; outcomes are stored for one slot after the other. So a node uses two connections for it, however many ask.
/// </summary>
internal sealed class OutcomeDesk
{
    private const int LookUpsAtOnce = 200;
    private const int ArchivesWaiting = 1024;

    private readonly OutcomeStore store;
    private readonly ILogger log;
    private readonly Channel<(LookUpEffect Effect, Action<Command> Hear)> lookUps = Channel.CreateBounded<(LookUpEffect, Action<Command>)>(Limits.WaitingPerEntity);
    private readonly Channel<(ArchiveEffect Effect, Action<Command> Hear)> archives = Channel.CreateBounded<(ArchiveEffect, Action<Command>)>(ArchivesWaiting);
    private readonly Task work;

    public OutcomeDesk(OutcomeStore store, ILogger log)
    {
        this.store = store;
        this.log = log;
        work = Task.WhenAll(Task.Run(LookUpAsync), Task.Run(ArchiveAsync));
    }

    public OutcomeStore Store => store;

    /// <summary>Looks it up; <paramref name="hear"/> is called on another thread.</summary>
    public void LookUp(LookUpEffect effect, Action<Command> hear)
    {
        if (!lookUps.Writer.TryWrite((effect, hear))) hear(Answer(effect, null, null));
    }

    /// <summary>Stores them; <paramref name="hear"/> is called on another thread.</summary>
    public void Archive(ArchiveEffect effect, Action<Command> hear)
    {
        if (!archives.Writer.TryWrite((effect, hear))) hear(Answer(effect, stored: false));
    }

    /// <summary>Reads what a participant's rows say; <paramref name="hear"/> is called on another thread. An operator's doing, and rare: it waits for nobody.</summary>
    public void Read(ReadParticipantEffect effect, Action<Command> hear) => Task.Run(async () =>
    {
        var read = new ParticipantRead { Number = effect.Number };
        try
        {
            read = await ParticipantReader.ReadAsync(store.Database, effect);
            log.LogWarning("An operator resolves transaction {TransactionId} without {Participant}; its rows say: {What}",
                effect.Started.TransactionId, effect.Participant, read.Vote?.Kind.ToString() ?? read.Unreadable);
        }
        catch (Exception e)
        {
            log.LogWarning("The rows of {Participant} could not be read: {Message}", effect.Participant, e.Message);
        }
        hear(new Command { Sender = "node", ParticipantRead = read });
    });

    /// <summary>What waits is still done; nobody may be there to hear of it.</summary>
    public Task EndAsync()
    {
        lookUps.Writer.TryComplete();
        archives.Writer.TryComplete();
        return work;
    }

    private async Task LookUpAsync()
    {
        while (await lookUps.Reader.WaitToReadAsync())
        {
            var batch = new List<(LookUpEffect Effect, Action<Command> Hear)>();
            while (batch.Count < LookUpsAtOnce && lookUps.Reader.TryRead(out var next)) batch.Add(next);
            OutcomesFound? found = null;
            try
            {
                found = await store.FindAsync([.. batch.Select(b => b.Effect.TransactionId).Distinct(StringComparer.Ordinal)], CancellationToken.None);
            }
            catch (Exception e)
            {
                // Whatever it is: the slots tell their callers that nothing is known, and this goes on.
                log.LogWarning("The outcomes of {Count} transactions could not be looked up: {Message}", batch.Count, e.Message);
            }
            foreach (var (effect, hear) in batch)
            {
                var record = found?.Records.GetValueOrDefault(effect.TransactionId);
                NodeMeter.LookedUp(found is not null, record is not null);
                hear(Answer(effect, found, record));
            }
        }
    }

    private async Task ArchiveAsync()
    {
        await foreach (var (effect, hear) in archives.Reader.ReadAllAsync())
        {
            var stored = false;
            try
            {
                await store.StoreAsync(effect.Outcomes);
                stored = true;
                NodeMeter.Archived(effect.Outcomes.Count);
            }
            catch (Exception e)
            {
                // They stay in their slot, which tries again.
                log.LogWarning("{Count} outcomes may or may not be in the table: {Message}", effect.Outcomes.Count, e.Message);
            }
            hear(Answer(effect, stored));
        }
    }

    private static Command Answer(ArchiveEffect effect, bool stored) => new() { Sender = "node", OutcomesArchived = new OutcomesArchived { Number = effect.Number, Stored = stored } };

    private static Command Answer(LookUpEffect effect, OutcomesFound? found, byte[]? record) => new()
    {
        Sender = "node",
        OutcomeLookedUp = new OutcomeLookedUp
        {
            Number = effect.Number, TransactionId = effect.TransactionId, Answered = found is not null, Stored = record is null ? ByteString.Empty : ByteString.CopyFrom(record),
            DeletedBeforeMs = found?.DeletedBeforeMs ?? 0, NowMs = found?.NowMs ?? 0,
        },
    };
}
