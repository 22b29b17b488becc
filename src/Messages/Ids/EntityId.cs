namespace AkkaHa.Messages;

/// <summary>The name of an entity in the cluster: <c>kind/name</c>, for example <c>kv/orders/7</c> or <c>session/117</c>.</summary>
public readonly record struct EntityId(string Kind, string Name)
{
    /// <summary>Keys.</summary>
    public const string KeyKind = "kv";

    /// <summary>Locks.</summary>
    public const string LockKind = "lock";

    /// <summary>Session slots, one per shard.</summary>
    public const string SessionKind = "session";

    /// <summary>Slots of transaction coordinators, one per shard.</summary>
    public const string TransactionKind = "txn";

    /// <summary>The entity of a key.</summary>
    public static EntityId Key(string name) => new(KeyKind, name);

    /// <summary>The entity of a lock.</summary>
    public static EntityId Lock(string name) => new(LockKind, name);

    /// <summary>The session slot with this number.</summary>
    public static EntityId SessionSlot(int slot) => new(SessionKind, slot.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The transaction slot with this number.</summary>
    public static EntityId TransactionSlot(int slot) => new(TransactionKind, slot.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Reads <c>kind/name</c>; false when there is no known kind or no name.</summary>
    public static bool TryParse(string text, out EntityId id)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        id = slash > 0 && slash < text.Length - 1 ? new EntityId(text[..slash], text[(slash + 1)..]) : default;
        return id.Kind is KeyKind or LockKind || (id.Kind is SessionKind or TransactionKind && IsSlot(id.Name));
    }

    /// <summary>Reads <c>kind/name</c> that this system itself wrote.</summary>
    /// <exception cref="FormatException">It is no entity id.</exception>
    public static EntityId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no entity id (kind/name)");

    /// <summary>Whether this text is the id of a key or a lock, which are spread over the shards by the hash of it.</summary>
    internal static bool IsSpread(string text) =>
        (text.StartsWith(KeyKind + "/", StringComparison.Ordinal) && text.Length > KeyKind.Length + 1) || (text.StartsWith(LockKind + "/", StringComparison.Ordinal) && text.Length > LockKind.Length + 1);

    // "07" must not pass: it would be a second entity, with a journal of its own, for slot 7.
    private static bool IsSlot(string name) =>
        (name.Length == 1 || name[0] != '0') && int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _);

    /// <inheritdoc />
    public override string ToString() => $"{Kind}/{Name}";
}
