//! Deviations from the documented wire, each with a stable id.

use super::facts::named;

named! {
    /// A deviation that was seen. Grouped by blame; ids ([`as_str`](Self::as_str)) never change their meaning.
    AnomalyKind {
        // The wire is malformed.
        /// Bytes that are not UTF-8; each bad sequence became U+FFFD, the frame was used.
        InvalidUtf8 = "invalid_utf8",
        /// A frame that is not JSON.
        InvalidJson = "invalid_json",
        /// Half of a surrogate pair without the other half; it became U+FFFD.
        LoneSurrogate = "lone_surrogate",
        /// A frame that is JSON of a shape the protocol has no use for (`null`, a number, a list).
        BadFrame = "bad_frame",
        /// A comment that came as a frame's data.
        CommentAsData = "comment_as_data",
        /// A body that is no stream and no answer.
        NotAStream = "not_a_stream",
        /// The last frame lacks its terminator.
        UnterminatedFrame = "unterminated_frame",
        /// JSON without its `data:` prefix inside an event stream.
        BareJson = "bare_json",
        /// Bytes after a complete body.
        TrailingBytes = "trailing_bytes",
        /// A binary message whose length, checksum or headers are wrong: nothing behind it can be read.
        CorruptMessage = "corrupt_message",
        /// A frame wrapped in base64 that is none.
        InvalidBase64 = "invalid_base64",

        // The wire is well formed and out of order.
        /// The response began again.
        SecondStart = "second_start",
        /// Content for a block that had ended.
        DeltaAfterEnd = "delta_after_end",
        /// Content for a block that had not started.
        DeltaWithoutStart = "delta_without_start",
        /// The start of a block that had started.
        StartRepeated = "start_repeated",
        /// The end of a block that had not started, or had ended.
        EndWithoutStart = "end_without_start",
        /// Content of another kind than its block's.
        KindMismatch = "kind_mismatch",
        /// The provider's end mark came, but a choice has no finish reason.
        MissingFinish = "missing_finish",
        /// A choice was given different finish reasons; the strongest stands.
        FinishDiffers = "finish_differs",
        /// Content of a choice that already had its finish reason.
        ContentAfterFinish = "content_after_finish",
        /// Numbered frames are missing.
        SequenceGap = "sequence_gap",
        /// The number of a frame does not rise: numbers mean nothing from there on.
        SequenceRepeat = "sequence_repeat",

        // Ids, names, restatements.
        /// The index of one tool call was used for the next.
        IndexReused = "index_reused",
        /// A tool call or response changed its id; the first stands.
        IdChanged = "id_changed",
        /// A tool call's id came after the call had begun.
        IdLate = "id_late",
        /// Two tool calls share an id.
        IdDuplicate = "id_duplicate",
        /// A tool call that was never named.
        NameMissing = "name_missing",
        /// A tool call's input came before its name.
        NameLate = "name_late",
        /// A tool call's name came in pieces, or changed.
        NameInPieces = "name_in_pieces",
        /// A tool call's complete input was sent again.
        InputRepeated = "input_repeated",
        /// A whole value differs from the deltas it repeats.
        RestatementDiffers = "restatement_differs",
        /// A token count went down.
        UsageDecreased = "usage_decreased",
        /// Token counts of zero for a stream that gave content.
        UsageZero = "usage_zero",
        /// A frame of another protocol than the one expected.
        ProtocolMismatch = "protocol_mismatch",

        // Ours.
        /// A limit was reached: the stream ends here.
        LimitReached = "limit_reached",
    }
}

named! {
    /// What was done about an anomaly.
    Action {
        /// Used as it came.
        Kept = "kept",
        /// Left out.
        Dropped = "dropped",
        /// Replaced by something else.
        Replaced = "replaced",
        /// A block was opened for it.
        Opened = "opened",
        /// A block was closed for it.
        Closed = "closed",
        /// What looked like one became two.
        Split = "split",
        /// What looked like two became one.
        Joined = "joined",
    }
}
