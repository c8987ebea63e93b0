//! One frame as ranges of itself, read in one pass.

use crate::json::{self, Error, Kind, Reader, Text};

/// What a field is, by its name. The formats have no name in common that means two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// The next piece of the text.
    Text,
    Reason,
    /// The sequence that ended the text.
    Sequence,
    /// Tokens of the prompt.
    Input,
    /// Tokens of the text so far.
    Output,
    /// The answers, where the frame has a list of them.
    Answers,
    /// Which answer, inside of such a list.
    Index,
    /// Nothing that the reason does not say.
    Finished,
}

const FIELDS: &[(&str, Field)] = &[
    // Llama.
    ("generation", Field::Text),
    ("stop_reason", Field::Reason),
    ("prompt_token_count", Field::Input),
    ("generation_token_count", Field::Output),
    // Titan.
    ("outputText", Field::Text),
    ("completionReason", Field::Reason),
    ("inputTextTokenCount", Field::Input),
    ("totalOutputTextTokenCount", Field::Output),
    ("results", Field::Answers),
    ("tokenCount", Field::Output),
    // Mistral.
    ("outputs", Field::Answers),
    ("text", Field::Text),
    // Cohere Command.
    ("generations", Field::Answers),
    ("finish_reason", Field::Reason),
    ("is_finished", Field::Finished),
    ("index", Field::Index),
    // Claude.
    ("completion", Field::Text),
    ("stop", Field::Sequence),
];

/// Whether a field has a place in the model, or is a declared loss: one of a frame, or of an answer in its list.
pub(super) fn is_known(name: &str, is_answer: bool) -> bool {
    field(name).is_some_and(|field| is_answer || field != Field::Index)
}

fn field(name: &str) -> Option<Field> {
    FIELDS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// What a frame says of one answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answer {
    pub(super) index: Option<u64>,
    pub(super) text: Option<Text>,
    pub(super) reason: Option<Text>,
    pub(super) sequence: Option<Text>,
    pub(super) output: Option<u64>,
}

/// A frame. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chunk {
    /// It has a field that is known.
    pub(super) is_known: bool,
    pub(super) answer: Answer,
    pub(super) input: Option<u64>,
    /// The first of a list of answers.
    pub(super) first: Option<Answer>,
    /// It is not the only one.
    pub(super) has_more: bool,
}

impl Chunk {
    /// Reads a frame that is a JSON object.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut chunk = Self::default();
        let json = &mut Reader::new(data, depth);
        json.object()?;
        while let Some(key) = json.key()? {
            let field = field(key.name(data, &mut [0; 32]));
            chunk.is_known |= field.is_some();
            match field {
                Some(Field::Input) => chunk.input = count(json)?.or(chunk.input),
                Some(Field::Answers) if json.peek()? == Kind::Array => chunk.read_answers(json)?,
                field => chunk.answer.read_field(field, json)?,
            }
        }
        json.end()?;
        Ok(chunk)
    }

    fn read_answers(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        json.array()?;
        while json.element()? {
            if self.first.is_none() && json.peek()? == Kind::Object {
                self.first = Some(Answer::read(json)?);
            } else {
                self.has_more = true;
                json.skip()?;
            }
        }
        Ok(())
    }
}

impl Answer {
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Self, Error> {
        let data = json.source();
        let mut answer = Self::default();
        json.object()?;
        while let Some(key) = json.key()? {
            answer.read_field(field(key.name(data, &mut [0; 32])), json)?;
        }
        Ok(answer)
    }

    fn read_field(&mut self, field: Option<Field>, json: &mut Reader<'_>) -> Result<(), Error> {
        match field {
            Some(Field::Text) => self.text = json.maybe_string()?.or(self.text),
            Some(Field::Reason) => self.reason = json.maybe_string()?.or(self.reason),
            Some(Field::Sequence) => self.sequence = json.maybe_string()?,
            Some(Field::Output) => self.output = count(json)?.or(self.output),
            Some(Field::Index) => self.index = count(json)?,
            _ => drop(json.skip()?),
        }
        Ok(())
    }
}

fn count(json: &mut Reader<'_>) -> Result<Option<u64>, Error> {
    Ok(json::count(json.skip()?.of(json.source())))
}
