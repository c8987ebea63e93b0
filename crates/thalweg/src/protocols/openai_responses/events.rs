//! What the types of frames mean.

use crate::emitter::{Channel, List};
use crate::event::ReasoningForm;

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says<'a> {
    /// More of a part.
    Delta(Channel, List),
    /// A part's whole text.
    Whole(Channel, List),
    PartAdded(List),
    PartDone(List),
    ItemAdded,
    ItemDone,
    /// More of the input of an item of this type.
    Input(&'static str),
    /// Its whole input.
    InputDone(&'static str),
    /// A piece of structured input, or of a result, of an item of this type.
    Piece(&'static str),
    Preview,
    Annotation,
    /// An item of this type has this status.
    Status(&'a str, &'a str),
    Sound,
    Transcript,
    SoundDone,
    /// The response is at this status.
    Response(&'a str),
    /// The response is over, at this status unless it says another itself.
    End(&'static str),
    Error,
    Alive,
    Unknown,
}

const FULL: Channel = Channel::Reasoning(ReasoningForm::Full);
const SUMMARY: Channel = Channel::Reasoning(ReasoningForm::Summary);

/// What a frame of this type says. Old names, and those of servers that made up their own, are among them.
pub(super) fn says(name: &str) -> Says<'_> {
    let Some(rest) = name.strip_prefix("response.") else {
        return match name {
            "error" => Says::Error,
            "keepalive" | "ping" => Says::Alive,
            _ => Says::Unknown,
        };
    };
    match rest {
        "output_text.delta" | "text.delta" => Says::Delta(Channel::Text, List::Content),
        "function_call_arguments.delta" => Says::Input("function_call"),
        "reasoning_summary_text.delta" | "reasoning_summary.delta" => Says::Delta(SUMMARY, List::Summary),
        "reasoning_text.delta" | "reasoning.delta" => Says::Delta(FULL, List::Content),
        "refusal.delta" => Says::Delta(Channel::Refusal, List::Content),
        "output_text.done" | "text.done" => Says::Whole(Channel::Text, List::Content),
        "refusal.done" => Says::Whole(Channel::Refusal, List::Content),
        "reasoning_text.done" | "reasoning.done" => Says::Whole(FULL, List::Content),
        "reasoning_summary_text.done" | "reasoning_summary.done" => Says::Whole(SUMMARY, List::Summary),
        "content_part.added" | "reasoning_part.added" => Says::PartAdded(List::Content),
        "content_part.done" | "reasoning_part.done" => Says::PartDone(List::Content),
        "reasoning_summary_part.added" => Says::PartAdded(List::Summary),
        "reasoning_summary_part.done" => Says::PartDone(List::Summary),
        "output_item.added" => Says::ItemAdded,
        "output_item.done" => Says::ItemDone,
        "output_text.annotation.added" | "output_text_annotation.added" => Says::Annotation,
        "function_call_arguments.done" => Says::InputDone("function_call"),
        "custom_tool_call_input.delta" => Says::Input("custom_tool_call"),
        "custom_tool_call_input.done" => Says::InputDone("custom_tool_call"),
        "mcp_call_arguments.delta" | "mcp_call.arguments_delta" => Says::Input("mcp_call"),
        "mcp_call_arguments.done" | "mcp_call.arguments_done" => Says::InputDone("mcp_call"),
        "code_interpreter_call_code.delta" => Says::Input("code_interpreter_call"),
        "code_interpreter_call_code.done" => Says::InputDone("code_interpreter_call"),
        "shell_call_command.added" | "shell_call_command.delta" | "shell_call_command.done" => {
            Says::Piece("shell_call")
        }
        "apply_patch_call_operation_diff.delta" | "apply_patch_call_operation_diff.done" => {
            Says::Piece("apply_patch_call")
        }
        "shell_call_output_content.delta" | "shell_call_output_content.done" => Says::Piece("shell_call_output"),
        "image_generation_call.partial_image" => Says::Preview,
        "audio.delta" => Says::Sound,
        "audio.transcript.delta" | "audio_transcript.delta" => Says::Transcript,
        "audio.done" => Says::SoundDone,
        "audio.transcript.done" | "audio_transcript.done" | "keep_alive" | "keepalive" => Says::Alive,
        "created" | "in_progress" | "queued" => Says::Response(rest),
        "completed" | "done" => Says::End("completed"),
        "incomplete" => Says::End("incomplete"),
        "failed" => Says::End("failed"),
        "cancelled" | "canceled" => Says::End("cancelled"),
        _ => status(rest),
    }
}

/// `<item type>.<status>`, of items that run at the provider.
fn status(rest: &str) -> Says<'_> {
    match rest.rsplit_once('.') {
        Some((kind, status)) if super::tools::has_status(kind) && !status.contains("delta") => {
            Says::Status(kind, status)
        }
        _ => Says::Unknown,
    }
}
