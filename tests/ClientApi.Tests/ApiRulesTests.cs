using System.Reflection;
using Xunit;

namespace AkkaHa.ClientApi.Tests;

public sealed class ApiRulesTests
{
    private static readonly Assembly Client = typeof(AkkaHaClient).Assembly;

    [Fact]
    public void The_client_knows_nothing_of_Akka_or_the_server()
    {
        var references = Client.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.DoesNotContain(references, r => r == "Akka" || r.StartsWith("Akka.", StringComparison.Ordinal));
        Assert.Equal(["AkkaHa.Messages"], references.Where(r => r.StartsWith("AkkaHa", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_public_call_can_be_cancelled()
    {
        var calls = Client.GetExportedTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(m => (typeof(Task).IsAssignableFrom(m.ReturnType) || m.ReturnType.Name.StartsWith("IAsyncEnumerable", StringComparison.Ordinal)) && m.Name != nameof(OpenTransaction.RollbackAsync));
        Assert.All(calls, m => Assert.Equal(typeof(CancellationToken), m.GetParameters().LastOrDefault()?.ParameterType));
    }

    [Fact]
    public void Public_classes_are_sealed_but_for_the_two_that_have_subclasses() =>
        Assert.Equal(
            ["AkkaHaException", "Transaction"],
            Client.GetExportedTypes().Where(t => t.IsClass && !t.IsSealed).Select(t => t.Name).Order());

    [Fact]
    public void Nothing_mutable_is_static() => Assert.DoesNotContain(
        Client.GetTypes().SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)),
        f => !f.IsInitOnly && !f.IsLiteral && !f.Name.Contains('<', StringComparison.Ordinal) && !f.DeclaringType!.Name.Contains('<', StringComparison.Ordinal));
}
