using System.Runtime.CompilerServices;
using AkkaHa.Messages.V1;
using Google.Protobuf.Reflection;
using Xunit;

namespace AkkaHa.Core.Tests.Golden;

/// <summary>
/// Nodes and clients of two versions talk to each other, and JSON has names: what was published of a service, a message, a field or an enum stays as it is; more may come. The file has what is held to that, a line each.
/// AKKAHA_WRITE_GOLDEN=1 adds what is new, which is due in the same change; no line is ever changed or taken away.
/// </summary>
public sealed class ProtoShapeTests
{
    [Fact]
    public void What_was_published_of_services_and_messages_is_there_still()
    {
        var file = FileOf();
        var now = Lines().ToHashSet(StringComparer.Ordinal);
        var published = File.Exists(file) ? File.ReadAllLines(file) : [];
        if (Environment.GetEnvironmentVariable("AKKAHA_WRITE_GOLDEN") == "1") File.WriteAllLines(file, published.Union(now, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.NotEmpty(published);
        var gone = published.Where(line => !now.Contains(line)).ToArray();
        Assert.True(gone.Length == 0, $"not as it was published, so nodes and clients of before do not understand it:\n{string.Join('\n', gone)}");
    }

    /// <summary>What is not in the file is held to nothing, and nobody would notice that it is broken.</summary>
    [Fact]
    public void All_that_there_is_of_services_and_messages_is_in_the_file()
    {
        var missing = Lines().Except(File.ReadAllLines(FileOf()), StringComparer.Ordinal).ToArray();
        Assert.True(missing.Length == 0, $"not in Protos.txt; AKKAHA_WRITE_GOLDEN=1 adds it:\n{string.Join('\n', missing)}");
    }

    /// <summary>A number that a message has used means the same for ever, also in oneofs: two names for it would be seen here as a line too many.</summary>
    [Fact]
    public void No_number_is_used_for_two_things()
    {
        var twice = File.ReadAllLines(FileOf()).Where(l => l.StartsWith("field ", StringComparison.Ordinal)).GroupBy(l => l[..l.IndexOf('=', StringComparison.Ordinal)]).Where(g => g.Count() > 1);
        Assert.Empty(twice.Select(g => g.Key));
    }

    private static IEnumerable<string> Lines()
    {
        var files = typeof(BackupsReflection).Assembly.GetTypes().Where(t => t.Name.EndsWith("Reflection", StringComparison.Ordinal) && t.GetProperty("Descriptor") is not null)
            .Select(t => (FileDescriptor)t.GetProperty("Descriptor")!.GetValue(null)!);
        foreach (var file in files)
        {
            foreach (var method in file.Services.SelectMany(s => s.Methods))
                yield return $"method {method.FullName}({Stream(method.IsClientStreaming)}{method.InputType.FullName}) {Stream(method.IsServerStreaming)}{method.OutputType.FullName}";
            foreach (var line in file.MessageTypes.SelectMany(OfMessage).Concat(file.EnumTypes.SelectMany(OfEnum))) yield return line;
        }
    }

    private static IEnumerable<string> OfMessage(MessageDescriptor message) =>
        message.Fields.InFieldNumberOrder().Select(f => $"field {message.FullName} {f.FieldNumber} = {(f.IsMap ? "map " : f.IsRepeated ? "repeated " : "")}{TypeOf(f)} {f.Name}")
            .Concat(message.NestedTypes.SelectMany(OfMessage)).Concat(message.EnumTypes.SelectMany(OfEnum));

    private static IEnumerable<string> OfEnum(EnumDescriptor type) => type.Values.Select(v => $"value {type.FullName} {v.Number} = {v.Name}");

    private static string TypeOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };

    private static string Stream(bool isStream) => isStream ? "stream " : "";

    private static string FileOf([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Protos.txt");
}
