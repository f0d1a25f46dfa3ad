//! What a task came to.
use uuid::Uuid;

use crate::event::{CheckReport, Status};

/// What a task came to.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) message: Option<String>,
    pub(crate) rows: Option<u64>,
    pub(crate) version: Option<u64>,
    pub(crate) batches: Vec<Uuid>,
    pub(crate) checks: Vec<CheckReport>,
    /// Whether the checks looked at the rows that readers see: nothing was made.
    pub(crate) audited_visible: bool,
}

impl Outcome {
    pub(crate) fn new(status: Status) -> Self {
        Self {
            status,
            message: None,
            rows: None,
            version: None,
            batches: Vec::new(),
            checks: Vec::new(),
            audited_visible: false,
        }
    }

    pub(crate) fn unchanged() -> Self {
        Self::new(Status::Unchanged)
    }

    /// A person should look at it. What failed stays so.
    pub(crate) fn warn(&mut self) {
        if self.status.is_good() {
            self.status = Status::Warned;
        }
    }

    /// Takes over the results of checks: a failing one makes the task fail, a warning one makes it warn.
    pub(crate) fn checked(mut self, checks: Vec<CheckReport>) -> Self {
        if checks.iter().any(CheckReport::stops) {
            self.status = Status::Failed;
        } else if checks.iter().any(|check| !check.passed()) {
            self.warn();
        }
        self.checks.extend(checks);
        self
    }

    /// The same for a later audit of the same table: its results take the place of those before.
    pub(crate) fn audited(&mut self, checks: Vec<CheckReport>) {
        self.checks.clear();
        let so_far = std::mem::replace(self, Self::unchanged());
        *self = so_far.checked(checks);
    }

    /// Takes over what a further commit of the same task came to: its rows come in addition, its audit and what it has to
    /// say are the last word.
    pub(crate) fn add(&mut self, further: Self) {
        let keeps_warning = self.status == Status::Warned && further.status == Status::Success;
        self.status = if keeps_warning { Status::Warned } else { further.status };
        self.message = further.message;
        self.rows = further.rows.map_or(self.rows, |rows| Some(self.rows.unwrap_or(0) + rows));
        self.version = further.version.or(self.version);
        self.batches.extend(further.batches);
        self.checks = further.checks;
    }

    /// Puts what was said before in front of what is said now, without what is said again.
    pub(crate) fn said_before(&mut self, said: Option<&str>) {
        let now = self.message.take();
        let is_new = |line: &&str| !now.iter().flat_map(|now| now.lines()).any(|known| known == *line);
        for line in said.into_iter().flat_map(str::lines).filter(is_new) {
            self.note(line);
        }
        if let Some(now) = &now {
            self.note(now);
        }
    }

    /// Adds several things to say.
    pub(crate) fn notes(&mut self, notes: &[String]) {
        for note in notes {
            self.note(note);
        }
    }

    /// Adds something to say.
    pub(crate) fn note(&mut self, words: &str) {
        match &mut self.message {
            Some(message) => {
                message.push('\n');
                message.push_str(words);
            }
            None => self.message = Some(words.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_commit_of_a_task_says_stays_when_another_says_more() {
        let said = |before: Option<&str>, now: Option<&str>| {
            let mut outcome = Outcome::unchanged();
            outcome.notes(now.map(str::to_owned).as_slice());
            outcome.said_before(before);
            outcome.message
        };
        assert_eq!(said(Some("emptied\nnew column"), Some("new column\nlate")).unwrap(), "emptied\nnew column\nlate");
        assert_eq!(said(Some("emptied"), None).unwrap(), "emptied");
        assert_eq!(said(None, Some("late")).unwrap(), "late");
        assert_eq!(said(None, None), None);
    }
}
