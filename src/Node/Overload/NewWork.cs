using System.Collections.Frozen;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Grpc.AspNetCore.Server;

namespace AkkaHa.Node.Overload;

/// <summary>
/// On an endpoint: its calls begin something, and may be refused when there is too much to do. What is not marked never is: what makes room (releases, cancels, closes), keeps alive, tells what became
/// of something, or is an operator's.
/// </summary>
/// <param name="Method">As gRPC has it.</param>
/// <param name="Writes">Whether it needs the journal.</param>
internal sealed record NewWork(string Method, bool Writes)
{
    private const string Package = "/akkaha.v1.";

    private static readonly FrozenDictionary<string, NewWork> Methods = new NewWork[]
    {
        new("Keys/Get", false),
        new("Keys/List", false),
        new("Keys/Put", true),
        new("Keys/Delete", true),
        new("Locks/Get", false),
        new("Locks/List", false),
        new("Locks/Acquire", true),
        new("Locks/AcquireAll", true),
        new("Locks/Upgrade", true),
        new("Sessions/Create", true),
        new("Transactions/Run", true),
        // Not in the journal.
        new("Eventual/Get", false),
        new("Eventual/List", false),
        new("Eventual/Update", false),
        new("Eventual/Delete", false),
    }.ToFrozenDictionary(work => Package + work.Method, work => work with { Method = Package + work.Method }, StringComparer.Ordinal);

    /// <summary>All that there are.</summary>
    public static IEnumerable<string> All => Methods.Keys;

    /// <summary>Marks an endpoint of the API, over either transport, if it is new work.</summary>
    public static void Mark(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().LastOrDefault()?.Method.FullName is { } method && Named(method) is { } work) endpoint.Metadata.Add(work);
    }

    /// <summary>A method of gRPC; null: it is no new work.</summary>
    public static NewWork? Named(string method) => Methods.GetValueOrDefault(method);

    /// <summary>
    /// Whether it may be one who waits in a lock's queue already, and comes again to go on: refused, he would lose his place. A first attempt that was refused can't be told from one that was taken; but who asks for a lock and waits
    /// is one caller with one call.
    /// </summary>
    public static bool GoesOn(AcquireLockRequest? request) => request is { Attempt: > 1, WaitSeconds: > 0 };

    /// <summary>The same of an upgrade.</summary>
    private static bool GoesOn(UpgradeLockRequest request) => request is { Attempt: > 1, WaitSeconds: > 0 };

    /// <summary>What the command of such a call is; null: it is no new work. Who asks for more than one thing may ask by other commands: a guarded put is a transaction.</summary>
    public static NewWork? Of(Command command) => command.BodyCase switch
    {
        Command.BodyOneofCase.GetKey => Methods[$"{Package}Keys/Get"],
        Command.BodyOneofCase.PutKey => Methods[$"{Package}Keys/Put"],
        Command.BodyOneofCase.DeleteKey => Methods[$"{Package}Keys/Delete"],
        Command.BodyOneofCase.GetLock => Methods[$"{Package}Locks/Get"],
        Command.BodyOneofCase.AcquireLock => GoesOn(command.AcquireLock) ? null : Methods[$"{Package}Locks/Acquire"],
        Command.BodyOneofCase.AcquireAllLocks => Methods[$"{Package}Locks/AcquireAll"],
        Command.BodyOneofCase.UpgradeLock => GoesOn(command.UpgradeLock) ? null : Methods[$"{Package}Locks/Upgrade"],
        Command.BodyOneofCase.CreateSession => Methods[$"{Package}Sessions/Create"],
        Command.BodyOneofCase.RunTransaction => Methods[$"{Package}Transactions/Run"],
        _ => null,
    };
}
