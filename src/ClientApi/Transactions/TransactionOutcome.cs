namespace AkkaHa.ClientApi;

/// <summary>What became of a transaction.</summary>
public enum TransactionOutcome
{
    /// <summary>Not known here: never heard of, or longer ago than 24 hours. It is not proof that it will never happen.</summary>
    Unknown = 0,

    /// <summary>Not decided yet.</summary>
    InProgress = 1,

    /// <summary>All of it is durable.</summary>
    Committed = 2,

    /// <summary>Nothing of it happened, or ever will.</summary>
    Aborted = 3,
}
