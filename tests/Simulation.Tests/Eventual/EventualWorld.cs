using AkkaHa.Core.Eventual;
using AkkaHa.Messages;

namespace AkkaHa.Simulation.Tests.Eventual;

/// <summary>
/// Three nodes, a bad network, crashes, one clock that is an hour wrong, and clients that repeat what was not answered, through whichever node. One seed gives one history.
/// </summary>
internal sealed class EventualWorld
{
    private const int Nodes = 3;
    private const long TickMs = 50;
    private const int Ticks = 8000;
    private const int FlushEvery = 4;
    private const long RepeatMs = Limits.OutcomeSeconds * 1000;

    private const string Counter = "counter/c";
    private const string Set = "set/s";

    private readonly Random random;
    private readonly EventualNodeModel[] nodes;
    private readonly List<(long At, int From, int To, Bucket Delta)> sent = [];
    private readonly bool[,] cut = new bool[Nodes, Nodes];
    private readonly List<Request> open = [];
    private readonly Dictionary<string, Request> requests = [];
    private readonly HashSet<string> elements = [];
    private readonly Dictionary<string, long> added = [];
    private readonly HashSet<string> gone = [];
    private readonly List<(long At, int Node, string Element, bool Removal)> risky = [];
    private int made;
    private long healAt;
    private long now = 1_000_000_000;

    private EventualWorld(int seed, EventualRules rules)
    {
        random = new Random(seed);
        var wrong = random.Next(Nodes);
        nodes = [.. Enumerable.Range(0, Nodes).Select(i => new EventualNodeModel(i, i == wrong ? 3_600_000 : random.Next(-300, 300), rules))];
        Rules = rules;
    }

    private EventualRules Rules { get; }

    /// <summary>Plays a seed; null: all was right, else what was not.</summary>
    public static string? Play(int seed, EventualRules rules) => new EventualWorld(seed, rules).Run();

    private string? Run()
    {
        for (var tick = 0; tick < Ticks; tick++)
        {
            now += TickMs;
            Network();
            if (tick % 20 == 0) Clocks();
            if (tick < Ticks - 1000) Trouble();
            else Heal();
            if (tick < Ticks - 1500) Work();
            Repeat();
            if (tick % FlushEvery == 0) foreach (var node in nodes) node.Write();
            if (tick % 200 == 0) foreach (var node in nodes) node.Sweep(now);
        }
        Converge();
        return Judge();
    }

    private void Work()
    {
        if (random.Next(4) == 0)
        {
            var request = new Request($"r{requests.Count}", random.Next(3) == 0);
            requests.Add(request.Id, request);
            open.Add(request);
        }
        var node = nodes[random.Next(Nodes)];
        if (random.Next(20) == 0)
        {
            var element = $"e{made++}";
            elements.Add(element);
            added.Add(element, now);
            Spread(node, node.Do(AddOf(element), now));
            risky.Add((now, node.Index, element, Removal: false));
        }
        if (random.Next(60) == 0 && Reading.ElementsOf([node.State], Set) is { Count: > 0 } seen)
        {
            var element = seen[random.Next(seen.Count)];
            elements.Remove(element);
            gone.Add(element);
            Spread(node, node.Do(new EventualUpdate(Kind.Set, Set) { Remove = [element] }, now));
            risky.Add((now, node.Index, element, Removal: true));
            // Whoever added it had no answer, and asks again, though it was removed since.
            if (added[element] > now - RepeatMs && node.Do(AddOf(element), now) is { Outcome: UpdateOutcome.Done } again) Spread(node, again);
        }
    }

    private static EventualUpdate AddOf(string element) => new(Kind.Set, Set) { Add = [element], RequestId = $"add {element}" };

    /// <summary>Open requests are sent, again after a while, to any node.</summary>
    private void Repeat()
    {
        foreach (var request in open.Where(r => r.NextAt <= now).ToList())
        {
            request.NextAt = now + random.Next(100, 3000);
            var node = nodes[random.Next(Nodes)];
            var updated = node.Do(new EventualUpdate(Kind.Counter, Counter) { Increment = 1, RequestId = request.Id }, now);
            if (updated.Outcome == UpdateOutcome.Done) Spread(node, updated);
            request.Tried = true;
            var others = nodes.Where(n => n != node && !cut[node.Index, n.Index]).ToList();
            if (request.Majority)
            {
                if (others.Count == 0) continue;
                var other = others[random.Next(others.Count)];
                other.State = other.State.Join(node.State);
                // A node says so when it has it in its file, or could lose it as the first could.
                other.Write();
                node.Write();
            }
            if (random.Next(100) < 30) continue;
            request.Answered = true;
            (request.AnsweredBy, request.AnsweredAt) = (node.Index, now);
            open.Remove(request);
        }
    }

    private void Spread(EventualNodeModel node, Updated updated)
    {
        foreach (var other in nodes)
        {
            if (other == node) continue;
            for (var copies = random.Next(10) switch { 0 or 1 => 0, 2 => 2, _ => 1 }; copies > 0; copies--)
                sent.Add((now + random.Next(0, 600), node.Index, other.Index, updated.Delta));
        }
    }

    private void Network()
    {
        foreach (var message in sent.Where(m => m.At <= now).ToList())
        {
            sent.Remove(message);
            if (!cut[message.From, message.To]) nodes[message.To].State = nodes[message.To].State.Join(message.Delta);
        }
        if (random.Next(10) != 0) return;
        var (a, b) = (random.Next(Nodes), random.Next(Nodes));
        if (a != b && !cut[a, b]) nodes[a].State = nodes[b].State = nodes[a].State.Join(nodes[b].State);
    }

    private void Clocks()
    {
        foreach (var a in nodes)
            foreach (var b in nodes)
                if (a != b && !cut[a.Index, b.Index]) a.Clock = a.Clock.Heard($"{b.Index}", b.OwnMs(now), a.OwnMs(now));
    }

    private void Trouble()
    {
        if (now >= healAt && random.Next(200) == 0)
        {
            Heal();
            var alone = random.Next(Nodes);
            for (var other = 0; other < Nodes; other++) cut[alone, other] = cut[other, alone] = other != alone;
            healAt = now + random.Next(1000, 20_000);
        }
        else if (now >= healAt) Heal();
        if (random.Next(400) != 0) return;
        var crashed = nodes[random.Next(Nodes)];
        crashed.Crash();
        // What only this node may have had, and not in its file yet.
        var window = now - (FlushEvery * TickMs);
        foreach (var request in requests.Values.Where(r => r is { Majority: false, Answered: true } && r.AnsweredBy == crashed.Index && r.AnsweredAt >= window)) request.AtRisk = true;
        foreach (var (_, _, element, removal) in risky.Where(r => r.Node == crashed.Index && r.At >= window))
        {
            elements.Remove(element);
            if (removal) gone.Remove(element);
        }
    }

    private void Heal() => Array.Clear(cut);

    private void Converge()
    {
        for (var round = 0; round < 2; round++)
            for (var i = 0; i < Nodes; i++)
                nodes[i].State = nodes[(i + 1) % Nodes].State = nodes[i].State.Join(nodes[(i + 1) % Nodes].State);
    }

    private string? Judge()
    {
        if (nodes.Any(n => !n.State.Equals(nodes[0].State))) return "the nodes differ";
        var (must, may) = (requests.Values.Count(r => r is { Answered: true, AtRisk: false }), requests.Values.Count(r => r.Tried && (!r.Answered || r.AtRisk)));
        var value = Reading.Counter(nodes[0].State, Counter, Rules);
        if (value < must || value > must + may) return $"the counter is {value}; answered were {must}, and {may} more may count";
        var set = Reading.ElementsOf([nodes[0].State], Set).ToHashSet();
        if (elements.FirstOrDefault(e => !set.Contains(e)) is { } lost) return $"element {lost} is lost";
        if (gone.FirstOrDefault(set.Contains) is { } back) return $"element {back} has come back";
        return Register();
    }

    /// <summary>Writes at two nodes that do not hear one another, ten seconds apart: the later one must stay, whichever clock is wrong.</summary>
    private string? Register()
    {
        for (var first = 0; first < Nodes; first++)
        {
            var second = (first + 1) % Nodes;
            var name = $"register/{first}";
            nodes[first].Do(new EventualUpdate(Kind.Register, name) { Value = "earlier" }, now);
            nodes[second].Do(new EventualUpdate(Kind.Register, name) { Value = "later" }, now + 10_000);
            Converge();
            if (Reading.Register(nodes[0].State, name) is var value && value != "later") return $"a register is '{value}', which was written ten seconds before another";
        }
        return null;
    }

    private sealed class Request(string id, bool majority)
    {
        public string Id { get; } = id;
        public bool Majority { get; } = majority;
        public long NextAt { get; set; }
        public bool Tried { get; set; }
        public bool Answered { get; set; }
        public int AnsweredBy { get; set; }
        public long AnsweredAt { get; set; }
        public bool AtRisk { get; set; }
    }
}
