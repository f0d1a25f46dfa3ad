//! What documents have otherwise than those of before, in words.
use super::kinds::Kinds;
use super::looking::{Before, Seen, Step};

/// So many of each sort are told by their names.
const SHOWN: usize = 8;
/// A key that stands in fewer documents may be data, where keys are rare.
const TIMES: u64 = 3;
/// A key is gone when it would lack by chance as seldom as this.
const BY_CHANCE: f64 = 0.01;
/// One document without it says nothing.
const FEWEST: u64 = 2;

/// What documents have otherwise than those of before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::source) struct Difference {
    /// Places that are new, with what stands there.
    new: Vec<String>,
    /// New keys that look like data, which are only counted.
    hidden: usize,
    /// Places with values of other kinds.
    other: Vec<String>,
    /// Places that have no value any more.
    gone: Vec<String>,
    /// Whether there are values that are no documents.
    no_documents: bool,
}

impl Difference {
    pub(super) fn of(places: &[Seen], no_documents: bool) -> Self {
        let mut found = Self { no_documents, ..Self::default() };
        for (at, seen) in places.iter().enumerate().skip(1) {
            // Of what is within something new, or gone, nothing more is said.
            let parent = &places[seen.parent];
            let Some(around) = parent.before.filter(|_| parent.values > 0) else { continue };
            match seen.before {
                None if seen.values > 0 && around.kinds.has(Kinds::OBJECT) => match &seen.step {
                    Step::Key(_) if seen.values >= TIMES || is_record(places, seen.parent, around) => {
                        found.new.push(format!("`{}` ({})", path(places, at), seen.kinds.words()));
                    }
                    Step::Key(_) | Step::Any => found.hidden += 1,
                    Step::Items | Step::Root => {}
                },
                Some(before) if is_other(before, seen) => {
                    let (now, then) = (seen.kinds.without(before.kinds).words(), before.kinds.words());
                    found.other.push(format!("`{}` is {now}, and was {then}", path(places, at)));
                }
                Some(before) if !parent.is_map && is_gone(before, seen, around, parent.values) => {
                    let lacking = before.lacking + parent.values;
                    let of = (before.values * 100).checked_div(with_it(before, around)).unwrap_or(0).min(100);
                    found.gone.push(format!(
                        "`{}` is in none of {lacking} documents, and was in {of} % before",
                        path(places, at)
                    ));
                }
                _ => {}
            }
        }
        if let Some(before) = places[0].before.filter(|before| is_other(*before, &places[0])) {
            let (now, then) = (places[0].kinds.without(before.kinds).words(), before.kinds.words());
            found.other.push(format!("a document is {now}, and was {then}"));
        }
        found.new.sort();
        found
    }

    /// Whether it is only that something lacks.
    pub(in crate::source) fn is_of_lack(&self) -> bool {
        self.new.is_empty() && self.hidden == 0 && self.other.is_empty() && !self.no_documents
    }

    /// Whether documents are as before.
    pub(in crate::source) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// In words, without the column's name.
    pub(in crate::source) fn words(&self) -> String {
        let mut parts = Vec::new();
        if !self.new.is_empty() {
            parts.push(format!("new: {}", listed(&self.new, ", ")));
        }
        match self.hidden {
            0 => {}
            1 => parts.push("a new key that looks like data".to_owned()),
            more => parts.push(format!("{more} new keys that look like data")),
        }
        for sort in [&self.other, &self.gone] {
            if !sort.is_empty() {
                parts.push(listed(sort, "; "));
            }
        }
        if self.no_documents {
            parts.push("some values are no documents".to_owned());
        }
        parts.join("; ")
    }
}

fn listed(all: &[String], between: &str) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let told = all[..all.len() - more].join(between);
    if more > 0 { format!("{told} and {more} more") } else { told }
}

fn is_other(before: Before, seen: &Seen) -> bool {
    !before.kinds.is_empty() && !seen.kinds.without(before.kinds).is_empty()
}

/// Whether most keys of a place are in most of its objects, as fields of a record are.
fn is_record(places: &[Seen], parent: usize, around: Before) -> bool {
    let fields = places.iter().filter(|seen| seen.parent == parent && matches!(seen.step, Step::Key(_)));
    let known: Vec<Before> = fields.filter_map(|seen| seen.before).collect();
    let frequent = known.iter().filter(|before| before.values * 2 >= around.values).count();
    frequent * 2 > known.len()
}

/// Whether a key lacks now so often that this is no chance, and did not before. `without`: how many objects had it not.
fn is_gone(before: Before, seen: &Seen, around: Before, without: u64) -> bool {
    if seen.values > 0 || before.values == 0 || !matches!(seen.step, Step::Key(_)) {
        return false;
    }
    let is_so =
        |lacking: u64| lacking >= FEWEST && by_chance(before.values, with_it(before, around), lacking) < BY_CHANCE;
    !is_so(before.lacking) && is_so(before.lacking + without)
}

/// How many objects there were until the key was seen last.
fn with_it(before: Before, around: Before) -> u64 {
    around.values.saturating_sub(before.lacking)
}

/// How likely `lacking` objects lack a key that `values` of `all` had.
#[expect(clippy::cast_precision_loss, reason = "a likelihood is not exact")]
fn by_chance(values: u64, all: u64, lacking: u64) -> f64 {
    let share = values as f64 / (all as f64 + 2.0);
    (1.0 - share.min(1.0)).powf(lacking as f64)
}

fn path(places: &[Seen], at: usize) -> String {
    let seen = &places[at];
    if matches!(seen.step, Step::Root) {
        return String::new();
    }
    let before = path(places, seen.parent);
    let step = match &seen.step {
        Step::Key(key) => key.as_str(),
        Step::Any => "*",
        Step::Items | Step::Root => return format!("{before}[]"),
    };
    if before.is_empty() { step.to_owned() } else { format!("{before}.{step}") }
}
