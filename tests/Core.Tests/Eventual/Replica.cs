using AkkaHa.Core.Eventual;

namespace AkkaHa.Core.Tests.Eventual;

/// <summary>One node's bucket, with all kinds of data in it.</summary>
internal sealed class Replica(ulong id, EventualRules? rules = null)
{
    public ReplicaId Id { get; set; } = new(id);

    public Bucket State { get; set; } = Bucket.Empty;

    public long NowMs { get; set; } = 1_000_000;

    public EventualRules Rules { get; } = rules ?? EventualRules.AllOn;

    public Updated Do(EventualUpdate update)
    {
        var updated = Updating.Apply(State, update, Id, NowMs, Rules);
        State = updated.State;
        return updated;
    }

    public Updated Count(long amount, string request = "", string name = "counter/c") => Do(new EventualUpdate(Kind.Counter, name) { Increment = amount, RequestId = request });

    public Updated Add(params string[] elements) => Do(new EventualUpdate(Kind.Set, "set/s") { Add = elements });

    public Updated Remove(params string[] elements) => Do(new EventualUpdate(Kind.Set, "set/s") { Remove = elements });

    public Updated Write(string value, string request = "") => Do(new EventualUpdate(Kind.Register, "register/r") { Value = value, RequestId = request });

    public Updated Put(string field, string value) => Do(new EventualUpdate(Kind.Map, "map/m") { Set = new Dictionary<string, string> { [field] = value } });

    public Updated Switch(bool on) => Do(new EventualUpdate(Kind.Flag, "flag/f") { Enable = on });

    public Updated Delete(Kind kind, string key, string request = "") => Do(new EventualUpdate(kind, Placing.NameOf(kind, key)) { Delete = true, RequestId = request });

    public void Sweep(long graceMs = 0)
    {
        if (CounterFold.Sweep(State, Id, NowMs, graceMs, Rules) is { } change) State = change.State;
    }

    /// <summary>Each gets what the other has.</summary>
    public void Meet(Replica other) => State = other.State = State.Join(other.State);

    public long Counter => Reading.Counter(State, "counter/c", Rules);

    public string Set => string.Join(",", Reading.ElementsOf([State], "set/s"));

    public string? Register => Reading.Register(State, "register/r");

    public string Map => string.Join(",", Reading.Map([State], "map/m").OrderBy(f => f.Key).Select(f => $"{f.Key}={f.Value}"));

    public bool? Flag => Reading.Flag(State, "flag/f");
}
