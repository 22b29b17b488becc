# A node, and `akkaha` beside it. From the root: docker build -f docker/Node.Dockerfile -t akkaha/node .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /build
# Certificates of packages are checked as far as one can without asking a server for each.
ENV NUGET_CERT_REVOCATION_MODE=offline DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY src/Messages/*.csproj src/Messages/
COPY src/Core/*.csproj src/Core/
COPY src/Node/*.csproj src/Node/*.targets src/Node/
COPY src/ClientApi/*.csproj src/ClientApi/
COPY src/Cli/*.csproj src/Cli/
RUN rid=linux-$(uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/') \
 && dotnet restore src/Node -r $rid -p:PublishReadyToRun=true -v quiet \
 && dotnet restore src/Cli -v quiet
COPY src src
# Compiled ahead: a node is quick at what it does for the first time, a failover above all.
RUN rid=linux-$(uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/') \
 && dotnet publish src/Node -c Release -r $rid --self-contained false -p:PublishReadyToRun=true -o /out/node -v quiet -clp:NoSummary \
 && dotnet publish src/Cli -c Release -p:ShipNode=false -o /out/cli -v quiet -clp:NoSummary \
 && mkdir -p /out/data

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /out/node /opt/akkaha/node
COPY --from=build /out/cli /opt/akkaha/cli
COPY docker/healthcheck.sh /opt/akkaha/healthcheck.sh
RUN printf '#!/bin/sh\nexec dotnet /opt/akkaha/cli/AkkaHa.Cli.dll "$@"\n' > /usr/local/bin/akkaha && chmod 755 /usr/local/bin/akkaha /opt/akkaha/healthcheck.sh
# By number, so that a cluster which refuses root can see that it is none.
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV AkkaHa__DataDirectory=/data \
    AkkaHa__Remote__BindHost=0.0.0.0 \
    AkkaHa__Http__Host=* \
    AkkaHa__Grpc__Host=* \
    AkkaHa__Management__Host=* \
    DOTNET_EnableDiagnostics=0
EXPOSE 4053 5080 5081 8558
HEALTHCHECK --interval=2s --timeout=3s --start-period=60s --retries=5 CMD ["/opt/akkaha/healthcheck.sh", "/ready"]
# SIGTERM: hands its shards over and leaves. Give it 30 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "/opt/akkaha/node/AkkaHa.Node.dll"]
