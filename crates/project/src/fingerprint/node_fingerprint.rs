//! The fingerprint of a node: its own parts and what it inherits.

use std::collections::BTreeMap;

use crate::NodeId;
use crate::graph::Graph;

use super::Fingerprint;
use super::canonical::Canonical;

/// Fingerprints of the parts that a node consists of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OwnFingerprint {
    /// Its text.
    pub body: Fingerprint,
    /// Its resolved configuration.
    pub config: Fingerprint,
    /// The macros it reaches.
    pub macros: Fingerprint,
    /// The values of variables and environment variables it asks for.
    pub vars: Fingerprint,
    /// Its columns and contract.
    pub contract: Fingerprint,
}

impl OwnFingerprint {
    /// All parts as one.
    pub fn combined(&self) -> Fingerprint {
        let parts = [self.body, self.config, self.macros, self.vars, self.contract];
        parts.iter().fold(&mut Canonical::default(), |hash, part| hash.bytes(part.as_bytes())).finish()
    }
}

/// A node's own parts and, apart from them, everything upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeFingerprint {
    /// The node itself.
    pub own: OwnFingerprint,
    /// All that it reads, directly or through others: changes when any of them does, or when it reads others than before.
    pub inherited: Fingerprint,
}

impl NodeFingerprint {
    /// Own and inherited as one: equal means that building again would use the same text all the way up.
    pub fn combined(&self) -> Fingerprint {
        Canonical::default().bytes(self.own.combined().as_bytes()).bytes(self.inherited.as_bytes()).finish()
    }
}

/// The fingerprints of all nodes of a graph that have an own one. A parent without one (or on a circle) counts by its id alone.
pub fn fingerprint_graph(graph: &Graph, own: &BTreeMap<NodeId, OwnFingerprint>) -> BTreeMap<NodeId, NodeFingerprint> {
    let mut found: BTreeMap<NodeId, NodeFingerprint> = BTreeMap::new();
    for node in graph.topological_order() {
        let Some(own) = own.get(&node.id) else { continue };
        let mut inherited = Canonical::default();
        for parent in graph.parents(node.id.as_str()) {
            inherited.str(parent.id.as_str());
            if let Some(parent) = found.get(&parent.id) {
                inherited.bytes(parent.combined().as_bytes());
            }
        }
        found.insert(node.id.clone(), NodeFingerprint { own: *own, inherited: inherited.finish() });
    }
    found
}
