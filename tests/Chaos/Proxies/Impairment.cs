namespace AkkaHa.Chaos.Proxies;

/// <summary>
/// A bad line, as TCP shows it to those at its ends: what is lost is sent again, so it comes late, and everything behind it too; now and then the connection breaks.
/// </summary>
/// <param name="LatencyMs">Every piece is late by this.</param>
/// <param name="JitterMs">And by up to this on top.</param>
/// <param name="Loss">The part of the pieces that come a retransmission later.</param>
/// <param name="RetransmissionMs">How much later, at most.</param>
/// <param name="Reset">The part of the pieces at which the connection breaks.</param>
sealed record Impairment(int LatencyMs, int JitterMs, double Loss = 0, int RetransmissionMs = 0, double Reset = 0);
