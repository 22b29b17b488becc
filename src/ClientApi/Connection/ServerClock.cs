using System.Globalization;
using AkkaHa.Messages;
using Grpc.Core;

namespace AkkaHa.ClientApi.Connection;

/// <summary>
/// The servers' wall clock as seen from here. Request ids carry their issue time and servers refuse what looks too old or too new, so a
/// client whose own clock is wrong must use theirs. Between answers it runs on monotonic time: a jump of the local clock changes nothing.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    // How much the two clocks may drift apart: after a while a wider but newer sample is better than a narrow old one.
    private const double DriftMsPerSecond = 1;

    private volatile Sample? _best;

    /// <summary>Whether a server has been heard. Before that, it is the local clock.</summary>
    public bool IsKnown => _best is not null;

    public DateTimeOffset UtcNow => _best is { } best
        ? DateTimeOffset.FromUnixTimeMilliseconds((long)(best.ServerMs + time.GetElapsedTime(best.At).TotalMilliseconds))
        : time.GetUtcNow();

    /// <summary>Takes what an answer says, unless there is a narrower sample. The server read its clock between sending and now: half the round trip is the best guess.</summary>
    public void Observe(Metadata? headers, long sentAt)
    {
        if (headers?.GetValue(ResponseHeaders.Time) is not { } text || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var serverMs)) return;
        var roundTripMs = time.GetElapsedTime(sentAt).TotalMilliseconds;
        if (_best is { } best && roundTripMs > best.RoundTripMs + (time.GetElapsedTime(best.At).TotalSeconds * DriftMsPerSecond)) return;
        _best = new Sample(serverMs + (roundTripMs / 2), time.GetTimestamp(), roundTripMs);
    }

    private sealed record Sample(double ServerMs, long At, double RoundTripMs);
}
