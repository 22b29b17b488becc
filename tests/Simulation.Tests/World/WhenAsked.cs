using System.Runtime.CompilerServices;
using AkkaHa.Core.Entities;
using AkkaHa.Messages.Storage;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>Text that is only put together in a world that traces or counts: most do neither, and are run by the million.</summary>
[InterpolatedStringHandler]
ref struct WhenAsked
{
    private DefaultInterpolatedStringHandler text;

    public WhenAsked(int literalLength, int formattedCount, SimulatedWorld world, out bool asked)
    {
        asked = world.IsTracing || world.IsCounting;
        text = asked ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    public string Text() => text.ToStringAndClear();
}

/// <summary>Short names, for traces.</summary>
static class Names
{
    public static string Of(IEnumerable<Incoming> commands) => string.Join(", ", commands.Select(c => c.Command.BodyCase));

    public static string Of(IEnumerable<Envelope> rows) => string.Join(" | ", rows.Select(r => string.Join(", ", r.Events)));
}
