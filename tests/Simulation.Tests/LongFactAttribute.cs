using Xunit;

namespace AkkaHa.Simulation.Tests;

/// <summary>For what <c>./test.sh --long</c> runs and <c>./test.sh</c> has no time for.</summary>
internal sealed class LongFactAttribute : FactAttribute
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("AKKAHA_LONG") == "1";

    public LongFactAttribute()
    {
        if (!IsOn) Skip = "./test.sh --long runs it";
    }
}
