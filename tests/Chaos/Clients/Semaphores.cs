using AkkaHa.Chaos.Histories;
using AkkaHa.ClientApi;
using AkkaHa.Judge.Locks;
using AkkaHa.Messages;

namespace AkkaHa.Chaos.Clients;

/// <summary>Takes permits of a semaphore, one or more of three, believes in them for a while, and gives them back.</summary>
sealed class Semaphores(string name, AkkaHaClient client, Bench bench, int seed) : Holders(name, bench, seed)
{
    private const int Limit = 3;

    protected override async Task StepAsync()
    {
        var name = Use(EntityId.Lock(Names.Semaphore(Random.Next(Names.Semaphores), Now)));
        var permits = Random.Next(4) == 0 ? 2 : 1;
        var grant = new GrantOperation(Name, Now, 0, Outcome.Failed, name) { Use = LockUse.Semaphore, Permits = permits, Limit = Limit };
        (var held, grant) = await TakeAsync(grant, () => client.Locks.TryAcquireSemaphoreAsync(name, permits, Limit, Patience));
        if (held is null) return;
        await using (held)
        {
            var believed = grant.End;
            for (var looks = Random.Next(1, 4); looks > 0; looks--)
            {
                await Task.Delay(Random.Next(Random.Next(5) == 0 ? 1000 : 50));
                // The clock first: what it shows is then certainly no later than what the lock says.
                var now = Now;
                if (held.IsLost) break;
                believed = now;
            }
            Bench.Recorder.Add(Believed(grant, held, believed));
            await ReleaseAsync(held);
        }
    }
}
