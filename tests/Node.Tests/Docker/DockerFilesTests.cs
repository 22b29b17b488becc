using System.Text.RegularExpressions;
using AkkaHa.Node.Settings;
using AkkaHa.Node.Tests.Docs;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace AkkaHa.Node.Tests.Docker;

public partial class DockerFilesTests
{
    private const string Manifests = "docker/k8s/akkaha.yaml";

    [Fact]
    public void Every_setting_that_a_container_is_given_is_one()
    {
        foreach (var node in new[] { "node1", "node2", "node3" })
        {
            var settings = SettingsOf(Environment(Compose(), node));
            Assert.Equal(node, settings.Remote.Host);
            Assert.Contains($"akka.tcp://AkkaHa@{node}:4053", settings.Cluster.SeedNodes);
            Assert.Equal("postgres", settings.Storage.Provider);
        }
    }

    [Fact]
    public void What_is_advertised_is_what_is_published_on_this_machine_alone()
    {
        foreach (var (name, service) in Services(Compose()).Where(s => s.Name.StartsWith("node", StringComparison.Ordinal)))
        {
            var ports = ((YamlSequenceNode)service["ports"]).Select(p => p.ToString()).ToArray();
            Assert.All(ports, p => Assert.StartsWith("127.0.0.1:", p, StringComparison.Ordinal));
            var settings = SettingsOf(Environment(Compose(), name));
            Assert.Contains($"{settings.Http.AdvertisedUrl["http://".Length..]}:{settings.Http.Port}", ports);
            Assert.Contains($"{settings.Grpc.AdvertisedUrl["http://".Length..]}:{settings.Grpc.Port}", ports);
        }
    }

    [Fact]
    public void The_manifests_are_what_Kubernetes_takes_read_strictly()
    {
        var all = KubernetesYaml.LoadAllFromString(Repository.Read(Manifests), typeMap: null, strict: true);
        Assert.Contains(all, o => o is V1PodDisruptionBudget);
        var set = Assert.Single(all.OfType<V1StatefulSet>());
        var container = Assert.Single(set.Spec.Template.Spec.Containers);
        Assert.Equal("/ready", container.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/alive", container.LivenessProbe.HttpGet.Path);
        Assert.True(set.Spec.Template.Spec.SecurityContext.RunAsNonRoot);
        Assert.Contains(all.OfType<V1Service>(), s => s.Metadata.Name == set.Spec.ServiceName && s.Spec.PublishNotReadyAddresses == true);

        var values = container.Env.Where(e => e.Name.StartsWith("AkkaHa__", StringComparison.Ordinal)).ToDictionary(e => e.Name, e => (e.Value ?? "Host=db").Replace("$(POD)", "akkaha-0", StringComparison.Ordinal));
        var settings = SettingsOf(values);
        Assert.Equal(set.Spec.Replicas, settings.Cluster.SeedNodes.Count);
        Assert.Contains($"akka.tcp://AkkaHa@{settings.Remote.Host}:4053", settings.Cluster.SeedNodes);
    }

    [Fact]
    public void A_misspelt_field_of_a_manifest_is_refused() =>
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(Repository.Read(Manifests).Replace("maxUnavailable", "maxUnavailble", StringComparison.Ordinal), typeMap: null, strict: true));

    private static YamlMappingNode Compose()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read("docker-compose.yml")));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static IEnumerable<(string Name, YamlMappingNode Service)> Services(YamlMappingNode compose) =>
        ((YamlMappingNode)compose["services"]).Select(s => (s.Key.ToString(), (YamlMappingNode)s.Value));

    private static Dictionary<string, string> Environment(YamlMappingNode compose, string service)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        Collect((YamlMappingNode)Services(compose).Single(s => s.Name == service).Service["environment"], all);
        return all;
    }

    private static void Collect(YamlMappingNode map, Dictionary<string, string> into)
    {
        foreach (var (key, value) in map)
            if (key.ToString() == "<<") Collect((YamlMappingNode)value, into);
            else into[key.ToString()] = Variable().Replace(value.ToString(), "${default}");
    }

    // The image sets what every container needs.
    private static NodeSettings SettingsOf(Dictionary<string, string> environment)
    {
        var image = ImageSetting().Matches(Repository.Read("docker/Node.Dockerfile")).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value);
        Assert.NotEmpty(image);
        foreach (var (name, value) in environment.Where(e => e.Key.StartsWith("AkkaHa__", StringComparison.Ordinal))) image[name] = value;
        return SettingsCheck.Read(new ConfigurationBuilder().AddInMemoryCollection(image.ToDictionary(s => s.Key.Replace("__", ":", StringComparison.Ordinal), s => (string?)s.Value)).Build());
    }

    [GeneratedRegex(@"\$\{\w+:-(?<default>[^}]*)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?<name>AkkaHa__\w+)=(?<value>\S+)")]
    private static partial Regex ImageSetting();
}
