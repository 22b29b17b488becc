using System.IO.Hashing;
using AkkaHa.Core.Entities;
using Google.Protobuf;
using Xunit;

namespace AkkaHa.Core.Tests.Entities;

/// <summary>Journals and snapshots hold these hashes: of one and the same request it must be the same in each version.</summary>
public sealed class PayloadHashTests
{
    [Fact]
    public void It_never_changes() => Assert.Equal("CA3C040B38356823004414E94040B032", Convert.ToHexString(PayloadHash.Of(Make.Put("v")).Span));

    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    [InlineData(5_000)]
    [InlineData(1_000_000)]
    public void It_is_of_all_bytes_whatever_the_size(int length)
    {
        // Around the length, too: small ones are written elsewhere than large ones.
        for (var more = 0; more < 150; more++)
        {
            var put = Make.Put(new string('x', length + more), attempt: 0);
            Assert.Equal(XxHash128.Hash(put.ToByteArray()), PayloadHash.Of(put).ToByteArray());
        }
    }

    [Fact]
    public void Attempt_and_time_are_not_in_it() => Assert.Equal(PayloadHash.Of(Make.Put("v")), PayloadHash.Of(Make.Put("v", requestId: "r", attempt: 3, timeoutMs: 900)));
}
