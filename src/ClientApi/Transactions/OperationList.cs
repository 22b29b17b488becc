using System.Text;
using AkkaHa.ClientApi.Errors;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>What one branch of a transaction does, in order: later operations see earlier ones. All changes of a key make one revision.</summary>
public sealed class OperationList
{
    private readonly List<Wire.Operation> _operations = [];

    internal OperationList()
    {
    }

    internal IReadOnlyList<Wire.Operation> Operations => _operations;

    /// <summary>Writes a value of up to 1 MiB.</summary>
    public OperationList Put(string key, ReadOnlyMemory<byte> value)
    {
        Require.Name("key", key);
        Require.Value(value.Span);
        return With(new Wire.Operation { Put = new Wire.PutOperation { Key = key, Value = ByteString.CopyFrom(value.Span) } });
    }

    /// <summary>Writes a text as UTF-8.</summary>
    public OperationList Put(string key, string value) => Put(key, Encoding.UTF8.GetBytes(value));

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
