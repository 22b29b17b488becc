using AkkaHa.Messages.Internal;
using AkkaHa.Node.Api.Errors;

namespace AkkaHa.Node.Api.Http;

/// <summary>A query may say only what the method knows, once, and well formed: a misspelt <c>ifRevision</c> must not make a delete unconditional.</summary>
internal static class StrictQuery
{
    public static Failure? Check(IQueryCollection query, MethodShape shape)
    {
        var seen = new HashSet<int>();
        foreach (var (name, values) in query)
        {
            if (!shape.QueryFields.TryGetValue(name, out var field))
                return Refusals.Invalid(Refusals.Quote(name), $"is not a query parameter of this request; {FieldNames.List(shape.QueryFields.Values)}");
            if (values.Count != 1 || !seen.Add(field.FieldNumber))
                return Refusals.Invalid(field.JsonName, "is given more than once");
            if (ScalarText.Wrong(field, values[0] ?? "") is { } wrong)
                return Refusals.Invalid(field.JsonName, wrong);
        }
        return null;
    }
}
