using AkkaHa.Core.Eventual;
using AkkaHa.Node.Eventual;
using Xunit;

namespace AkkaHa.Node.Tests.Eventual;

public sealed class BucketFileTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("akkaha-eventual-");

    private string FilePath => BucketFile.PathOf(directory.FullName, 4053);

    [Fact]
    public void What_was_written_is_read_again_the_latest_of_each()
    {
        using (var file = BucketFile.Open(FilePath))
        {
            file.Write([("b/1", "m", [1]), ("b/2", "m", [2])]);
            file.Write([("b/1", "n", [3])]);
        }
        using var again = BucketFile.Open(FilePath);
        Assert.Equal([("b/1", "n", (byte)3), ("b/2", "m", (byte)2)], again.Read().Select(r => (r.Name, r.Manifest, r.State[0])).Order());
    }

    [Fact]
    public void After_a_crash_it_is_another_replica_and_after_an_end_in_order_the_same()
    {
        using (var file = BucketFile.Open(FilePath))
        {
            Assert.Equal(new ReplicaId(ulong.MaxValue), file.Begin("a:4053", new ReplicaId(ulong.MaxValue)));
            file.End();
        }
        using (var file = BucketFile.Open(FilePath)) Assert.Equal(new ReplicaId(ulong.MaxValue), file.Begin("a:4053", new ReplicaId(2)));
        using (var file = BucketFile.Open(FilePath)) Assert.Equal(new ReplicaId(3), file.Begin("a:4053", new ReplicaId(3)));
    }

    [Fact]
    public void A_file_that_comes_from_another_node_makes_no_second_of_that()
    {
        using (var file = BucketFile.Open(FilePath))
        {
            file.Begin("a:4053", new ReplicaId(1));
            file.End();
        }
        using var copy = BucketFile.Open(FilePath);
        Assert.Equal(new ReplicaId(2), copy.Begin("b:4053", new ReplicaId(2)));
    }

    [Fact]
    public void Two_do_not_have_it_open_at_once()
    {
        using var file = BucketFile.Open(FilePath);
        file.Begin("a:4053", new ReplicaId(1));
        Assert.Throws<IOException>(() => BucketFile.Open(FilePath));
    }

    public void Dispose() => directory.Delete(recursive: true);
}
