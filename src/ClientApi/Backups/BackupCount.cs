using Wire = AkkaHa.Messages.V1;

namespace AkkaHa.ClientApi.Backups;

/// <summary>Counts records as they pass by.</summary>
internal sealed class BackupCount
{
    private long _keys;
    private long _locks;
    private long _outcomes;
    private long _buckets;
    private long _bucketsShort;

    public Wire.BackupHeader? Header { get; set; }

    public BackupContents Contents => new(
        Header?.BackupId ?? "", DateTimeOffset.FromUnixTimeMilliseconds(Header?.TakenAtMs ?? 0), _keys, _locks, _outcomes, _buckets) { BucketsShort = _bucketsShort };

    public static BackupContents Of(Wire.BackupHeader header, Wire.BackupSummary summary) =>
        new(header.BackupId, DateTimeOffset.FromUnixTimeMilliseconds(header.TakenAtMs), summary.Keys, summary.Locks, summary.Outcomes, summary.Buckets) { BucketsShort = summary.BucketsShort };

    public void Add(Wire.BackupRecord record)
    {
        switch (record.BodyCase)
        {
            case Wire.BackupRecord.BodyOneofCase.Header: Header = record.Header; break;
            case Wire.BackupRecord.BodyOneofCase.Key: _keys++; break;
            case Wire.BackupRecord.BodyOneofCase.Lock: _locks++; break;
            case Wire.BackupRecord.BodyOneofCase.Outcome: _outcomes++; break;
            case Wire.BackupRecord.BodyOneofCase.Bucket: _buckets++; break;
            case Wire.BackupRecord.BodyOneofCase.Summary: _bucketsShort = record.Summary.BucketsShort; break;
            default: break;
        }
    }

    public bool Agrees(Wire.BackupSummary summary) => (_keys, _locks, _outcomes, _buckets) == (summary.Keys, summary.Locks, summary.Outcomes, summary.Buckets);
}
