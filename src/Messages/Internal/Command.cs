namespace AkkaHa.Messages.Internal;

/// <summary>What is known of a command in the process that has it, and does not travel.</summary>
public sealed partial class Command
{
    /// <summary>When it came into this process, as a timestamp of its monotonic clock; 0: nobody counts.</summary>
    public long ArrivedAt { get; set; }
}
