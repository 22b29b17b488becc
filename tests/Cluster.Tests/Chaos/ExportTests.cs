using System.CommandLine;
using AkkaHa.Chaos.CommandLine;
using AkkaHa.Chaos.Histories;
using AkkaHa.Judge.Keys;
using Xunit;

namespace AkkaHa.Cluster.Tests.Chaos;

public sealed class ExportTests : IDisposable
{
    private readonly HistoryFiles files = new(Directory.CreateTempSubdirectory("akkaha-export-").FullName);

    public void Dispose() => Directory.Delete(files.Directory, recursive: true);

    private async Task<string[]> ExportAsync(params string[] options)
    {
        await using (var recorder = new Recorder(files))
        {
            recorder.Add(new ListOperation("c", 1, 2, Outcome.Ok, "t1", [new ListStepDone("l", "e", ["e"]), new ListStepDone("m", null, [])]));
            recorder.Add(new ListOperation("c", 3, 9, Outcome.Unknown, "t2", [new ListStepDone("l", "f", null)]));
            recorder.Add(new ListOperation("d", 4, 5, Outcome.Unknown, "t3", [new ListStepDone("m", "g", null)]));
            recorder.Add(new ResolveOperation("c", 20, 21, Outcome.Ok, "t2", Committed: true));
            recorder.Add(new RegistersOperation("r", 10, 11, Outcome.Ok, "t4", [new RegisterStepDone("p", null, null, 0), new RegisterStepDone("p", "1", null, 1), new RegisterStepDone("q", null, null, null)]));
            recorder.Add(new KeyOperation("k", 1, 2, Outcome.Ok, "a", KeyAction.Put) { Value = "v", Revision = 1 });
            recorder.Add(new KeyOperation("k", 3, 4, Outcome.Ok, "a", KeyAction.Get) { Seen = "v", Revision = 1 });
            recorder.Add(new KeyOperation("k", 5, 6, Outcome.Ok, "b", KeyAction.Put) { Value = "w", Revision = 1 });
            recorder.Add(new KeyOperation("k", 7, 8, Outcome.Ok, "b", KeyAction.Delete) { Revision = 2, Deleted = true });
        }
        var file = Path.Combine(files.Directory, "history.edn");
        Assert.Equal(0, await ExportCommand.Create().Parse([files.Directory, "--out", file, .. options]).InvokeAsync());
        return await File.ReadAllLinesAsync(file);
    }

    [Fact]
    public async Task A_saved_run_is_written_as_Jepsen_writes_it_with_every_beginning_and_end()
    {
        var lines = await ExportAsync();
        Assert.Equal(["invoke", "ok", "invoke", "invoke", "ok", "info"], lines.Select(l => l.Split(":type :")[1].Split(',')[0]));
        Assert.Equal("{:index 1, :type :ok, :process 0, :f :txn, :value [[:append 1 1] [:r 2 []]], :time 2000}", lines[1]);
        // It was unknown to its client, and committed as was learnt later.
        Assert.EndsWith(":value [[:append 1 2]], :time 21000}", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_were_never_deleted_and_several_in_one_transaction_are_registers() =>
        Assert.Equal([":value [[:w 1 1]], ", ":value [[:w 1 1]], ", ":value [[:r 1 nil]], ", ":value [[:r 1 1]], ", ":value [[:r 2 nil] [:w 2 2]], ", ":value [[:r 2 nil] [:w 2 2]], "], (await ExportAsync("--model", "rw-register")).Select(l => l[l.IndexOf(":value", StringComparison.Ordinal)..l.IndexOf(":time", StringComparison.Ordinal)]));
}
