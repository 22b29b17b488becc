using AkkaHa.ClientApi;

namespace AkkaHa.Cli.Keys;

/// <summary>Keys and their events in the shapes of the HTTP API.</summary>
static class KeyOutput
{
    public static object Of(KeyEntry entry) => new { key = entry.Key, value = Convert.ToBase64String(entry.Value.Span), revision = entry.Revision.ToString() };

    public static object WithoutValue(KeyEntry entry) => new { key = entry.Key, revision = entry.Revision.ToString() };

    public static object Of(KeyEvent e) => e.Value is { } value
        ? new { position = e.Position.Text, type = TypeOf(e), key = e.Key, value = Convert.ToBase64String(value.Span), revision = e.Revision.ToString() }
        : new { position = e.Position.Text, type = TypeOf(e), key = e.Key, revision = e.Revision.ToString() };

    public static string TypeOf(KeyEvent e) => e.Type switch
    {
        KeyEventType.Put => "put",
        KeyEventType.Delete => "delete",
        KeyEventType.Expire => "expire",
        _ => e.Type.ToString(),
    };
}
