//! The APIs of the servers, and how each is asked.

use core::fmt;
use core::str::FromStr;

use serde_json::{Value, json};

/// The routes by which LiteLLM reaches llama.cpp's server, by the names that `litellm.sh` gives them.
pub(crate) const ROUTES: &[&str] = &["from-chat", "from-responses", "from-messages"];

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Llama,
    Litellm,
}

/// What it is asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Chat,
    Responses,
    Messages,
}

/// What it is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// The script, whose marker the prompt holds.
    pub(crate) script: &'a str,
    pub(crate) choices: u32,
    pub(crate) tokens_max: Option<u32>,
}

impl Server {
    /// The dialect of its answers.
    pub(crate) const fn dialect(self, api: Api) -> &'static str {
        match (self, api) {
            (Self::Llama, Api::Chat) => "llama-server",
            (Self::Llama, Api::Responses) => "openai-responses",
            (Self::Llama, Api::Messages) => "anthropic-messages",
            (Self::Litellm, Api::Chat) => "litellm",
            (Self::Litellm, Api::Responses) => "litellm-responses",
            (Self::Litellm, Api::Messages) => "litellm-messages",
        }
    }
}

impl Api {
    pub(crate) const ALL: [Self; 3] = [Self::Chat, Self::Responses, Self::Messages];

    /// The body of a request.
    pub(crate) fn body(self, model: &str, ask: &Ask<'_>) -> Value {
        let prompt = format!("Say what the <|{}|> script has.", ask.script);
        let messages = json!([{"role": "user", "content": prompt}]);
        let mut body = match self {
            Self::Chat => json!({"messages": messages}),
            Self::Responses => json!({"input": prompt}),
            Self::Messages => json!({"messages": messages, "max_tokens": TOKENS_MAX}),
        };
        body["model"] = model.into();
        body["tools"] = TOOLS.iter().map(|tool| self.tool(tool)).collect();
        if ask.choices > 1 {
            body["n"] = ask.choices.into();
        }
        if let Some(tokens_max) = ask.tokens_max {
            body[if self == Self::Responses { "max_output_tokens" } else { "max_tokens" }] = tokens_max.into();
        }
        body
    }

    /// A tool as the API describes it.
    fn tool(self, &(name, parameters): &(&str, &[(&str, &str)])) -> Value {
        let properties: serde_json::Map<_, _> =
            parameters.iter().map(|&(name, of)| (name.to_owned(), schema(of))).collect();
        let required: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
        let schema = json!({"type": "object", "properties": properties, "required": required});
        match self {
            Self::Chat => json!({"type": "function", "function": {"name": name, "parameters": schema}}),
            Self::Responses => json!({"type": "function", "name": name, "parameters": schema}),
            Self::Messages => json!({"name": name, "input_schema": schema}),
        }
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "llama" => Ok(Self::Llama),
            "litellm" => Ok(Self::Litellm),
            _ => Err(format!("no server {name:?}")),
        }
    }
}

impl FromStr for Api {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|api| api.to_string() == name).ok_or_else(|| format!("no API {name:?}"))
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
        })
    }
}

fn schema(of: &str) -> Value {
    match of {
        "integers" => json!({"type": "array", "items": {"type": "integer"}}),
        of => json!({"type": of}),
    }
}

/// Messages demands a number: one that no script reaches.
const TOKENS_MAX: u32 = 100_000;

/// The tools that the scripts call, with the types of their parameters. Those are in the order of their names, whatever
/// order serde keeps: the server makes a grammar of it, and the scripts have it.
const TOOLS: &[(&str, &[(&str, &str)])] = &[
    ("tide_table", &[("metres", "number"), ("port", "string")]),
    ("leave_note", &[("hours", "integers"), ("title", "string"), ("urgent", "boolean")]),
];
