namespace AkkaHa.Chaos.Clients;

/// <summary>The last few of something, shared between clients: one ends it, others try whether it really has.</summary>
sealed class Recent<T>(int capacity)
    where T : struct
{
    private readonly Lock gate = new();
    private readonly List<T> items = [];
    private int next;

    public void Add(T item)
    {
        lock (gate)
        {
            if (items.Count < capacity) items.Add(item);
            else items[next++ % capacity] = item;
        }
    }

    /// <summary>One of them; null when there is none yet.</summary>
    public T? Pick(Random random)
    {
        lock (gate) return items.Count == 0 ? null : items[random.Next(items.Count)];
    }
}
