using System.Text;
using AkkaHa.Messages.V1;

namespace AkkaHa.Node.Api.Eventual;

/// <summary>Pages of names, in the order of their UTF-8 bytes.</summary>
internal static class EventualPages
{
    public static ListEventualResponse Page(IEnumerable<string> names, string after, int limit)
    {
        var from = Encoding.UTF8.GetBytes(after);
        var page = names.Distinct(StringComparer.Ordinal).Select(n => (Name: n, Bytes: Encoding.UTF8.GetBytes(n)))
            .Where(n => after.Length == 0 || n.Bytes.AsSpan().SequenceCompareTo(from) > 0)
            .Order(Comparer<(string Name, byte[] Bytes)>.Create((a, b) => a.Bytes.AsSpan().SequenceCompareTo(b.Bytes)))
            .Take(limit + 1).Select(n => n.Name).ToList();
        var answer = new ListEventualResponse();
        answer.Keys.AddRange(page.Take(limit));
        if (page.Count > limit) answer.Next = page[limit - 1];
        return answer;
    }
}
