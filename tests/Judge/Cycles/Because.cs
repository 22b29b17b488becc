namespace AkkaHa.Judge.Cycles;

/// <summary>Why one transaction must come before another (Adya, 1999; Kingsbury and Alvaro, "Elle", 2020).</summary>
[Flags]
enum Because
{
    None = 0,

    /// <summary>It wrote a version, the other a later one.</summary>
    WriteWrite = 1,

    /// <summary>It wrote what the other read.</summary>
    WriteRead = 2,

    /// <summary>It read a version, the other wrote a later one.</summary>
    ReadWrite = 4,

    /// <summary>It was answered before the other was asked for.</summary>
    RealTime = 8,
}

/// <summary>One step of a cycle: from this transaction to that of the next edge.</summary>
readonly record struct Edge(int From, Because Because, string Why);
