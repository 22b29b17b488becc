using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Messages.V1;
using CsCheck;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>Who would go to the end of a queue may wait a little for company (ADR 0042): a release that comes meanwhile shares its write, and nothing else changes.</summary>
public sealed class LockCompanyTests
{
    private const double Long = 30;

    private static bool MayWait(Scenario scenario, Command command) => scenario.Entity.MayWait(command, scenario.Now);

    /// <summary>A lock held by session 1, and session 2, which waits for it, known to be alive.</summary>
    private static Scenario Wanted()
    {
        var scenario = Held();
        scenario.Ask(2, 2, Long);
        return scenario;
    }

    [Fact]
    public void Who_would_be_enqueued_may_wait_and_shares_the_row_of_the_release()
    {
        var scenario = Wanted();
        Assert.True(MayWait(scenario, Acquire(1, 3, Long)));
        var both = scenario.When(Acquire(1, 3, Long), Release(1, 1));
        Assert.Equal([Event.BodyOneofCase.LockEnqueued, Event.BodyOneofCase.LockReleased, Event.BodyOneofCase.LockGranted], both.Kinds);
        Assert.False(both.Answers(both));
        Assert.NotNull(both.Reply(1).ReleaseLock);
    }

    [Fact]
    public void Who_would_be_told_something_does_not()
    {
        Assert.False(MayWait(Scenario.Fresh(Id), Acquire(1, 1, Long)));
        var scenario = Wanted();
        // Takes no for an answer; waits for so short a time that it would notice; is not known to be alive, and would be asked about; has it; waits already.
        Assert.False(MayWait(scenario, Acquire(1, 3)));
        Assert.False(MayWait(scenario, Acquire(1, 3, 0.4)));
        Assert.False(MayWait(scenario, Acquire(3, 3, Long)));
        Assert.False(MayWait(scenario, Acquire(1, 1, Long)));
        Assert.False(MayWait(scenario, Acquire(2, 2, Long, attempt: 2)));
        foreach (var other in (Command[])[Release(1, 1), Cancel(2, 2), State, Alive(1), Gone(1), Force(9), Guard("t", 1)]) Assert.False(MayWait(scenario, other));
        // Is remembered: it had the lock, and has given it back.
        scenario.When(Release(1, 1));
        Assert.False(MayWait(scenario, Acquire(1, 1, Long, attempt: 2)));
    }

    [Fact]
    public void Who_fits_in_or_would_be_refused_does_not()
    {
        var scenario = Scenario.Fresh(Id);
        scenario.Have(1, LockMode.Shared);
        scenario.Ask(2, 2, Long, mode: LockMode.Shared);
        Assert.False(MayWait(scenario, Acquire(2, 3, Long, mode: LockMode.Shared)));
        Assert.True(MayWait(scenario, Acquire(2, 3, Long)));
        var full = Held();
        full.When([.. Enumerable.Range(0, Messages.Limits.WaitersPerLock).Select(i =>
        {
            var acquire = Acquire(1, 0, Long);
            acquire.RequestId = Make.RequestId(atMs: -i, number: 200);
            return acquire;
        })]);
        Assert.False(MayWait(full, Acquire(1, 2, Long)));
    }

    [Fact]
    public void Left_to_wait_all_is_decided_as_it_is_at_once() => Gen.Select(Gen.Int[0, 11], Gen.Int[1, 3], Gen.Int[0, 30]).Array[1, 60].Sample(steps =>
    {
        var (atOnce, later) = (new Course(waits: false), new Course(waits: true));
        foreach (var (what, who, number) in steps)
        {
            var command = CommandOf(what, (byte)who, number);
            atOnce.Take(command);
            later.Take(command);
        }
        Assert.Equal(atOnce.End(), later.End());
    }, iter: 2000);

    private static Command CommandOf(int what, byte who, int number) => what switch
    {
        < 6 => Acquire(who, (byte)number, what == 0 ? 0 : Long, mode: what == 1 ? LockMode.Shared : LockMode.Exclusive),
        < 9 => Release(who, number % 12, request: (byte)(100 + number)),
        9 => Cancel(who, (byte)number),
        10 => number % 5 == 0 ? Gone(who) : State,
        _ => Force((byte)(200 + number), fence: number % 12),
    };

    /// <summary>A lock that takes one command after the other, each at once, or left undecided while it may be.</summary>
    private sealed class Course(bool waits)
    {
        private readonly Scenario scenario = Wanted();
        private readonly List<Command> left = [];
        private readonly List<string> replies = [];

        public void Take(Command command)
        {
            left.Add(command);
            if (!waits || !left.TrueForAll(c => MayWait(scenario, c))) Decide();
        }

        public string End()
        {
            if (left.Count > 0) Decide();
            return $"{string.Join('\n', replies.Order(StringComparer.Ordinal))}\n{scenario.Entity.TakeSnapshot()}";
        }

        private void Decide()
        {
            for (Command[] next = [.. left]; next.Length > 0;)
            {
                var then = scenario.When(next);
                replies.AddRange(then.Batch.Now.Concat(then.Batch.Afterwards).OfType<AnswerEffect>().Select(a => $"{a.Call.RequestId}: {a.Reply}"));
                // Sessions live, and say so when they are asked.
                next = [.. then.Sent.Where(s => s.Command.AskLiveness is not null).Select(s => Make.From(s.To, new Command
                {
                    Liveness = new Liveness { SessionId = s.Command.AskLiveness.SessionId, Question = s.Command.AskLiveness.Question, Alive = true, RemainingMs = 10_000 },
                }))];
            }
            left.Clear();
        }
    }
}
