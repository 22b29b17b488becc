using AkkaHa.Messages.Internal;
using AkkaHa.Messages.V1;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Pipelines;
using Google.Rpc;
using Xunit;

namespace AkkaHa.Node.Tests.Api;

/// <summary>What is refused over a pipeline: what a node with too much to do says is made once for each hint, and is what would have been said.</summary>
public sealed class PipelinedRefusalTests
{
    private static readonly PipelinedCall Call = new() { Id = 17 };

    [Theory]
    [InlineData(100)]
    [InlineData(350)]
    [InlineData(2_000)]
    public void A_node_with_too_much_to_do_says_the_same_each_time_with_the_hint_of_each(int hintMs)
    {
        var failure = Refusals.Overloaded(TimeSpan.FromMilliseconds(hintMs));
        var (first, second) = (PipelinedMethods.Refused(Call, failure), PipelinedMethods.Refused(new PipelinedCall { Id = 18 }, failure.Clone()));

        Assert.Equal(PipelinedMethods.Refused(Call, GrpcErrors.ToRpcException(failure)), first);
        Assert.Equal(TimeSpan.FromMilliseconds(hintMs), Google.Rpc.Status.Parser.ParseFrom(first.Refused.Details).GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
        Assert.Equal(18ul, second.Id);
        Assert.Same(first.Refused, second.Refused);
    }

    /// <summary>Also where they have the same hint.</summary>
    [Fact]
    public void Other_refusals_say_what_they_are_for()
    {
        var overloaded = PipelinedMethods.Refused(Call, Refusals.Overloaded(TimeSpan.FromSeconds(1)));
        foreach (var text in (string[])["one", "another"])
        {
            var failure = Refusals.Of(ErrorCode.Unavailable, text);
            failure.RetryAfterMs = 1_000;
            var refused = PipelinedMethods.Refused(Call, failure);
            Assert.Equal(text, refused.Refused.Message);
            Assert.NotEqual(overloaded, refused);
        }
    }
}
