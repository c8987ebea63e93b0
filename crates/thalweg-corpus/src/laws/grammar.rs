use thalweg::{BlockId, BlockKind, Event, InputForm, Outcome, Scope};

use crate::{Chunking, Setup, Violation};

/// Law 3: the sequence of events is well formed. See [`Grammar`].
///
/// # Errors
/// With the first event that breaks the grammar.
pub fn check_grammar<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<(), Violation> {
    let setup = setup.into();
    let mut grammar = Grammar::default();
    let mut seen = Ok(());
    setup.drive(Chunking::Whole.split(bytes), |event| {
        if seen.is_ok() {
            seen = grammar.see(event);
        }
    });
    seen.and_then(|()| grammar.is_over())
}

/// Follows a sequence of events and says where it stops being well formed:
///
/// - `Start` is first and comes once, `End` is last and comes once;
/// - blocks are numbered densely in order, start once, end once, and have ended before `End`;
/// - deltas are not empty, lie inside their block, and are of its kind;
/// - nothing is said of a block that has not started;
/// - a choice has one `Finish` at most, its blocks have ended before it, and no content follows it;
/// - the verdict is `Failed` exactly when a fatal error was reported, and `Limit` only with a limit.
///
/// ```
/// use thalweg::{Close, Normalizer, dialects};
/// use thalweg_corpus::laws::Grammar;
///
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// normalizer.finish(Close::Clean);
/// let mut grammar = Grammar::default();
/// while let Some(event) = normalizer.poll() {
///     grammar.see(&event)?;
/// }
/// grammar.is_over()?;
/// # Ok::<(), thalweg_corpus::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Grammar {
    phase: Phase,
    /// Events seen.
    seen: usize,
    blocks: Vec<Block>,
    finished: Vec<u32>,
    has_failed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Before,
    Inside,
    After,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    choice: u32,
    family: Family,
    is_json: bool,
    is_open: bool,
}

/// What kind of delta a block takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Text,
    Reasoning,
    Refusal,
    Call,
    /// None.
    Data,
}

impl Grammar {
    /// Takes the next event.
    ///
    /// # Errors
    /// When the event must not come here.
    pub fn see(&mut self, event: &Event<'_>) -> Result<(), Violation> {
        self.seen += 1;
        self.follow(event)
            .map_err(|message| Violation::new(LAW, format!("event {}: {message}: {event:?}", self.seen - 1)))
    }

    /// The sequence is whole.
    ///
    /// # Errors
    /// When `End` did not come.
    pub fn is_over(&self) -> Result<(), Violation> {
        match self.phase {
            Phase::After => Ok(()),
            Phase::Before => Err(Violation::new(LAW, "there is no event")),
            Phase::Inside => Err(Violation::new(LAW, "there is no end")),
        }
    }

    fn follow(&mut self, event: &Event<'_>) -> Result<(), String> {
        match (self.phase, event) {
            (Phase::Before, Event::Start { .. }) => self.phase = Phase::Inside,
            (Phase::Before, _) => return Err("it comes before the start".into()),
            (Phase::Inside, Event::Start { .. }) => return Err("it is a second start".into()),
            (Phase::Inside, _) => {}
            (Phase::After, _) => return Err("it comes after the end".into()),
        }
        match *event {
            Event::BlockStart { block, choice, ref kind, .. } => self.start(block, choice, kind),
            Event::TextDelta { block, text, .. } => self.delta(block, Family::Text, text),
            Event::ReasoningDelta { block, text, .. } => self.delta(block, Family::Reasoning, text),
            Event::RefusalDelta { block, text, .. } => self.delta(block, Family::Refusal, text),
            Event::ToolCallDelta { block, input, .. } => self.delta(block, Family::Call, input),
            Event::BlockData { block, .. } => self.block(block).map(drop),
            Event::Restated { block, .. } => {
                let choice = self.block(block)?.choice;
                self.is_unfinished(choice)
            }
            Event::BlockEnd { block, input, .. } => self.end_block(block, input.is_some()),
            Event::Finish { choice, .. } => self.finish(choice),
            Event::Anomaly { block: Some(block), .. } => self.block(block).map(drop),
            Event::Extra { scope: Scope::Block(block), .. } => self.block(block).map(drop),
            Event::Error { fatal, .. } => {
                self.has_failed |= fatal;
                Ok(())
            }
            Event::End { outcome, ref evidence, .. } => {
                self.phase = Phase::After;
                self.end(outcome, evidence)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, block: BlockId, choice: u32, kind: &BlockKind<&str>) -> Result<(), String> {
        if block.index() != self.blocks.len() {
            return Err(format!("the next block is {}", self.blocks.len()));
        }
        self.is_unfinished(choice)?;
        if let BlockKind::ToolResult { call: Some(call), .. } = kind {
            self.block(*call)?;
        }
        let (family, is_json) = match kind {
            BlockKind::Text => (Family::Text, false),
            BlockKind::Reasoning { .. } => (Family::Reasoning, false),
            BlockKind::Refusal => (Family::Refusal, false),
            BlockKind::ToolCall { form, .. } | BlockKind::HostedCall { form, .. } => {
                (Family::Call, *form == InputForm::Json)
            }
            _ => (Family::Data, false),
        };
        self.blocks.push(Block { choice, family, is_json, is_open: true });
        Ok(())
    }

    fn delta(&self, block: BlockId, family: Family, text: &str) -> Result<(), String> {
        let known = self.block(block)?;
        if !known.is_open {
            return Err("its block has ended".into());
        }
        if known.family != family {
            return Err(format!("its block is {:?}", known.family));
        }
        if text.is_empty() {
            return Err("it is empty".into());
        }
        self.is_unfinished(known.choice)
    }

    fn end_block(&mut self, block: BlockId, has_state: bool) -> Result<(), String> {
        self.block(block)?;
        let known = &mut self.blocks[block.index()];
        if !core::mem::replace(&mut known.is_open, false) {
            return Err("its block has ended before".into());
        }
        if known.is_json != has_state {
            return Err("the state of an input is for JSON input, and always there".into());
        }
        Ok(())
    }

    fn finish(&mut self, choice: u32) -> Result<(), String> {
        self.is_unfinished(choice)?;
        if self.blocks.iter().any(|block| block.choice == choice && block.is_open) {
            return Err("a block of the choice is open".into());
        }
        self.finished.push(choice);
        Ok(())
    }

    fn end(&self, outcome: Outcome, evidence: &thalweg::Evidence) -> Result<(), String> {
        if let Some(open) = self.blocks.iter().position(|block| block.is_open) {
            return Err(format!("block {open} is open"));
        }
        if (outcome == Outcome::Failed) != self.has_failed {
            return Err(format!("a fatal error was reported: {}", self.has_failed));
        }
        if outcome == Outcome::Limit && evidence.limit.is_none() {
            return Err("no limit is named".into());
        }
        if evidence.finished as usize != self.finished.len() || evidence.finished > evidence.choices {
            return Err(format!("{} choices finished", self.finished.len()));
        }
        Ok(())
    }

    fn block(&self, block: BlockId) -> Result<&Block, String> {
        self.blocks.get(block.index()).ok_or_else(|| format!("block {block} has not started"))
    }

    fn is_unfinished(&self, choice: u32) -> Result<(), String> {
        if self.finished.contains(&choice) { Err(format!("choice {choice} is finished")) } else { Ok(()) }
    }
}

const LAW: &str = "grammar";
