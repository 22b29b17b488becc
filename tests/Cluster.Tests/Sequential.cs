using Xunit;

// Each test has a cluster of processes to itself; two at once on a small machine would only time each other out.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
