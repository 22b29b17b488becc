using System.Text;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>What one branch of a transaction does, in order: later operations see earlier ones. All changes of a key make one revision.</summary>
public sealed class OperationList
{
    private readonly List<Wire.Operation> _operations = [];
    private readonly List<SessionId> _sessions = [];

    internal OperationList()
    {
    }

    internal IReadOnlyList<Wire.Operation> Operations => _operations;

    /// <summary>The sessions that keys are bound to.</summary>
    internal IEnumerable<SessionId> Sessions => _sessions;

    /// <summary>Writes a value of up to 1 MiB.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="ttl">As <see cref="PutOptions.Ttl"/>, counted from the commit.</param>
    /// <param name="session">As <see cref="PutOptions.Session"/>. Only in <c>then</c>, since that it has not ended becomes a condition of the transaction.</param>
    public OperationList Put(string key, ReadOnlyMemory<byte> value, TimeSpan? ttl = null, SessionId? session = null)
    {
        Require.Name("key", key);
        Require.Value(value.Span);
        Require.Lifetime(ttl, session);
        var put = new Wire.PutOperation { Key = key, Value = ByteString.CopyFrom(value.Span) };
        if (ttl is { } time) put.TtlSeconds = time.TotalSeconds;
        if (session is { } id)
        {
            put.SessionId = id.Text;
            if (!_sessions.Contains(id)) _sessions.Add(id);
        }
        return With(new Wire.Operation { Put = put });
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <inheritdoc cref="Put(string, ReadOnlyMemory{byte}, TimeSpan?, SessionId?)" path="/param"/>
    public OperationList Put(string key, string value, TimeSpan? ttl = null, SessionId? session = null) => Put(key, Encoding.UTF8.GetBytes(value), ttl, session);

    /// <summary>Deletes a key, if it is there.</summary>
    public OperationList Delete(string key)
    {
        Require.Name("key", key);
        return With(new Wire.Operation { Delete = new Wire.DeleteOperation { Key = key } });
    }

    /// <summary>Reads a key at this point; the result is in <see cref="TransactionResult.Results"/>.</summary>
    public OperationList Get(string key)
    {
        Require.Name("key", key);
        return With(new Wire.Operation { Get = new Wire.GetOperation { Key = key } });
    }

    /// <summary>Adds to a value that is decimal 64-bit text; absent counts as 0. Overflow, or a value that is no number, aborts the transaction.</summary>
    public OperationList Add(string key, long amount)
    {
        Require.Name("key", key);
        return With(new Wire.Operation { Add = new Wire.AddOperation { Key = key, Amount = amount } });
    }

    /// <summary>Appends to a value; absent counts as empty. Beyond 1 MiB aborts the transaction.</summary>
    public OperationList Append(string key, ReadOnlyMemory<byte> value)
    {
        Require.Name("key", key);
        Require.Value(value.Span);
        return With(new Wire.Operation { Append = new Wire.AppendOperation { Key = key, Value = ByteString.CopyFrom(value.Span) } });
    }

    /// <summary>Appends a text as UTF-8.</summary>
    public OperationList Append(string key, string value) => Append(key, Encoding.UTF8.GetBytes(value));

    private OperationList With(Wire.Operation operation)
    {
        _operations.Add(operation);
        return this;
    }
}
