//! Keys as some relays write them.

use crate::generate::json::Json;

/// The same with keys in snake case.
pub(super) fn snake(json: Json) -> Json {
    match json {
        Json::List(values) => Json::List(values.into_iter().map(snake).collect()),
        Json::Object(fields) => {
            let renamed =
                |key: &'static str| KEYS.iter().find(|(camel, _)| *camel == key).map_or(key, |(_, snake)| snake);
            Json::Object(fields.into_iter().map(|(key, value)| (renamed(key), snake(value))).collect())
        }
        other => other,
    }
}

const KEYS: &[(&str, &str)] = &[
    ("finishReason", "finish_reason"),
    ("safetyRatings", "safety_ratings"),
    ("thoughtSignature", "thought_signature"),
    ("functionCall", "function_call"),
    ("partialArgs", "partial_args"),
    ("willContinue", "will_continue"),
    ("jsonPath", "json_path"),
    ("stringValue", "string_value"),
    ("numberValue", "number_value"),
    ("boolValue", "bool_value"),
    ("nullValue", "null_value"),
    ("executableCode", "executable_code"),
    ("codeExecutionResult", "code_execution_result"),
    ("inlineData", "inline_data"),
    ("mimeType", "mime_type"),
    ("promptFeedback", "prompt_feedback"),
    ("blockReason", "block_reason"),
    ("usageMetadata", "usage_metadata"),
    ("modelVersion", "model_version"),
    ("responseId", "response_id"),
    ("trafficType", "traffic_type"),
    ("promptTokenCount", "prompt_token_count"),
    ("toolUsePromptTokenCount", "tool_use_prompt_token_count"),
    ("candidatesTokenCount", "candidates_token_count"),
    ("thoughtsTokenCount", "thoughts_token_count"),
    ("cachedContentTokenCount", "cached_content_token_count"),
    ("totalTokenCount", "total_token_count"),
];
