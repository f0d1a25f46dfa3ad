//! Why a value does not fit its column.

/// Why a value does not fit its column: its shape, never the value, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) found: String,
    pub(crate) advice: &'static str,
}

const BROKEN: &str = "run again; if it stays, report it as a bug";

const AS_TEXT: &str =
    "correct it in the source, or promise the column as `varchar`, which keeps it as PostgreSQL writes it";

impl Misfit {
    pub(crate) fn new(found: impl Into<String>, advice: &'static str) -> Self {
        Self { found: found.into(), advice }
    }

    /// Bytes that are not of the form in which the type is sent.
    pub(crate) fn broken(length: usize) -> Self {
        Self::new(format!("{length} bytes of another form"), BROKEN)
    }

    /// Whether it is no value of its type at all.
    pub(crate) fn is_broken(&self) -> bool {
        self.advice == BROKEN
    }

    pub(crate) fn year() -> Self {
        Self::new("a date outside of the years 1 to 9999", AS_TEXT)
    }

    pub(crate) fn midnight() -> Self {
        Self::new("the time of the end of a day", AS_TEXT)
    }

    pub(crate) fn dimensions(count: i32) -> Self {
        Self::new(format!("an array of {count} dimensions"), AS_TEXT)
    }

    pub(crate) fn not_a_number() -> Self {
        Self::new(
            "NaN or infinity, which no decimal is",
            "correct it in the source, or promise the column as `varchar` (or `double`)",
        )
    }

    pub(crate) fn digits() -> Self {
        Self::new(
            "a number with more digits before or after the point",
            "promise as many as the source has, or `varchar`; or correct the source",
        )
    }

    pub(crate) fn text(length: usize) -> Self {
        Self::new(format!("text of {length} bytes"), crate::value::CORRECT)
    }
}
