using AkkaHa.Messages.V1;
using Google.Protobuf;

namespace AkkaHa.ClientApi.Connection.Pipelines;

/// <summary>Which requests go over a pipeline, and where its messages have them and their answers.</summary>
internal static class PipelinedRequests
{
    /// <summary>Null: it is called by its own method.</summary>
    public static PipelinedCall? Of(object request) => request switch
    {
        GetKeyRequest get => new PipelinedCall { GetKey = get },
        PutKeyRequest put => new PipelinedCall { PutKey = put },
        DeleteKeyRequest delete => new PipelinedCall { DeleteKey = delete },
        AcquireLockRequest acquire => new PipelinedCall { AcquireLock = acquire },
        ReleaseLockRequest release => new PipelinedCall { ReleaseLock = release },
        KeepAliveRequest keepAlive => new PipelinedCall { KeepAlive = keepAlive },
        TransactionRequest transaction => new PipelinedCall { RunTransaction = transaction },
        _ => null,
    };

    /// <summary>Null: a refusal, or nothing that this client knows.</summary>
    public static IMessage? Body(PipelinedAnswer answer) => answer.AnswerCase switch
    {
        PipelinedAnswer.AnswerOneofCase.GetKey => answer.GetKey,
        PipelinedAnswer.AnswerOneofCase.PutKey => answer.PutKey,
        PipelinedAnswer.AnswerOneofCase.DeleteKey => answer.DeleteKey,
        PipelinedAnswer.AnswerOneofCase.AcquireLock => answer.AcquireLock,
        PipelinedAnswer.AnswerOneofCase.ReleaseLock => answer.ReleaseLock,
        PipelinedAnswer.AnswerOneofCase.KeepAlive => answer.KeepAlive,
        PipelinedAnswer.AnswerOneofCase.RunTransaction => answer.RunTransaction,
        _ => null,
    };
}
