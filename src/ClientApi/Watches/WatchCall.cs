using Grpc.Core;

namespace AkkaHa.ClientApi.Watches;

/// <summary>What is watched: how to begin at one node after a position (empty: from now on), and where a message stands.</summary>
internal sealed record WatchCall<TMessage>(Func<CallInvoker, string, CallOptions, AsyncServerStreamingCall<TMessage>> Begin, Func<TMessage, string> PositionOf)
    where TMessage : class;
