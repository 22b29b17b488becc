using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Ownership;
using Google.Protobuf;

namespace AkkaHa.Node.Tests.Journal;

/// <summary>Real entities of keys that do random work, a batch at a time, with a snapshot now and then: their rows are what nodes write.</summary>
internal sealed class RandomWork(TestJournal journal, int seed, int keys)
{
    private readonly Random random = new(seed);
    private readonly Dictionary<string, Entity> entities = new(StringComparer.Ordinal);
    private readonly List<(string Key, string Id, uint Attempt)> prepared = [];
    private long now = 1_000_000;
    private int requests;

    public async Task StepAsync()
    {
        var key = $"k/{random.Next(keys)}";
        var commands = new List<Command> { Next(key) };
        while (random.Next(3) == 0) commands.Add(Next(key));
        await DoAsync(key, commands);
    }

    private Command Next(string key)
    {
        now += random.Next(20);
        var command = new Command { Entity = $"kv/{key}", RequestId = $"r{++requests}", Attempt = 1, TimeoutMs = 1 };
        switch (random.Next(8))
        {
            case 0 or 1 or 2:
                command.PutKey = new PutKeyRequest { Key = key, Value = ByteString.CopyFromUtf8($"v{requests}") };
                return command;
            case 3:
                command.DeleteKey = new DeleteKeyRequest { Key = key };
                return command;
            case 4 or 5:
                return Prepare(key);
            default:
                var mine = prepared.FindIndex(p => p.Key == key);
                if (mine < 0) return Prepare(key);
                var (_, id, attempt) = prepared[mine];
                prepared.RemoveAt(mine);
                return random.Next(3) switch
                {
                    0 => new Command { Entity = $"kv/{key}", Sender = "txn/1", Abort = new Abort { TransactionId = id } },
                    1 => new Command { Entity = $"kv/{key}", Sender = "txn/1", DropAttempt = new DropAttempt { TransactionId = id, Attempt = attempt } },
                    // The row's number is not known here, so the commit that names it comes from the entity's own vote: see DoAsync.
                    _ => new Command { Entity = $"kv/{key}", Sender = "txn/1", AskStatus = new AskStatus { TransactionId = id, Attempt = attempt } },
                };
        }
    }

    private Command Prepare(string key)
    {
        var id = $"t{++requests}";
        prepared.Add((key, id, 1));
        var prepare = new Prepare { TransactionId = id, Attempt = 1, TimestampMs = now };
        prepare.Then.Add(new PreparedOperation { Operation = random.Next(3) switch
        {
            0 => new Operation { Put = new PutOperation { Key = key, Value = ByteString.CopyFromUtf8(id) } },
            1 => new Operation { Delete = new DeleteOperation { Key = key } },
            _ => new Operation { Get = new GetOperation { Key = key } },
        } });
        return new Command { Entity = $"kv/{key}", Sender = "txn/1", Prepare = prepare };
    }

    private async Task DoAsync(string key, IReadOnlyList<Command> commands)
    {
        if (!entities.TryGetValue(key, out var entity))
        {
            entities[key] = entity = new Entity(EntityId.Key(key), Machines.For(EntityId.Key(key)), 1, dirty: false);
            entity.FinishRecovery(0);
        }
        var batch = entity.Decide([.. commands.Select(c => new Incoming(0, c))], new Moment(now, now));
        await using (var connection = await journal.Database.OpenJournalAsync(default))
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            for (var i = 0; i < batch.Rows.Count; i++) await TestJournal.InsertAsync(connection, transaction, $"kv/{key}", batch.FirstSequenceNr + i, batch.Rows[i]);
            await transaction.CommitAsync();
        }
        entity.Persisted();
        if (random.Next(10) == 0 && batch.Rows.Count > 0) await SnapshotAsync(key, entity);
        foreach (var vote in batch.Afterwards.Concat(batch.Now).OfType<SendEffect>().Select(e => e.Command.Vote))
        {
            if (vote is not { Kind: Vote.Types.Kind.Yes } || random.Next(2) == 0) continue;
            prepared.RemoveAll(p => p.Id == vote.TransactionId);
            await DoAsync(key, [new Command
            {
                Entity = $"kv/{key}", Sender = "txn/1",
                Commit = new Commit { TransactionId = vote.TransactionId, Attempt = vote.Attempt, PreparedSequenceNr = vote.PreparedSequenceNr, Then = true },
            }]);
        }
    }

    private async Task SnapshotAsync(string key, Entity entity)
    {
        await using var connection = await journal.Database.OpenJournalAsync(default);
        await using var command = connection.Command(
            null, "INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id) VALUES (@id, @number, 0, @snapshot, 's', 4117) ON CONFLICT DO NOTHING",
            [("@id", $"kv/{key}"), ("@number", entity.DurableSequenceNr), ("@snapshot", entity.TakeSnapshot().ToByteArray())]);
        await command.ExecuteNonQueryAsync();
    }
}
