using System.Diagnostics;
using Akka.Actor;
using Akka.Serialization;
using AkkaHa.Messages.Internal;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Membership;
using Google.Protobuf;
using Envelope = AkkaHa.Messages.Storage.Envelope;

namespace AkkaHa.Node.Entities;

/// <summary>Protobuf for all that travels between nodes and all that is stored. Identifier and manifests are frozen: stored rows carry them.</summary>
internal sealed class EntitySerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string CommandManifest = "c";
    private const string ReplyManifest = "r";
    internal const string EnvelopeManifest = "e";
    internal const string SnapshotManifest = "s";
    private const string MemberSignalManifest = "m";
    private const string HistoryQueryManifest = "hq";
    private const string HistoryReportManifest = "hr";

    private NodeParts? parts;

    public override int Identifier => 4117;

    public override string Manifest(object o) => o switch
    {
        Command => CommandManifest,
        Reply => ReplyManifest,
        Envelope => EnvelopeManifest,
        Snapshot => SnapshotManifest,
        MemberSignal => MemberSignalManifest,
        HistoryQuery => HistoryQueryManifest,
        HistoryReport => HistoryReportManifest,
        _ => throw new ArgumentException($"{o.GetType()} is not stored or sent", nameof(o)),
    };

    public override byte[] ToBinary(object obj)
    {
        // As ToByteArray does, without its stream: this is done for each row and each message.
        var message = (IMessage)obj;
        // It goes to another node.
        if (obj is Command command) command.EndWait();
        var bytes = new byte[message.CalculateSize()];
        message.WriteTo(bytes.AsSpan());
        return bytes;
    }

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        CommandManifest => Arrived(Command.Parser.ParseFrom(bytes)),
        ReplyManifest => Reply.Parser.ParseFrom(bytes),
        EnvelopeManifest => Envelope.Parser.ParseFrom(bytes),
        SnapshotManifest => Snapshot.Parser.ParseFrom(bytes),
        MemberSignalManifest => MemberSignal.Parser.ParseFrom(bytes),
        HistoryQueryManifest => HistoryQuery.Parser.ParseFrom(bytes),
        HistoryReportManifest => HistoryReport.Parser.ParseFrom(bytes),
        _ => throw new System.Runtime.Serialization.SerializationException($"unknown manifest '{manifest}': written by a newer version?"),
    };

    private Command Arrived(Command command)
    {
        command.ArrivedAt = Stopwatch.GetTimestamp();
        parts ??= system.Settings.Setup.Get<NodeParts>() is { HasValue: true } known ? known.Value : null;
        // Of a shard that has no owner here yet it waits for that.
        if (parts is { Admission.Sheds: true } here && here.Grants.EpochOf(here.Shards.ShardOf(command.Entity)) is not null) here.Admission.Arrived(command);
        return command;
    }
}
