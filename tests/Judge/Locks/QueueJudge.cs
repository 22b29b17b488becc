namespace AkkaHa.Judge.Locks;

/// <summary>What happened to a request for a lock.</summary>
public enum QueueStep
{
    /// <summary>It waits from now on.</summary>
    Enqueued,

    /// <summary>It got the lock.</summary>
    Granted,

    /// <summary>It waits no more, and got nothing.</summary>
    Left,
}

/// <summary>A step as the server stored it.</summary>
public sealed record QueueEvent(string Lock, QueueStep Step, string RequestId);

/// <summary>First come, first served, in the order in which the server has stored it, whatever the modes.</summary>
public static class QueueJudge
{
    /// <summary>Judges the steps of each lock, in the order of its own history.</summary>
    public static IEnumerable<Violation> Judge(IEnumerable<QueueEvent> steps)
    {
        foreach (var ofLock in steps.GroupBy(s => s.Lock, StringComparer.Ordinal))
        {
            var queue = new List<string>();
            foreach (var (_, step, request) in ofLock)
            {
                var place = queue.IndexOf(request);
                if (step == QueueStep.Enqueued) queue.Add(request);
                if (step == QueueStep.Granted && (place > 0 || (place < 0 && queue.Count > 0)))
                    yield return new Violation("first come, first served", $"lock '{ofLock.Key}': {request} was granted while {queue[0]} had waited for longer");
                if (step != QueueStep.Enqueued && place >= 0) queue.RemoveAt(place);
            }
        }
    }
}
