using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.ClientApi.Tests.Fakes;

/// <summary>Keys as a server keeps them, with conditions and times to live by a clock of the test's.</summary>
internal sealed class FakeKeyStore(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ByteString? Value, long Revision, DateTimeOffset? Ends)> _keys = new(StringComparer.Ordinal);

    /// <summary>Run before each put, to race with it.</summary>
    public Action<PutKeyRequest>? BeforePut { get; set; }

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate) return [.. _keys.Keys.Where(k => Alive(k) is not null)];
        }
    }

    public FakeNode On(FakeNode node) => node
        .On<GetKeyRequest, KeyValue>(Get)
        .On<PutKeyRequest, PutKeyResponse>(Put)
        .On<DeleteKeyRequest, DeleteKeyResponse>(Delete);

    public KeyValue Get(GetKeyRequest request)
    {
        lock (_gate)
            return Alive(request.Key) is { } value ? new KeyValue { Key = request.Key, Value = value, Revision = _keys[request.Key].Revision } : throw Refusal.Of(ErrorCode.NotFound);
    }

    public PutKeyResponse Put(PutKeyRequest request)
    {
        BeforePut?.Invoke(request);
        lock (_gate)
        {
            var alive = Alive(request.Key);
            var revision = _keys.TryGetValue(request.Key, out var known) ? known.Revision : 0;
            if (request.HasIfRevision && request.IfRevision != (alive is null ? 0 : revision)) throw Refusal.Of(ErrorCode.RevisionMismatch);
            _keys[request.Key] = (request.Value, revision + 1, request.HasTtlSeconds ? time.GetUtcNow().AddSeconds(request.TtlSeconds) : null);
            return new PutKeyResponse { Key = request.Key, Revision = revision + 1 };
        }
    }

    private DeleteKeyResponse Delete(DeleteKeyRequest request)
    {
        lock (_gate)
        {
            if (Alive(request.Key) is null) return new DeleteKeyResponse { Key = request.Key };
            _keys[request.Key] = (null, _keys[request.Key].Revision + 1, null);
            return new DeleteKeyResponse { Key = request.Key, Deleted = true, Revision = _keys[request.Key].Revision };
        }
    }

    private ByteString? Alive(string key)
    {
        if (!_keys.TryGetValue(key, out var known)) return null;
        if (known.Value is not null && known.Ends <= time.GetUtcNow()) _keys[key] = (null, known.Revision + 1, null);
        return _keys[key].Value;
    }
}
