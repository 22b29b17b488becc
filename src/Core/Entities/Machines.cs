using AkkaHa.Core.Keys;
using AkkaHa.Core.Locks;
using AkkaHa.Core.Sessions;
using AkkaHa.Core.Transactions;
using AkkaHa.Messages;

namespace AkkaHa.Core.Entities;

/// <summary>The rules for each kind of entity.</summary>
public static class Machines
{
    /// <summary>A fresh machine of the entity's kind.</summary>
    /// <param name="id">Which entity.</param>
    /// <param name="rules">Test-only switches.</param>
    /// <param name="times">How long outcomes of transactions are kept; left out: as <see cref="Limits"/> says.</param>
    /// <exception cref="ArgumentException">There is no such kind.</exception>
    public static IMachine For(EntityId id, RuleSwitches? rules = null, OutcomeTimes? times = null) => id.Kind switch
    {
        EntityId.KeyKind => new KeyMachine(id.Name, rules ?? RuleSwitches.AllOn),
        EntityId.LockKind => new LockMachine(id.Name, rules ?? RuleSwitches.AllOn),
        EntityId.SessionKind => new SessionSlotMachine(rules ?? RuleSwitches.AllOn),
        EntityId.TransactionKind => new TransactionSlotMachine(rules ?? RuleSwitches.AllOn, times ?? new OutcomeTimes()),
        _ => throw new ArgumentException($"there is no kind of entity '{id.Kind}'", nameof(id)),
    };
}
