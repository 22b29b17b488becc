using System.Net;
using System.Text.RegularExpressions;
using AkkaHa.Node.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace AkkaHa.Node.Tests.Dashboard;

public sealed partial class DashboardFilesTests : IAsyncLifetime
{
    private WebApplication? app;
    private readonly HttpClient http = new();

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapDashboard();
        await app.StartAsync();
        http.BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    [Fact]
    public async Task Every_file_that_another_one_names_is_there_and_nothing_comes_from_elsewhere()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<Uri>([http.BaseAddress!]);
        while (open.TryDequeue(out var at))
        {
            if (!seen.Add(at.AbsolutePath)) continue;
            using var response = await http.GetAsync(at);
            Assert.True(response.IsSuccessStatusCode, $"{at}: {response.StatusCode}");
            var text = await response.Content.ReadAsStringAsync();
            if (at.AbsolutePath.Contains("/vendor/uplot/", StringComparison.Ordinal)) continue;
            // What a script draws is named as seen from the page.
            var isPage = at.AbsolutePath == "/";
            foreach (Match named in (isPage ? Linked() : Imported()).Matches(text)) open.Enqueue(new Uri(at, named.Groups["path"].Value));
        }
        Assert.InRange(seen.Count, 20, 100);
    }

    [Fact]
    public async Task Scripts_and_styles_may_come_from_the_node_alone_and_none_is_inline()
    {
        using var response = await http.GetAsync(new Uri("/", UriKind.Relative));
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        var page = await response.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=)|\bon\w+=|<style|\bstyle=", page);
    }

    [Fact]
    public async Task A_file_that_has_not_changed_is_not_sent_again()
    {
        using var first = await http.GetAsync(new Uri("/dashboard/style.css", UriKind.Relative));
        using var again = new HttpRequestMessage(HttpMethod.Get, new Uri("/dashboard/style.css", UriKind.Relative));
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(0, second.Content.Headers.ContentLength ?? 0);
    }

    [Theory]
    [InlineData("/dashboard/nothing.js")]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/../appsettings.json")]
    [InlineData("/dashboard/%2e%2e/AkkaHa.Node.dll")]
    public async Task Other_files_are_not_served(string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        if (app is not null) await app.DisposeAsync();
    }

    [GeneratedRegex("""(?:src|href)="(?<path>[^"#]+)["]""")]
    private static partial Regex Linked();

    [GeneratedRegex("""(?:from|import)\s*['"](?<path>\.{1,2}/[^'"]+)['"]""")]
    private static partial Regex Imported();
}
