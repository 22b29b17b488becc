using System.Diagnostics;
using AkkaHa.ClientApi;

namespace AkkaHa.Cluster.Tests.Locks;

/// <summary>
/// A client in a process of its own. It takes a lock, says so, and does what it is told, a line each: <c>handle VALUE</c> writes through its own handle, <c>fence VALUE</c> with the bare fence, as whoever does not look at the
/// handle. It answers with what came of it, and whether its handle was lost when it began.
/// </summary>
internal static class HoldingClient
{
    /// <summary>So long that it is not over when the machine stands still for a while.</summary>
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(8);

    public static Process Start(string endpoints, string name, string key)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])[typeof(HoldingClient).Assembly.Location, "hold", endpoints, name, key]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public static async Task<int> RunAsync(string endpoints, string name, string key)
    {
        await using var client = AkkaHaClient.Connect(new AkkaHaClientOptions { Endpoints = endpoints, SessionTtl = Ttl });
        await using var held = await client.Locks.AcquireAsync(name);
        Console.WriteLine($"{held.SessionId} {held.Fence}");
        while (Console.ReadLine()?.Split(' ') is [var how, var value])
        {
            var lost = held.IsLost;
            string came;
            try
            {
                await client.Keys.PutAsync(key, value, guard: how == "handle" ? held : new Guard(name, held.Fence));
                came = "written";
            }
            catch (AkkaHaException e)
            {
                came = e.GetType().Name;
            }
            Console.WriteLine($"{(lost ? "lost" : "held")} {came}");
        }
        return 0;
    }
}
