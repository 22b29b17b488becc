using System.Text;

namespace AkkaHa.Node.Journal;

/// <summary>Names from <paramref name="First"/> on and below <paramref name="Below"/> (null: to the end), in the order of their UTF-8 bytes.</summary>
internal readonly record struct KeyRange(string First, string? Below)
{
    /// <summary>All that begin with this: no pattern, in which some characters would mean something else.</summary>
    public static KeyRange OfPrefix(string prefix) => new(prefix, Successor(prefix));

    /// <summary>The first text that is above all that begin with this one: its last character that has a next one becomes that. Null: there is none.</summary>
    public static string? Successor(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToArray();
        for (var last = runes.Length - 1; last >= 0; last--)
        {
            if (runes[last].Value == 0x10FFFF) continue;
            // Surrogates are no characters.
            var next = runes[last].Value == 0xD7FF ? 0xE000 : runes[last].Value + 1;
            var text = new StringBuilder();
            foreach (var rune in runes.AsSpan(0, last)) text.Append(rune.ToString());
            return text.Append(new Rune(next).ToString()).ToString();
        }
        return null;
    }
}
