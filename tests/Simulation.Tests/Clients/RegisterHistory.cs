using AkkaHa.Judge;
using AkkaHa.Judge.Keys;
using AkkaHa.Judge.Lists;
using AkkaHa.Judge.Registers;
using AkkaHa.Messages.V1;

namespace AkkaHa.Simulation.Tests.Clients;

/// <summary>
/// Puts and gets of keys, single or several in a transaction, as transactions over registers: judged together, where <see cref="KeyCall"/>s are judged key by key. What
/// was absent says nothing here: it may have been deleted, or have ended.
/// </summary>
sealed class RegisterHistory
{
    private readonly List<RegisterTransaction> transactions = [];

    public IEnumerable<Violation> Judge() => RegisterJudge.Judge(transactions);

    public void Got(string key, string seen, long revision, long from, long at) => Add($"get {transactions.Count}", ListEnd.Committed, from, at, new RegisterStep(key, null, seen, revision));

    public void Put(string key, string value, ListEnd end, long? revision, long from, long at) => Add($"put {value}", end, from, at, new RegisterStep(key, value, null, revision));

    public void Ran(TransactionRequest request, Answer answer, long from)
    {
        var result = answer.Reply?.Transaction;
        var branch = result is { ConditionsHeld: false } ? request.Else : request.Then;
        var end = result is not null ? ListEnd.Committed : answer.IsUnknown ? ListEnd.Unknown : ListEnd.Aborted;
        Add(request.TransactionId, end, from, answer.At, [.. branch.Select((o, i) => StepOf(o, result?.Results[i]))]);
    }

    private void Add(string id, ListEnd end, long from, long at, params RegisterStep[] steps) =>
        transactions.Add(new RegisterTransaction(id, end, from, end == ListEnd.Unknown ? Time.Never : at, steps));

    private static RegisterStep StepOf(Operation operation, OperationResult? result)
    {
        if (operation.Put is { } put) return new RegisterStep(put.Key, put.Value.ToStringUtf8(), null, result?.Revision);
        return new RegisterStep(operation.Get.Key, null, result?.Text(), result is { HasValue: true } ? result.Revision : null);
    }
}
