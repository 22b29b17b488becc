using AkkaHa.ClientApi.Caching;
using Microsoft.Extensions.Options;

namespace AkkaHa.ClientApi;

/// <summary>Settings of the distributed cache.</summary>
public sealed record AkkaHaCacheOptions
{
    /// <summary>
    /// What the names of all its keys begin with, so that caches and other keys do not meet. It must begin a valid name and be 1 to 400 UTF-8 bytes; end it with <c>/</c> to make it a
    /// segment. Default: <c>cache/</c>.
    /// </summary>
    public string KeyPrefix { get; set; } = "cache/";
}

/// <summary>The ranges of <see cref="AkkaHaCacheOptions"/>.</summary>
internal sealed class AkkaHaCacheOptionsValidator : IValidateOptions<AkkaHaCacheOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, AkkaHaCacheOptions options) =>
        CacheKeys.WhatIsWrongWith(options.KeyPrefix) is { } wrong ? ValidateOptionsResult.Fail($"AkkaHa cache: {wrong}") : ValidateOptionsResult.Success;
}
