using System.Globalization;
using System.Text;
using AkkaHa.Messages;

namespace AkkaHa.ClientApi.Coordination;

/// <summary>One who has arrived, on a session of its own or of its client's.</summary>
internal sealed record Arrival(SessionId Session, string Id);

/// <summary>A barrier as its key has it: which round it is in, of how many, and who has arrived for it. A line for each.</summary>
internal sealed record BarrierState(long Round, int Parties, IReadOnlyList<Arrival> Arrived)
{
    public string Text => string.Join('\n', [string.Create(CultureInfo.InvariantCulture, $"{Round} {Parties}"), .. Arrived.Select(a => $"{a.Session.Text} {a.Id}")]);

    public static BarrierState Parse(string barrier, ReadOnlyMemory<byte> value)
    {
        var lines = Encoding.UTF8.GetString(value.Span).Split('\n').Select(l => l.Split(' ')).ToArray();
        var arrived = new List<Arrival>();
        foreach (var line in lines.Skip(1))
            if (line is [var session, var id] && SessionId.TryParse(session, out var parsed)) arrived.Add(new Arrival(parsed, id));
        if (arrived.Count != lines.Length - 1 || lines[0] is not [var round, var parties]
            || !long.TryParse(round, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !int.TryParse(parties, NumberStyles.None, CultureInfo.InvariantCulture, out var of))
            throw new InvalidDataException($"the key of barrier '{barrier}' was written by something else than a barrier");
        return new BarrierState(number, of, arrived);
    }
}
