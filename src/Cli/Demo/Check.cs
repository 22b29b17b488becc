namespace AkkaHa.Cli.Demo;

/// <summary>One promise, and whether it was kept.</summary>
/// <param name="Holds">Whether it was.</param>
/// <param name="Says">The promise, with the figures that show it.</param>
sealed record Check(bool Holds, string Says);
