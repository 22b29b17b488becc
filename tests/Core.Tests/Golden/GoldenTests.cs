using System.Runtime.CompilerServices;
using AkkaHa.Messages.Storage;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Golden;

/// <summary>
/// Stored bytes decode for ever: a file for each stored event and snapshot, written once and never edited. AKKAHA_WRITE_GOLDEN=1 writes those that are missing.
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Rows => [.. Samples.Rows.Keys];

    public static TheoryData<string> Snapshots => [.. Samples.Snapshots.Keys];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_stored_row_decodes_to_what_it_was(string name) => Assert.Equal(Samples.Rows[name], Envelope.Parser.ParseFrom(Stored(name, Samples.Rows[name])));

    [Theory]
    [MemberData(nameof(Snapshots))]
    public void A_stored_snapshot_decodes_to_what_it_was(string name) => Assert.Equal(Samples.Snapshots[name], Snapshot.Parser.ParseFrom(Stored(name, Samples.Snapshots[name])));

    [Fact]
    public void Every_event_and_every_snapshot_has_its_file()
    {
        Assert.Equal(Enum.GetNames<Event.BodyOneofCase>().Except(["None"]).Order(), Samples.Rows.Keys.Select(WithoutAddition).Distinct().Order());
        Assert.Equal(Enum.GetNames<Snapshot.StateOneofCase>().Except(["None"]).Select(n => $"Snapshot.{n}").Order(), Samples.Snapshots.Keys.Select(WithoutAddition).Distinct().Order());
    }

    /// <summary>Of fields that were added later: <c>KeyWritten+Bound</c> is a KeyWritten.</summary>
    private static string WithoutAddition(string name) => name.Split('+')[0];

    private static byte[] Stored(string name, IMessage sample, [CallerFilePath] string here = "")
    {
        var file = Path.Combine(Path.GetDirectoryName(here)!, $"{name}.base64");
        if (!File.Exists(file) && Environment.GetEnvironmentVariable("AKKAHA_WRITE_GOLDEN") == "1") File.WriteAllText(file, Convert.ToBase64String(sample.ToByteArray()) + "\n");
        return Convert.FromBase64String(File.ReadAllText(file));
    }
}
