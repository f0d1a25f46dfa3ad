//! How far an incremental read goes back.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How far an incremental read goes back before the last cursor value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// For cursors that are times: `1 hour`, `30 minutes`, `2 days`.
    Time(Duration),
    /// For cursors that count: `1000`.
    Amount(u64),
}

impl FromStr for Overlap {
    type Err = String;

    /// The error is a message that says what may be written.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let problem = || "expected a time such as `1 hour` or `30 minutes`, or a whole number".to_owned();
        let text = text.trim();
        let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let amount: u64 = text[..digits].parse().map_err(|_| problem())?;
        let seconds = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" => return Ok(Self::Amount(amount)),
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 7 * 86_400,
            _ => return Err(problem()),
        };
        // A thousand years is more than any source holds; beyond it, date arithmetic could overflow.
        let seconds = amount.checked_mul(seconds).filter(|seconds| *seconds <= 1_000 * 366 * 86_400);
        seconds.map(|seconds| Self::Time(Duration::from_secs(seconds))).ok_or_else(problem)
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(duration) => write!(formatter, "{} seconds", duration.as_secs()),
            Self::Amount(amount) => write!(formatter, "{amount}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_and_amounts() {
        assert_eq!("1 hour".parse(), Ok(Overlap::Time(Duration::from_hours(1))));
        assert_eq!("30minutes".parse(), Ok(Overlap::Time(Duration::from_mins(30))));
        assert_eq!("2 Days".parse(), Ok(Overlap::Time(Duration::from_hours(48))));
        assert_eq!("1000".parse(), Ok(Overlap::Amount(1000)));
        for wrong in ["", "hour", "-1 hour", "1 fortnight", "1.5 hours", "99999999999999999 weeks", "999999999 weeks"] {
            assert!(wrong.parse::<Overlap>().is_err(), "{wrong}");
        }
    }
}
