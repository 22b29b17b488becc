using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;

namespace AkkaHa.Node.Api.Http;

/// <summary>How one method's request is spread over path, query and body, as its <c>google.api.http</c> rule says.</summary>
internal sealed class MethodShape
{
    private readonly Regex path;

    private MethodShape(MethodDescriptor method, HttpRule rule)
    {
        Request = method.InputType;
        HasBody = rule.Body == "*";
        if (!HasBody && rule.Body.Length > 0) throw new NotSupportedException($"{method.FullName}: only a body of '*' is checked, not '{rule.Body}'");
        (Verb, Template) = VerbAndTemplate(rule);
        path = new Regex(Pattern(Template), RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline);
        PathFields = [.. path.GetGroupNames().Where(n => n != "0")];
        // With a body of '*' nothing is left for the query.
        QueryFields = HasBody
            ? FrozenDictionary<string, FieldDescriptor>.Empty
            : FieldNames.Of(Request).Where(f => !PathFields.Contains(f.Value.Name) && f.Value is { IsRepeated: false, FieldType: not FieldType.Message })
                .ToFrozenDictionary(StringComparer.Ordinal);
    }

    public MessageDescriptor Request { get; }

    public string Verb { get; }

    /// <summary>The path as the rule has it: <c>/v1/locks/{name=**}:acquire</c>.</summary>
    public string Template { get; }

    /// <summary>The fields that are in the path, by their proto names.</summary>
    public IReadOnlyList<string> PathFields { get; }

    /// <summary>Whether the body is the request; if not, there must be none.</summary>
    public bool HasBody { get; }

    /// <summary>By the names that the query may use.</summary>
    public FrozenDictionary<string, FieldDescriptor> QueryFields { get; }

    public static MethodShape Of(MethodDescriptor method, HttpRule rule) => new(method, rule);

    public bool Matches(string requestPath) => path.IsMatch(requestPath);

    /// <summary>The fields that a path binds, by their proto names.</summary>
    public IReadOnlyDictionary<string, string> BoundBy(string requestPath)
    {
        var match = path.Match(requestPath);
        return PathFields.ToDictionary(f => f, f => match.Groups[f].Value, StringComparer.Ordinal);
    }

    private static (string Verb, string Template) VerbAndTemplate(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => (HttpMethods.Get, rule.Get),
        HttpRule.PatternOneofCase.Put => (HttpMethods.Put, rule.Put),
        HttpRule.PatternOneofCase.Post => (HttpMethods.Post, rule.Post),
        HttpRule.PatternOneofCase.Delete => (HttpMethods.Delete, rule.Delete),
        _ => throw new NotSupportedException($"no HTTP verb in {rule}"),
    };

    // "/v1/locks/{name=**}:acquire" → "^/v1/locks/(?<name>.*):acquire$"
    private static string Pattern(string template)
    {
        var pattern = new StringBuilder(@"\A");
        for (var rest = template.AsSpan(); rest.Length > 0;)
        {
            var open = rest.IndexOf('{');
            pattern.Append(Regex.Escape((open < 0 ? rest : rest[..open]).ToString()));
            if (open < 0) break;
            var close = rest.IndexOf('}');
            var variable = rest[(open + 1)..close].ToString().Split('=');
            pattern.Append($"(?<{variable[0]}>{(variable is [_, "**"] ? ".*" : "[^/]*")})");
            rest = rest[(close + 1)..];
        }
        return pattern.Append(@"\z").ToString();
    }
}
