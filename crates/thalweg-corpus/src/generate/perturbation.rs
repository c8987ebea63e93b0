//! What servers do to the wire without meaning anything by it.

use thalweg::AnomalyKind;

macro_rules! perturbations {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// One way in which a server's bytes differ from the plainest ones. None of them changes what is meant, but for
        /// those that the intention then names: errors, signatures, missing ids and counts, other words for the reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Perturbation { $($(#[$doc])* $variant,)* }

        impl Perturbation {
            /// Every one, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in tables and messages.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

perturbations! {
    // How text and inputs are cut.
    /// Every fragment is one character.
    FragmentsOfOneChar = "fragments_of_one_char",
    /// Every leaf is one fragment.
    FragmentsWhole = "fragments_whole",
    /// Fragments of any size.
    FragmentsRandom = "fragments_random",
    /// A surrogate pair is split between two fragments.
    SurrogatesSplit = "surrogates_split",

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
    /// The wire gives no ids; they are minted.
    IdMissing = "id_missing",
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
    /// Fragments of several calls.
    CallsTogether = "calls_together",
    /// Several fragments of one call.
    FragmentsTogether = "fragments_together",
    /// Several kinds of content in one delta.
    KindsTogether = "kinds_together",
    /// Several choices.
    ChoicesTogether = "choices_together",

    // Choices.
    /// Chunks of several choices are interleaved.
    ChoicesInterleaved = "choices_interleaved",
    /// Choices are numbered with gaps, or do not appear in order.
    ChoicesUnordered = "choices_unordered",

    // Noise in chunks.
    /// The role is on every delta.
    RoleRepeated = "role_repeated",
    /// There is no role.
    RoleAbsent = "role_absent",
    /// Kinds that a delta does not have are null.
    ContentNull = "content_null",
    /// Kinds that a delta does not have are empty strings or lists.
    ContentEmpty = "content_empty",
    /// Chunks whose delta is empty, null or missing, or that have no choice.
    DeltasEmpty = "deltas_empty",
    /// Fields that nobody documented, on every level.
    UnknownFields = "unknown_fields",
    /// Frames that nobody documented.
    UnknownFrames = "unknown_frames",
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
    /// Reasoning at the beginning of an answer is in its text, between tags: the dialect's way.
    InlineTags = "inline_tags",

    // Content.
    /// `content` is a list of typed parts: text, refusals.
    ContentParts = "content_parts",
    /// A fragment of text or reasoning repeats all that came before it: the dialect's way.
    Cumulative = "cumulative",

    // Finish reasons.
    /// The reason is on the last chunk with content.
    FinishWithContent = "finish_with_content",
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
    /// There is none.
    UsageAbsent = "usage_absent",
    /// It is on a last chunk without choices.
    UsageTrailing = "usage_trailing",
    /// It is on the chunk with the reason.
    UsageOnFinish = "usage_on_finish",
    /// It is on every chunk, growing.
    UsageEverywhere = "usage_everywhere",

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
    /// The connection breaks behind the last byte.
    CloseBroken = "close_broken",
    /// The last frame lacks its blank line, or its line end as well.
    LastFrameOpen = "last_frame_open",

    // Server-sent events.
    /// Comments between frames and inside of them.
    Comments = "comments",
    /// A comment comes as data.
    CommentAsData = "comment_as_data",
    /// Lines end with CRLF.
    LinesCrlf = "lines_crlf",
    /// Lines end with CR.
    LinesCr = "lines_cr",
    /// Every line ends as it likes.
    LinesMixed = "lines_mixed",
    /// A byte order mark comes first.
    Bom = "bom",
    /// There is no space behind `data:`.
    NoSpace = "no_space",
    /// One frame's data is on several `data:` lines.
    DataLines = "data_lines",
    /// `event`, `id`, `retry` and unknown fields; frames without data.
    FieldNoise = "field_noise",

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

impl Perturbation {
    /// The anomaly that must be seen if and only if a perturbation of this kind is in the stream.
    #[must_use]
    pub const fn sign(self) -> Option<AnomalyKind> {
        Some(match self {
            Self::IndexZero => AnomalyKind::IndexReused,
            Self::IdLate => AnomalyKind::IdLate,
            Self::NameLate => AnomalyKind::NameLate,
            Self::NameInPieces => AnomalyKind::NameInPieces,
            Self::InputAgain => AnomalyKind::InputRepeated,
            Self::FinishEarly => AnomalyKind::ContentAfterFinish,
            Self::FinishDiffers => AnomalyKind::FinishDiffers,
            Self::CallAlone => AnomalyKind::BadFrame,
            Self::WordsAsData => AnomalyKind::InvalidJson,
            Self::CommentAsData => AnomalyKind::CommentAsData,
            Self::LastFrameOpen => AnomalyKind::UnterminatedFrame,
            _ => return None,
        })
    }

    /// Why two perturbations cannot be in one stream, if they cannot.
    #[must_use]
    pub fn ambiguity(self, other: Self) -> Option<&'static str> {
        if GROUPS.iter().any(|group| group.contains(&self) && group.contains(&other)) {
            return (self != other).then_some("they are two ways of doing the same thing");
        }
        let known = |row: &&(Self, Self, &str)| (row.0, row.1) == (self, other) || (row.1, row.0) == (self, other);
        AMBIGUITIES.iter().find(known).map(|row| row.2)
    }
}

use Perturbation as P;

/// At most one of each group.
const GROUPS: &[&[P]] = &[
    &[P::FragmentsOfOneChar, P::FragmentsWhole, P::FragmentsRandom],
    &[P::IndexZero, P::IndexAbsent, P::IndexHuge, P::IndexNegative, P::IndexString, P::IndexFraction, P::LegacyCall],
    &[P::IdMissing, P::IdRepeated, P::IdEmpty, P::IdLate, P::LegacyCall],
    &[P::NameRepeated, P::NameEmpty],
    &[P::NameRepeated, P::NameInPieces],
    &[P::NameLate, P::NameInPieces],
    &[P::RoleRepeated, P::RoleAbsent],
    &[P::FactsRepeated, P::FactsOnce],
    &[
        P::ReasoningRenamed,
        P::ReasoningTwice,
        P::ReasoningText,
        P::ReasoningDetails,
        P::ReasoningDetailsTwice,
        P::ReasoningParts,
    ],
    &[P::InlineTags, P::Cumulative],
    &[P::SignatureFields, P::SignatureGoogle],
    &[P::UsageInChoice, P::UsageInGroq],
    &[P::ErrorDetail, P::ErrorInGroq],
    &[P::UsageAbsent, P::UsageTrailing, P::UsageOnFinish, P::UsageEverywhere],
    &[P::DoneMissing, P::DoneTwice],
    &[P::LinesCrlf, P::LinesCr, P::LinesMixed],
    &[P::EscapesAll, P::EscapesSome],
    &[P::CutsOfOneByte, P::CutsAnywhere],
];

/// Pairs that leave it open what is meant. What depends on more than a pair is in [`super::select`].
const AMBIGUITIES: &[(P, P, &str)] = &[
    (
        P::IndexZero,
        P::IdMissing,
        "one index and no id: a second call of the same tool looks like the first one going on (rule 3 guesses from \
         the input, so no promise can be made for every input)",
    ),
    (
        P::IndexZero,
        P::IdLate,
        "a call that begins at a used index without an id is the call before it, until its own id comes",
    ),
    (
        P::IndexZero,
        P::NameLate,
        "another id at a used index without a name, while an input is open, is a call whose id changed (rule 2)",
    ),
    (P::IndexAbsent, P::NameLate, "without an index a name starts a call: input before it is the last call's (rule 5)"),
    (P::LegacyCall, P::NameLate, "without an index a name starts a call: input before it is the last call's (rule 5)"),
    (P::LegacyCall, P::NameRepeated, "without an id and an index a name starts a call (rule 5)"),
    (P::LegacyCall, P::NameInPieces, "without an id and an index a name starts a call (rule 5)"),
    (
        P::SurrogatesSplit,
        P::TextBetween,
        "a half pair waits in its block, and content of another kind ends a block of text",
    ),
    (P::LegacyCall, P::SignatureGoogle, "`function_call` has no `extra_content`"),
    (P::Cumulative, P::ReasoningDetails, "details are never cumulative"),
    (P::Cumulative, P::ReasoningDetailsTwice, "details are never cumulative: they would differ from the flat text"),
    (P::InlineTags, P::FinishEarly, "a tag is no content, and a reason ends what may become one"),
];
