using Akka.Actor;
using Akka.Persistence;
using AkkaHa.Messages.Storage;
using AkkaHa.Node.Storage;
using Envelope = AkkaHa.Messages.Storage.Envelope;
using Xunit;

namespace AkkaHa.Node.Tests.Storage;

/// <summary>Rows of transactions wait a little for others to share a statement; nothing else does.</summary>
public sealed class JournalCompanyTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private static readonly WriteMessages Nothing = new([], ActorRefs.Nobody, 0);

    private static JournalWrite[] Writes(int count, bool ofTransactions = true, bool awaited = true) =>
        [.. Enumerable.Range(0, count).Select(_ => new JournalWrite(Nothing, [], ofTransactions, ActorRefs.Nobody) { IsAwaited = ofTransactions && awaited })];

    [Fact]
    public void Nothing_waits_before_there_is_company() => Assert.True(new JournalCompany(Long).GatherAsync().IsCompletedSuccessfully);

    [Fact]
    public void A_few_do_not_wait()
    {
        var company = new JournalCompany(Long);
        company.Took(Writes(JournalCompany.Several - 1));
        Assert.True(company.GatherAsync().IsCompletedSuccessfully);
    }

    /// <summary>What one client left behind, and its next transaction, which would wait for nobody.</summary>
    [Fact]
    public void What_follows_after_transactions_is_no_company()
    {
        var company = new JournalCompany(Long);
        company.Took([.. Writes(20, awaited: false), .. Writes(JournalCompany.Several - 1)]);
        Assert.True(company.GatherAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void Among_others_transactions_do_not_wait()
    {
        var company = new JournalCompany(Long);
        company.Took([.. Writes(JournalCompany.Several), .. Writes(1, ofTransactions: false)]);
        Assert.True(company.GatherAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void What_did_not_go_into_the_statement_does_not_wait()
    {
        var company = new JournalCompany(Long);
        company.Took(Writes(JournalCompany.Several), isFull: true);
        Assert.True(company.GatherAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Several_wait_until_something_else_comes()
    {
        var company = new JournalCompany(Long);
        company.Took(Writes(JournalCompany.Several));
        var gathered = company.GatherAsync();
        Assert.False(gathered.IsCompleted);
        company.Hurry();
        await gathered.WaitAsync(TimeSpan.FromSeconds(30));
        // It ended one wait, and not the next.
        gathered = company.GatherAsync();
        Assert.False(gathered.IsCompleted);
        company.Hurry();
        await gathered.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void What_came_before_the_wait_ends_it()
    {
        var company = new JournalCompany(Long);
        company.Took(Writes(JournalCompany.Several));
        company.Hurry();
        Assert.True(company.GatherAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Alone_they_wait_no_longer_than_that()
    {
        var company = new JournalCompany(TimeSpan.FromMilliseconds(1));
        company.Took(Writes(JournalCompany.Several));
        await company.GatherAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>A new kind of event has to be looked at.</summary>
    [Fact]
    public void Which_events_are_of_transactions()
    {
        var ours = Enum.GetValues<Event.BodyOneofCase>().Where(body => TransactionRows.Is(RowOf(body)));
        Assert.Equal(
            [
                Event.BodyOneofCase.Prepared, Event.BodyOneofCase.AttemptDropped, Event.BodyOneofCase.Refused, Event.BodyOneofCase.Applied, Event.BodyOneofCase.Discarded,
                Event.BodyOneofCase.TransactionStarted, Event.BodyOneofCase.TransactionCommitted, Event.BodyOneofCase.TransactionAborted, Event.BodyOneofCase.TransactionSettled,
                Event.BodyOneofCase.TransactionsArchived,
            ],
            ours);
        Assert.Equal(32, Enum.GetValues<Event.BodyOneofCase>().Length);
    }

    [Fact]
    public void Which_events_transactions_wait_for() => Assert.Equal(
        [Event.BodyOneofCase.Prepared, Event.BodyOneofCase.Refused, Event.BodyOneofCase.TransactionStarted, Event.BodyOneofCase.TransactionCommitted, Event.BodyOneofCase.TransactionAborted],
        Enum.GetValues<Event.BodyOneofCase>().Where(body => TransactionRows.IsAwaited(RowOf(body))));

    [Fact]
    public void A_row_that_tells_of_a_put_too_is_none_of_them() =>
        Assert.False(TransactionRows.Is(new Envelope { Events = { new Event { Applied = new Applied() }, new Event { KeyWritten = new KeyWritten() } } }));

    [Fact]
    public void A_row_that_holds_an_answer_is_none_of_them()
    {
        var applied = new Event { Applied = new Applied() };
        Assert.True(TransactionRows.Is(new Envelope { Events = { applied } }));
        Assert.False(TransactionRows.Is(new Envelope { Events = { applied }, Outcomes = { new Outcome { RequestId = "r" } } }));
        Assert.False(TransactionRows.Is(new Envelope { Outcomes = { new Outcome { RequestId = "r" } } }));
    }

    private static Envelope RowOf(Event.BodyOneofCase body)
    {
        var one = new Event();
        if (body != Event.BodyOneofCase.None)
        {
            var field = Event.Descriptor.FindFieldByNumber((int)body);
            field.Accessor.SetValue(one, Activator.CreateInstance(field.MessageType.ClrType)!);
        }
        return new Envelope { Events = { one } };
    }
}
