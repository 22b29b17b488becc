namespace AkkaHa.Node.Ownership;

/// <summary>This incarnation has been ended by another node.</summary>
internal sealed class FencedException(string node) : Exception($"{node} has been fenced");
