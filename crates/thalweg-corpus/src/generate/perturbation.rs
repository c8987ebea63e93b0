//! What servers do to the wire without meaning anything by it.

mod traces;

use thalweg::Protocol;

use super::Author;

macro_rules! perturbations {
    ($($wires:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* })*) => {
        /// One way in which a server's bytes differ from the plainest ones. None of them changes what is meant, but for
        /// those that the intention then names: errors, signatures, missing ids and counts, other words for the reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Perturbation { $($($(#[$doc])* $variant,)*)* }

        impl Perturbation {
            /// Every one, in order of declaration.
            pub const ALL: &'static [Self] = &[$($(Self::$variant),*),*];

            /// Its name in tables and messages.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)*)* }
            }

            /// The protocols that know it.
            #[must_use]
            pub const fn protocols(self) -> &'static [Protocol] {
                match self { $($(Self::$variant)|* => $wires,)* }
            }
        }
    };
}

perturbations! {
    EVERY {
        // How text and inputs are cut.
        /// Every fragment is one character.
        FragmentsOfOneChar = "fragments_of_one_char",
        /// Every leaf is one fragment.
        FragmentsWhole = "fragments_whole",
        /// Fragments of any size.
        FragmentsRandom = "fragments_random",
        /// A surrogate pair is split between two fragments.
        SurrogatesSplit = "surrogates_split",

        // Noise in chunks.
        /// Fields that nobody documented, on every level.
        UnknownFields = "unknown_fields",
        /// Frames that nobody documented.
        UnknownFrames = "unknown_frames",

        // Usage.
        /// There is none.
        UsageAbsent = "usage_absent",

        // The end.
        /// The connection breaks behind the last byte.
        CloseBroken = "close_broken",

        // JSON.
        /// Every character of every string and key is `\uXXXX`.
        EscapesAll = "escapes_all",
        /// Some characters are escaped that need not be.
        EscapesSome = "escapes_some",
        /// Whitespace between tokens.
        JsonSpace = "json_space",
        /// Keys come in any order.
        KeysShuffled = "keys_shuffled",

        // Chunks of the transport.
        /// Every chunk is one byte.
        CutsOfOneByte = "cuts_of_one_byte",
        /// Chunks of any size.
        CutsAnywhere = "cuts_anywhere",
        /// Empty chunks.
        CutsEmpty = "cuts_empty",
    }
    TEXT {
        /// Lines end with CRLF.
        LinesCrlf = "lines_crlf",
        /// A byte order mark comes first.
        Bom = "bom",
    }
    SSE {
        /// The last frame lacks its blank line, or its line end as well.
        LastFrameOpen = "last_frame_open",
        /// Comments between frames and inside of them.
        Comments = "comments",
        /// Lines end with CR.
        LinesCr = "lines_cr",
        /// Every line ends as it likes.
        LinesMixed = "lines_mixed",
        /// There is no space behind `data:`.
        NoSpace = "no_space",
        /// One frame's data is on several `data:` lines.
        DataLines = "data_lines",
        /// `event`, `id`, `retry` and unknown fields; frames without data.
        FieldNoise = "field_noise",
    }
    LINES {
        /// Blank lines between the lines.
        BlankLines = "blank_lines",
        /// The last line lacks its end.
        LastLineOpen = "last_line_open",
    }
    CHAT {
        // What goes in between.
        /// The fragments of calls that follow each other are interleaved.
        CallsInterleaved = "calls_interleaved",
        /// Text, reasoning or a refusal comes between the fragments of the call before it.
        TextBetween = "text_between",

        // How calls are numbered.
        /// Every call of a choice has index 0.
        IndexZero = "index_zero",
        /// No call has an index.
        IndexAbsent = "index_absent",
        /// Indexes near and beyond 2^32.
        IndexHuge = "index_huge",
        /// Indexes below zero.
        IndexNegative = "index_negative",
        /// Indexes that are strings.
        IndexString = "index_string",
        /// Indexes that are no whole numbers.
        IndexFraction = "index_fraction",
        /// The call comes as `function_call`, which has neither an id nor an index.
        LegacyCall = "legacy_call",

        // Ids.
        /// The id is on every fragment.
        IdRepeated = "id_repeated",
        /// Later fragments have `"id":""` or `"id":null`.
        IdEmpty = "id_empty",
        /// The id comes after the call has begun.
        IdLate = "id_late",

        // Names.
        /// The name is on every fragment.
        NameRepeated = "name_repeated",
        /// Later fragments have `"name":""` or `"name":null`.
        NameEmpty = "name_empty",
        /// Input comes before the name.
        NameLate = "name_late",
        /// The name comes in two pieces before the input.
        NameInPieces = "name_in_pieces",

        // Inputs.
        /// A complete input is sent again.
        InputAgain = "input_again",
        /// The input is the JSON value itself instead of a string.
        InputAsValue = "input_as_value",
        /// Fragments with `"arguments":""` or null, or with nothing in them at all.
        InputNoise = "input_noise",
        /// A call's signature is in `provider_specific_fields`, of the call or of its function.
        SignatureFields = "signature_fields",
        /// A call's signature is in `extra_content.google`.
        SignatureGoogle = "signature_google",
        /// `tool_calls` is one call instead of a list.
        CallAlone = "call_alone",

        // What shares a chunk.
        /// Several fragments of one call.
        FragmentsTogether = "fragments_together",

        // Noise in chunks.
        /// The role is on every delta.
        RoleRepeated = "role_repeated",
        /// There is no role.
        RoleAbsent = "role_absent",
        /// Kinds that a delta does not have are empty strings or lists.
        ContentEmpty = "content_empty",
        /// Facts of the response are on every chunk.
        FactsRepeated = "facts_repeated",
        /// Facts of the response are on one chunk only.
        FactsOnce = "facts_once",
        /// A first chunk with empty facts and no choice, as Azure sends for a prompt filter.
        FactsEmpty = "facts_empty",

        // Reasoning.
        /// Reasoning comes under `reasoning`.
        ReasoningRenamed = "reasoning_renamed",
        /// Reasoning comes under both names.
        ReasoningTwice = "reasoning_twice",
        /// Reasoning comes under `reasoning_text`.
        ReasoningText = "reasoning_text",
        /// Reasoning comes in `reasoning_details` alone.
        ReasoningDetails = "reasoning_details",
        /// Reasoning comes in `reasoning_details`, and the same under a flat name.
        ReasoningDetailsTwice = "reasoning_details_twice",
        /// Reasoning is a `thinking` part of `content`, which is a list.
        ReasoningParts = "reasoning_parts",
    }
    OPENAI {
        /// Reasoning at the beginning of an answer is in its text, between tags: the dialect's way.
        InlineTags = "inline_tags",
    }
    CHAT {
        // Content.
        /// `content` is a list of typed parts: text, refusals.
        ContentParts = "content_parts",
    }
    OPENAI {
        /// A fragment of text or reasoning repeats all that came before it: the dialect's way.
        Cumulative = "cumulative",
    }
    CHAT {
        // Finish reasons.
        /// The reason is sent twice.
        FinishTwice = "finish_twice",
        /// Earlier chunks have the reason "".
        FinishEmpty = "finish_empty",
        /// Earlier chunks have the reason "null".
        FinishNull = "finish_null",
        /// The reason is in upper case.
        FinishUpper = "finish_upper",
        /// The reason also comes before the last content.
        FinishEarly = "finish_early",
        /// `stop` comes before or after a stronger reason.
        FinishDiffers = "finish_differs",
        /// The reason is `stop` although there are calls.
        FinishStopWithCalls = "finish_stop_with_calls",

        // Usage.
        /// It is in a choice.
        UsageInChoice = "usage_in_choice",
        /// It is in `x_groq`.
        UsageInGroq = "usage_in_groq",
        /// Its input and output are a list, one entry a model that took part.
        UsageByModel = "usage_by_model",
        /// Other chunks have zeros.
        UsageZeros = "usage_zeros",
        /// Cached tokens are not in the details but beside them, under one of three names.
        CacheRenamed = "cache_renamed",

        // Errors. The rest of the stream comes nevertheless.
        /// `{"detail": ...}`.
        ErrorDetail = "error_detail",
        /// In `x_groq`.
        ErrorInGroq = "error_in_groq",
        /// Words that are no JSON, with more of the answer behind them.
        WordsAsData = "words_as_data",

        // The end.
        /// There is no `[DONE]`.
        DoneMissing = "done_missing",
        /// `[DONE]` comes twice.
        DoneTwice = "done_twice",

        // Server-sent events.
        /// A comment comes as data.
        CommentAsData = "comment_as_data",
    }
    MISTRAL {
        /// What an answer refers to comes as parts of its content.
        References = "references",
        /// An id that is not there is the word `null`.
        NullWordIds = "null_word_ids",
        /// Chunks have padding.
        ChunkPadding = "chunk_padding",
        /// More tokens came from a cache than the input has.
        CachedAboveInput = "cached_above_input",
    }
    NAMELESS {
        /// The wire gives no ids; they are minted.
        IdMissing = "id_missing",
    }
    MERGED {
        /// Fragments of several calls.
        CallsTogether = "calls_together",
        /// Several kinds of content in one delta.
        KindsTogether = "kinds_together",
        /// Chunks whose delta is empty, null or missing, or that have no choice.
        DeltasEmpty = "deltas_empty",
        /// The reason is on the last chunk with content.
        FinishWithContent = "finish_with_content",
    }
    CHOICES {
        /// Several choices.
        ChoicesTogether = "choices_together",
        /// Chunks of several choices are interleaved.
        ChoicesInterleaved = "choices_interleaved",
        /// Choices are numbered with gaps, or do not appear in order.
        ChoicesUnordered = "choices_unordered",
        /// It is on a last chunk without choices.
        UsageTrailing = "usage_trailing",
        /// It is on the chunk with the reason.
        UsageOnFinish = "usage_on_finish",
        /// It is on every chunk, growing.
        UsageEverywhere = "usage_everywhere",
    }
    PLAIN {
        /// Kinds that a delta does not have are null.
        ContentNull = "content_null",
    }
    EXPLICIT {
        /// Frames have no `event:` line.
        NamesAbsent = "names_absent",
        /// `type` is the last field.
        TypeLast = "type_last",
        /// `[DONE]` comes behind the end.
        DoneMark = "done_mark",
    }
    NUMBERED {
        /// Numbers of blocks have gaps.
        ItemGaps = "item_gaps",
        /// Blocks are open at the same time.
        ItemsInterleaved = "items_interleaved",
        /// Deltas without text.
        DeltasBlank = "deltas_blank",
        /// What ends blocks comes behind all content.
        EndsLast = "ends_last",
        /// Optional fields are null.
        NullFields = "null_fields",
    }
    WHOLE {
        /// The answer is one JSON body and no stream.
        WholeBody = "whole_body",
        /// The bytes end at the border of a frame, in the middle of the answer.
        CutShort = "cut_short",
    }
    LOGPROBS {
        /// Deltas of text have log probabilities.
        Logprobs = "logprobs",
    }
    RESPONSES {
        // Ids, indices, numbers.
        /// There are no sequence numbers.
        SequenceAbsent = "sequence_absent",
        /// Every sequence number is the same.
        SequenceConstant = "sequence_constant",
        /// An item has another id in each event.
        ItemIdsRotate = "item_ids_rotate",
        /// Items have empty ids.
        ItemIdsEmpty = "item_ids_empty",
        /// There is no `output_index`; the items come one after another.
        OutputIndexAbsent = "output_index_absent",
        /// There is no `content_index` and no `summary_index`; items have one part at most.
        ContentIndexAbsent = "content_index_absent",
        /// `content_index` grows with each delta, and no part was announced.
        ContentIndexGrows = "content_index_grows",

        // Events that are missing, late, or say more than they need to.
        /// There is no `response.created`: the facts of the response are in its terminal event.
        CreatedAbsent = "created_absent",
        /// Items are not announced.
        AddedAbsent = "added_absent",
        /// Parts are not announced.
        PartAddedAbsent = "part_added_absent",
        /// Nothing ends: neither texts, parts nor items.
        DonesAbsent = "dones_absent",
        /// There are no deltas: the whole comes when something ends.
        DeltasAbsent = "deltas_absent",
        /// An item is announced whole, and ends whole, without deltas.
        AddedWhole = "added_whole",
        /// Events of reasoning and of text have the names of older servers.
        OldNames = "old_names",
        /// Signs of life as events, some of which count as events.
        Keepalives = "keepalives",
        /// Deltas have padding.
        Obfuscation = "obfuscation",
        /// Citations are only where a text is repeated.
        CitationsLate = "citations_late",

        // The end.
        /// The terminal event has an empty `output`.
        OutputEmpty = "output_empty",
        /// The terminal event has no `output`.
        OutputAbsent = "output_absent",
        /// The terminal event has a null `output`.
        OutputNull = "output_null",
        /// A response that is incomplete comes as a completed one: its status knows better.
        StatusInside = "status_inside",
        /// An `error` event whose fields are its own, and a failed response.
        ErrorFlat = "error_flat",
        /// An `error` event whose fields are in `error`, and a failed response.
        ErrorNested = "error_nested",
    }
    BLOCKS {
        /// What starts the message comes twice.
        StartTwice = "start_twice",
        /// Blocks begin with their first delta.
        StartsAbsent = "starts_absent",
        /// What ends the message comes twice.
        StopTwice = "stop_twice",
        /// Text begins in the block's start, and goes on in its deltas.
        StartText = "start_text",
        /// Text begins in the block's start, and its first delta says so again.
        StartTextRepeated = "start_text_repeated",
        /// The whole input is in the block's start.
        StartInput = "start_input",
    }
    STOPS {
        /// Blocks do not end.
        StopsAbsent = "stops_absent",
    }
    ERRORS {
        /// An error, and the rest of the stream behind it.
        ErrorEvent = "error_event",
    }
    MESSAGES {
        // Numbers.
        /// Blocks are numbered out of order.
        IndexUnordered = "index_unordered",

        // Events that are missing, come twice, or come in between.
        /// `message_start` says nothing but id and model.
        StartBare = "start_bare",
        /// A block begins as one of another kind than its deltas.
        StartMismatch = "start_mismatch",
        /// There is no `message_stop`.
        StopMissing = "stop_missing",
        /// `message_delta` comes twice.
        MessageDeltaTwice = "message_delta_twice",
        /// The whole message comes at the end.
        FinalMessage = "final_message",
        /// `ping` anywhere.
        Pings = "pings",
        /// Deltas of an unknown type.
        UnknownDeltas = "unknown_deltas",
        /// Blocks of an unknown type.
        UnknownBlocks = "unknown_blocks",

        // Contents of blocks.
        /// A call's start has no input, or null.
        StartInputMissing = "start_input_missing",
        /// A start of thinking has no signature.
        ThinkingBare = "thinking_bare",
        /// A signature is on a delta of thinking.
        SignatureOnThinking = "signature_on_thinking",
        /// Thinking has no signature.
        SignatureAbsent = "signature_absent",
        /// Citations come before the text they belong to.
        CitationsFirst = "citations_first",
        /// Spaces before a frame's last brace.
        Padding = "padding",

        // Usage.
        /// The start counts nothing: zeros.
        StartUsageZero = "start_usage_zero",
        /// The start has no usage.
        StartUsageAbsent = "start_usage_absent",
        /// All counts are repeated at the end, with what comes new.
        UsageRepeated = "usage_repeated",
        /// At the end the input is zero.
        EndInputZero = "end_input_zero",
    }
    INPUTS {
        /// A call without input has no field for it, or null.
        InputMissing = "input_missing",
    }
    OLLAMA {
        /// The fields of a message are beside it: the other end point's form.
        GenerateForm = "generate_form",
        /// No call has a number.
        CallNumbersAbsent = "call_numbers_absent",
        /// The end gives no reason, or an empty one.
        ReasonAbsent = "reason_absent",
        /// A count of zero is left out.
        CountsLeftOut = "counts_left_out",
        /// Facts of the server that answered in the end, and times.
        RemoteFacts = "remote_facts",
    }
    COHERE {
        /// The end of the answer is an error.
        EndError = "end_error",
        /// Counts have a fraction of zero.
        CountsAsFloats = "counts_as_floats",
        /// Citations do not say what they cite.
        CitationsBare = "citations_bare",
        /// Citations come behind the end of what they cite.
        CitationsAfterEnd = "citations_after_end",
        /// Citations do not end.
        CitationEndsAbsent = "citation_ends_absent",
        /// The end has the id again.
        EndId = "end_id",
    }
    GEMINI {
        /// The answer is a JSON array, and no event stream.
        JsonArray = "json_array",
        /// The array has no end.
        ArrayOpen = "array_open",
        /// Empty parts of text.
        PartsEmpty = "parts_empty",
        /// A frame with nothing new has no content, or no parts.
        ContentAbsent = "content_absent",
        /// A signature is on a part of its own, which is empty.
        SealAlone = "seal_alone",
        /// The first candidate has no index.
        ChoiceIndexAbsent = "choice_index_absent",
        /// Every frame has the finish reason.
        FinishEverywhere = "finish_everywhere",
        /// Keys are in snake case.
        SnakeKeys = "snake_keys",
        /// The finish reason is a number.
        FinishNumber = "finish_number",
        /// Inputs come in pieces, each with its path.
        PartialInputs = "partial_inputs",
        /// Nothing ends an input that came in pieces.
        PartialEndAbsent = "partial_end_absent",
        /// Counts are strings.
        CountsAsStrings = "counts_as_strings",
        /// Frames whose usage counts nothing.
        UsageWithoutCounts = "usage_without_counts",
        /// The prompt is blocked: there is no candidate.
        PromptBlocked = "prompt_blocked",
        /// An error on bare lines behind the last event.
        ErrorBare = "error_bare",
    }
    BEDROCK {
        /// Frames have padding.
        PaddingField = "padding_field",
        /// Blocks of text begin with an empty start.
        StartsEmpty = "starts_empty",
        /// The counts come before the reason.
        MetadataFirst = "metadata_first",
        /// Nothing begins the message.
        MessageStartAbsent = "message_start_absent",
        /// Messages have headers that nobody documented.
        HeadersMore = "headers_more",
        /// Headers come in any order.
        HeadersShuffled = "headers_shuffled",
    }
}

impl Perturbation {
    /// Those of a protocol, in order of declaration.
    pub fn of(protocol: Protocol) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |it| it.protocols().contains(&protocol))
    }

    /// Why two perturbations cannot be in one stream of a protocol, if they cannot.
    #[must_use]
    pub fn ambiguity(self, other: Self, protocol: Protocol) -> Option<&'static str> {
        let author = Author::of(protocol);
        let is_alternative = |group: &&[Self]| group.contains(&self) && group.contains(&other);
        if GROUPS.iter().chain(author.groups).any(is_alternative) {
            return (self != other).then_some("they are two ways of doing the same thing");
        }
        let known = |row: &&Ambiguity| (row.0, row.1) == (self, other) || (row.1, row.0) == (self, other);
        author.ambiguities.iter().find(known).map(|row| row.2)
    }
}

use Perturbation as P;

use Protocol::{AnthropicMessages, BedrockConverse, Cohere, Gemini, Mistral, Ollama, OpenaiChat, OpenaiResponses};

const EVERY: &[Protocol] =
    &[OpenaiChat, OpenaiResponses, AnthropicMessages, Gemini, BedrockConverse, Ollama, Cohere, Mistral];
const TEXT: &[Protocol] = &[OpenaiChat, OpenaiResponses, AnthropicMessages, Gemini, Ollama, Cohere, Mistral];
const SSE: &[Protocol] = &[OpenaiChat, OpenaiResponses, AnthropicMessages, Gemini, Cohere, Mistral];
const LINES: &[Protocol] = &[Ollama];
const OPENAI: &[Protocol] = &[OpenaiChat];
const CHAT: &[Protocol] = &[OpenaiChat, Mistral];
const MISTRAL: &[Protocol] = &[Mistral];
const NAMELESS: &[Protocol] = &[OpenaiChat, Gemini, Ollama, Mistral];
const MERGED: &[Protocol] = &[OpenaiChat, Gemini, Ollama, Mistral];
const CHOICES: &[Protocol] = &[OpenaiChat, Gemini, Mistral];
const PLAIN: &[Protocol] = &[OpenaiChat, Ollama, Mistral];
const EXPLICIT: &[Protocol] = &[OpenaiResponses, AnthropicMessages, Cohere];
const NUMBERED: &[Protocol] = &[OpenaiResponses, AnthropicMessages, BedrockConverse, Cohere];
const WHOLE: &[Protocol] = &[OpenaiResponses, AnthropicMessages, Gemini, BedrockConverse, Ollama, Cohere];
const LOGPROBS: &[Protocol] = &[OpenaiResponses, Ollama];
const RESPONSES: &[Protocol] = &[OpenaiResponses];
const BLOCKS: &[Protocol] = &[AnthropicMessages, Cohere];
const STOPS: &[Protocol] = &[AnthropicMessages, BedrockConverse, Cohere];
const ERRORS: &[Protocol] = &[AnthropicMessages, Gemini, BedrockConverse, Ollama];
const MESSAGES: &[Protocol] = &[AnthropicMessages];
const INPUTS: &[Protocol] = &[Gemini, Ollama];
const OLLAMA: &[Protocol] = &[Ollama];
const COHERE: &[Protocol] = &[Cohere];
const GEMINI: &[Protocol] = &[Gemini];
const BEDROCK: &[Protocol] = &[BedrockConverse];

/// Two perturbations that leave it open what is meant, and why.
pub(super) type Ambiguity = (Perturbation, Perturbation, &'static str);

/// At most one of each group, in every protocol.
const GROUPS: &[&[P]] = &[
    &[P::FragmentsOfOneChar, P::FragmentsWhole, P::FragmentsRandom],
    &[P::LinesCrlf, P::LinesCr, P::LinesMixed],
    &[P::EscapesAll, P::EscapesSome],
    &[P::CutsOfOneByte, P::CutsAnywhere],
];
