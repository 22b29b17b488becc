using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using Grpc.Core;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>A client's side of a pipeline.</summary>
internal sealed class PipelineStream(ApiHost host) : IDisposable
{
    public const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly AsyncDuplexStreamingCall<CallBatch, AnswerBatch> stream = new Calls.CallsClient(host.Grpc).Pipeline();
    private readonly Queue<PipelinedAnswer> answers = new();

    /// <summary>The last message that came.</summary>
    public AnswerBatch Last => stream.ResponseStream.Current;

    /// <summary>Before anything is sent, the node says that it reads.</summary>
    public async Task BeginAsync()
    {
        Assert.True(await NextAsync());
        Assert.Empty(Last.Answers);
    }

    public Task SendAsync(params PipelinedCall[] calls) => stream.RequestStream.WriteAsync(new CallBatch { Calls = { calls } });

    /// <summary>As written at a time of the client's clock.</summary>
    public Task SendAsync(long sentMs, params PipelinedCall[] calls) => stream.RequestStream.WriteAsync(new CallBatch { SentMs = sentMs, Calls = { calls } });

    /// <summary>Sends nothing more.</summary>
    public Task CompleteAsync() => stream.RequestStream.CompleteAsync();

    /// <summary>The next message, whatever is in it. False: there is none any more.</summary>
    public Task<bool> NextAsync() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience);

    /// <summary>The next answer.</summary>
    public async Task<PipelinedAnswer> TakeAsync()
    {
        while (answers.Count == 0)
        {
            Assert.True(await NextAsync());
            foreach (var answer in Last.Answers) answers.Enqueue(answer);
        }
        return answers.Dequeue();
    }

    /// <summary>Call 1 waits for a lock that it does not get; keys are answered.</summary>
    public async Task WaitForLockAsync(string requestId)
    {
        var waiting = new TaskCompletionSource();
        host.Entities.Answer = async (command, ct) =>
        {
            if (command.CancelLock is not null) return new Reply { CancelLock = new CancelLockResponse { Cancelled = true } };
            if (command.GetKey is not null) return new Reply { KeyValue = new KeyValue { Key = "k", Revision = 1 } };
            waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
            return new Reply();
        };
        await SendAsync(new PipelinedCall { Id = 1, AcquireLock = new AcquireLockRequest { Name = "l", SessionId = Session, RequestId = requestId, WaitSeconds = 60 } });
        await waiting.Task.WaitAsync(Patience);
    }

    /// <summary>The lock was told that nobody waits any more.</summary>
    public Task TakenBackAsync(string requestId) => UntilAsync(() => host.Entities.Asked.Any(c => c.CancelLock?.RequestId == requestId));

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition()) await Task.Delay(10, patience.Token);
    }

    public void Dispose() => stream.Dispose();
}
