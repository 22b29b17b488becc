using System.Globalization;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using Google.Protobuf.WellKnownTypes;

namespace AkkaHa.Node.Api;

/// <summary>For questions to every slot, of which all must answer: an answer that left some out would look like good news.</summary>
internal static class SlotAnswers
{
    /// <summary>A slot's answer; null: it can't give one now.</summary>
    public static async Task<T?> OrNullAsync<T>(Task<T> answer)
        where T : class
    {
        try
        {
            return await answer;
        }
        catch (RefusedException e) when (e.Failure.Code == ErrorCode.Unavailable)
        {
            return null;
        }
    }

    /// <summary>So many slots did not answer.</summary>
    public static RefusedException NotAnswering(int slots, string why)
    {
        var failure = Refusals.Of(ErrorCode.Unavailable, why);
        failure.Details = new Struct { Fields = { ["slotsNotAnswering"] = Value.ForString(slots.ToString(CultureInfo.InvariantCulture)) } };
        return new RefusedException(failure);
    }
}
