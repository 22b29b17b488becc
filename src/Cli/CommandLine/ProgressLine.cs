namespace AkkaHa.Cli.CommandLine;

/// <summary>How far something long is: one line on standard error that is written over and over, and is gone at the end. Where that is no terminal: nothing.</summary>
sealed class ProgressLine : IDisposable
{
    const string ToItsBeginning = "\r\e[K";

    readonly TextWriter error;
    readonly bool shows;
    readonly int width;
    readonly Lock gate = new();
    bool shown;

    public ProgressLine(TextWriter error)
    {
        this.error = error;
        shows = error == Console.Error && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        width = shows && Console.WindowWidth > 1 ? Console.WindowWidth - 1 : 79;
    }

    public void Show(string text)
    {
        if (!shows) return;
        lock (gate)
        {
            shown = true;
            error.Write(ToItsBeginning + (text.Length > width ? text[..width] : text));
            error.Flush();
        }
    }

    /// <summary>Before something else is written there.</summary>
    public void Clear()
    {
        lock (gate)
        {
            if (!shown) return;
            shown = false;
            error.Write(ToItsBeginning);
            error.Flush();
        }
    }

    public void Dispose() => Clear();
}
