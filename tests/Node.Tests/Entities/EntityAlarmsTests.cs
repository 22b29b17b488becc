using Akka.Actor;
using Akka.TestKit.Xunit2;
using AkkaHa.Node.Entities;
using Xunit;

namespace AkkaHa.Node.Tests.Entities;

/// <summary>A ring too many costs little; one that is lost is a lock, or a transaction, that nobody looks at any more.</summary>
public sealed class EntityAlarmsTests : TestKit
{
    private const long Far = 60_000;
    private const long Soon = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly IActorRef bell;

    public EntityAlarmsTests() => bell = Sys.ActorOf(Props.Create(() => new Bell(TestActor)));

    [Fact]
    public async Task What_is_due_sooner_than_what_it_is_set_for_rings_sooner()
    {
        bell.Tell(Far);
        bell.Tell(Soon);
        await ExpectMsgAsync<EntityAlarms.Wake>(Patience);
    }

    [Fact]
    public async Task What_has_moved_on_rings_when_it_was_set_for_and_is_set_again_then()
    {
        bell.Tell(Soon);
        bell.Tell(Far);
        await ExpectMsgAsync<EntityAlarms.Wake>(Patience);
        bell.Tell(Soon);
        await ExpectMsgAsync<EntityAlarms.Wake>(Patience);
    }

    [Fact]
    public async Task What_is_not_due_does_not_ring()
    {
        bell.Tell("nothing");
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(4 * Soon));
    }

    private sealed class Bell : ReceiveActor, IWithTimers
    {
        private readonly EntityAlarms alarms = new();

        public Bell(IActorRef listener)
        {
            Receive<long>(afterMs => alarms.Set(Timers, NodeClock.Now().MonoMs + afterMs));
            Receive<string>(_ => alarms.Set(Timers, null));
            Receive<EntityAlarms.Wake>(wake =>
            {
                alarms.HasRung();
                listener.Tell(wake);
            });
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }
}
