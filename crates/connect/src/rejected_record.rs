//! Records of a source that no row could be made of.

use std::fmt;

/// A record of a source that no row could be made of: a line that is no JSON, an event that nobody expects.
///
/// A connector gives it beside the rows of a unit (see [`crate::BatchStream::take_rejected`]), and goes on behind it. Its bytes
/// are as the source has them; whoever takes it seals them before they come to rest anywhere. `place`, `rule` and `reason` are
/// told to people, and hold no value.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedRecord {
    /// Where it is in the source: `` `orders.csv`, line 17 ``, `segment 3, byte 4096`. Unique within its unit.
    pub place: String,
    /// A stable id, in snake case, of what it breaks: `broken_record`, `unknown_event`.
    pub rule: &'static str,
    /// What is wrong with it, in words.
    pub reason: String,
    /// The record as it came.
    pub record: Vec<u8>,
}

impl RejectedRecord {
    /// The rule of a record that breaks the rules of its format.
    pub const BROKEN: &'static str = "broken_record";
}

/// Says nothing of what the record holds.
impl fmt::Debug for RejectedRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, rule, reason, record } = self;
        write!(formatter, "RejectedRecord({place}: {rule}: {reason}; {} bytes)", record.len())
    }
}
