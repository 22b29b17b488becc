using System.Collections.Concurrent;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Placement;
using AkkaHa.Node.Api;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>Records every command and answers as a test says.</summary>
internal sealed class FakeEntities : IEntities
{
    private readonly ConcurrentQueue<Command> asked = new();
    private readonly ConcurrentQueue<Command> told = new();

    public ShardMap Shards { get; } = new(64);

    /// <summary>Given the command and the caller's token.</summary>
    public Func<Command, CancellationToken, Task<Reply>> Answer { get; set; } = NoAnswer;

    public TimeSpan LastTimeout { get; private set; }

    public IReadOnlyList<Command> Asked => [.. asked];

    public IReadOnlyList<Command> Told => [.. told];

    /// <summary>Without its lot, which is drawn.</summary>
    public Command OnlyCommand
    {
        get
        {
            var command = Assert.Single(asked).Clone();
            command.Lot = 0;
            return command;
        }
    }

    public void Reset()
    {
        asked.Clear();
        told.Clear();
        Answer = NoAnswer;
    }

    public void AnswerWith(Reply reply) => Answer = (_, _) => Task.FromResult(reply);

    public Task<Reply> AskAsync(Command command, TimeSpan timeout, CancellationToken ct)
    {
        asked.Enqueue(command.Clone());
        LastTimeout = timeout;
        return Answer(command, ct);
    }

    public void Tell(Command command) => told.Enqueue(command.Clone());

    private static Task<Reply> NoAnswer(Command command, CancellationToken ct) => throw new InvalidOperationException($"nothing should have been asked, but {command} was");
}
