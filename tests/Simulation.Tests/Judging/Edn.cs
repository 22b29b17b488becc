using System.Globalization;

namespace AkkaHa.Simulation.Tests.Judging;

/// <summary>A keyword of EDN: <c>:index</c>.</summary>
sealed record EdnKeyword(string Name);

/// <summary>
/// Reads the part of EDN that histories are in, strictly by its description (edn-format/edn): maps, vectors, keywords, integers, nil; white space, which commas are. What is not EDN, or another part of it, is refused.
/// A vector is a list of objects, a map a dictionary, nil null.
/// </summary>
sealed class Edn
{
    private readonly string text;
    private int at;

    private Edn(string text) => this.text = text;

    /// <summary>The one element of a line.</summary>
    /// <exception cref="FormatException">It is none, or more than one.</exception>
    public static object? Read(string text)
    {
        var edn = new Edn(text);
        var element = edn.Element();
        edn.Blanks();
        return edn.at == text.Length ? element : throw edn.Wrong("something follows");
    }

    private object? Element()
    {
        Blanks();
        if (at == text.Length) throw Wrong("nothing is there");
        switch (text[at])
        {
            case '{': return Map();
            case '[':
                at++;
                return Until(']');
            case ':': return Keyword();
            case '-' or '+' or (>= '0' and <= '9'): return Integer();
            default: return Token() == "nil" ? null : throw Wrong("no such element");
        }
    }

    private Dictionary<EdnKeyword, object?> Map()
    {
        at++;
        var all = Until('}');
        if (all.Count % 2 != 0) throw Wrong("a key of a map has no value");
        var map = new Dictionary<EdnKeyword, object?>();
        for (var i = 0; i < all.Count; i += 2)
            if (all[i] is not EdnKeyword key || !map.TryAdd(key, all[i + 1])) throw Wrong("a key of a map is no keyword, or comes twice");
        return map;
    }

    private List<object?> Until(char end)
    {
        var elements = new List<object?>();
        for (Blanks(); at < text.Length && text[at] != end; Blanks()) elements.Add(Element());
        if (at == text.Length) throw Wrong($"there is no {end}");
        at++;
        return elements;
    }

    private EdnKeyword Keyword()
    {
        at++;
        var name = Token();
        return name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '?' or '!') ? new EdnKeyword(name) : throw Wrong($"'{name}' is no keyword");
    }

    private object Integer()
    {
        var token = Token();
        var digits = token.TrimStart('-', '+');
        // No integer other than 0 may begin with 0.
        if (digits.Length == 0 || token.Length - digits.Length > 1 || !digits.All(char.IsAsciiDigit) || (digits.Length > 1 && digits[0] == '0')) throw Wrong($"'{token}' is no integer");
        return long.Parse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private string Token()
    {
        var from = at;
        while (at < text.Length && !IsBlank(text[at]) && text[at] is not ('{' or '}' or '[' or ']' or '(' or ')' or '"' or ';')) at++;
        return text[from..at];
    }

    private void Blanks()
    {
        while (at < text.Length && IsBlank(text[at])) at++;
    }

    private static bool IsBlank(char c) => c is ' ' or ',' or '\t' or '\n' or '\r';

    private FormatException Wrong(string why) => new($"{why}, at {at} of: {text}");
}
