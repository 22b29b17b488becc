using System.Diagnostics;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Overload;
using AkkaHa.Node.Settings;

namespace AkkaHa.Node.Tests.Overload;

/// <summary>Makes an admission believe what a test needs.</summary>
internal static class Busy
{
    public static readonly NewWork Get = NewWork.Of(new Command { GetKey = new GetKeyRequest() })!;
    public static readonly NewWork Put = NewWork.Of(new Command { PutKey = new PutKeyRequest() })!;

    /// <summary>One with so many calls under way that it may refuse.</summary>
    public static Admission Node()
    {
        var admission = new Admission(new OverloadSettings());
        Calls(admission, Admission.Few);
        return admission;
    }

    /// <summary>Even the shortest wait there has been this long, for a second.</summary>
    public static void Wait(Admission admission, Wait place, double seconds)
    {
        if (place == AkkaHa.Node.Overload.Wait.Journal)
        {
            // What is usual.
            admission.WaitedSince(place, Stopwatch.GetTimestamp());
            admission.EndWindow();
        }
        for (var window = 0; window < 10; window++)
        {
            // It counts from then to now.
            admission.WaitedSince(place, Stopwatch.GetTimestamp() - (long)(seconds * Stopwatch.Frequency));
            admission.EndWindow();
        }
    }

    /// <summary>One that waits for its turn.</summary>
    public static Command Awaiting(Admission admission)
    {
        var command = new Command { PutKey = new PutKeyRequest() };
        admission.Stamp(command);
        admission.AwaitTurn(command);
        return command;
    }

    /// <summary>So many calls are under way.</summary>
    public static IReadOnlyList<YoungCalls.Generation> Calls(Admission admission, int count) => [.. Enumerable.Range(0, count).Select(_ => admission.Enter())];
}
