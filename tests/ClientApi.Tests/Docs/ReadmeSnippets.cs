namespace AkkaHa.ClientApi.Tests.Docs;

/// <summary>The C# of README.md, so that it goes on compiling. <see cref="SnippetTests"/> compares.</summary>
internal static class ReadmeSnippets
{
    public static async Task BeginAsync()
    {
        await using var client = AkkaHaClient.Connect("http://127.0.0.1:5081");
        await using var order = await client.Locks.AcquireAsync("orders/7", TimeSpan.FromSeconds(10));      // waits its turn; released when disposed, or when this process dies
        order.LostToken.Register(() => Console.WriteLine("lost"));                                          // before the cluster gives it to another
        await client.Keys.PutAsync("orders/7/state", "paid", guard: order);                                 // only while it is held: the cluster checks the fence in the same step
        await client.Transactions.SubmitAsync(new TransactionBuilder().IfHeld(order)
            .Then(then => then.Add("stock/7", -1).Put("orders/7/state", "shipped")));                       // all of it or nothing, wherever the keys live
    }
}
