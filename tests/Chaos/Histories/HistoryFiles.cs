using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaHa.Judge.Locks;

namespace AkkaHa.Chaos.Histories;

/// <summary>A run on disk: one JSON object a line, so that a history can be searched, cut and judged again.</summary>
sealed class HistoryFiles(string directory)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public string Directory { get; } = System.IO.Directory.CreateDirectory(directory).FullName;

    public string Operations => Path.Combine(Directory, "operations.jsonl");

    /// <summary>The queues of locks, as the journal has them at the end.</summary>
    public string Queues => Path.Combine(Directory, "queues.jsonl");

    public string Faults => Path.Combine(Directory, "faults.jsonl");

    public string Facts => Path.Combine(Directory, "run.json");

    public string Figures => Path.Combine(Directory, "figures.json");

    public string Violations => Path.Combine(Directory, "violations.txt");

    public IEnumerable<Operation> ReadOperations() => ReadLines<Operation>(Operations);

    public IEnumerable<FaultDone> ReadFaults() => ReadLines<FaultDone>(Faults);

    /// <summary>None in runs of before they were kept.</summary>
    public IEnumerable<QueueEvent> ReadQueues() => File.Exists(Queues) ? ReadLines<QueueEvent>(Queues) : [];

    public void WriteQueues(IEnumerable<QueueEvent> steps) => File.WriteAllLines(Queues, steps.Select(s => JsonSerializer.Serialize(s, Json)));

    public T Read<T>(string file) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(file), Json) ?? throw new InvalidDataException($"{file} is empty");

    public void Write<T>(string file, T value) => File.WriteAllText(file, JsonSerializer.Serialize(value, Json) + "\n");

    private static IEnumerable<T> ReadLines<T>(string file) =>
        File.ReadLines(file).Select(line => JsonSerializer.Deserialize<T>(line, Json) ?? throw new InvalidDataException($"{file} has an empty line"));
}
