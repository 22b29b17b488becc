using AkkaHa.Messages;

namespace AkkaHa.Core.Eventual;

/// <summary>What one update made of a bucket.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="State">The bucket now.</param>
/// <param name="Delta">Only the change.</param>
/// <param name="Seen">Who has this dot has the update.</param>
/// <param name="Existed">There was such a datum in this bucket.</param>
public sealed record Updated(UpdateOutcome Outcome, Bucket State, Bucket Delta, Dot? Seen, bool Existed);

/// <summary>
/// Changes buckets as users ask. A request id is remembered in the bucket itself, so that it spreads together with what it did: whoever has the change knows the request. Where
/// a repeat came to a node before the first attempt's change did, both are there, and count once (see <see cref="Reading.Counter"/>).
/// </summary>
public static class Updating
{
    /// <summary>Does this update to a bucket, its share of it.</summary>
    /// <param name="bucket">As it is.</param>
    /// <param name="update">What to do.</param>
    /// <param name="replica">Who does it.</param>
    /// <param name="nowMs">The time, by the cluster's clock.</param>
    /// <param name="rules">Switched off by tests only.</param>
    public static Updated Apply(Bucket bucket, EventualUpdate update, ReplicaId replica, long nowMs, EventualRules rules)
    {
        var existed = Exists(bucket, update);
        if (update.RequestId.Length > 0 && rules.RememberRequests)
        {
            if (Known(bucket, update) is { } known) return new Updated(known.Same ? UpdateOutcome.DoneBefore : UpdateOutcome.OtherRequest, bucket, bucket, known.Dot, existed);
            if (update.IssuedAtMs < nowMs - (Limits.OutcomeSeconds * 1000L)) return new Updated(UpdateOutcome.TooLate, bucket, bucket, null, existed);
            if (update.IssuedAtMs > nowMs + (Limits.ClockAheadSeconds * 1000L)) return new Updated(UpdateOutcome.TooEarly, bucket, bucket, null, existed);
        }
        var change = bucket.Begin(replica);
        if (update.Delete) Delete(change, update, nowMs, rules);
        else if (!Write(change, update, nowMs)) return new Updated(UpdateOutcome.OutOfRange, bucket, bucket, null, existed);
        if (update.RequestId.Length > 0 && (update.Delete || update.Kind != Kind.Counter)) Mark(change, update.Name, new Content.Mark(update.RequestId, nowMs, update.Hash()));
        if (change.State.Bytes > Limits.EventualBucketBytes && change.State.Bytes > bucket.Bytes) return new Updated(UpdateOutcome.Full, bucket, bucket, null, existed);
        return new Updated(UpdateOutcome.Done, change.State, change.Delta, change.Last, existed);
    }

    private static bool Exists(Bucket bucket, EventualUpdate update) => Kinds.IsSpread(update.Kind)
        ? update.Delete && bucket.Items.Keys.Any(i => i.IsData && i.Name == update.Name)
        : !bucket[ItemKey.ValueOf(update.Name)].IsEmpty;

    private static (bool Same, Dot Dot)? Known(Bucket bucket, EventualUpdate update)
    {
        foreach (var (dot, content) in bucket[ItemKey.MarksOf(update.Name)])
            if (content is Content.Mark mark && mark.RequestId == update.RequestId) return (mark.Hash == 0 || mark.Hash == update.Hash(), dot);
        foreach (var (dot, content) in bucket[ItemKey.ValueOf(update.Name)])
            if (content is Content.Counted one && one.RequestId == update.RequestId) return (!update.Delete && (one.IsRepeat || one.Amount == update.Increment), dot);
        return null;
    }

    private static bool Write(Bucket.Change change, EventualUpdate update, long nowMs)
    {
        var value = ItemKey.ValueOf(update.Name);
        switch (update.Kind)
        {
            case Kind.Counter:
                var sum = Reading.Sum(change.State, update.Name) + update.Increment;
                if (sum > long.MaxValue || sum < long.MinValue) return false;
                Count(change, value, update, nowMs);
                break;
            case Kind.Register:
                Put(change, value, update.Value, nowMs);
                break;
            case Kind.Flag:
                change.Put(value, new Content.Enabled(update.Enable), change.State[value].Select(e => e.Dot));
                break;
            case Kind.Set or Kind.Map:
                foreach (var element in update.Remove) RemoveAll(change, ItemKey.ElementOf(update.Name, element));
                foreach (var element in update.Add)
                {
                    var item = ItemKey.ElementOf(update.Name, element);
                    change.Put(item, Content.Present.It, change.State[item].Select(e => e.Dot));
                }
                foreach (var (field, text) in update.Set) Put(change, ItemKey.ElementOf(update.Name, field), text, nowMs);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(update), update.Kind, "no such kind");
        }
        return true;
    }

    private static void Count(Bucket.Change change, ItemKey counter, EventualUpdate update, long nowMs)
    {
        if (update.RequestId.Length > 0)
        {
            change.Put(counter, new Content.Counted(update.Increment, 1, update.RequestId, nowMs), []);
            return;
        }
        var own = change.State[counter].Where(e => e.Dot.Replica == change.Replica).ToList();
        if (own.Count == 0) change.Put(counter, new Content.Counted(update.Increment, 1, "", nowMs), []);
        else if (own is [{ Content: Content.Counted { IsFolded: true } sum } only])
        {
            if ((Int128)sum.Amount + update.Increment is var amount && amount >= long.MinValue && amount <= long.MaxValue)
                change.Put(counter, new Content.Counted((long)amount, sum.Increments + 1, "", nowMs), [only.Dot]);
            else change.Put(counter, Own(), []);
        }
        else change.Put(counter, Own(), []);

        // A sum must have everything in it up to its dot: behind increments that are still waited for, this one waits too, under a name of its own.
        Content.Counted Own() => new(update.Increment, 1, $"#{change.State.Context.Next(change.Replica)}", nowMs);
    }

    private static void Put(Bucket.Change change, ItemKey item, string text, long nowMs)
    {
        var seen = change.State[item];
        var latest = seen.Select(e => e.Content).OfType<Content.Written>().Select(w => w.Stamp).DefaultIfEmpty().Max();
        change.Put(item, new Content.Written(HybridTime.After(latest, nowMs), text), seen.Select(e => e.Dot));
    }

    private static void Delete(Bucket.Change change, EventualUpdate update, long nowMs, EventualRules rules)
    {
        if (rules.RememberRequests)
        {
            // What is counted here must not count again when its request is repeated.
            foreach (var one in change.State[ItemKey.ValueOf(update.Name)].Select(e => e.Content).OfType<Content.Counted>().Where(c => !c.IsFolded).DistinctBy(c => c.RequestId).ToList())
                Mark(change, update.Name, new Content.Mark(one.RequestId, nowMs, Hash: 0));
        }
        foreach (var item in change.State.Items.Keys.Where(i => i.IsData && i.Name == update.Name).ToList()) RemoveAll(change, item);
    }

    private static void RemoveAll(Bucket.Change change, ItemKey item)
    {
        if (change.State[item] is { IsEmpty: false } entries) change.Remove(item, entries.Select(e => e.Dot));
    }

    private static void Mark(Bucket.Change change, string name, Content.Mark mark) => change.Put(ItemKey.MarksOf(name), mark, []);
}
