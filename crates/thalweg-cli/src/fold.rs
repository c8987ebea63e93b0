//! `thalweg fold`: each file becomes the response it is, as a summary or as a JSON object.
//!
//! A file that breaks off while it is read is shown too, as far as it came.

use std::io::{self, Write};
use std::path::Path;

use thalweg::{Event, Fold, Response};

use crate::args::FoldArguments;
use crate::exit::{self, Exit};
use crate::input::{self, Sink};
use crate::summary;
use crate::view::ResponseView;

/// A response, and where it is from.
pub(crate) struct Folded<'a> {
    /// The file, as the command line names it.
    pub(crate) file: &'a str,
    /// The dialect it was read as; none where none was found.
    pub(crate) dialect: Option<String>,
    /// The response.
    pub(crate) response: Response,
}

/// Folds every file; an error is one of the output.
pub(crate) fn run(arguments: &FoldArguments, out: &mut impl Write) -> io::Result<Exit> {
    let mut worst = Exit::Complete;
    for path in arguments.streams.files() {
        worst = worst.max(fold_file(path, arguments, out)?);
    }
    Ok(worst)
}

fn fold_file(path: &Path, arguments: &FoldArguments, out: &mut impl Write) -> io::Result<Exit> {
    let file = path.to_string_lossy();
    let source = match input::open(path) {
        Ok(source) => source,
        Err(error) => return Ok(exit::unreadable(&file, &error)),
    };
    let mut folding = Folding(Response::default());
    let ended = source.decode(&arguments.streams, &mut folding)?;
    let folded = Folded { file: &file, dialect: ended.dialect, response: folding.0 };
    if arguments.json {
        serde_json::to_writer(&mut *out, &ResponseView::of(&folded))?;
        writeln!(out)?;
    } else {
        summary::write(&folded, out)?;
    }
    // Each response is out before the next is read: there may be a pipe at either end.
    out.flush()?;
    let exit = ended.outcome.map_or(Exit::Failed, Exit::from);
    Ok(ended.error.map_or(exit, |error| exit::unreadable(&file, &error)))
}

struct Folding(Response);

impl Sink for Folding {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.0.apply(event);
        Ok(())
    }
}
