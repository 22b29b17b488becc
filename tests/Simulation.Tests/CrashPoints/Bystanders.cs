using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Simulation.Tests.Clients;
using AkkaHa.Simulation.Tests.World;

namespace AkkaHa.Simulation.Tests.CrashPoints;

/// <summary>Others who look at what the transaction is about, all the time: how long do they wait, and what do they see?</summary>
sealed class Bystanders(SimulatedWorld world, SessionId? session)
{
    private const long EveryMs = 100;
    private const long GiveUpMs = 60_000;

    private bool over;

    public long LongestWaitMs { get; private set; }

    public List<KeyCall> Reads { get; } = [];

    public void Begin(IEnumerable<EntityId> participants)
    {
        var number = 10;
        foreach (var participant in participants)
        {
            var client = new Client(world, number++);
            world.Scheduler.After(0, () => Look(client, participant));
        }
    }

    public void End() => over = true;

    private async void Look(Client client, EntityId at)
    {
        try
        {
            while (!over)
            {
                var from = client.Now;
                var answer = await client.Ask(at, () => Question(at), GiveUpMs);
                LongestWaitMs = Math.Max(LongestWaitMs, answer.At - from);
                if (answer.Reply?.KeyValue is { } seen)
                    Reads.Add(new KeyCall(at.Name, KeyAction.Get, KeyEnd.Done, from, answer.At) { Seen = seen.Value.ToStringUtf8(), Revision = seen.Revision });
                await world.Scheduler.Delay(EveryMs);
            }
        }
        catch (Exception e)
        {
            world.Fail("looking", e.ToString());
        }
    }

    private Command Question(EntityId at) => at.Kind switch
    {
        EntityId.KeyKind => new Command { GetKey = new GetKeyRequest { Key = at.Name } },
        EntityId.LockKind => new Command { GetLock = new GetLockRequest { Name = at.Name } },
        _ => new Command { GetSession = new GetSessionRequest { SessionId = session!.Value.Text } },
    };
}
