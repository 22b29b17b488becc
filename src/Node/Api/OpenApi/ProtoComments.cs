using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace AkkaHa.Node.Api.OpenApi;

/// <summary>What the protos say of methods, messages and fields. Descriptors have lost it; the text of the protos is in this assembly.</summary>
internal static partial class ProtoComments
{
    private const string Prefix = "protos/";

    private static readonly Lazy<FrozenDictionary<string, string>> All = new(() => typeof(ProtoComments).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).SelectMany(Read).ToFrozenDictionary(StringComparer.Ordinal));

    /// <param name="fullName">Of a service, method, message or field, as its descriptor has it.</param>
    public static string? Of(string fullName) => All.Value.GetValueOrDefault(fullName);

    private static IEnumerable<KeyValuePair<string, string>> Read(string resource)
    {
        using var text = new StreamReader(typeof(ProtoComments).Assembly.GetManifestResourceStream(resource)!);
        var (package, within, said) = ("", new Stack<string>(), new List<string>());
        while (text.ReadLine()?.Trim() is { } line)
        {
            if (line.StartsWith("//", StringComparison.Ordinal))
            {
                said.Add(line[2..].Trim());
                continue;
            }
            if (Package().Match(line) is { Success: true } named) package = named.Groups["name"].Value;
            var scope = within.TryPeek(out var outer) ? outer : package;
            // The fields of a oneof are its message's.
            var name = Named().Match(line) is { Success: true } is_ ? $"{scope}.{is_.Groups["name"].Value}" : scope;
            if (said.Count > 0 && name != scope) yield return KeyValuePair.Create(name, string.Join(' ', said));
            said.Clear();
            if (line.EndsWith('{')) within.Push(name);
            else if (line == "}") within.Pop();
        }
    }

    [GeneratedRegex(@"^package (?<name>[\w.]+);")]
    private static partial Regex Package();

    [GeneratedRegex(@"^(?:(?:service|message|enum|rpc) (?<name>\w+)|(?:(?:optional|repeated) )?[\w.]+(?:<[^>]*>)? (?<name>\w+) = \d+)")]
    private static partial Regex Named();
}
