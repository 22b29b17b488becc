namespace AkkaHa.Cli.Demo;

/// <summary>Waits as people read them.</summary>
static class Wait
{
    /// <summary>Milliseconds below a second, seconds above.</summary>
    public static string Of(TimeSpan wait) => wait < TimeSpan.FromSeconds(1) ? $"{wait.TotalMilliseconds:0} ms" : $"{wait.TotalSeconds:0.0} s";
}
