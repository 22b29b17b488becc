using Akka.Configuration;

namespace AkkaHa.Node.Storage;

/// <summary>The journal on SQLite.</summary>
internal sealed class SqliteJournal(Config config) : GroupCommitJournal(config, new SqliteInsert(config.GetString("connection-string")));
