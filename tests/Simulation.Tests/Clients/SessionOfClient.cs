using AkkaHa.Judge;
using AkkaHa.Judge.Sessions;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>A session as its client lives with it: it keeps it alive, unless it pauses, and reckons its end by its own clock.</summary>
sealed class SessionOfClient
{
    private readonly Client client;
    private readonly long ttlMs;

    private SessionOfClient(Client client, SessionId id, long ttlMs, long safeUntil)
    {
        this.client = client;
        this.ttlMs = ttlMs;
        Id = id;
        SafeUntil = safeUntil;
    }

    public SessionId Id { get; }

    public long SafeUntil { get; private set; }

    public long ClosedAt { get; private set; } = Time.Never;

    /// <summary>Since when it may have been ended by being closed: not by a close that found it ended.</summary>
    private long mayBeClosedSince = Time.Never;

    public long SeenEndedAt { get; private set; } = Time.Never;

    /// <summary>When its client was told that it is closed.</summary>
    public long SeenClosedAt { get; private set; } = Time.Never;

    public bool IsPaused { get; set; }

    /// <summary>Fences of holdings that were ended by force, as keepalives have told.</summary>
    public HashSet<(string Lock, long Fence)> Lost { get; } = [];

    public bool IsOver => SeenEndedAt != Time.Never || ClosedAt != Time.Never || client.Now >= SafeUntil;

    public SessionLife Life => new(Id.Text, SafeUntil, mayBeClosedSince, SeenEndedAt);

    /// <summary>From when on no lock may be given to it; by clocks that differ by less than one in a hundred.</summary>
    public SessionEndTold[] Ends =>
    [
        .. SeenEndedAt == Time.Never ? (SessionEndTold[])[] : [SessionEndTold.Of(Id.Text, SeenEndedAt + (ttlMs / 100), mayBeClosedSince < SeenEndedAt, ttlMs)],
        .. SeenClosedAt == Time.Never ? (SessionEndTold[])[] : [SessionEndTold.Of(Id.Text, SeenClosedAt + (ttlMs / 100), mayBeClosed: true, ttlMs)],
    ];

    public static async Task<SessionOfClient?> Open(Client client, long ttlMs, long giveUpMs = 6000)
    {
        var requestId = client.NewRequestId();
        var slot = client.World.Shards.SessionSlotFor(requestId);
        var from = client.Now;
        var answer = await client.Mutate(slot, () => new Command
        {
            CreateSession = new CreateSession
            {
                Request = new CreateSessionRequest { TtlSeconds = ttlMs / 1000.0, Label = $"client-{client.Number}" },
                SessionId = SessionId.Create(int.Parse(slot.Name), client.Rng.Uuid7(client.Now)).Text,
            },
        }, requestId, giveUpMs);
        if (answer.Reply?.CreateSession is not { } created || !SessionId.TryParse(created.SessionId, out var id)) return null;
        // How long ago the attempt that was done was sent is not known: the first was the earliest.
        var session = new SessionOfClient(client, id, ttlMs, from + SureMs(ttlMs));
        session.Live();
        return session;
    }

    /// <summary>The slot's clock may be faster than the client's, by less than one in a hundred.</summary>
    private static long SureMs(long ttlMs) => ttlMs * 99 / 100;

    private async void Live()
    {
        ulong lostSeen = 0;
        while (SeenEndedAt == Time.Never && ClosedAt == Time.Never && !client.Stopped)
        {
            await client.World.Scheduler.Delay(ttlMs / 4);
            if (IsPaused || client.Stopped || ClosedAt != Time.Never) continue;
            var from = client.Now;
            var answer = await client.Ask(Id.Entity, () => new Command { KeepAlive = new KeepAliveRequest { SessionId = Id.Text, LostSeen = lostSeen } }, ttlMs / 4);
            if (answer.Reply?.KeepAlive is { } alive)
            {
                SafeUntil = Math.Max(SafeUntil, from + SureMs(ttlMs));
                foreach (var lost in alive.Lost) Lost.Add((lost.Name, lost.Fence));
                if (alive.Lost.Count > 0) lostSeen = alive.LostPosition;
            }
            else Saw(answer);
        }
        if (SeenEndedAt != Time.Never) await MustBeOver();
    }

    /// <summary>Once anybody was told that it has ended, nobody is told that it lives.</summary>
    private async Task MustBeOver()
    {
        await client.World.Scheduler.Delay(client.Rng.Between(0, 3000));
        var answer = await client.Ask(Id.Entity, () => new Command { KeepAlive = new KeepAliveRequest { SessionId = Id.Text } }, ttlMs / 4);
        if (answer.Reply?.KeepAlive is not null) client.World.Fail("keeping alive", $"session {Id} has ended, and was kept alive at {answer.At}");
    }

    /// <summary>Takes notice when the answer says that the session has ended.</summary>
    public void Saw(Answer answer)
    {
        if (answer.Code == ErrorCode.SessionExpired) SawEnd(answer.At);
    }

    /// <summary>Somebody was told so at that time.</summary>
    public void SawEnd(long at) => SeenEndedAt = Math.Min(SeenEndedAt, at);

    public async Task<Answer> Close()
    {
        ClosedAt = Math.Min(ClosedAt, client.Now);
        var answer = await client.Mutate(Id.Entity, () => new Command { CloseSession = new CloseSessionRequest { SessionId = Id.Text } }, client.NewRequestId());
        if (answer.Code == ErrorCode.SessionExpired) Saw(answer);
        else mayBeClosedSince = ClosedAt;
        if (answer.Reply?.CloseSession is not null) SeenClosedAt = answer.At;
        if (answer.Reply?.CloseSession is not null && client.Rng.Chance(0.5)) await MustBeOver();
        return answer;
    }
}
