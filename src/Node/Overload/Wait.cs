namespace AkkaHa.Node.Overload;

/// <summary>Where calls wait in a node when there are too many: for nothing but their turn. What waits for a lock, or for a transaction's end, waits elsewhere.</summary>
internal enum Wait
{
    /// <summary>In the client's stream, or in the client, until this node reads it: for longer than that takes when there is little to do.</summary>
    Stream,

    /// <summary>For a thread of the pool, which is where calls begin.</summary>
    Thread,

    /// <summary>For the turn of their entity: from when the call was understood, or had come from another node, until it is decided.</summary>
    Entity,

    /// <summary>For their rows to be durable, for longer than that takes when the database has little to do.</summary>
    Journal,
}
