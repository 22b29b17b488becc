using System.Data.Common;
using System.Globalization;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Journal;
using AkkaHa.Node.Ownership;
using AkkaHa.Node.Storage;

namespace AkkaHa.Node.Lists;

/// <summary>
/// Pages of the index. A consistent one first brings the index to the highest position that the journal has at the call, and asks the keys on which a transaction is open: these may have been answered, and not
/// written yet.
/// </summary>
internal sealed class KeyLists(Database database, KeyIndex index, IEntities entities) : IKeyLists
{
    private const int AskedAtOnce = 32;
    private const string Behind = "the index of keys did not come to the journal's end in time";
    private static readonly TimeSpan PatienceForReason = TimeSpan.FromSeconds(1);

    private readonly EntityCalls calls = new(entities);

    public async Task<ListKeysResponse> ListAsync(ListKeysRequest request, CancellationToken ct)
    {
        var limit = request.HasLimit ? request.Limit : Limits.ListPageDefault;
        var consistent = !request.HasConsistent || request.Consistent;
        IndexPage page;
        try
        {
            if (consistent) await CatchUpAsync(ct);
            await using var connection = await database.OpenKeysAsync(ct);
            if (!consistent) await CheckMadeAsync(connection, ct);
            page = await IndexPage.ReadAsync(database, connection, request, limit, consistent, ct);
        }
        catch (Exception e) when (DatabaseFault.Is(e))
        {
            throw Unavailable($"the index of keys can't be read: {e.Message}");
        }
        return Answer(page, await AskAsync(page, ct), request.KeysOnly);
    }

    private async Task CatchUpAsync(CancellationToken ct)
    {
        switch (await index.CatchUpAsync(ct))
        {
            case JournalIndex.CaughtUp.NotMade: throw NotMade();
            case JournalIndex.CaughtUp.Late: throw Unavailable(await ReasonInTimeAsync(ct));
        }
    }

    private static async Task CheckMadeAsync(DbConnection connection, CancellationToken ct)
    {
        if (await KeyIndex.IndexedAsync(connection, ct) is not { } indexed || indexed < await Marks.ReadAsync(connection, null, Marks.Rebuilt, ct)) throw NotMade();
    }

    private async Task<Dictionary<string, KeyValue?>> AskAsync(IndexPage page, CancellationToken ct)
    {
        var asked = new Dictionary<string, KeyValue?>(StringComparer.Ordinal);
        var open = page.Entries.Where(e => e.Ask).Select(e => e.Name).ToArray();
        if (open.Length == 0) return asked;
        await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = ct }, async (name, token) =>
        {
            var value = await AskAsync(name, token);
            lock (asked) asked[name] = value;
        });
        return asked;
    }

    /// <summary>Waits for the transaction to be decided, as any read of the key does.</summary>
    private async Task<KeyValue?> AskAsync(string name, CancellationToken ct)
    {
        try
        {
            var reply = await calls.AskAsync(EntityId.Key(name), new Command { GetKey = new GetKeyRequest { Key = name } }, ct);
            return EntityCalls.Expect(reply.KeyValue, reply);
        }
        catch (RefusedException e) when (e.Failure.Code == ErrorCode.NotFound)
        {
            return null;
        }
    }

    private static ListKeysResponse Answer(IndexPage page, Dictionary<string, KeyValue?> asked, bool keysOnly)
    {
        var (response, bytes, last) = (new ListKeysResponse(), 0L, "");
        foreach (var entry in page.Entries)
        {
            var value = entry.Ask ? asked[entry.Name] : new KeyValue { Key = entry.Name, Revision = entry.Revision, Value = entry.Value ?? Google.Protobuf.ByteString.Empty };
            if (value is not null && keysOnly) value = new KeyValue { Key = value.Key, Revision = value.Revision };
            if (value is not null && response.Entries.Count > 0 && bytes + value.Value.Length > Limits.ListPageBytes)
            {
                response.Next = last;
                return response;
            }
            last = entry.Name;
            if (value is null) continue;
            response.Entries.Add(value);
            bytes += value.Value.Length;
        }
        if (page.More) response.Next = last;
        return response;
    }

    private async Task<string> ReasonInTimeAsync(CancellationToken ct)
    {
        if (!database.IsPostgres) return Behind;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(PatienceForReason);
        try
        {
            return await ReasonAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The database itself stands still.
            return Behind;
        }
    }

    /// <summary>What keeps the index from reading on.</summary>
    private async Task<string> ReasonAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenKeysAsync(ct);
        await using var command = connection.Command(
            null, "SELECT pid, coalesce(application_name, ''), extract(epoch FROM now() - xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY age(backend_xid) DESC LIMIT 1");
        await using var row = await command.ExecuteReaderAsync(ct);
        if (!await row.ReadAsync(ct)) return Behind;
        var seconds = row.IsDBNull(2) ? "some" : Convert.ToDouble(row.GetValue(2), CultureInfo.InvariantCulture).ToString("0.0", CultureInfo.InvariantCulture);
        return $"{Behind}: a transaction on the PostgreSQL server (process {row.GetInt32(0)}, '{row.GetString(1)}') has been open for {seconds} s, and what was committed since can't be put in order before it ends";
    }

    private static RefusedException NotMade() => Unavailable("the index of keys is being made; it was not there yet");

    private static RefusedException Unavailable(string why) => new(Refusals.Of(ErrorCode.Unavailable, why));
}
