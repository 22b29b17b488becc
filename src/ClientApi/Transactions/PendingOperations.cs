using System.Globalization;
using System.Text;
using Google.Protobuf;
using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Transactions;

/// <summary>What a transaction would make of a key, by the rules that the servers go by: so it reads its own writes.</summary>
internal static class PendingOperations
{
    public static string KeyOf(Wire.Operation operation) => operation.KindCase switch
    {
        Wire.Operation.KindOneofCase.Put => operation.Put.Key,
        Wire.Operation.KindOneofCase.Delete => operation.Delete.Key,
        Wire.Operation.KindOneofCase.Add => operation.Add.Key,
        Wire.Operation.KindOneofCase.Append => operation.Append.Key,
        _ => "",
    };

    /// <summary>Whether what was there before makes no difference to the value afterwards.</summary>
    public static bool Overwrites(Wire.Operation operation) => operation.KindCase is Wire.Operation.KindOneofCase.Put or Wire.Operation.KindOneofCase.Delete;

    /// <summary>The value after one more operation; null: absent.</summary>
    /// <exception cref="TransactionAbortedException">It can't be done, so the commit would be aborted.</exception>
    public static ByteString? Apply(ByteString? value, Wire.Operation operation) => operation.KindCase switch
    {
        Wire.Operation.KindOneofCase.Put => operation.Put.Value,
        Wire.Operation.KindOneofCase.Delete => null,
        Wire.Operation.KindOneofCase.Add => Add(value, operation.Add),
        Wire.Operation.KindOneofCase.Append => ByteString.CopyFrom([.. (value ?? ByteString.Empty).Span, .. operation.Append.Value.Span]),
        _ => value,
    };

    private static ByteString Add(ByteString? value, Wire.AddOperation add)
    {
        long before = 0;
        if (value is not null && !long.TryParse(value.ToStringUtf8(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out before))
            throw new TransactionAbortedException($"add: the value of '{add.Key}' is no decimal 64-bit number");
        try
        {
            return ByteString.CopyFrom(checked(before + add.Amount).ToString(CultureInfo.InvariantCulture), Encoding.UTF8);
        }
        catch (OverflowException)
        {
            throw new TransactionAbortedException($"add: the value of '{add.Key}' would overflow");
        }
    }
}
