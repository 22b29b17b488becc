using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Reads, writes, compares and deletes a few keys that all share.</summary>
sealed class Registers(string name, AkkaHaClient client, Bench bench, int seed) : Workload(name, bench, seed)
{
    private readonly Dictionary<string, long> lastSeen = new(StringComparer.Ordinal);

    protected override Task StepAsync()
    {
        // Now and then a name of before: what a node kept from then must not be old.
        var key = Use(EntityId.Key(Names.Register(Random.Next(Names.Registers), Now, back: Random.Next(10) == 0 ? 1 : 0)));
        return Random.Next(10) switch
        {
            < 4 => GetAsync(client, key),
            < 7 => PutAsync(key, null),
            < 9 => PutAsync(key, lastSeen.GetValueOrDefault(key)),
            _ => DeleteAsync(key),
        };
    }

    /// <summary>Reads a key. Says whether that was possible.</summary>
    public async Task<bool> GetAsync(AkkaHaClient from, string key)
    {
        var call = new KeyOperation(Name, Now, 0, Outcome.Failed, key, KeyAction.Get);
        try
        {
            var entry = await from.Keys.GetAsync(key);
            Add(call with { Outcome = Outcome.Ok, Seen = entry?.Text, Revision = entry?.Revision.Value ?? 0 });
            return true;
        }
        catch (AkkaHaException e)
        {
            // A read that was not answered has done nothing, whatever became of it.
            _ = Bench.OutcomeOf(e);
            Add(call);
            return false;
        }
    }

    private async Task PutAsync(string key, long? ifRevision)
    {
        var value = Bench.Unique();
        var call = new KeyOperation(Name, Now, 0, Outcome.Unknown, key, KeyAction.Put) { Value = value, IfRevision = ifRevision };
        try
        {
            var revision = await client.Keys.PutAsync(key, value, ifRevision is { } wanted ? new Revision(wanted) : null);
            Add(call with { Outcome = Outcome.Ok, Revision = revision.Value });
        }
        catch (AkkaHaException e)
        {
            Refused(call, e);
        }
    }

    private async Task DeleteAsync(string key)
    {
        var call = new KeyOperation(Name, Now, 0, Outcome.Unknown, key, KeyAction.Delete);
        try
        {
            var deleted = await client.Keys.DeleteAsync(key);
            Add(call with { Outcome = Outcome.Ok, Revision = deleted.Revision.Value, Deleted = deleted.Deleted });
        }
        catch (AkkaHaException e)
        {
            Refused(call, e);
        }
    }

    private void Refused(KeyOperation call, AkkaHaException e) =>
        Add(call with { Outcome = Bench.OutcomeOf(e), Mismatch = e is RevisionMismatchException, Revision = (e as RevisionMismatchException)?.Actual?.Value });

    private void Add(KeyOperation call)
    {
        // After a delete the revision that counts for a condition is 0.
        if (call.Revision is { } revision) lastSeen[call.Key] = call.Action == KeyAction.Delete ? 0 : revision;
        Bench.Recorder.Add(call with { End = Now });
    }
}
