//! The identity of a node of the graph.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::NodeKind;

/// A node's id as dbt writes it: `model.<project>.<name>`, `source.<project>.<source>.<table>`,
/// `test.<project>.<name>.<hash>` … Cheap to clone; ordered and compared as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// Joins the kind and the parts of the name, project first, with dots.
    pub fn new(kind: NodeKind, parts: &[&str]) -> Self {
        let mut id = String::from(kind.as_str());
        for part in parts {
            id.push('.');
            id.push_str(part);
        }
        Self(id.into())
    }

    /// Reads an id; `None` when it does not begin with a kind and a name.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('.')?;
        NodeKind::parse(kind)?;
        (!rest.is_empty()).then(|| Self(text.into()))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of node it is.
    pub fn kind(&self) -> NodeKind {
        let kind = self.0.split('.').next().and_then(NodeKind::parse);
        kind.unwrap_or(NodeKind::Model)
    }

    /// The name people use: the model's, seed's or check's name, `source.table` of a source table.
    pub fn name(&self) -> &str {
        let mut parts = self.0.splitn(3, '.');
        let rest = parts.nth(2).unwrap_or_default();
        match self.kind() {
            NodeKind::Source => rest,
            _ => rest.split('.').next().unwrap_or_default(),
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for NodeId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for NodeId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not the id of a node")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_dbts() {
        let id = NodeId::new(NodeKind::Source, &["shop", "app", "customers"]);
        assert_eq!(id.as_str(), "source.shop.app.customers");
        assert_eq!((id.kind(), id.name()), (NodeKind::Source, "app.customers"));
        let id = NodeId::parse("test.shop.unique_orders_id.0123456789").expect("an id");
        assert_eq!((id.kind(), id.name()), (NodeKind::Test, "unique_orders_id"));
        assert_eq!(NodeId::parse("table.shop.x"), None);
        assert_eq!(NodeId::parse("model"), None);
    }
}
