namespace AkkaHa.Cli.CommandLine;

/// <summary>Standard input as a whole.</summary>
static class Input
{
    // Beyond anything that a node takes in one message: a wrong pipe must not fill the memory first.
    const int Limit = 8 * 1024 * 1024;

    public static async Task<byte[]> ReadAsync(CancellationToken cancel)
    {
        await using var input = Console.OpenStandardInput();
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await input.ReadAsync(buffer, cancel) is var read and > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > Limit) throw new InvalidCommandException($"standard input has more than {Limit} bytes");
        }
        return all.ToArray();
    }
}
