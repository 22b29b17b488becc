using System.Globalization;
using System.Text;
using AkkaHa.Messages.Errors;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Tests.Docs;

/// <summary>docs/errors.md, as the table of errors makes it.</summary>
internal static class ErrorsPage
{
    public const string File = "docs/errors.md";

    /// <summary>In the table, but no node of this version sends them.</summary>
    public static IReadOnlyList<ErrorCode> NotSentYet { get; } =
    [
        ErrorCode.Unauthenticated,
    ];

    public static string Render()
    {
        var page = new StringBuilder(Before);
        page.Append("| code | HTTP | gRPC | what it says, and what to do |\n|---|---|---|---|\n");
        foreach (var row in ErrorTable.Rows)
            page.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {row.Http} | {row.Grpc} | {row.Meaning} |\n");
        page.Append(CultureInfo.InvariantCulture, $"\nNo node of this version sends {string.Join(", ", NotSentYet.Select(c => $"`{ErrorTable.Of(c).Name}`"))}: there is nothing yet that it is for.\n\n");
        page.Append(After);
        return page.ToString();
    }

    private const string Before = """
        # Errors

        <!-- Made from src/Messages/Errors/ErrorTable.cs by tests/Node.Tests/Docs/ErrorsPage.cs. Do not edit: change those, then
             AKKAHA_WRITE_DOCS=1 dotnet test tests/Node.Tests --filter ErrorsPage -->

        One table for all transports. A refusal is a value with a code; a code says what is certain.

        - **Most codes refuse**: nothing was done. (After a wait, `LOCK_HELD` leaves the place in the queue.)
        - **`UNAVAILABLE`**: nothing was done *by this attempt*. If an earlier attempt of the same request went unanswered, that one may have been done.
        - **`OUTCOME_UNKNOWN`**: done or not. A code that a client does not know counts as this one.


        """;

    private const string After = """
        In the .NET client, `TXN_CONFLICT` is `TransactionConflictException`. The client throws it by itself too: when a key that a transaction read has changed before its commit.

        ## How they travel

        | | HTTP | gRPC |
        |---|---|---|
        | code | `code` in the body `{"code","message","details"}` of every response from 400 up | `ErrorInfo.reason`, domain `akkaha` |
        | details | `details`, an object | `ErrorInfo.metadata` for single values; a `Struct` beside it for all, left out beyond 4096 bytes |
        | retry hint of `UNAVAILABLE` | `Retry-After`, seconds | `RetryInfo` |
        | the node's clock | header `akkaha-time-ms` on every response | metadata of the same name |
        | how new its picture of the owners is | header `akkaha-ring-version`: higher than the sum of the epochs in your `/v1/ring`, that is old | metadata of the same name |

        `INVALID_ARGUMENT` comes as 405 (with `Allow`), 413 or 415 where HTTP says more than 400. `details.field` names the field.

        ## Details

        | code | details |
        |---|---|
        | `INVALID_ARGUMENT` | `field` |
        | `LOCK_HELD` | `holders` (each with `sessionId`, `holderId`, `label`, `mode`, `fence`, `heldSeconds`), `waiters` (others in the queue), `position` (yours, or the one you would have had), `holderCount` where there are more holders than it names; of an acquireAll also `lock`, which one of them |
        | `DEADLOCK` | `cycle`: each with `sessionId`, `flowId`, `label`, and the `lock` at which it waits for the next; the last waits for the first, which is you |
        | `FENCE_STALE` | of a release: `lastFence` |
        | `REVISION_MISMATCH` | `revision`, the one that the key has; `"0"` when it is absent |
        | `SESSION_EXPIRED` | `sessionId`, where the session's own slot said it |
        | `TXN_ABORTED`, `TXN_CONFLICT` | `reason`, `transactionId` |
        | `PARTIAL` | `kind`, `key`, `value` (as this node has it), `reached`, of a write `token` |
        | `UNAVAILABLE` of `/ready` | `reasons` |
        | `UNAVAILABLE` of a node that has too much to do | `reason`: `overload`. Ask the same node again, after the hint and as much again by chance |
        | `UNAVAILABLE` of a backup | `reason`: `unreadable`, `entity`: the one that can't be read. Beginning again does not help ([backups](backups.md#backup-and-restore)) |

        Reasons of `TXN_ABORTED`: `deadline` (with `TXN_CONFLICT` it is `conflict`: not decided in its time either, and an older transaction was in its way at least once); `recovery` (its coordinator's node died before every participant had prepared); `never started` (its coordinator's node died before it was begun durably); `resolved` (somebody asked for an id that was never heard of to be aborted); another payload under the same id; an `add` or `append` that can't be done; results beyond the limit. A new try needs a new transaction id.

        In .NET there is one exception class for each code, all of them an `AkkaHaException` with `Code` and `Details`; see `src/ClientApi/Errors`.

        """;
}
