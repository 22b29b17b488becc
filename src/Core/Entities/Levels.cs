namespace AkkaHa.Core.Entities;

/// <summary>How much one entity holds of what operators count.</summary>
/// <param name="Sessions">Sessions that live.</param>
/// <param name="Holders">Holders of the lock.</param>
/// <param name="Waiters">Who waits for the lock.</param>
/// <param name="OpenTransactions">Transactions that are not settled.</param>
public readonly record struct Levels(int Sessions = 0, int Holders = 0, int Waiters = 0, int OpenTransactions = 0);
