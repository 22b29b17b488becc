namespace AkkaHa.Node.Storage;

/// <summary>Stores rows, all or none. For one caller at a time.</summary>
internal interface IRowInsert
{
    /// <summary>Durable when this returns; when it throws, they are stored or not.</summary>
    Task RunAsync(IReadOnlyList<NewRow> rows);

    /// <summary>Whether the database refused because a row with such a number is there already: then certainly none is stored.</summary>
    bool IsCollision(Exception e);

    /// <summary>The next rows get another connection: this one may be in any state.</summary>
    Task CloseAsync();
}
