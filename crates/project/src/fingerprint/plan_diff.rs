//! What is different between two states of a project.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::NodeId;

use super::NodeFingerprint;

/// The nodes that are new, changed or gone; what is not in it is unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct PlanDiff {
    /// The changes by node.
    pub changes: BTreeMap<NodeId, Change>,
}

/// How a node differs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "change", content = "reasons")]
pub enum Change {
    /// It was not there before.
    New,
    /// It was there and differs.
    Modified(BTreeSet<Reason>),
    /// It is not there any more.
    Removed,
}

/// Which part of a node differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its own text.
    Body,
    /// Its configuration.
    Config,
    /// A macro that it reaches.
    Macro,
    /// The value of a variable or environment variable.
    Vars,
    /// Its columns or contract.
    Contract,
    /// Something that it reads, or which things it reads.
    Upstream,
}

impl Reason {
    /// The word for people and for `state:modified.<word>`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Config => "config",
            Self::Macro => "macro",
            Self::Vars => "vars",
            Self::Contract => "contract",
            Self::Upstream => "upstream",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl PlanDiff {
    /// Compares two states.
    pub fn between(before: &BTreeMap<NodeId, NodeFingerprint>, after: &BTreeMap<NodeId, NodeFingerprint>) -> Self {
        let mut changes = BTreeMap::new();
        for (id, now) in after {
            match before.get(id) {
                None => {
                    changes.insert(id.clone(), Change::New);
                }
                Some(then) if then == now => {}
                Some(then) => {
                    changes.insert(id.clone(), Change::Modified(then.differences(now)));
                }
            }
        }
        let removed = before.keys().filter(|id| !after.contains_key(*id));
        changes.extend(removed.map(|id| (id.clone(), Change::Removed)));
        Self { changes }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether the node was not there before.
    pub fn is_new(&self, id: &NodeId) -> bool {
        matches!(self.changes.get(id), Some(Change::New))
    }

    /// Whether the node is new or differs in itself, as dbt's `state:modified`: a change upstream alone does not count.
    pub fn is_modified(&self, id: &NodeId) -> bool {
        match self.changes.get(id) {
            Some(Change::New) => true,
            Some(Change::Modified(reasons)) => reasons.iter().any(|reason| *reason != Reason::Upstream),
            Some(Change::Removed) | None => false,
        }
    }

    /// Whether the node differs for a reason; a new node does for none.
    pub fn differs_by(&self, id: &NodeId, reason: Reason) -> bool {
        matches!(self.changes.get(id), Some(Change::Modified(reasons)) if reasons.contains(&reason))
    }
}

impl NodeFingerprint {
    /// Which parts differ.
    pub fn differences(&self, now: &Self) -> BTreeSet<Reason> {
        let (a, b) = (&self.own, &now.own);
        let compared = [
            (Reason::Body, a.body == b.body),
            (Reason::Config, a.config == b.config),
            (Reason::Macro, a.macros == b.macros),
            (Reason::Vars, a.vars == b.vars),
            (Reason::Contract, a.contract == b.contract),
            (Reason::Upstream, self.inherited == now.inherited),
        ];
        compared.into_iter().filter(|(_, same)| !same).map(|(reason, _)| reason).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::NodeKind;
    use crate::fingerprint::{FingerprintInputs, OwnFingerprint, fingerprint_graph};
    use crate::graph::{Graph, Node};

    /// `a` feeds `b` feeds `c`.
    fn state(inputs: &[(&str, FingerprintInputs<'_>)]) -> BTreeMap<NodeId, NodeFingerprint> {
        let mut nodes = Vec::new();
        let mut own: BTreeMap<NodeId, OwnFingerprint> = BTreeMap::new();
        let mut previous = None;
        for (name, input) in inputs {
            let mut node = Node::new(NodeKind::Model, "p", name);
            node.depends_on.extend(previous.replace(node.id.clone()));
            own.insert(node.id.clone(), input.fingerprint());
            nodes.push(node);
        }
        fingerprint_graph(&Graph::new(nodes), &own)
    }

    fn base() -> Vec<(&'static str, FingerprintInputs<'static>)> {
        ["a", "b", "c"]
            .map(|name| (name, FingerprintInputs { body: "select 1", ..FingerprintInputs::default() }))
            .to_vec()
    }

    fn diff(change: impl FnOnce(&mut Vec<(&'static str, FingerprintInputs<'static>)>)) -> String {
        let mut after = base();
        change(&mut after);
        let diff = PlanDiff::between(&state(&base()), &state(&after));
        let show = |(id, change): (&NodeId, &Change)| match change {
            Change::New => format!("{id} new"),
            Change::Removed => format!("{id} removed"),
            Change::Modified(reasons) => {
                format!("{id} {}", reasons.iter().map(|reason| reason.word()).collect::<Vec<_>>().join(" "))
            }
        };
        diff.changes.iter().map(show).collect::<Vec<_>>().join(", ")
    }

    fn id(text: &str) -> NodeId {
        NodeId::parse(text).unwrap()
    }

    #[test]
    fn each_part_is_its_own_reason_and_travels_down() {
        static CONFIG: std::sync::LazyLock<serde_json::Map<String, Json>> =
            std::sync::LazyLock::new(|| serde_json::Map::from_iter([("materialized".to_owned(), json!("table"))]));
        static VALUE: std::sync::LazyLock<Json> = std::sync::LazyLock::new(|| json!(1));
        assert_eq!(diff(|_| ()), "");
        assert_eq!(diff(|nodes| nodes[1].1.body = "select 2"), "model.p.b body, model.p.c upstream");
        assert_eq!(diff(|nodes| nodes[2].1.body = "select 1\r\n"), "");
        assert_eq!(
            diff(|nodes| {
                nodes[2].1.macros.insert("macro.p.m", "x");
            }),
            "model.p.c macro"
        );
        assert_eq!(
            diff(|nodes| {
                nodes[2].1.vars.insert("v", None);
            }),
            "model.p.c vars"
        );
        assert_eq!(
            diff(|nodes| {
                nodes[2].1.env_vars.insert("v", Some("x"));
            }),
            "model.p.c vars"
        );
        assert_eq!(diff(|nodes| nodes[2].1.contract = Some(&VALUE)), "model.p.c contract");
        assert_eq!(
            diff(|nodes| nodes[0].1.config = Some(&CONFIG)),
            "model.p.a config, model.p.b upstream, model.p.c upstream"
        );
    }

    #[test]
    fn nodes_come_and_go() {
        let changed = diff(|nodes| {
            nodes.pop();
            nodes.push(("d", FingerprintInputs::default()));
        });
        assert_eq!(changed, "model.p.c removed, model.p.d new");
    }

    #[test]
    fn state_modified_is_about_the_node_itself() {
        let mut after = base();
        after[0].1.body = "select 2";
        let diff = PlanDiff::between(&state(&base()), &state(&after));
        assert!(diff.is_modified(&id("model.p.a")) && !diff.is_modified(&id("model.p.b")));
        assert!(diff.differs_by(&id("model.p.a"), Reason::Body) && diff.differs_by(&id("model.p.c"), Reason::Upstream));
        let fresh = PlanDiff::between(&BTreeMap::new(), &state(&base()));
        assert!(fresh.is_new(&id("model.p.a")) && fresh.is_modified(&id("model.p.a")));
    }

    #[test]
    fn fingerprints_survive_storage() {
        let all = state(&base());
        let stored = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<BTreeMap<NodeId, NodeFingerprint>>(&stored).unwrap(), all);
        assert!(serde_json::from_str::<crate::fingerprint::Fingerprint>("\"abc\"").is_err());
    }
}
