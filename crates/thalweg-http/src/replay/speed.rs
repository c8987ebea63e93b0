//! How fast recorded time passes.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

/// How fast a recording is served: `1x` as it was recorded, `10x` ten times as fast, `0.5x` at half the speed, `max`
/// without waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Speed {
    /// So many times as fast as recorded.
    Times(f64),
    /// Everything at once. Pauses that a fault asks for are kept.
    Max,
}

impl Speed {
    /// How long after the request something comes that was recorded `at` after it; none: at once.
    pub(super) fn due(self, at: Duration) -> Option<Duration> {
        let due = match self {
            Self::Max => return None,
            Self::Times(1.0) => at,
            Self::Times(times) => Duration::try_from_secs_f64(at.as_secs_f64() / times).unwrap_or(LONGEST),
        };
        Some(due.min(LONGEST))
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::Times(1.0)
    }
}

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.trim_end_matches('x').trim_end().parse::<f64>().ok();
        let times = times.filter(|times| times.is_finite() && *times > 0.0);
        times.map(Self::Times).ok_or(SpeedError(()))
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "{times}x"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// A text that is no [`Speed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeedError(());

impl fmt::Display for SpeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a speed is max, or a number above zero and x: 1x, 10x, 0.5x")
    }
}

impl core::error::Error for SpeedError {}

/// Nothing is waited for longer than thirty days.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_as_they_are_written() {
        for text in ["max", "1x", "10x", "0.5x"] {
            assert_eq!(text.parse::<Speed>().map(|speed| speed.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("3".parse(), Ok(Speed::Times(3.0)));
        for text in ["", "x", "0x", "-1x", "infx", "NaN", "fast"] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_time_overflows() {
        let second = Duration::from_secs(1);
        assert_eq!(Speed::Max.due(second), None);
        assert_eq!(Speed::Times(4.0).due(second), Some(second / 4));
        assert_eq!(Speed::Times(f64::MIN_POSITIVE).due(second), Some(LONGEST));
        assert_eq!(Speed::default().due(Duration::MAX), Some(LONGEST));
    }
}
