using AkkaHa.Messages;

namespace AkkaHa.Node.Tests.Api;

/// <summary>A request that must be refused before any entity hears of it.</summary>
/// <param name="What">For the reader, and to find it.</param>
/// <param name="Request">Verb and target as sent.</param>
/// <param name="Body">Null: none.</param>
/// <param name="Names">What the message must name.</param>
public sealed record BadHttpRequest(string What, string Request, string? Body, string Names, int Status = 400, string Code = "INVALID_ARGUMENT", string? ContentType = "application/json")
{
    public override string ToString() => What;
}

internal static class BadHttpRequests
{
    private const string Session = "7-01890a5d-ac96-774b-bcce-b302099a8057";
    private static readonly string Long = new('x', Limits.NameBytes + 1);
    private static readonly string LongId = new('x', Limits.IdBytes + 1);
    private static readonly string BigValue = Convert.ToBase64String(new byte[Limits.ValueBytes + 1]);

    private static string Acquire(string fields) => $$"""{"sessionId":"{{Session}}"{{fields}}}""";

    private static string Gets(IEnumerable<int> keys) =>
        $$"""{"then":[{{string.Join(",", keys.Select(k => "{\"get\":{\"key\":\"" + k + "\"}}"))}}]}""";

    public static IEnumerable<BadHttpRequest> Routes =>
    [
        new("unknown route", "GET /v1/nothing", null, "/v1/nothing", 404, "NOT_FOUND"),
        new("root", "GET /", null, "/", 404, "NOT_FOUND"),
        new("dot segments are not resolved", "GET /v1/x/../cluster", null, "/v1/x/../cluster", 404, "NOT_FOUND"),
        new("wrong verb", "POST /v1/cluster", "{}", "GET", 405),
        new("wrong verb on a key", "PATCH /v1/kv/a", "{}", "PUT", 405),
        new("post to a lock without a verb", "POST /v1/locks/a", "{}", "GET", 405),
        new("json sent to the gRPC path", "POST /akkaha.v1.Keys/Get", "{}", "content-type", 415),
        new("malformed escape", "GET /v1/kv/a%2", null, "path"),
        new("escape that is no hex", "GET /v1/kv/a%zz", null, "path"),
        new("escaped bytes that are no UTF-8", "GET /v1/kv/%ff", null, "path"),
        new("line feed", "POST /v1/locks/a:acquire%0A", "{}", "path"),
    ];

    public static IEnumerable<BadHttpRequest> Bodies =>
    [
        new("no content type", "PUT /v1/kv/a", "{}", "content-type", 415, ContentType: null),
        new("wrong content type", "PUT /v1/kv/a", "{}", "content-type", 415, ContentType: "text/plain"),
        new("gRPC content type on a JSON route", "PUT /v1/kv/a", "{}", "content-type", 415, ContentType: "application/grpc"),
        new("wrong charset", "PUT /v1/kv/a", "{}", "content-type", 415, ContentType: "application/json; charset=utf-16"),
        new("unknown charset", "PUT /v1/kv/a", "{}", "content-type", 415, ContentType: "application/json; charset=nonsense"),
        new("wrong content type without a body", "POST /v1/sessions", "", "content-type", 415, ContentType: "text/plain"),
        new("wrong content type on a put without a body", "PUT /v1/kv/a", "", "content-type", 415, ContentType: "application/x-www-form-urlencoded"),
        new("put without a body", "PUT /v1/kv/a", "", "body"),
        new("malformed JSON", "PUT /v1/kv/a", """{"value":""", "body"),
        new("rubbish after the JSON", "PUT /v1/kv/a", """{"value":"AA=="} x""", "body"),
        new("trailing comma", "PUT /v1/kv/a", """{"value":"AA==",}""", "body"),
        new("no object", "PUT /v1/kv/a", "[]", "body"),
        new("null", "PUT /v1/kv/a", "null", "body"),
        new("too deep", "PUT /v1/kv/a", new string('[', 100), "body"),
        new("misspelt field", "PUT /v1/kv/a", """{"value":"AA==","ifRevison":"3"}""", "ifRevison"),
        new("field in another case", "PUT /v1/kv/a", """{"value":"AA==","IFREVISION":"3"}""", "IFREVISION"),
        new("unknown field deep inside", "POST /v1/transactions", """{"then":[{"get":{"key":"a"}},{"put":{"key":"a","valeu":""}}]}""", "then[1].put.valeu"),
        new("duplicate field", "PUT /v1/kv/a", """{"ifRevision":"3","ifRevision":"4"}""", "ifRevision"),
        new("duplicate field by its other name", "PUT /v1/kv/a", """{"ifRevision":"3","if_revision":"4"}""", "ifRevision"),
        new("two of a oneof", "POST /v1/transactions", """{"then":[{"get":{"key":"a"},"delete":{"key":"a"}}]}""", "then[0].delete"),
        new("path field in the body differs", "PUT /v1/kv/a", """{"key":"b","value":"AA=="}""", "key"),
        new("path field in the body is no text", "PUT /v1/kv/a", """{"key":1,"value":"AA=="}""", "key"),
        new("body on a get", "GET /v1/kv/a", "{}", "body"),
        new("body on a delete", "DELETE /v1/kv/a", """{"ifRevision":"3"}""", "body"),
        new("query on a put", "PUT /v1/kv/a?ifRevision=3", """{"value":"AA=="}""", "ifRevision"),
        new("larger than the limit", "PUT /v1/kv/a", $$"""{"value":"{{new string('A', Limits.ClientMessageBytes)}}"}""", "8388608", 413),
    ];

    public static IEnumerable<BadHttpRequest> Types =>
    [
        new("bytes that are no base64", "PUT /v1/kv/a", """{"value":"a b!"}""", "value"),
        new("bytes as a number", "PUT /v1/kv/a", """{"value":1}""", "value"),
        new("int64 beyond its range", "PUT /v1/kv/a", """{"ifRevision":"9223372036854775808"}""", "ifRevision"),
        new("int64 number beyond its range", "PUT /v1/kv/a", """{"ifRevision":-9223372036854775809}""", "ifRevision"),
        new("int64 with a fraction", "PUT /v1/kv/a", """{"ifRevision":1.5}""", "ifRevision"),
        new("int64 as an exponent", "PUT /v1/kv/a", """{"ifRevision":1e3}""", "ifRevision"),
        new("int64 as a boolean", "PUT /v1/kv/a", """{"ifRevision":true}""", "ifRevision"),
        new("int64 as an empty text", "PUT /v1/kv/a", """{"ifRevision":""}""", "ifRevision"),
        new("uint32 below its range", "PUT /v1/kv/a", """{"attempt":-1}""", "attempt"),
        new("uint32 beyond its range", "PUT /v1/kv/a", """{"attempt":4294967296}""", "attempt"),
        new("uint32 as a text", "PUT /v1/kv/a", """{"attempt":"1"}""", "attempt"),
        new("string as a number", "PUT /v1/kv/a", """{"requestId":1}""", "requestId"),
        new("string with a lone surrogate", "PUT /v1/kv/a", """{"requestId":"\ud800"}""", "requestId"),
        new("double as a text", "POST /v1/sessions", """{"ttlSeconds":"10"}""", "ttlSeconds"),
        new("double NaN", "POST /v1/sessions", """{"ttlSeconds":"NaN"}""", "ttlSeconds"),
        new("double beyond its range", "POST /v1/sessions", """{"ttlSeconds":1e999}""", "ttlSeconds"),
        new("unknown enum", "POST /v1/locks/a:acquire", Acquire(""","mode":"EXCLUSIVE" """), "mode"),
        new("enum as a number", "POST /v1/locks/a:acquire", Acquire(""","mode":0"""), "mode"),
        new("bool as a text", "POST /v1/transactions", """{"conditions":[{"key":"a","absent":"true"}]}""", "conditions[0].absent"),
        new("array as an object", "POST /v1/transactions", """{"then":{}}""", "then"),
        new("object as an array", "POST /v1/transactions", """{"then":[[]]}""", "then[0]"),
        new("null in an array", "POST /v1/transactions", """{"then":[null]}""", "then[0]"),
        new("unknown query parameter", "DELETE /v1/kv/a?ifRevison=3", null, "ifRevison"),
        new("query parameter in another case", "DELETE /v1/kv/a?IfRevision=3", null, "IfRevision"),
        new("duplicate query parameter", "DELETE /v1/kv/a?ifRevision=3&ifRevision=3", null, "ifRevision"),
        new("duplicate query parameter by its other name", "DELETE /v1/kv/a?ifRevision=3&if_revision=4", null, "ifRevision"),
        new("path field in the query", "DELETE /v1/kv/a?key=b", null, "key"),
        new("query int64 that is none", "DELETE /v1/kv/a?ifRevision=x", null, "ifRevision"),
        new("query int64 without a value", "DELETE /v1/kv/a?ifRevision", null, "ifRevision"),
        new("query int64 beyond its range", "DELETE /v1/kv/a?ifRevision=9223372036854775808", null, "ifRevision"),
        new("query on a route without any", "GET /v1/cluster?x=1", null, "x"),
    ];

    public static IEnumerable<BadHttpRequest> Keys =>
    [
        new("empty key", "PUT /v1/kv/", "{}", "key"),
        new("empty segment", "GET /v1/kv/a//b", null, "key"),
        new("empty first segment", "GET /v1/kv//a", null, "key"),
        new("empty last segment", "GET /v1/kv/a/", null, "key"),
        new("dot segment", "GET /v1/kv/a/./b", null, "key"),
        new("dot-dot segment", "GET /v1/kv/a/../b", null, "key"),
        new("escaped dot-dot segment", "GET /v1/kv/a%2F%2e%2E/b", null, "key"),
        new("key with a control character", "GET /v1/kv/a%07", null, "key"),
        new("key too long", $"GET /v1/kv/{Long}", null, "512"),
        new("value too large", "PUT /v1/kv/a", $$"""{"value":"{{BigValue}}"}""", "1048576"),
        new("negative revision", "PUT /v1/kv/a", """{"ifRevision":"-1"}""", "ifRevision"),
        new("negative revision of a delete", "DELETE /v1/kv/a?ifRevision=-1", null, "ifRevision"),
        new("lock without fence", "PUT /v1/kv/a", """{"lock":"l"}""", "fence"),
        new("fence without lock", "DELETE /v1/kv/a?fence=3", null, "lock"),
        new("empty lock with fence", "DELETE /v1/kv/a?fence=3&lock=", null, "lock"),
        new("fence 0", "PUT /v1/kv/a", """{"lock":"l","fence":"0"}""", "fence"),
        new("time to live of a key 0", "PUT /v1/kv/a", """{"ttlSeconds":0}""", "ttlSeconds is 0"),
        new("time to live of a key too long", "PUT /v1/kv/a", """{"ttlSeconds":31536001}""", "31536000"),
        new("time to live of a key as a text", "PUT /v1/kv/a", """{"ttlSeconds":"60"}""", "ttlSeconds"),
        new("empty session of a key", "PUT /v1/kv/a", """{"sessionId":""}""", "sessionId must not be empty"),
        new("no session id of a key", "PUT /v1/kv/a", """{"sessionId":"x"}""", "sessionId", 404, "SESSION_EXPIRED"),
        new("a delete has no time to live", "DELETE /v1/kv/a?ttlSeconds=1", null, "ttlSeconds"),
        new("request id too long", "PUT /v1/kv/a", $$"""{"requestId":"{{LongId}}"}""", "64"),
    ];

    public static IEnumerable<BadHttpRequest> Sessions =>
    [
        new("ttl 0", "POST /v1/sessions", """{"ttlSeconds":0}""", "ttlSeconds is 0"),
        new("ttl below the least", "POST /v1/sessions", """{"ttlSeconds":1.999}""", "ttlSeconds"),
        new("ttl beyond the most", "POST /v1/sessions", """{"ttlSeconds":3600.001}""", "3600"),
        new("negative ttl", "POST /v1/sessions", """{"ttlSeconds":-10}""", "ttlSeconds"),
        new("label too long", "POST /v1/sessions", $$"""{"label":"{{new string('x', Limits.LabelBytes + 1)}}"}""", "128"),
        new("label with a control character", "POST /v1/sessions", """{"label":"a\u0000b"}""", "label"),
        new("no session id", "GET /v1/sessions/nonsense", null, "sessionId", 404, "SESSION_EXPIRED"),
        new("session of a slot that is not there", "DELETE /v1/sessions/64-01890a5d-ac96-774b-bcce-b302099a8057", null, "sessionId", 404, "SESSION_EXPIRED"),
        new("keep alive of no session", "POST /v1/sessions/7-x:keepAlive", "{}", "sessionId", 404, "SESSION_EXPIRED"),
    ];

    public static IEnumerable<BadHttpRequest> Locks =>
    [
        new("empty lock name", "POST /v1/locks/:acquire", Acquire(""), "name"),
        new("dot-dot lock name", "POST /v1/locks/..:acquire/..:acquire", Acquire(""), "name"),
        new("acquire without a session", "POST /v1/locks/a:acquire", "", "sessionId"),
        new("acquire with no session id", "POST /v1/locks/a:acquire", """{"sessionId":"x"}""", "sessionId", 404, "SESSION_EXPIRED"),
        new("mode that there is not", "POST /v1/locks/a:acquire", Acquire(""","mode":"mine" """), "mode"),
        new("negative wait", "POST /v1/locks/a:acquire", Acquire(""","waitSeconds":-0.001"""), "waitSeconds"),
        new("wait too long", "POST /v1/locks/a:acquire", Acquire(""","waitSeconds":60.001"""), "60"),
        new("holder id too long", "POST /v1/locks/a:acquire", Acquire($$""","holderId":"{{LongId}}" """), "holderId"),
        new("more than one permit", "POST /v1/locks/a:acquire", Acquire(""","permits":2"""), "permits is 2; it must be 1"),
        new("more than one allowed", "POST /v1/locks/a:acquire", Acquire(""","limit":3"""), "limit is 3; it must be 1"),
        new("more permits than there are", "POST /v1/locks/a:acquire", Acquire(""","mode":"semaphore","permits":4,"limit":3"""), "permits is 4; it must be from 1 to limit, which is 3"),
        new("less than no permits", "POST /v1/locks/a:acquire", Acquire(""","mode":"semaphore","limit":-1"""), "limit is -1; it must be from 0"),
        new("an upgrade of no fence", "POST /v1/locks/a:upgrade", Acquire(""), "fence is 0; fences are 1 or more"),
        new("a reason that is too long", "POST /v1/locks/a:forceRelease", $$"""{"reason":"{{new string('r', 129)}}"}""", "128"),
        new("permit below 0", "POST /v1/locks/a:acquire", Acquire(""","permits":-1"""), "permits"),
        new("permits beyond their range", "POST /v1/locks/a:acquire", Acquire(""","permits":2147483648"""), "permits"),
        new("release without a fence", "POST /v1/locks/a:release", Acquire(""), "fence"),
        new("cancel without a request id", "POST /v1/locks/a:cancel", Acquire(""), "requestId"),
    ];

    public static IEnumerable<BadHttpRequest> Transactions =>
    [
        new("empty transaction", "POST /v1/transactions", "", "conditions"),
        new("deadline 0", "POST /v1/transactions", """{"deadlineSeconds":0,"then":[{"get":{"key":"a"}}]}""", "deadlineSeconds is 0"),
        new("request id of a transaction too long", "POST /v1/transactions", "{\"requestId\":\"" + LongId + "\",\"then\":[{\"get\":{\"key\":\"a\"}}]}", "requestId"),
        new("resolve without no participant", "POST /v1/transactions/t:resolve", """{"without":"a"}""", "without"),
        new("resolve without a slot of transactions", "POST /v1/transactions/t:resolve", """{"without":"txn/3"}""", "without"),
        new("give up without whom", "POST /v1/transactions/t:resolve", """{"giveUp":true}""", "giveUp"),
        new("request id of a resolve too long", "POST /v1/transactions/t:resolve", $$"""{"requestId":"{{LongId}}"}""", "requestId"),
        new("request id of a keep alive too long", $"POST /v1/sessions/{Session}:keepAlive", $$"""{"requestId":"{{LongId}}"}""", "requestId"),
        new("deadline too long", "POST /v1/transactions", """{"deadlineSeconds":61,"then":[{"get":{"key":"a"}}]}""", "deadlineSeconds"),
        new("negative deadline", "POST /v1/transactions", """{"deadlineSeconds":-1,"then":[{"get":{"key":"a"}}]}""", "deadlineSeconds"),
        new("transaction id too long", "POST /v1/transactions", "{\"transactionId\":\"" + LongId + "\",\"then\":[{\"get\":{\"key\":\"a\"}}]}", "transactionId"),
        new("transaction id of guarded writes", "POST /v1/transactions", """{"transactionId":"guarded:1","then":[{"get":{"key":"a"}}]}""", "transactionId"),
        new("condition of no form", "POST /v1/transactions", """{"conditions":[{}]}""", "conditions[0]"),
        new("condition with only a key", "POST /v1/transactions", """{"conditions":[{"key":"a"}]}""", "conditions[0]"),
        new("condition of two forms", "POST /v1/transactions", """{"conditions":[{"session":"x"},{"key":"a","revision":"1","absent":true}]}""", "conditions[0].session"),
        new("condition on a fence 0", "POST /v1/transactions", """{"conditions":[{"lock":"a","fence":"0"}]}""", "conditions[0].fence"),
        new("operation of no kind", "POST /v1/transactions", """{"then":[{}]}""", "then[0]"),
        new("operation whose kind is null", "POST /v1/transactions", """{"then":[{"put":null}]}""", "then[0]"),
        new("operation on an empty key", "POST /v1/transactions", """{"else":[{"get":{"key":"a"}},{"put":{}}]}""", "else[1].put.key"),
        new("time to live of an operation 0", "POST /v1/transactions", """{"then":[{"put":{"key":"a","ttlSeconds":0}}]}""", "then[0].put.ttlSeconds is 0"),
        new("session of an operation without its condition", "POST /v1/transactions", "{\"then\":[{\"put\":{\"key\":\"a\",\"sessionId\":\"" + Session + "\"}}]}", "then[0].put.sessionId"),
        new("session of an operation of else", "POST /v1/transactions",
            "{\"conditions\":[{\"session\":\"" + Session + "\"}],\"else\":[{\"put\":{\"key\":\"a\",\"sessionId\":\"" + Session + "\"}}]}", "else[0].put.sessionId"),
        new("amount that is too large", "POST /v1/transactions", """{"then":[{"add":{"key":"a","amount":"99999999999999999999"}}]}""", "then[0].add.amount"),
        new("get of a transaction id too long", $"GET /v1/transactions/{LongId}", null, "transactionId"),
        new("too many participants", "POST /v1/transactions", Gets(Enumerable.Range(0, Limits.TransactionParticipants + 1)), "128"),
        new("too many steps", "POST /v1/transactions", Gets(Enumerable.Repeat(1, Limits.TransactionSteps + 1)), "1024"),
        new("ring of no entity", "GET /v1/ring?key=a/b", null, "key"),
        new("ring of a slot that is not there", "GET /v1/ring?key=session/64", null, "key"),
        new("ring of no name", "GET /v1/ring?key=kv/a//b", null, "key"),
    ];
}
