using AkkaHa.Core.Entities;
using AkkaHa.Core.Tests.Entities;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using CsCheck;
using Xunit;
using static AkkaHa.Core.Tests.Locks.LockScenario;

namespace AkkaHa.Core.Tests.Locks;

/// <summary>Any order of acquires in all modes, upgrades, releases, ends, cancels, force, guards and failovers: what is stored is allowed, each call is answered once, and nobody waits for ever.</summary>
public sealed class LockPropertyTests
{
    private static readonly Gen<(int What, int Who, int Number)[]> Steps = Gen.Select(Gen.Int[0, 20], Gen.Int[1, 4], Gen.Int[0, 999]).Array[1, 60];

    [Fact]
    public void Nobody_has_what_does_not_go_together_nobody_is_overtaken_and_nobody_is_forgotten() => Steps.Sample(steps => Run(steps, RuleSwitches.AllOn), iter: 3000);

    [Theory]
    [InlineData(nameof(RuleSwitches.LockModes))]
    [InlineData(nameof(RuleSwitches.LockFifo))]
    [InlineData(nameof(RuleSwitches.FenceGrowth))]
    [InlineData(nameof(RuleSwitches.PinBeforeRelease))]
    [InlineData(nameof(RuleSwitches.LivenessAtGuard))]
    [InlineData(nameof(RuleSwitches.EveryRequestCounts))]
    public void Without_one_of_the_rules_it_is_red(string rule)
    {
        var rules = RuleSwitches.AllOn with { };
        typeof(RuleSwitches).GetProperty(rule)!.SetValue(rules, false);
        Assert.ThrowsAny<Exception>(() => Steps.Sample(steps => Run(steps, rules), iter: 3000));
    }

    private static void Run((int What, int Who, int Number)[] steps, RuleSwitches rules)
    {
        var run = new LockRun(rules);
        foreach (var (what, who, number) in steps) run.Step(what, (byte)who, number);
        run.Heal();
    }

    /// <summary>One course of things.</summary>
    private sealed class LockRun(RuleSwitches rules)
    {
        private readonly Scenario scenario = Scenario.Fresh(Id, rules: rules);
        private readonly LockModel model = new();
        private readonly HashSet<string> dead = [];
        private readonly HashSet<string> asked = [];
        private readonly HashSet<long> owed = [];
        private readonly List<Command> acquires = [];
        private readonly List<string> guards = [];
        private readonly List<Command> decided = [];

        /// <summary>By request: the fence that it was told it has.</summary>
        private readonly Dictionary<string, long> told = new(StringComparer.Ordinal);
        private readonly HashSet<string> cancelled = new(StringComparer.Ordinal);
        private readonly Dictionary<string, long> fences = new(StringComparer.Ordinal);
        private int folded;
        private long lastCall;
        private int lastId;

        public void Step(int what, byte who, int number)
        {
            switch (what)
            {
                case < 8: Acquire(who, number); break;
                case < 11: Release(number); break;
                case 11:
                    if (acquires.Count == 0) break;
                    Command[] held = [.. acquires.Where(a => told.TryGetValue(a.RequestId, out var fence) && model.Holders.ContainsKey(fence))];
                    var acquire = number % 2 == 0 && held.Length > 0 ? held[number % held.Length] : acquires[number % acquires.Count];
                    cancelled.Add(acquire.RequestId);
                    When(CancelOf(acquire));
                    break;
                case 12: if (acquires.Count > 0) When(Repeat(number % acquires.Count)); break;
                case 13: if (Upgradeable is { } fence) When(New(new Command { UpgradeLock = new UpgradeLockRequest { Name = "l", SessionId = model.Holders[fence].Session, Fence = fence, WaitSeconds = number % 2 * 30 } })); break;
                case 14: When(New(Force(0, fence: number % 2 == 0 && model.Holders.Count > 0 ? model.Holders.First().Key : 0))); break;
                case 15:
                    if (number % 3 == 0) dead.Add(Session(who));
                    if (dead.Contains(Session(who))) When(Gone(who));
                    break;
                case 16: Pass(number * 10); break;
                case 17:
                    owed.Clear();
                    asked.Clear();
                    // Meanwhile somebody has died, of which nobody tells the lock.
                    if (number % 4 < 2) dead.Add(Session(who));
                    _ = number % 2 == 0 ? scenario.Restart(scenario.Entity.Epoch + 1) : scenario.RestartFromSnapshot(scenario.Entity.Epoch + 1);
                    When(State);
                    break;
                case 18: Guard(number); break;
                case 19: ComeAgain(number); break;
                default: AnswerQuestions(); break;
            }
            if (number % 3 != 0) AnswerQuestions();
        }

        /// <summary>Everything that is in the way goes: then all who wait get what they want, or are told that they do not.</summary>
        public void Heal()
        {
            foreach (var guard in guards) When(Make.Abort(guard));
            // A word of before may have been lost with an activation.
            foreach (var decision in decided) When(decision.Clone());
            for (var round = 0; round < 200; round++)
            {
                AnswerQuestions();
                foreach (var (fence, holder) in model.Holders.ToArray())
                    When(New(new Command { ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = holder.Session, Fence = fence } }));
                if (model.Queue.Count == 0 && model.Holders.Count == 0 && owed.Count == 0) return;
                // Those without an open call keep their places for a while.
                Pass(100);
            }
            Assert.Fail($"{model.Queue.Count} wait, {model.Holders.Count} hold, {owed.Count} calls are not answered");
        }

        private long? Upgradeable => model.Holders.Where(h => h.Value.Mode == LockMode.Upgradeable).Select(h => (long?)h.Key).FirstOrDefault();

        private void Acquire(byte who, int number)
        {
            var semaphore = number % 10 == 0;
            var mode = semaphore ? LockMode.Semaphore : (LockMode)(number % 3);
            var command = LockScenario.Acquire(who, 0, number % 4 == 0 ? 0 : 30, 1, number % 7 == 0 ? "h" : "", mode, semaphore ? 1 + (number / 10 % 2) : 0, semaphore ? 3 : 0);
            acquires.Add(New(command));
            When(command);
        }

        /// <summary>The same holder, by another request.</summary>
        private void ComeAgain(int number)
        {
            if (model.Holders.Count == 0) return;
            var has = model.Holders.ElementAt(number % model.Holders.Count).Value;
            var command = New(new Command
            {
                AcquireLock = new AcquireLockRequest { Name = "l", SessionId = has.Session, HolderId = has.HolderId, Mode = has.Mode, Permits = has.Permits, Limit = has.Limit, WaitSeconds = number % 2 * 30 }, Attempt = 1,
            });
            acquires.Add(command);
            When(command);
        }

        private Command Repeat(int which)
        {
            acquires[which] = acquires[which].Clone();
            acquires[which].Attempt++;
            return acquires[which];
        }

        private void Release(int number)
        {
            if (model.Holders.Count == 0) return;
            var (fence, holder) = model.Holders.ElementAt(number % model.Holders.Count);
            When(New(new Command { ReleaseLock = new ReleaseLockRequest { Name = "l", SessionId = holder.Session, Fence = fence } }));
        }

        private void Guard(int number)
        {
            if (guards.Count > 0 && number % 2 == 0)
            {
                var decision = number % 4 == 0 && CommitOf(guards[0]) is { } commit ? commit : Make.Abort(guards[0]);
                decided.Add(decision);
                When(decision);
                guards.RemoveAt(0);
                return;
            }
            guards.Add($"t{++lastId}");
            fences[guards[^1]] = model.Holders.Count > 0 ? model.Holders.Last().Key : 1;
            When(LockScenario.Guard(guards[^1], fences[guards[^1]], timestampMs: lastId));
        }

        /// <summary>Only what has voted is ever committed.</summary>
        private Command? CommitOf(string transaction)
        {
            var row = scenario.Journal.ToList().FindLastIndex(r => r.Events.Any(e => e.Prepared?.TransactionId == transaction));
            return row < 0 ? null : Make.Commit(transaction, 1, row + 1);
        }

        private static Command CancelOf(Command acquire) =>
            new() { CancelLock = new CancelLockRequest { Name = "l", SessionId = acquire.AcquireLock.SessionId, RequestId = acquire.RequestId } };

        private void AnswerQuestions()
        {
            foreach (var session in asked.ToArray())
            {
                asked.Remove(session);
                When(Make.From(Messages.EntityId.SessionSlot(4), new Command { Liveness = new Liveness { SessionId = session, Alive = !dead.Contains(session), RemainingMs = 10_000 } }));
            }
        }

        /// <summary>What a cancel ends, nobody has been told of who has not cancelled.</summary>
        private void CheckCancelled(Messages.Storage.Event one)
        {
            if (one.LockReleased is { Reason: "cancelled" } released)
                Assert.All(told.Where(t => t.Value == released.Fence), t => Assert.Contains(t.Key, cancelled));
            if (one.LockUpgraded is not { } upgraded) return;
            foreach (var request in told.Where(t => t.Value == upgraded.Fence).Select(t => t.Key).ToArray()) told[request] = upgraded.NewFence;
        }

        private void Pass(int ms)
        {
            scenario.After(ms);
            When();
        }

        private Command New(Command command)
        {
            command.RequestId = Make.RequestId(scenario.Now.WallMs - Scenario.StartMs + ++lastId);
            return command;
        }

        private void When(params Command[] commands)
        {
            foreach (var command in commands)
            {
                lastCall++;
                if (CommandKinds.HasCaller(command)) owed.Add(lastCall);
            }
            var then = scenario.When(commands);
            foreach (var one in scenario.Journal.Skip(folded).SelectMany(r => r.Events))
            {
                // Whoever has been seen to end guards nothing any more, whatever the rows say.
                if (one.Prepared is { } prepared && prepared.Conditions[0].Held) Assert.DoesNotContain(model.Holders[fences[prepared.TransactionId]].Session, dead);
                model.Fold(one);
                CheckCancelled(one);
            }
            folded = scenario.Journal.Count;
            foreach (var answer in then.Batch.Now.Concat(then.Batch.Afterwards).OfType<AnswerEffect>())
            {
                Assert.True(owed.Remove(answer.Call.Id), $"call {answer.Call.Id} was answered twice");
                if (answer.Reply.LockGrant is { } grant && acquires.Exists(a => a.RequestId == answer.Call.RequestId)) told[answer.Call.RequestId] = grant.Fence;
            }
            foreach (var question in then.Sent.Where(s => s.Command.AskLiveness is not null)) asked.Add(question.Command.AskLiveness.SessionId);
        }
    }
}
