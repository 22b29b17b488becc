using Xunit;

namespace AkkaHa.Dashboard.Tests;

/// <summary>Draws the pictures for the documentation: <c>AKKAHA_PICTURES=docs/images dotnet test tests/Dashboard.Tests --filter Picture</c>.</summary>
public sealed class PictureFactAttribute : FactAttribute
{
    public const string Variable = "AKKAHA_PICTURES";

    public PictureFactAttribute()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable))) Skip = $"draws pictures where {Variable} names a directory";
    }
}
