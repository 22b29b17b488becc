using AkkaHa.Messages.Internal;

namespace AkkaHa.Core.Entities;

/// <summary>What a command is to whoever sent it.</summary>
public static class CommandKinds
{
    /// <summary>Whether whoever sent this command waits for a reply: neither another entity, whose answer is a command of its own, nor the sweeper, which calls again.</summary>
    public static bool HasCaller(Command command) => command.Sender.Length == 0 && command.BodyCase != Command.BodyOneofCase.ExpireKey;

    /// <summary>Whether an unanswered call of this command may have changed something.</summary>
    public static bool IsMutation(Command command) => command.BodyCase is
        Command.BodyOneofCase.PutKey or Command.BodyOneofCase.DeleteKey
        or Command.BodyOneofCase.CreateSession or Command.BodyOneofCase.CloseSession
        or Command.BodyOneofCase.AcquireLock or Command.BodyOneofCase.ReleaseLock or Command.BodyOneofCase.CancelLock
        or Command.BodyOneofCase.AcquireAllLocks or Command.BodyOneofCase.CancelAllLocks
        or Command.BodyOneofCase.UpgradeLock or Command.BodyOneofCase.ForceReleaseLock
        or Command.BodyOneofCase.RunTransaction or Command.BodyOneofCase.ResolveTransaction
        or Command.BodyOneofCase.RestoreKey or Command.BodyOneofCase.RestoreLock or Command.BodyOneofCase.RestoreSlot;

    /// <summary>Whether its outcome is remembered under its request id. A transaction is known by its own id, for longer; a cancel names the request that it takes back.</summary>
    internal static bool HasRememberedOutcome(Command command) => IsMutation(command) && command.BodyCase is not
        (Command.BodyOneofCase.RunTransaction or Command.BodyOneofCase.ResolveTransaction or Command.BodyOneofCase.CancelLock or Command.BodyOneofCase.CancelAllLocks);
}
