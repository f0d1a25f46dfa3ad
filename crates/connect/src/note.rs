//! Something that a person should know and that is no error.

use ade_diagnostic::{agree, count};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Something that a person should know and that is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// A stable kebab-case id: `file-disappeared`, `cursor-null`, ….
    pub id: &'static str,
    /// What was seen, on which object, and what to do. No values.
    pub message: String,
}

impl Note {
    /// Id of the word on a captured table that was emptied at once.
    pub(crate) const EMPTIED: &str = "emptied";
    /// Id of the word on a captured table that is read whole again.
    pub(crate) const CAPTURED_ANEW: &str = "captured-anew";

    /// Id of the word on a table that is read in another mode than before.
    pub const SWITCHED: &str = "mode-switched";

    /// Whether it says why rows take the place of all that was there.
    pub fn is_reason(&self) -> bool {
        matches!(self.id, Self::EMPTIED | Self::CAPTURED_ANEW | Self::SWITCHED)
    }

    /// Whether the rows may not be what somebody expects of them, so that a person should look before relying on them.
    pub fn is_warning(&self) -> bool {
        matches!(
            self.id,
            "key-lacking"
                | "files-all-gone"
                | "zero-dates"
                | "not-of-one-moment"
                | "infinite-time"
                | "rows-hidden"
                | "columns-hidden"
        )
    }

    /// A cursor whose highest value lies more than a day after now: until then, no change would be found.
    pub(crate) fn cursor_ahead(cursor: &str, from: &str, value: DateTime<Utc>, now: DateTime<Utc>) -> Option<Self> {
        let days = (value - now).num_days();
        (days > 0).then(|| Self {
            id: "cursor-ahead",
            message: format!(
                "the highest value of the cursor `{cursor}` of `{from}` lies {} after now: rows that change before that \
                 time are not found; correct it in the source, then load with `--full-refresh`",
                count(days, "day")
            ),
        })
    }

    /// Rows without a value in the cursor. A key makes it harmless to read them again and again.
    pub(crate) fn cursor_null(cursor: &str, from: &str, rows: u64, are_read_again: bool) -> Self {
        let (they, them) =
            (agree(rows, "it is", "they are"), agree(rows, "it nor others like it", "them nor others like them"));
        let what = if are_read_again {
            format!("{they} read again each time that anything has changed")
        } else {
            let they = agree(rows, "it was", "they were");
            format!(
                "{they} read now, but without a `key` an incremental read finds neither changes of {them}; a full one does"
            )
        };
        Self {
            id: "cursor-null",
            message: format!(
                "{} of `{from}` {} no value in the cursor `{cursor}`: {what}",
                count(rows, "row"),
                agree(rows, "has", "have")
            ),
        }
    }
}
