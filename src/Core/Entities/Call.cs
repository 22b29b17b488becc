using AkkaHa.Messages;
using AkkaHa.Messages.Internal;
using Google.Protobuf;

namespace AkkaHa.Core.Entities;

/// <summary>An entity that calls another on behalf of a client, and as a client would: its answer comes as a <see cref="LockAnswer"/>.</summary>
/// <param name="Entity">Where the answer goes.</param>
/// <param name="RequestId">What the answer is about.</param>
public readonly record struct Asker(EntityId Entity, string RequestId);

/// <summary>One caller waiting for an answer. What an entity asks another has <see cref="Id"/> 0: its answer is a command of its own.</summary>
/// <param name="Id">The caller, as the host of the entity knows it.</param>
/// <param name="RequestId">The key of the outcome; empty for reads.</param>
/// <param name="Attempt">1 for the first try.</param>
/// <param name="PayloadHash">Of the command, without attempt, waiting time and label.</param>
/// <param name="IsMutation">Whether an unanswered call may have changed something.</param>
/// <param name="Asker">The entity that waits for the answer, if one does.</param>
public sealed record Call(long Id, string RequestId, uint Attempt, ByteString PayloadHash, bool IsMutation, Asker? Asker = null);

/// <summary>A command on its way into an entity.</summary>
/// <param name="CallId">The caller, as the host of the entity knows it; 0: nobody waits.</param>
/// <param name="Command">What is asked.</param>
public readonly record struct Incoming(long CallId, Command Command);
