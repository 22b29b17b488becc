namespace AkkaHa.Judge.Sessions;

/// <summary>What somebody was told of a session.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Alive">Whether it lives: a keepalive or a look was answered; false: it has ended, or was closed just now.</param>
/// <param name="InvokedAt">When it was asked.</param>
/// <param name="AnsweredAt">When the answer came.</param>
/// <param name="By">Who answered, as far as one knows.</param>
public sealed record SessionAnswer(string SessionId, bool Alive, long InvokedAt, long AnsweredAt, string By);
