using AkkaHa.Core.Entities;
using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.World;

/// <summary>The callers that one activation has begun to serve. Each gets one answer: its own, or that it can't be told, or nothing when the process is gone.</summary>
sealed class OpenCalls(SimulatedWorld world)
{
    private readonly HashSet<long> begun = [];
    private bool ended;

    public int Count => begun.Count;

    public void Begin(IReadOnlyList<Incoming> taken)
    {
        foreach (var one in taken)
            if (one.CallId != 0) begun.Add(one.CallId);
    }

    public void Answer(AnswerEffect answer, bool open, EntityId from)
    {
        if (answer.Call.Id == 0) return;
        if (!begun.Remove(answer.Call.Id))
        {
            // After its end they have all been told already that nothing can be told.
            if (!ended) world.Fail("answering", $"{from} answered call {answer.Call.Id} twice: {answer.Reply}");
            return;
        }
        if (open) world.Count($"answer {answer.Reply.Failure?.Code.ToString() ?? answer.Reply.BodyCase.ToString()}");
        if (open) world.Network.Answer(answer.Call.Id, answer.Reply);
        else Untold(answer.Call.Id, answer.Call.IsMutation);
    }

    /// <summary>The write of this batch has failed: for its callers the outcome is unknown.</summary>
    public void Unconfirmed(Batch batch)
    {
        foreach (var answer in batch.Afterwards.OfType<AnswerEffect>())
            if (begun.Remove(answer.Call.Id)) Untold(answer.Call.Id, answer.Call.IsMutation);
    }

    /// <summary>The activation is over. What was not begun was certainly not done.</summary>
    public void End(IReadOnlyList<Incoming> waiting)
    {
        ended = true;
        foreach (var call in begun.Order()) Untold(call, mutation: true);
        begun.Clear();
        foreach (var one in waiting)
            if (one.CallId != 0) Untold(one.CallId, mutation: false);
    }

    private void Untold(long call, bool mutation)
    {
        if (mutation && world.NothingIsUnknown) world.Fail("handing over", $"call {call} was answered that its outcome is not known, and nothing but hand-overs was going on");
        world.Network.Answer(call, mutation ? Unknown : NotDone);
    }

    private static Reply Unknown => Replies.Failure(ErrorCode.OutcomeUnknown, "the owner can't tell any more");

    private static Reply NotDone => Replies.Failure(ErrorCode.Unavailable, "not owned here, for now");
}
