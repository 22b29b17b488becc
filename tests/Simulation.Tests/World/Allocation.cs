namespace AkkaHa.Simulation.Tests.World;

/// <summary>
/// Who is to run which shard, by those who coordinate it: usually one; while the cluster is split, one for each side, who know nothing of each other and
/// give the same shard to different nodes. Nothing may depend on their being right.
/// </summary>
sealed class Allocation
{
    private readonly int[] sideOf;
    private readonly int[][] slotFor;

    public Allocation(int slots, int shards)
    {
        sideOf = new int[slots];
        slotFor = [new int[shards], new int[shards]];
        for (var shard = 0; shard < shards; shard++) slotFor[0][shard] = shard % slots;
    }

    public bool IsSplit { get; private set; }

    public bool IsFor(int slot, int shard) => slotFor[sideOf[slot]][shard] == slot;

    /// <summary>Where messages for this shard go, as this side sees it.</summary>
    public int SlotFor(int shard, int side) => slotFor[side][shard];

    public int SideOf(int slot) => sideOf[slot];

    public void Move(int shard, int slot) => slotFor[sideOf[slot]][shard] = slot;

    /// <summary>Those on one side now have a coordinator of their own, who begins with what the other had.</summary>
    public void Split(Rng rng)
    {
        if (IsSplit) return;
        IsSplit = true;
        slotFor[0].CopyTo(slotFor[1], 0);
        for (var slot = 0; slot < sideOf.Length; slot++) sideOf[slot] = rng.Below(2);
    }

    /// <summary>One of the two is given up, and its nodes listen to the other again.</summary>
    public void Heal()
    {
        IsSplit = false;
        Array.Clear(sideOf);
    }

    /// <summary>The coordinators that there are take this node for lost: others get its shards, those on the coordinator's own side.</summary>
    public void Lose(int slot, Rng rng)
    {
        for (var side = 0; side < (IsSplit ? 2 : 1); side++) Lose(slot, side, rng);
    }

    /// <summary>The same by the other side alone.</summary>
    public void LoseAcross(int slot, Rng rng) => Lose(slot, 1 - sideOf[slot], rng);

    private void Lose(int slot, int side, Rng rng)
    {
        var others = Enumerable.Range(0, sideOf.Length).Where(s => s != slot && sideOf[s] == side).ToArray();
        if (others.Length == 0) return;
        for (var shard = 0; shard < slotFor[side].Length; shard++)
            if (slotFor[side][shard] == slot) slotFor[side][shard] = rng.Pick(others);
    }
}
