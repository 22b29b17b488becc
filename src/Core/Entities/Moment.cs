namespace AkkaHa.Core.Entities;

/// <summary>A point in time, passed in: Core reads no clock.</summary>
/// <param name="WallMs">Unix milliseconds of this node's clock: for what is stored and shown.</param>
/// <param name="MonoMs">Milliseconds of this process's monotonic clock: for every duration.</param>
/// <param name="IsWatched">Somebody may wait for rows of keys to be written; false: nobody that is known of, so that what is in no hurry may wait longer for a row to go with.</param>
public readonly record struct Moment(long WallMs, long MonoMs, bool IsWatched = true);

/// <summary>Where an event stands in its entity's history.</summary>
/// <param name="SequenceNr">The number of its journal row.</param>
/// <param name="TimeMs">Unix milliseconds of the row, never going back within one entity.</param>
public readonly record struct Stamp(long SequenceNr, long TimeMs);
