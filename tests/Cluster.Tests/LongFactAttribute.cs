using Xunit;

namespace AkkaHa.Cluster.Tests;

/// <summary>For what <c>./test.sh --long</c> runs and <c>./test.sh</c> has no time for.</summary>
internal sealed class LongFactAttribute : FactAttribute
{
    /// <summary>Whether this is that run.</summary>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("AKKAHA_LONG") == "1";

    public LongFactAttribute()
    {
        if (!IsOn) Skip = "./test.sh --long runs it";
    }
}

/// <summary>The same, for each of several cases.</summary>
internal sealed class LongTheoryAttribute : TheoryAttribute
{
    public LongTheoryAttribute() => Skip = new LongFactAttribute().Skip;
}
