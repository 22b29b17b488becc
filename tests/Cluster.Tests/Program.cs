using AkkaHa.Cluster.Tests.Locks;

// The test runner runs the tests; this is what one of them starts: a client in a process of its own, which can be frozen.
if (args is ["hold", var endpoints, var name, var key]) return await HoldingClient.RunAsync(endpoints, name, key);
Console.Error.WriteLine("usage: hold ENDPOINTS LOCK KEY");
return 2;
