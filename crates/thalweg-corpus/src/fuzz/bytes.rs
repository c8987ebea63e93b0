use thalweg::{Close, Limits, registry};

use crate::{Cuts, Setup, Violation, laws, small_limits};

/// Holds any bytes to the laws that need nothing else. The first three bytes choose dialect, chunking, limits and
/// close; the rest is the stream.
///
/// # Panics
/// With the [`Violation`].
pub fn any_bytes(data: &[u8]) {
    if let Err(violation) = check_any_bytes(data) {
        panic!("{violation}");
    }
}

/// [`any_bytes`], without the panic.
///
/// # Errors
/// The first law that does not hold.
pub fn check_any_bytes(data: &[u8]) -> Result<(), Violation> {
    let [dialect, seed, options, body @ ..] = data else { return Ok(()) };
    // One number more than there are dialects: detection.
    let dialect = registry::ALL.get(usize::from(*dialect) % (registry::ALL.len() + 1));
    let setup = dialect.map_or_else(Setup::detect, |dialect| Setup::from(*dialect));
    let limits = if options & 1 == 0 { Limits::default() } else { small_limits() };
    let close = Close::ALL[usize::from(options >> 1) % Close::ALL.len()];
    let setup = setup.with_limits(limits).with_close(close).with_heartbeats(options & 0x80 != 0);
    let seed = u64::from(*seed);
    laws::check_totality(setup, body)?;
    laws::check_grammar(setup, body)?;
    laws::check_chunking(setup, body, Cuts::Few(seed))?;
    laws::check_frames(setup, body)?;
    laws::check_replay(setup, body, seed)?;
    laws::check_unfold(setup, body, seed)?;
    laws::check_bounds(setup, body)?;
    laws::check_memo(setup, body, seed)?;
    laws::check_prefix(setup, body, Cuts::Few(seed))?;
    laws::check_reconnect(setup, body, Cuts::Few(seed))
}
