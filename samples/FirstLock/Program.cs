using AkkaHa.ClientApi;

await using var client = AkkaHaClient.Connect(args.Length > 0 ? args[0] : "http://127.0.0.1:5081");

// Waits up to 10 s. Released when disposed; released by the cluster when this process dies.
await using var order = await client.Locks.AcquireAsync("orders/7", TimeSpan.FromSeconds(10));
Console.WriteLine($"orders/7 is ours, fence {order.Fence}");

// Written only while the lock is still held; the cluster checks the fence in the same step.
var revision = await client.Keys.PutAsync("orders/7/state", "paid", guard: order);
Console.WriteLine($"orders/7/state is at revision {revision}");

// All of it or nothing, wherever the keys live. Runs again when something that it read has changed meanwhile.
var left = await client.Transactions.RunAsync(async tx =>
{
    tx.RequireLock(order);
    var stock = long.Parse(await tx.GetStringAsync("stock/7") ?? "10", System.Globalization.CultureInfo.InvariantCulture);
    tx.Put("stock/7", $"{stock - 1}");
    tx.Put("orders/7/state", "shipped");
    return stock - 1;
});
Console.WriteLine($"{left} left");

// Keepalives go out by themselves. When they fail, this is cancelled before the cluster gives the lock to another.
order.LostToken.Register(() => Console.WriteLine("lost"));
