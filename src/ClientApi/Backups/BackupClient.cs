using AkkaHa.ClientApi.Backups;
using AkkaHa.ClientApi.Connection;
using AkkaHa.Messages;
using Grpc.Core;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>Backups of a whole cluster, and bringing them back into an empty one.</summary>
public sealed class BackupClient
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan OneStep = TimeSpan.FromSeconds(60);

    private readonly CallRepeater _calls;
    private readonly EndpointPool _endpoints;
    private readonly AkkaHaClientOptions _options;
    private readonly CancellationToken _closing;

    internal BackupClient(CallRepeater calls, EndpointPool endpoints, AkkaHaClientOptions options, CancellationToken closing) =>
        (_calls, _endpoints, _options, _closing) = (calls, endpoints, options, closing);

    /// <summary>
    /// Writes a backup: all keys, fences, outcomes of transactions and eventual data, as of one moment after the call (of eventual data: each share as of its own). Everything that was acknowledged before the call is in it; a transaction
    /// as a whole or not at all. Sessions are not, nor who holds or waits for a lock. The service goes on meanwhile.
    /// </summary>
    /// <param name="destination">Gets gzip of one JSON object a line. Only what ends with this method's return is a backup.</param>
    /// <param name="progress">Hears now and then how far it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is in it.</returns>
    /// <exception cref="UnavailableException">No node could begin it for <see cref="AkkaHaClientOptions.GiveUpAfter"/>, or the one that did broke off: begin again, with an empty destination. Or an entity can't be read, which its <see cref="AkkaHaException.Details"/> name (<c>entity</c>): see docs/backups.md.</exception>
    /// <exception cref="LimitExceededException">The node is at another backup.</exception>
    public async Task<BackupContents> TakeAsync(Stream destination, Action<BackupContents>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing);
        var until = new Deadline(_options.GiveUpAfter, TimeProvider.System);
        AttemptFailure? last = null;
        do
        {
            // Not before the first: whoever gives up at once has tried all the same.
            if (last is not null) await Task.Delay(AgainAfter, stop.Token);
            foreach (var endpoint in _endpoints.InTurn())
            {
                using var call = new Wire.Backups.BackupsClient(endpoint.Invoker).Get(new Wire.GetBackupRequest(), new CallOptions(cancellationToken: stop.Token));
                var (begun, failure) = await NextAsync(call.ResponseStream, cancellationToken);
                if (failure is null) return await WriteAsync(begun, call.ResponseStream, destination, progress, cancellationToken);
                if (failure.Verdict == AttemptVerdict.Refused) throw failure.Error;
                last = failure;
            }
        }
        while (until.Left > TimeSpan.Zero);
        throw new UnavailableException($"no node could begin a backup ({last?.Error.Message})", inner: last?.Error);
    }

    /// <summary>
    /// Brings a backup back, after it was checked as a whole. Keys, outcomes and eventual data are then as they were; fences and revisions that are given from then on are above all that were ever given before, also after the backup
    /// was made. Where it was broken off, it may be called again with the same backup; after its end that does nothing. Let nobody else use the cluster meanwhile.
    /// </summary>
    /// <param name="backup">What <see cref="TakeAsync"/> wrote. It is read twice, so it must be able to go back.</param>
    /// <param name="progress">Hears now and then how far it is.</param>
    /// <param name="cancellationToken">Gives up; what has been restored stays.</param>
    /// <returns>What is in it, and whether all of it was there before.</returns>
    /// <exception cref="InvalidBackupException">It is no whole backup. Nothing was done.</exception>
    /// <exception cref="RevisionMismatchException">The cluster is not empty, or somebody has written to it meanwhile.</exception>
    /// <exception cref="FenceStaleException">Somebody has taken a lock meanwhile.</exception>
    /// <exception cref="UnavailableException">No node could serve it: call again.</exception>
    public async Task<(BackupContents Contents, bool WasThere)> RestoreAsync(Stream backup, Action<BackupContents>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backup);
        if (!backup.CanSeek) throw new ArgumentException("it is read twice, and can't go back", nameof(backup));
        var start = backup.Position;
        var (header, summary) = await BackupFile.CheckAsync(backup, cancellationToken);
        var contents = BackupCount.Of(header, summary);
        var begun = await CallAsync("begin restore", (client, options) => client.BeginRestoreAsync(new Wire.BeginRestoreRequest { Header = header, Summary = summary }, options), cancellationToken);
        if (begun.AlreadyRestored) return (contents, true);
        backup.Position = start;
        var count = new BackupCount { Header = header };
        var (part, bytes) = (new Wire.RestoreRequest { BackupId = header.BackupId }, 0);
        await foreach (var record in BackupFile.ReadAsync(backup, cancellationToken))
        {
            count.Add(record);
            if (record.Header is not null || record.Summary is not null) continue;
            part.Records.Add(record);
            bytes += record.CalculateSize();
            if (part.Records.Count < Limits.BackupRecordsAtOnce && bytes < Limits.BackupBytesAtOnce) continue;
            await SendAsync();
        }
        if (part.Records.Count > 0) await SendAsync();
        await CallAsync("end restore", (client, options) => client.EndRestoreAsync(new Wire.EndRestoreRequest { BackupId = header.BackupId }, options), cancellationToken);
        return (contents, false);

        async Task SendAsync()
        {
            var request = part;
            await CallAsync("restore", (client, options) => client.RestoreAsync(request, options), cancellationToken);
            progress?.Invoke(count.Contents);
            (part, bytes) = (new Wire.RestoreRequest { BackupId = header.BackupId }, 0);
        }
    }

    private static async Task<BackupContents> WriteAsync(
        Wire.BackupPart begun, IAsyncStreamReader<Wire.BackupPart> parts, Stream destination, Action<BackupContents>? progress, CancellationToken cancel)
    {
        await using var file = new BackupWriter(destination);
        var part = begun;
        while (true)
        {
            foreach (var record in part.Records) await file.WriteAsync(record, cancel);
            progress?.Invoke(file.Contents);
            if (file.IsWhole) return file.Contents;
            (part, var failure) = await NextAsync(parts, cancel);
            // Where it names what can't be read, beginning again does not help.
            if (failure is not null && failure.Error.Details.TryGetProperty("entity", out _)) throw failure.Error;
            if (failure is not null) throw new UnavailableException($"the node broke the backup off: begin again ({failure.Error.Message})", inner: failure.Error);
        }
    }

    private static async Task<(Wire.BackupPart Part, AttemptFailure? Failure)> NextAsync(IAsyncStreamReader<Wire.BackupPart> parts, CancellationToken cancel)
    {
        try
        {
            if (await parts.MoveNext()) return (parts.Current, null);
            return (new Wire.BackupPart(), new AttemptFailure(AttemptVerdict.NotDone, new UnavailableException("the node ended it before its end"), NodeFailed: false));
        }
        catch (RpcException e)
        {
            cancel.ThrowIfCancellationRequested();
            return (new Wire.BackupPart(), AttemptFailure.Of(e));
        }
    }

    /// <summary>Each may be repeated: what is there stays as it is. So an attempt that was not answered is no outcome to be told of.</summary>
    private async Task<TResponse> CallAsync<TResponse>(string name, Func<Wire.Backups.BackupsClient, CallOptions, AsyncUnaryCall<TResponse>> send, CancellationToken cancel) =>
        (await _calls.ReadAsync(new Call<TResponse>(name, _ => null, (invoker, options, _) => send(new Wire.Backups.BackupsClient(invoker), options)) { LeastAttemptTimeout = OneStep, Wait = OneStep }, cancel)).Value;
}
