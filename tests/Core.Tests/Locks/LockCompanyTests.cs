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
        // Comes again, and the attempt before may be waiting here; is remembered, having had the lock and given it back; is of a time when nobody remembers, or of one that has not come.
        Assert.False(MayWait(scenario, Acquire(1, 3, Long, attempt: 2)));
        scenario.When(Acquire(1, 9, Long));
        scenario.When(Release(1, 1));
        Assert.False(MayWait(scenario, Acquire(1, 1, Long)));
        Assert.True(MayWait(scenario, Of(5, 0)));
        Assert.False(MayWait(scenario, Of(5, (Messages.Limits.ClockAheadSeconds + 1) * 1000L)));
        Assert.False(MayWait(scenario, Of(5, -Messages.Limits.OutcomeSeconds * 2000L)));
    }

    /// <summary>An acquire by session 1 whose id was made then.</summary>
    private static Command Of(byte number, long atMs)
    {
        var acquire = Acquire(1, 0, Long);
        acquire.RequestId = Make.RequestId(atMs, number);
        return acquire;
    }

    [Fact]
    public void Whoever_wants_it_as_something_else_is_refused_and_does_not()
    {
        var scenario = Wanted();
        Assert.False(MayWait(scenario, Acquire(1, 3, Long, mode: LockMode.Semaphore, permits: 1, limit: 3)));
        var semaphore = Scenario.Fresh(Id);
        semaphore.Have(1, LockMode.Semaphore, permits: 2, limit: 2);
        semaphore.Ask(2, 2, Long, mode: LockMode.Semaphore, permits: 1, limit: 2);
        Assert.True(MayWait(semaphore, Acquire(2, 3, Long, mode: LockMode.Semaphore, permits: 1, limit: 2)));
        Assert.False(MayWait(semaphore, Acquire(2, 3, Long, mode: LockMode.Semaphore, permits: 1, limit: 3)));
        Assert.False(MayWait(semaphore, Acquire(2, 3, Long)));
        var twice = Held();
        twice.When(Acquire(1, 5, Long, holderId: "h"));
        Assert.True(MayWait(twice, Acquire(1, 6, Long, holderId: "h")));
        Assert.False(MayWait(twice, Acquire(1, 6, Long, holderId: "h", mode: LockMode.Shared)));
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
        full.When([.. Enumerable.Range(0, Messages.Limits.WaitersPerLock).Select(i => Of(200, -i))]);
        Assert.False(MayWait(full, Acquire(1, 2, Long)));
    }

    private static readonly Gen<(int What, int Who, int Number)[]> Steps = Gen.Select(Gen.Int[0, 13], Gen.Int[1, 3], Gen.Int[0, 30]).Array[1, 60];

    [Fact]
    public void Left_to_wait_all_is_decided_as_it_is_at_once() => Steps.Sample(steps =>
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

    [Fact]
    public void Decided_alone_what_may_wait_is_in_the_queue_and_tells_nobody_anything()
    {
        var waited = 0;
        Steps.Sample(steps =>
        {
            var course = new Course(waits: false);
            foreach (var (what, who, number) in steps)
            {
                if (number == 7) course.Pass(100 * (1 + who));
                waited += course.Take(CommandOf(what, (byte)who, number)) ? 1 : 0;
            }
        }, iter: 2000, threads: 1);
        Assert.InRange(waited, 1000, int.MaxValue);
    }

    private static Command CommandOf(int what, byte who, int number) => what switch
    {
        < 6 => Acquire(who, (byte)number, what == 0 ? 0 : Long, mode: what == 1 ? LockMode.Shared : LockMode.Exclusive, attempt: what == 2 ? 2u : 1, holderId: what == 3 ? $"{number % 3}" : ""),
        < 9 => Release(who, number % 12, request: (byte)(100 + number)),
        9 => Cancel(who, (byte)number),
        10 => number % 5 == 0 ? Gone(who) : State,
        11 => Force((byte)(200 + number), fence: number % 12),
        12 => Upgrade(who, number % 12, (byte)(50 + number), Long),
        _ => Acquire(who, (byte)number, Long, mode: LockMode.Semaphore, permits: 1 + (number % 2), limit: 2),
    };

    /// <summary>A lock that takes one command after the other, each at once, or left undecided while it may be.</summary>
    private sealed class Course(bool waits)
    {
        private readonly Scenario scenario = Wanted();
        private readonly List<Command> left = [];
        private readonly List<string> replies = [];
        private Then? last;

        /// <returns>Whether it might have waited.</returns>
        public bool Take(Command command)
        {
            var mayWait = MayWait(scenario, command) && !(scenario.Entity.WakeAtMs <= scenario.Now.MonoMs);
            left.Add(command);
            if (!waits)
            {
                var told = replies.Count;
                Decide();
                if (mayWait) Assert.Equal((told, "LockEnqueued", 0), (replies.Count, string.Join(' ', last!.Kinds), last.Sent.Count));
                return mayWait;
            }
            if (!left.TrueForAll(c => MayWait(scenario, c))) Decide();
            return mayWait;
        }

        /// <summary>What is due by then is done.</summary>
        public void Pass(long ms) => scenario.WhenTimePasses(ms);

        public string End()
        {
            if (left.Count > 0) Decide();
            return $"{string.Join('\n', replies.Order(StringComparer.Ordinal))}\n{scenario.Entity.TakeSnapshot()}";
        }

        private void Decide()
        {
            last = null;
            for (Command[] next = [.. left]; next.Length > 0;)
            {
                var then = scenario.When(next);
                last ??= then;
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
