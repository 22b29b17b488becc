using AkkaHa.Inner;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// In this process, and short: what is looked for are factors, not percents. Another process would have to be built first.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromTypes([typeof(RingBenchmarks), typeof(KeyBenchmarks), typeof(WireBenchmarks)]).Run(args.Length > 0 ? args : ["--filter", "*"], config);
