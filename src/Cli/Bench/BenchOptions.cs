namespace AkkaHa.Cli.Bench;

/// <summary>What <c>akkaha bench</c> was told.</summary>
/// <param name="Clients">So many ask at the same time.</param>
/// <param name="Time">For so long.</param>
/// <param name="WarmUp">After so long.</param>
/// <param name="Spread">Over so many keys, locks, accounts or sessions.</param>
/// <param name="ValueBytes">Of a key.</param>
/// <param name="Prefix">All names begin with it; nobody else's do.</param>
sealed record BenchOptions(int Clients, TimeSpan Time, TimeSpan WarmUp, int Spread, int ValueBytes, string Prefix);
