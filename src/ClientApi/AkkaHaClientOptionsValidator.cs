using System.Globalization;
using AkkaHa.ClientApi.Connection;
using AkkaHa.Messages;
using Microsoft.Extensions.Options;

namespace AkkaHa.ClientApi;

/// <summary>The ranges of <see cref="AkkaHaClientOptions"/>, for both ways of making a client.</summary>
internal sealed class AkkaHaClientOptionsValidator : IValidateOptions<AkkaHaClientOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, AkkaHaClientOptions options) =>
        FirstWrong(options) is { } wrong ? ValidateOptionsResult.Fail($"AkkaHa client: {wrong.Message}") : ValidateOptionsResult.Success;

    /// <summary>The first wrong setting and what is wrong with it; null when all are right.</summary>
    public static (string Setting, string Message)? FirstWrong(AkkaHaClientOptions options)
    {
        if (EndpointList.WhatIsWrongWith(options.Endpoints) is { } endpoints) return (nameof(options.Endpoints), $"Endpoints {endpoints}");
        if (Names.CheckLabel("Label", options.Label) is { } label) return (nameof(options.Label), label);
        (string Setting, TimeSpan Value, TimeSpan Least, TimeSpan Most)[] times =
        [
            (nameof(options.SessionTtl), options.SessionTtl, TimeSpan.FromSeconds(Limits.SessionTtlMinSeconds), TimeSpan.FromSeconds(Limits.SessionTtlMaxSeconds)),
            (nameof(options.SessionMaxLifetime), options.SessionMaxLifetime ?? options.SessionTtl, options.SessionTtl, TimeSpan.FromDays(365)),
            (nameof(options.ConnectTimeout), options.ConnectTimeout, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30)),
            (nameof(options.AttemptTimeout), options.AttemptTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60)),
            (nameof(options.GiveUpAfter), options.GiveUpAfter, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(50)),
            (nameof(options.RingRefresh), options.RingRefresh, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            (nameof(options.CloseTimeout), options.CloseTimeout, TimeSpan.Zero, TimeSpan.FromSeconds(60)),
            (nameof(options.TransactionDeadline), options.TransactionDeadline, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(Limits.TransactionDeadlineMaxSeconds)),
        ];
        foreach (var (setting, value, least, most) in times)
            if (value < least || value > most) return (setting, $"{setting} is {Seconds(value)}; it must be {Seconds(least)} to {Seconds(most)}");
        if (options.TransactionTries is < 1 or > 1000)
            return (nameof(options.TransactionTries), $"TransactionTries is {options.TransactionTries}; it must be 1 to 1000");
        if (options.TimeProvider is null) return (nameof(options.TimeProvider), "TimeProvider must not be null");
        if (options.LoggerFactory is null) return (nameof(options.LoggerFactory), "LoggerFactory must not be null");
        return null;
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
