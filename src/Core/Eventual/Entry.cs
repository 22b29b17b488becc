using System.Text;

namespace AkkaHa.Core.Eventual;

/// <summary>What one change left behind; it stays until a later change that has seen it takes it away.</summary>
public readonly record struct Entry(Dot Dot, Content Content);

/// <summary>What an entry says.</summary>
public abstract record Content
{
    private Content()
    {
    }

    /// <summary>In bytes, about.</summary>
    public virtual int Bytes => 16;

    /// <summary>An element is in the set.</summary>
    public sealed record Present : Content
    {
        /// <summary>The only one.</summary>
        public static readonly Present It = new();
    }

    /// <summary>A flag is on, or off.</summary>
    public sealed record Enabled(bool On) : Content;

    /// <summary>A value of a register or a field.</summary>
    public sealed record Written(HybridTime Stamp, string Value) : Content
    {
        /// <inheritdoc />
        public override int Bytes => 32 + Encoding.UTF8.GetByteCount(Value);
    }

    /// <summary>
    /// A part of a counter: one increment under its request id, or, without one, what one replica has counted up to this dot, of so many increments.
    /// </summary>
    public sealed record Counted(long Amount, long Increments, string RequestId, long AtMs) : Content
    {
        /// <summary>It can't be told from other increments any more.</summary>
        public bool IsFolded => RequestId.Length == 0;

        /// <summary>Its request counts elsewhere: it comes to nothing, and what it was is not known any more.</summary>
        public bool IsRepeat => Increments == 0 && !IsFolded;

        /// <inheritdoc />
        public override int Bytes => 32 + RequestId.Length;
    }

    /// <summary>A request that was done.</summary>
    public sealed record Mark(string RequestId, long AtMs, ulong Hash) : Content
    {
        /// <inheritdoc />
        public override int Bytes => 40 + RequestId.Length;
    }

    /// <summary>
    /// Of two contents of one dot. They differ for counters only, since everybody may sum up (see <see cref="CounterFold"/>): the sum has more in it than the single one; of two sums, or two
    /// single ones, the one of fewer increments knows of a deletion, or of a repeat, that the other does not.
    /// </summary>
    public static Content Of(Content a, Content b)
    {
        if (a is not Counted x || b is not Counted y || x == y) return a;
        if (x.IsFolded != y.IsFolded) return x.IsFolded ? x : y;
        if (x.Increments != y.Increments) return x.Increments < y.Increments ? x : y;
        if (x.Amount != y.Amount) return x.Amount < y.Amount ? x : y;
        return x.AtMs <= y.AtMs ? x : y;
    }
}
