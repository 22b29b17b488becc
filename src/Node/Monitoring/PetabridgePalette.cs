using Akka.Actor;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace AkkaHa.Node.Monitoring;

/// <summary>Serves <see cref="PetabridgeCommands"/>, with an actor for each connection.</summary>
internal sealed class PetabridgePalette(PetabridgeViews views) : CommandPaletteHandler(PetabridgeCommands.Palette)
{
    public override Props HandlerProps { get; } = Props.Create(() => new PetabridgeHandler(views));
}

/// <summary>Answers one connection.</summary>
internal sealed class PetabridgeHandler : CommandHandlerActor
{
    public PetabridgeHandler(PetabridgeViews views)
        : base(PetabridgeCommands.Palette)
    {
        Process(PetabridgeCommands.Locks.Name, (_, arguments) => Answer(views.LocksAsync(arguments.ArgumentValues(PetabridgeCommands.Prefix).FirstOrDefault() ?? "")));
        Process(PetabridgeCommands.Transactions.Name, (_, _) => Answer(views.TransactionsAsync()));
        Process(PetabridgeCommands.Ring.Name, (_, arguments) => Answer(views.RingAsync(arguments.ArgumentValues(PetabridgeCommands.Entity).FirstOrDefault() ?? "")));
    }

    private void Answer(Task<string> view) => view.PipeTo(Sender, success: text => new CommandResponse(text), failure: e => new ErroredCommandResponse(e.Message));
}
