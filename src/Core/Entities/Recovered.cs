namespace AkkaHa.Core.Entities;

/// <summary>How recovery ended.</summary>
public enum Recovered
{
    /// <summary>Ready to decide.</summary>
    Ready,

    /// <summary>A later owner has written here: this grant is over; drop it and stop.</summary>
    Superseded,
}
