namespace AkkaHa.Compare;

/// <summary>What is aimed at: so many times etcd.</summary>
internal sealed record Goal(string Workload, int Clients, double Floor, double Aim)
{
    public static IReadOnlyList<Goal> All { get; } =
    [
        new("lock", 64, 1.3, 2.5), new("hot-lock", 64, 2, 3), new("hot-lock", 8, 2, 10), new("transfer", 64, 1.2, 2), new("put", 64, 1, 1.5), new("get", 64, 1.5, 3),
        new("get", 1, 0.8, 1.2), new("put", 1, 0.8, 1.2), new("lock", 1, 0.8, 1.2), new("transfer", 1, 0.8, 1.2),
    ];
}
