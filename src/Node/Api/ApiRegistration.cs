using AkkaHa.Messages;
using AkkaHa.Node.Api.Backups;
using AkkaHa.Node.Api.Cluster;
using AkkaHa.Node.Api.Errors;
using AkkaHa.Node.Api.Eventual;
using AkkaHa.Node.Api.Http;
using AkkaHa.Node.Api.Keys;
using AkkaHa.Node.Api.Locks;
using AkkaHa.Node.Api.OpenApi;
using AkkaHa.Node.Api.Pipelines;
using AkkaHa.Node.Api.Sessions;
using AkkaHa.Node.Api.Transactions;
using AkkaHa.Node.Monitoring;
using AkkaHa.Node.Overload;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AkkaHa.Node.Api;

/// <summary>Puts the API into a host: gRPC, and HTTP with JSON. Endpoints and ports are the host's.</summary>
public static class ApiRegistration
{
    /// <summary>
    /// Adds the services, and limits requests to <see cref="Limits.ClientMessageBytes"/>.
    /// The host registers <see cref="IEntities"/>, <see cref="IClusterView"/> and <see cref="IReadiness"/>.
    /// </summary>
    public static IServiceCollection AddAkkaHaApi(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => Admission.Open);
        services.AddSingleton<EntityCalls>();
        services.AddSingleton<TakeBacks>();
        services.TryAddSingleton<NodeHistory>();
        services.AddSingleton<FailureInterceptor>();
        services.AddSingleton<CallTimes>();
        services.AddSingleton<OperatorActions>();
        services.AddSingleton<KeysService>();
        services.AddSingleton<LocksService>();
        services.AddSingleton<SessionsService>();
        services.AddSingleton<TransactionsService>();
        services.AddSingleton<PipelinedMethods>();
        services.AddSingleton<MethodShapes>();
        services.AddSingleton<ApiDescription>();
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = Limits.ClientMessageBytes);
        services.AddHealthChecks()
            .AddCheck<AliveCheck>("actor-system", tags: [Probes.AliveTag])
            .AddCheck<ReadyCheck>("strong", tags: [Probes.ReadyTag]);
        // A probe that says no is an answer, and who is asked twice a second must not log it as an error each time.
        services.AddLogging(logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
        // The transcoder's routes need it, and slim hosts leave it out.
        services.AddRouting(routing => routing.SetParameterPolicy<RegexInlineRouteConstraint>("regex"));
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = Limits.ClientMessageBytes;
            grpc.MaxSendMessageSize = Limits.ClientMessageBytes;
            grpc.Interceptors.Add<FailureInterceptor>();
            grpc.Interceptors.Add<CallTimes>();
            grpc.Interceptors.Add<OperatorActions>();
        }).AddJsonTranscoding(json => json.JsonSettings = new GrpcJsonSettings { WriteInt64sAsStrings = true });
        return services;
    }

    /// <summary>Adds middleware and routes. To be called before other middleware of the host's, since it sets up routing and the form of errors.</summary>
    /// <param name="app">The host.</param>
    /// <param name="managementPort">On this port only probes and management are served, and management nowhere else: it is for whoever supervises the process.</param>
    public static WebApplication MapAkkaHaApi(this WebApplication app, int? managementPort = null)
    {
        app.UseMiddleware<ServerHeaders>();
        app.UseMiddleware<ErrorBodies>();
        app.UseMiddleware<SameOrigin>();
        app.UseMiddleware<PathDecoding>();
        app.UseRouting();
        if (managementPort is { } port) app.UseMiddleware<PortGate>(port);
        app.UseMiddleware<WrongVerbs>();
        app.UseMiddleware<OverloadGate>();
        app.UseMiddleware<StrictRequests>();
        app.MapGrpcService<SessionsService>().Add(NewWork.Mark);
        app.MapGrpcService<LocksService>().Add(NewWork.Mark);
        app.MapGrpcService<KeysService>().Add(NewWork.Mark);
        app.MapGrpcService<TransactionsService>().Add(NewWork.Mark);
        app.MapGrpcService<CallsService>();
        app.MapGrpcService<EventualService>().Add(NewWork.Mark);
        app.MapGrpcService<ClusterService>().Add(NewWork.Mark);
        app.MapGrpcService<BackupsService>().Add(NewWork.Mark);
        app.MapProbes();
        app.MapGet(ApiDescription.Path, context => context.RequestServices.GetRequiredService<ApiDescription>().SendAsync(context));
        return app;
    }
}
