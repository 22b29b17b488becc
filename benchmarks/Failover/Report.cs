using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaHa.Load;

namespace AkkaHa.Failover;

/// <summary>Something that was aimed at.</summary>
internal sealed record Goal(string What, double? Seconds, double AtMost)
{
    public bool Reached => Seconds <= AtMost;
}

/// <summary>Rounds of one kind, in one line.</summary>
/// <param name="Side">Of whom.</param>
/// <param name="Turn">Which victims.</param>
/// <param name="Kills">How many.</param>
/// <param name="Victim">The longest gap at hot keys of the victim, in each round.</param>
/// <param name="AllAnswer">When each of its shards had answered again.</param>
/// <param name="Others">The longest gap at hot keys of other nodes.</param>
/// <param name="Back">The longest gap at any hot key while the victim came back.</param>
internal sealed record Summary(string Side, string Turn, int Kills, Spread Victim, Spread AllAnswer, Spread Others, Spread Back)
{
    public static Summary Of(string side, string turn, IReadOnlyCollection<Round> rounds) => new(
        side, turn, rounds.Count, Spread.Of(rounds.Select(r => r.VictimHot.Longest)), Spread.Of(rounds.Select(r => r.VictimAll.AllAnsweredAfter ?? TimeSpan.MaxValue)),
        Spread.Of(rounds.Select(r => r.OthersHot.Longest)), Spread.Of(rounds.Select(r => r.BackHot.Longest)));
}

/// <summary>The figures of a run.</summary>
internal sealed record Report(
    DateTimeOffset At, string Provider, int Processors, double? Capacity, double Rate, TimeSpan HotKeyAskedEvery, TimeSpan AnyKeyAskedEvery, IReadOnlyList<Summary> Summaries, double? RatioOfMedians, double? RatioOfWorst,
    IReadOnlyList<Goal> Goals, IReadOnlyList<Round> Rounds)
{
    private const string All = "all";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new Seconds() } };

    public static Report Of(FailoverOptions options, double? capacity, double rate, LaneSet lanes, IReadOnlyList<Round> rounds)
    {
        var summaries = rounds.GroupBy(r => r.Side).SelectMany(side => side.GroupBy(r => r.Turn).Select(turn => Summary.Of(side.Key, turn.Key, [.. turn])).Append(Summary.Of(side.Key, All, [.. side]))).ToArray();
        var akkaha = summaries.Single(s => s is { Side: "AkkaHa", Turn: All });
        var etcd = summaries.SingleOrDefault(s => s is { Side: "etcd", Turn: All });
        var ratio = etcd is null ? (double?)null : akkaha.Victim.Median / etcd.Victim.Median;
        List<Goal> goals =
        [
            new("gap at the killed node's keys, median, s", akkaha.Victim.Median.TotalSeconds, 2.5),
            new("gap at the killed node's keys, worst, s", akkaha.Victim.Worst.TotalSeconds, 4),
            new("gap at other nodes' keys, worst, s", akkaha.Others.Worst.TotalSeconds, 1),
        ];
        if (ratio is not null) goals.Add(new Goal("AkkaHa's median gap in etcd's", ratio, 1));
        return new Report(
            DateTimeOffset.UtcNow, options.Provider, Environment.ProcessorCount, capacity, rate, TimeSpan.FromSeconds(2 * lanes.Hot.Count / rate), TimeSpan.FromSeconds(2 * lanes.All.Count / rate),
            summaries, ratio, etcd is null ? null : akkaha.Victim.Worst / etcd.Victim.Worst, goals, rounds);
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private sealed class Seconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(Math.Round(value.TotalSeconds, 3));
    }
}
