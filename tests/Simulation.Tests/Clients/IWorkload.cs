using AkkaHa.Judge;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>Something that clients do, and what must be true of it afterwards.</summary>
interface IWorkload
{
    /// <summary>Before anything goes wrong.</summary>
    Task Prepare(Client client);

    /// <summary>One thing done by one client.</summary>
    Task Step(Client client);

    /// <summary>After everything is well again: the last reads. They must succeed.</summary>
    Task Finish(Client client);

    /// <summary>Judges what was recorded.</summary>
    IEnumerable<Violation> Judge();
}
