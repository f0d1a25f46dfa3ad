//! Which transactions a snapshot of PostgreSQL sees.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which transactions a snapshot sees: what `pg_current_snapshot()` says, `xmin:xmax:xip,…` (PostgreSQL's manual, 9.27
/// “System Information Functions”, table “Snapshot Components”).
///
/// A table that was copied in a snapshot goes on with exactly the transactions that it does not see, in whatever order they
/// stand in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct TransactionView {
    /// All transactions before this one had ended.
    xmin: u64,
    /// This one and all after it had not begun.
    xmax: u64,
    /// Those between that were running.
    running: Vec<u64>,
}

impl TransactionView {
    /// Whether the snapshot sees what a transaction did that has committed since or before. The log has the lower 32 bits of
    /// its number; it lies within two billion of the snapshot, as PostgreSQL itself takes care of.
    pub(crate) fn sees(&self, xid: u32) -> bool {
        let xid = self.whole(xid);
        xid < self.xmin || (xid < self.xmax && !self.running.contains(&xid))
    }

    /// Whether every transaction that this snapshot does not see begins after those that `later` saw as ended: then nothing
    /// before `later` is in doubt any more.
    pub(crate) fn is_settled_by(&self, later: &Self) -> bool {
        later.xmin >= self.xmax
    }

    fn whole(&self, xid: u32) -> u64 {
        let near = self.xmax & !0xffff_ffff | u64::from(xid);
        if near > self.xmax.saturating_add(1 << 31) {
            near.saturating_sub(1 << 32)
        } else if near.saturating_add(1 << 31) < self.xmax {
            near + (1 << 32)
        } else {
            near
        }
    }
}

impl FromStr for TransactionView {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NOT_ONE: &str = "not a snapshot of transactions";
        let mut parts = text.split(':');
        let mut next = || parts.next().ok_or(NOT_ONE);
        let (xmin, xmax, running) = (next()?, next()?, next()?);
        let number = |text: &str| text.parse::<u64>().map_err(|_| NOT_ONE);
        let running = running.split(',').filter(|xid| !xid.is_empty()).map(number).collect::<Result<_, _>>()?;
        Ok(Self { xmin: number(xmin)?, xmax: number(xmax)?, running })
    }
}

impl TryFrom<String> for TransactionView {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TransactionView> for String {
    fn from(view: TransactionView) -> Self {
        let running: Vec<String> = view.running.iter().map(u64::to_string).collect();
        format!("{}:{}:{}", view.xmin, view.xmax, running.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sees_what_had_ended() {
        let view: TransactionView = "100:110:100,105".parse().unwrap();
        let seen: Vec<u32> = (97..113).filter(|xid| view.sees(*xid)).collect();
        assert_eq!(seen, [97, 98, 99, 101, 102, 103, 104, 106, 107, 108, 109]);
        assert_eq!(String::from(view), "100:110:100,105");
        let idle: TransactionView = "7:7:".parse().unwrap();
        assert!(idle.sees(6) && !idle.sees(7));
        for text in ["", "1:2", "a:2:", "1:2:x"] {
            assert!(text.parse::<TransactionView>().is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_wrap_around() {
        let wrap = 1_u64 << 32;
        let view: TransactionView = format!("{}:{}:", wrap + 2, wrap + 5).parse().unwrap();
        // The last ones before the wrap, and the first ones after it.
        assert!(view.sees(u32::MAX) && view.sees(u32::MAX - 1000) && view.sees(4));
        assert!(!view.sees(5) && !view.sees(1000));
        let view: TransactionView = format!("{}:{}:", wrap - 5, wrap - 2).parse().unwrap();
        assert!(view.sees(u32::MAX - 4) && !view.sees(u32::MAX) && !view.sees(3));
    }

    #[test]
    fn a_later_view_settles_an_earlier_one() {
        let view: TransactionView = "100:110:100,105".parse().unwrap();
        assert!(!view.is_settled_by(&"105:120:105".parse().unwrap()));
        assert!(view.is_settled_by(&"110:120:".parse().unwrap()));
    }
}
