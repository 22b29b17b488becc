using System.Text.Json.Nodes;
using AkkaHa.Messages.Errors;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.OpenApi;

namespace AkkaHa.Node.Api.OpenApi;

/// <summary>Messages as JSON has them: 64-bit integers as strings, bytes as base64, enums by name.</summary>
internal sealed class Schemas(OpenApiDocument document)
{
    private const string ErrorName = "Error";

    private readonly HashSet<string> made = new(StringComparer.Ordinal);

    /// <summary>A message, as a component that all share.</summary>
    public IOpenApiSchema Of(MessageDescriptor message)
    {
        if (message.FullName == Value.Descriptor.FullName) return new OpenApiSchema();
        if (message.FullName == Struct.Descriptor.FullName) return new OpenApiSchema { Type = JsonSchemaType.Object };
        if (made.Add(message.Name))
        {
            var schema = new OpenApiSchema { Type = JsonSchemaType.Object, Description = ProtoComments.Of(message.FullName) };
            document.AddComponent(message.Name, schema);
            // Afterwards: a message may have itself in it.
            schema.Properties = Properties(message.Fields.InFieldNumberOrder());
        }
        return new OpenApiSchemaReference(message.Name, document);
    }

    /// <summary>A body: what the path does not say, and nothing else.</summary>
    public OpenApiSchema Body(MessageDescriptor message, IReadOnlyCollection<string> inPath) => new()
    {
        Type = JsonSchemaType.Object, AdditionalPropertiesAllowed = false, Properties = Properties(message.Fields.InFieldNumberOrder().Where(f => !inPath.Contains(f.Name))),
    };

    public IOpenApiSchema Of(FieldDescriptor field)
    {
        if (field.IsMap) return new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = One(field.MessageType.FindFieldByNumber(2)), Description = ProtoComments.Of(field.FullName) };
        if (field.IsRepeated) return new OpenApiSchema { Type = JsonSchemaType.Array, Items = One(field), Description = ProtoComments.Of(field.FullName) };
        var one = One(field);
        if (ProtoComments.Of(field.FullName) is { } says) one.Description = says;
        return one;
    }

    /// <summary>The one body of all refusals.</summary>
    public OpenApiSchemaReference Error()
    {
        if (made.Add(ErrorName))
            document.AddComponent(ErrorName, new OpenApiSchema
            {
                Type = JsonSchemaType.Object, Required = new HashSet<string> { "code", "message", "details" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["code"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String, Enum = [.. ErrorTable.Rows.Select(r => (JsonNode)r.Name)],
                        Description = string.Join('\n', ErrorTable.Rows.Select(r => $"{r.Name} ({r.Http}): {r.Meaning}")),
                    },
                    ["message"] = new OpenApiSchema { Type = JsonSchemaType.String },
                    ["details"] = new OpenApiSchema { Type = JsonSchemaType.Object },
                },
            });
        return new OpenApiSchemaReference(ErrorName, document);
    }

    private Dictionary<string, IOpenApiSchema> Properties(IEnumerable<FieldDescriptor> fields) => fields.ToDictionary(f => f.JsonName, Of, StringComparer.Ordinal);

    private IOpenApiSchema One(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType),
        FieldType.Enum => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. field.EnumType.Values.Select(v => (JsonNode)v.Name)] },
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.String => new OpenApiSchema { Type = JsonSchemaType.String },
        FieldType.Bytes => new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte" },
        FieldType.Double or FieldType.Float => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 or FieldType.UInt32 or FieldType.Fixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 or FieldType.UInt64 or FieldType.Fixed64 => new OpenApiSchema { Type = JsonSchemaType.String, Format = "int64" },
        var other => throw new NotSupportedException($"{field.FullName}: no JSON for {other}"),
    };
}
