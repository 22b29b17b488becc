namespace AkkaHa.ClientApi;

/// <summary>How a lock is held.</summary>
public enum LockMode
{
    /// <summary>By one alone.</summary>
    Exclusive = 0,

    /// <summary>By any number at once, none of them exclusive.</summary>
    Shared = 1,

    /// <summary>Beside shared holders, by one that may become exclusive.</summary>
    Upgradeable = 2,

    /// <summary>By up to a number of holders.</summary>
    Semaphore = 3,
}
