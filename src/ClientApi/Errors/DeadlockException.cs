using System.Text.Json;
using AkkaHa.ClientApi.Errors;
using AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi;

/// <summary>The wait was part of a cycle and was broken here. Release what you hold and begin again.</summary>
public sealed class DeadlockException : AkkaHaException
{
    internal DeadlockException(string message, JsonElement details = default, Exception? inner = null)
        : base(ErrorCode.Deadlock, message, details, inner)
    {
        Cycle = [.. details.Items("cycle").Select(DeadlockWait.From)];
    }

    /// <summary>The waits of the cycle, this one first: each is for a lock that the next one's flow holds, and the last for one that this flow holds.</summary>
    public IReadOnlyList<DeadlockWait> Cycle { get; }
}

/// <summary>One wait in a cycle.</summary>
/// <param name="Lock">The lock that is waited for.</param>
/// <param name="SessionId">The session of who waits.</param>
/// <param name="FlowId">The flow of who waits: see <see cref="LockFlow"/>.</param>
/// <param name="Label">Who that is, in its own words.</param>
public sealed record DeadlockWait(string Lock, string SessionId, string FlowId, string Label)
{
    internal static DeadlockWait From(JsonElement wait) => new(wait.Text("lock") ?? "", wait.Text("sessionId") ?? "", wait.Text("flowId") ?? "", wait.Text("label") ?? "");
}
