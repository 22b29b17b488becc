using AkkaHa.Node.Api.Http;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

public sealed class RawPathTests
{
    [Theory]
    [InlineData("/v1/kv/a?x=%2F", "/v1/kv/a")]
    [InlineData("/a%2Fb%2fc%252Fd", "/a/b/c%2Fd")]
    [InlineData("/a/../b/./c//", "/a/../b/./c//")]
    [InlineData("/%E2%82%AC", "/€")]
    [InlineData("http://host:80/a%2Fb?c", "/a/b")]
    [InlineData("/?", "/")]
    [InlineData("*", null)]
    [InlineData("host:80", null)]
    [InlineData("http://host", null)]
    public void A_target_is_decoded_once_and_not_tidied(string target, string? expected)
    {
        Assert.True(RawPath.TryDecode(target, out var path, out _));
        Assert.Equal(expected, path);
    }

    [Theory]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%4g")]
    [InlineData("/% 1")]
    [InlineData("/%+1")]
    [InlineData("/%ff")]
    [InlineData("/%c0%af")]
    [InlineData("/%ed%a0%80")]
    [InlineData("/a%0a")]
    public void A_target_that_means_nothing_certain_is_refused(string target)
    {
        Assert.False(RawPath.TryDecode(target, out var path, out var wrong));
        Assert.Null(path);
        Assert.NotEmpty(wrong);
    }
}
