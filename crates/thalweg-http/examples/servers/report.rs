//! What came of the scenarios.

use std::io::{self, Write as _};
use std::process::ExitCode;

/// Scenarios that ran, and those that failed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    ran: usize,
    failed: usize,
}

impl Report {
    /// Writes a line on a scenario, with everything that was not as it should be.
    pub(crate) fn add(&mut self, name: &str, differences: &[String]) -> io::Result<()> {
        self.ran += 1;
        let mut out = io::stdout().lock();
        if differences.is_empty() {
            return writeln!(out, "ok      {name}");
        }
        self.failed += 1;
        writeln!(out, "FAILED  {name}")?;
        differences.iter().try_for_each(|difference| writeln!(out, "        {difference}"))
    }

    /// Nothing that ran is no success.
    pub(crate) fn exit(&self) -> ExitCode {
        ExitCode::from(u8::from(self.failed > 0 || self.ran == 0))
    }
}
