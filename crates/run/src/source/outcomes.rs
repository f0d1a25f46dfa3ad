//! What tables that are read together came to, landing by landing.
use std::collections::HashMap;

use ade_connect::Note;
use ade_project::NodeId;

use crate::build::{Outcome, TaskError};
use crate::error::RunError;
use crate::event::Status;

/// What tables that are read together came to, by their nodes.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(HashMap<NodeId, Result<Outcome, TaskError>>);

impl From<HashMap<NodeId, Result<Outcome, TaskError>>> for Outcomes {
    fn from(outcomes: HashMap<NodeId, Result<Outcome, TaskError>>) -> Self {
        Self(outcomes.into_iter().map(|(node, result)| (node, result.map_err(settled))).collect())
    }
}

impl Outcomes {
    /// One more landing of a table has ended. What landed before stays and is told, whatever comes of the rest.
    pub(super) fn add(&mut self, node: &NodeId, result: Result<Outcome, TaskError>) {
        match (result.map_err(settled), self.0.get_mut(node)) {
            (Ok(outcome), Some(Ok(before))) if outcome.status == Status::Unchanged => {
                tracing::debug!(%node, status = ?before.status, "nothing more");
            }
            (Ok(outcome), Some(Ok(before))) => {
                let said = before.message.take();
                before.add(outcome);
                before.said_before(said.as_deref());
            }
            (Err(error), Some(Ok(before))) if before.version.is_some() => fail(before, &error.message()),
            (result, _) => drop(self.0.insert(node.clone(), result)),
        }
    }

    /// The source broke off. What landed before stays and is told; tables that have a reason of their own keep it.
    pub(super) fn broken<'a>(&mut self, nodes: impl IntoIterator<Item = &'a NodeId>, error: &TaskError) {
        let message = error.message();
        for node in nodes {
            match self.0.get_mut(node) {
                Some(Err(_)) => {}
                Some(Ok(outcome)) => fail(outcome, &message),
                None => drop(self.0.insert(node.clone(), Err(again(&message)))),
            }
        }
    }

    /// Whether a table has failed.
    pub(super) fn has_failed(&self, node: &NodeId) -> bool {
        match self.0.get(node) {
            Some(Ok(outcome)) => !outcome.status.is_good(),
            Some(Err(_)) => true,
            None => false,
        }
    }

    /// Says what concerns the source as a whole with the first of its tables that can say it; where all failed, with the first
    /// of those.
    pub(super) fn tell(&mut self, nodes: &[&NodeId], notes: &[Note]) {
        let landed = nodes.iter().find(|node| matches!(self.0.get(**node), Some(Ok(_))));
        let Some(node) = landed.or_else(|| nodes.first()).filter(|_| !notes.is_empty()) else { return };
        let outcome = self.0.entry((*node).clone()).or_insert_with(|| Ok(Outcome::unchanged()));
        for note in notes {
            match outcome {
                Ok(outcome) => {
                    outcome.note(&note.message);
                    outcome.warn();
                }
                Err(error) => error.note(&note.message),
            }
        }
    }

    /// What a table came to, for its task. Asked again, it is the same.
    pub(super) fn of(&mut self, node: &NodeId) -> Result<Outcome, TaskError> {
        match self.0.get_mut(node) {
            None => Ok(Outcome::unchanged()),
            Some(Ok(outcome)) => Ok(outcome.clone()),
            Some(Err(error)) => {
                let words = again(&error.message());
                Err(std::mem::replace(error, words))
            }
        }
    }
}

/// A table that failed after some of it had landed.
fn fail(outcome: &mut Outcome, why: &str) {
    outcome.status = Status::Failed;
    outcome.note(why);
}

/// That somebody else was faster is a failure here: its task alone could not have it read again.
fn settled(error: TaskError) -> TaskError {
    if error.is_conflict() { again(&error.message()) } else { error }
}

/// The same failure for one more table: errors cannot be copied, their words can.
fn again(message: &str) -> TaskError {
    RunError::usage(message, None).into()
}

#[cfg(test)]
mod tests {
    use ade_lake::{LakeError, TableName};
    use ade_project::NodeKind;

    use super::*;

    fn node(name: &str) -> NodeId {
        NodeId::new(NodeKind::Source, &["shop", name])
    }

    fn landed(version: u64) -> Outcome {
        Outcome { version: Some(version), rows: Some(10), ..Outcome::new(Status::Success) }
    }

    fn conflict() -> TaskError {
        let table = TableName::new("shop", "orders").unwrap();
        LakeError::Conflict { table, expected: "3".to_owned(), found: "4".to_owned() }.into()
    }

    #[test]
    fn a_failure_stays_one_however_often_it_is_asked_for() {
        let mut outcomes = Outcomes::default();
        assert!(conflict().is_conflict());
        outcomes.add(&node("orders"), Err(conflict()));
        let first = outcomes.of(&node("orders")).unwrap_err();
        assert!(!first.is_conflict(), "its task would plan again, and nothing would be read");
        assert_eq!(outcomes.of(&node("orders")).unwrap_err().message(), first.message());
        assert_eq!(first.message(), conflict().message());
        outcomes.add(&node("visits"), Ok(landed(4)));
        for _ in 0..2 {
            assert_eq!(outcomes.of(&node("visits")).unwrap().version, Some(4));
        }
        assert_eq!(outcomes.of(&node("nothing")).unwrap().status, Status::Unchanged);
    }

    #[test]
    fn what_landed_before_a_failure_is_told_with_it() {
        let mut outcomes = Outcomes::default();
        outcomes.add(&node("orders"), Ok(landed(4)));
        outcomes.add(&node("orders"), Err(RunError::usage("the disk is full", None).into()));
        outcomes.add(&node("visits"), Ok(landed(1)));
        outcomes.add(&node("people"), Ok(Outcome::unchanged()));
        outcomes.broken([&node("visits"), &node("people"), &node("places")], &RunError::usage("it died", None).into());
        let orders = outcomes.of(&node("orders")).unwrap();
        assert_eq!((orders.status, orders.version, orders.rows), (Status::Failed, Some(4), Some(10)));
        assert!(orders.message.unwrap().contains("the disk is full"));
        let visits = outcomes.of(&node("visits")).unwrap();
        assert_eq!(
            (visits.status, visits.version, visits.message.as_deref()),
            (Status::Failed, Some(1), Some("it died"))
        );
        let people = outcomes.of(&node("people")).unwrap();
        assert_eq!((people.status, people.message.as_deref()), (Status::Failed, Some("it died")));
        assert_eq!(outcomes.of(&node("places")).unwrap_err().message(), "it died");
        assert!(["orders", "visits", "people"].iter().all(|name| outcomes.has_failed(&node(name))));
    }

    #[test]
    fn what_the_source_says_is_said_once_by_who_can() {
        let mut outcomes = Outcomes::default();
        let note = Note { id: "slot-large", message: "the slot is large".to_owned() };
        outcomes.add(&node("orders"), Err(RunError::usage("no", None).into()));
        outcomes.add(&node("visits"), Ok(landed(1)));
        outcomes.tell(&[&node("orders"), &node("visits")], std::slice::from_ref(&note));
        assert_eq!(outcomes.of(&node("orders")).unwrap_err().message(), "no");
        let visits = outcomes.of(&node("visits")).unwrap();
        assert_eq!((visits.status, visits.message.as_deref()), (Status::Warned, Some("the slot is large")));
        outcomes.tell(&[&node("orders")], &[note]);
        assert!(outcomes.of(&node("orders")).unwrap_err().message().contains("the slot is large"));
    }
}
