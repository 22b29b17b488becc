using System.Data.Common;

namespace AkkaHa.Node.Storage;

/// <summary>Stores rows, all or none. Keeps one connection, with the statement prepared. For one caller at a time.</summary>
internal abstract class RowInsert
{
    /// <summary>What is kept; null: it has to be opened.</summary>
    protected DbConnection? Connection { get; set; }

    /// <summary>The statement, prepared on it.</summary>
    protected DbCommand? Command { get; set; }

    /// <summary>Durable when this returns; when it throws, they are stored or not.</summary>
    public abstract Task RunAsync(IReadOnlyList<NewRow> rows);

    /// <summary>Whether the database refused because a row with such a number is there already: then certainly none is stored.</summary>
    public abstract bool IsCollision(Exception e);

    /// <summary>The next rows get another connection: this one may be in any state. Whatever failed, parameters are taken back from the command: they are used again with the next.</summary>
    public async Task CloseAsync()
    {
        var (command, connection) = (Command, Connection);
        (Command, Connection) = (null, null);
        if (command is not null)
        {
            command.Parameters.Clear();
            await command.DisposeAsync();
        }
        if (connection is not null) await connection.DisposeAsync();
    }
}
