//! Counts instructions: a program runs itself under callgrind and says what is to be counted.
//!
//! Counts repeat where times do not. Callgrind collects inside of [`measured`] only, so that making an input costs
//! nothing and there is no base to subtract.

use core::alloc::{GlobalAlloc, Layout};
use std::alloc::System;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io, process};

/// Runs what is to be counted.
pub fn measured<T>(run: impl FnOnce() -> T) -> T {
    let result = counted(run);
    write_count();
    result
}

/// Callgrind finds it by this name.
#[inline(never)]
fn counted<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// Before it is called, callgrind writes what it has counted and begins anew.
#[inline(never)]
fn write_count() {
    // Something that must be done, or the call would be left out.
    core::hint::black_box(0_u32);
}

/// Whether valgrind is there.
#[must_use]
pub fn is_installed() -> bool {
    let found = Command::new("valgrind").arg("--version").output();
    !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Runs this program with these arguments under callgrind: the instructions of each call of [`measured`], in order.
///
/// # Errors
///
/// When valgrind cannot be run, when the run fails, when it counts nothing.
pub fn counts(arguments: &[&str]) -> Result<Vec<u64>, String> {
    let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let folder = Scratch::new()?;
    let output = Command::new("valgrind")
        .env("GLIBC_TUNABLES", NO_REP_MOVS)
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .args(["--toggle-collect=*callgrind*counted*", "--dump-before=*write_count*"])
        .arg(format!("--callgrind-out-file={}", folder.0.join("out").display()))
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the measured run failed:\n{log}"));
    }
    let totals = folder.totals().map_err(|error| format!("cannot read what callgrind wrote: {error}"))?;
    if totals.is_empty() || totals.contains(&0) {
        Err(format!("callgrind counted nothing:\n{log}"))
    } else {
        Ok(totals)
    }
}

/// The system's allocator, but every reallocation copies: [`GlobalAlloc`]'s own way.
///
/// Whether a block can grow where it is depends on the allocator and on what was freed before. Here it never can, so
/// the counts repeat, and a buffer that is given back and grown again and again shows.
#[derive(Debug)]
#[non_exhaustive]
pub struct Copying;

impl Copying {
    /// For `#[global_allocator]`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a static needs a constant")]
    pub const fn new() -> Self {
        Self
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe; both methods pass their arguments on")]
// SAFETY: both methods pass their arguments on to `System` unchanged and return what it gives.
unsafe impl GlobalAlloc for Copying {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

/// A folder for callgrind's files, which goes away with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, String> {
        let path = env::temp_dir().join(format!("thalweg-callgrind-{}", process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// What each dump adds up to, in order: `out.1`, `out.2`, and at the end of the program `out` with the empty rest.
    fn totals(&self) -> io::Result<Vec<u64>> {
        let mut totals = Vec::new();
        for number in 1.. {
            let path = self.0.join(format!("out.{number}"));
            if !path.exists() {
                break;
            }
            totals.push(total(&path)?);
        }
        Ok(totals)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn total(path: &Path) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix("summary:").or_else(|| line.strip_prefix("totals:")));
    line.and_then(|count| count.trim().parse().ok()).ok_or_else(|| io::Error::other("a dump without a total"))
}

/// Makes glibc copy with vectors at every size. Its choice depends on the size, and callgrind counts `rep movsb` as one
/// instruction a byte: a copy of 2 MiB would seem dearer than one of 4 MiB. Other libraries do not read it.
const NO_REP_MOVS: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM";
